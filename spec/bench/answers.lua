-- SPDX-License-Identifier: Apache-2.0
--[[
answers: the longest a partner waits for the answer to a heartbeat while operators ask for much: 4,000 ipconns, 2,000 records,
both by 16 operators at once. `lua5.4 spec/bench/answers.lua`. Plain sockets on the loopback. Other load on the machine shows in
these figures, so each is the least of five.
]]
local socket = require "socket"

local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local DIR, PORT, IPCONNS, RECORDS, TIMES = "build/bench", 14933, 4000, 2000, 5

local function write(path, bytes)
  local f = assert(io.open(path, "w"))
  f:write(bytes)
  f:close()
end

local function read_head(s)
  local status = assert(s:receive "*l")
  repeat local line = assert(s:receive "*l") until line == ""
  return status
end

local function partner(name)
  local s = socket.tcp4()
  assert(s:connect("127.0.0.1", PORT))
  s:setoption("tcp-nodelay", true)
  local body = ('{"applid":"%s","networkid":"NETX","port":-1,"sendcount":5}'):format(name)
  s:send("POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body)
  return s, read_head(s)
end

local HEARTBEAT = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n"

local function beat(s)
  local start = socket.gettime()
  s:send(HEARTBEAT)
  read_head(s)
  return socket.gettime() - start
end

local function longest_during(witness, command)
  local longest, done = 0, DIR .. "/done"
  os.remove(done)
  os.execute(("(%s; touch %s) >/dev/null 2>&1 &"):format(command, done))
  repeat
    longest = math.max(longest, beat(witness))
    local f = io.open(done)
    if f then f:close() end
  until f
  return longest
end

local function definition()
  local out = {
    'region { applid = "CICSA", networkid = "NETA", control = "control.sock", policies = "policies", drain = 0, halfopen_peer = 5000 }',
    ('tcpipservice "PLAIN" { host = "127.0.0.1", portnumber = %d }'):format(PORT),
    'ipconn "WITNESS" { networkid = "NETX", receivecount = 5 }',
  }
  for i = 1, IPCONNS do out[#out + 1] = ('ipconn "P%05d" { networkid = "NETX" }'):format(i) end
  return table.concat(out, "\n")
end

os.execute(("rm -rf %s && mkdir -p %s/policies"):format(DIR, DIR))
write(DIR .. "/region.lua", definition())
os.execute(("%s run --region %s/region.lua 2>%s/log & echo $! >%s/pid"):format(BINARY, DIR, DIR, DIR))
repeat socket.sleep(0.05) until os.execute(("%s inquire region --control %s/control.sock >/dev/null 2>&1"):format(BINARY, DIR))
for i = 1, RECORDS do
  local s = partner("STRANGER" .. i)
  s:close()
end
local witness, status = partner "WITNESS"
assert(status == "HTTP/1.1 200 OK", status)

local function measure(what, command)
  local least = math.huge
  for _ = 1, TIMES do least = math.min(least, longest_during(witness, command)) end
  print(("%-34s longest heartbeat %6.1f ms"):format(what, least * 1000))
end

local function many(command)
  return ("for i in $(seq 16); do %s & done; wait"):format(command)
end

local INQUIRE = ("%s inquire ipconn --json --control %s/control.sock"):format(BINARY, DIR)
local EXPLAIN = ("%s explain --last %d --json --control %s/control.sock"):format(BINARY, RECORDS, DIR)
measure("at rest", "sleep 0.5")
measure(("inquire ipconn --json (%d)"):format(IPCONNS), INQUIRE)
measure(("explain --last %d --json"):format(RECORDS), EXPLAIN)
measure("inquire ipconn --json, 16 at once", many(INQUIRE))
measure("explain --json, 16 at once", many(EXPLAIN))
os.execute(("kill $(cat %s/pid)"):format(DIR))
