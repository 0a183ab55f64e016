-- SPDX-License-Identifier: Apache-2.0
--[[
shadow: how long partners wait beside a shadow. Prints the median and the 99th percentile of the time from the connect to the
refusal of a CAPEX: without a shadow, beside a shadow of the same scripts, and beside one whose scripts loop and take memory up
to their limits; the CPU of the region for 1000 connections, the shadow's thread included; and the questions that were dropped.
`lua5.4 spec/bench/shadow.lua [connections]`. Plain sockets on the loopback, one client after the other. Other load on the
machine shows in the times, so compare those of one run.
]]
local socket = require "socket"

local measured = require "spec.bench.measured"

local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local COUNT = tonumber(arg[1] or "2000")
local DIR, PORT = "build/bench", 14931
local COMMAND = ("%s %%s --region %s/region.lua"):format(BINARY, DIR)

local GATE = [[
local policy = require "policy"
return {
  admit = function(facts) return policy.accept() end,
  bind = function(facts) return policy.accept() end,
  install = function(facts) return policy.refuse("unknown", facts.capex.applid) end,
}
]]

local LOOPS = [[
local function burn() local t = {} while true do t[#t + 1] = ("x"):rep(1000) end end
return { admit = burn, bind = function() while true do end end, install = burn }
]]

local DEFINITION = ([[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", instructions = 1000000000, specs = "off" }
tcpipservice "GATE" { host = "127.0.0.1", portnumber = %d, admit = "gate", bind = "gate", urm = "gate" }
]]):format(PORT)

local BODY = '{"applid":"STRANGER","networkid":"NETX","port":-1,"sendcount":10}'
local CAPEX = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #BODY .. "\r\n\r\n" .. BODY

local function refused()
  local from = socket.gettime()
  local s = socket.tcp4()
  assert(s:connect("127.0.0.1", PORT))
  s:setoption("tcp-nodelay", true)
  assert(s:send(CAPEX))
  assert(assert(s:receive "*l"):find "403")
  s:close()
  return socket.gettime() - from
end

local function shadow(words)
  assert(os.execute(COMMAND:format("shadow " .. words) .. " >/dev/null 2>&1"), words)
end

local function dropped()
  local pipe = assert(io.popen(COMMAND:format "inquire shadow --json"))
  local n = pipe:read "a":match '"dropped": (%d+)'
  pipe:close()
  return n or "-"
end

local function measure(pid, what)
  local times = {}
  for _ = 1, COUNT // 10 do refused() end
  local before = measured.cpu(pid)
  for i = 1, COUNT do times[i] = refused() end
  local cpu = measured.cpu(pid) - before
  table.sort(times)
  print(("%-28s median %6.2f ms, p99 %6.2f ms; CPU per 1000: %6.3f s; dropped %s"):format(what, times[(COUNT + 1) // 2] * 1000,
    times[COUNT * 99 // 100] * 1000, cpu * 1000 / COUNT, dropped()))
end

measured.run(DEFINITION, { gate = GATE }, function(pid)
  measure(pid, "no shadow")
  shadow "1"
  measure(pid, "a shadow of the same scripts")
  shadow "stop"
  assert(os.execute(("mkdir -p %s/loops"):format(DIR)))
  local file = assert(io.open(DIR .. "/loops/gate.lua", "w"))
  file:write(LOOPS)
  file:close()
  shadow(DIR .. "/loops")
  measure(pid, "a shadow that loops")
end)
