-- SPDX-License-Identifier: Apache-2.0
--[[
connections: what a partner costs the region. Prints, for the binary SALLYPORT (./sallyport):
  CPU seconds (user + system) of the region per 1000 connections: TCP, TLS with a verified client certificate, four decisions
  in Lua (admit, certify, bind, install), CAPEX, release; and its memory (PSS) per idle link.
`lua5.4 spec/bench/connections.lua [connections] [idle links]`. Loopback, one client after the other; compare ratios, not figures.
]]
local socket = require "socket"
local ssl = require "ssl"

local measured = require "spec.bench.measured"

local COUNT = tonumber(arg[1] or "1000")
local IDLE = tonumber(arg[2] or "500")
local RING = "certs/rings/NETX.CTGAPP/"
local PORT = 14930
local RECORD = os.getenv "SALLYPORT_RECORD" or "" -- the file of records; "" none

-- dfh_isai would run out of numbers behind CTGAPP.
local URM = [[
local policy = require "policy"
return {
  install = function(facts)
    local name = ("B%07d"):format(policy.counter("bench"):next { max = 9999999, wrap = true })
    if not policy.check("network", facts.capex.networkid == "NETX", facts.capex.networkid) then return policy.refuse() end
    return policy.install { ipconn = name, applid = name, template = "NETX" }
  end,
}
]]

local DEFINITION = ([[
region { applid = "CICSA", networkid = "NETA", ring = "../../certs/rings/CICSA", control = "control.sock"%s }
tcpipservice "BENCH" { host = "127.0.0.1", portnumber = %d, ssl = "clientauth",
  admit = "lan", certify = "pinned", bind = "partners", urm = "bench" }
ipconn "NETX" { applid = "CTGAPP", template = "only", receivecount = 10 }
]]):format(RECORD ~= "" and (", record = %q"):format(RECORD) or "", PORT)

local context = assert(ssl.newcontext {
  mode = "client", protocol = "tlsv1_3", verify = "peer", cafile = RING .. "signers/first.pem",
  certificate = RING .. "NETX.CTGAPP.pem", key = RING .. "NETX.CTGAPP.key",
})

local BODY = '{"applid":"CTGAPP","networkid":"NETX","port":-1,"sendcount":10,"server_applid":"CICSA"}'
local CAPEX = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Type: application/json\r\nContent-Length: "
  .. #BODY .. "\r\n\r\n" .. BODY
local RELEASE = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=release\r\nContent-Length: 0\r\n\r\n"

local function answer(s)
  local length = 0
  repeat
    local line = assert(s:receive "*l")
    length = tonumber(line:match "^[Cc]ontent%-[Ll]ength: (%d+)") or length
  until line == ""
  if length > 0 then assert(s:receive(length)) end
end

local function link()
  local plain = socket.tcp4()
  assert(plain:connect("127.0.0.1", PORT))
  plain:setoption("tcp-nodelay", true) -- or the CAPEX waits 40 ms for a delayed acknowledgement
  local s = assert(ssl.wrap(plain, context))
  assert(s:dohandshake())
  s:send(CAPEX)
  answer(s)
  return s
end

local function release(s)
  s:send(RELEASE)
  answer(s)
  s:close()
end

local function measure(pid)
  for _ = 1, 50 do release(link()) end
  local links, empty = {}, measured.pss(pid)
  for i = 1, IDLE do links[i] = link() end
  print(("memory per idle link: %.1f KiB"):format((measured.pss(pid) - empty) / IDLE))
  for _, s in ipairs(links) do release(s) end

  local before = measured.cpu(pid)
  for _ = 1, COUNT do release(link()) end
  print(("CPU per 1000 connections: %.3f s"):format((measured.cpu(pid) - before) * 1000 / COUNT))
end

measured.run(DEFINITION, { bench = URM }, measure)
