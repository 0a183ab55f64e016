-- SPDX-License-Identifier: Apache-2.0
--[[
reload: what a reload costs with 0, 50 and 2000 ipconns that are asked again: its time, the longest a partner waited for the
answer to a heartbeat meanwhile, and the memory of a generation. `lua5.4 spec/bench/reload.lua`. Plain sockets on the loopback.
]]
local socket = require "socket"

local measured = require "spec.bench.measured"

local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local DIR, PORT, EACH, RELOADS = "build/bench", 14931, 500, 10

local function shell(command)
  local pipe = assert(io.popen(command))
  local out = pipe:read "a"
  pipe:close()
  return out
end

if arg[1] == "hold" then -- a process of its own: one cannot select above 1024 descriptors
  local all = {}
  for i = 1, tonumber(arg[3]) do all[i] = measured.partner(PORT, ("H%s%04d"):format(arg[2], i)) end
  io.open(DIR .. "/held" .. arg[2], "w"):close()
  socket.sleep(120)
  os.exit(#all > 0)
end

local function hold(n)
  for k = 1, n // EACH + (n % EACH > 0 and 1 or 0) do
    local count = math.min(EACH, n - (k - 1) * EACH)
    os.remove(DIR .. "/held" .. k)
    os.execute(("lua5.4 spec/bench/reload.lua hold %d %d & echo $! >>%s/holders"):format(k, count, DIR))
    repeat socket.sleep(0.05) until io.open(DIR .. "/held" .. k)
  end
end

local function write(path, bytes)
  local f = assert(io.open(path, "w"))
  f:write(bytes)
  f:close()
end

local function start()
  os.execute(("rm -rf %s && mkdir -p %s/policies && cp policies/*.lua %s/policies"):format(DIR, DIR, DIR))
  write(DIR .. "/policies/named.lua", [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid, template = "NETX" } end }
]])
  write(DIR .. "/region.lua", ([[
region { applid = "CICSA", networkid = "NETA", ring = "../../certs/rings/CICSA", control = "control.sock", drain = 0,
  halfopen_peer = 5000 }
tcpipservice "PLAIN" { host = "127.0.0.1", portnumber = %d, admit = "lan", urm = "named" }
tcpipservice "TLS" { host = "127.0.0.1", portnumber = 0, ssl = "clientauth",
  admit = "lan", certify = "pinned", bind = "partners", urm = "dfh_isai" }
ipconn "NETX" { applid = "CTGAPP", template = "only", receivecount = 10 }
]]):format(PORT))
  os.execute(("%s run --region %s/region.lua 2>%s/log & echo $! >%s/pid"):format(BINARY, DIR, DIR, DIR))
  repeat socket.sleep(0.05) until os.execute(("%s inquire region --control %s/control.sock >/dev/null 2>&1"):format(BINARY, DIR))
end

local function measure(n)
  start()
  hold(n)
  local witness = measured.partner(PORT, "WITNESS")
  local reload = ("%s reload --control %s/control.sock"):format(BINARY, DIR)
  local quiet, longest, sum = 0, 0, 0
  for _ = 1, 200 do quiet = math.max(quiet, measured.beat(witness)) end
  for _ = 1, RELOADS do
    local from = socket.gettime()
    longest = math.max(longest, measured.longest(reload, function() return measured.beat(witness) end))
    sum = sum + socket.gettime() - from
  end
  local memory = shell(("%s inquire policy lan --json --control %s/control.sock"):format(BINARY, DIR)):match '"generation_memory": (%d+)'
  print(("%5d ipconns: reload %6.1f ms, longest heartbeat %5.1f ms (at rest %.1f ms), Lua memory of a generation %d KiB"):format(n,
    sum * 1000 / RELOADS, longest * 1000, quiet * 1000, memory // 1024))
  os.execute(("kill $(cat %s/pid %s/holders 2>/dev/null) 2>/dev/null"):format(DIR, DIR))
  socket.sleep(0.5)
end

for _, n in ipairs { 0, 50, 2000 } do measure(n) end
