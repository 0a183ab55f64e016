-- SPDX-License-Identifier: Apache-2.0
--[[
scale: the cost of many resources in the region, for the binary SALLYPORT (./sallyport). Prints
  the CPU of a request to one of 1 and of 10,000 programs;
  for 1, 10,000 ... ipconns that are RELEASED: the CPU of the start, the CPU of a reload of the same files, the longest that a partner
  waited for the answer to a heartbeat meanwhile, and the memory (PSS) of each; then the time of a reload that changes all of them, of one
  that removes them, and of one that adds them, with the longest turn of a loop;
  the CPU and the time of a reload with 200 scripts;
  for 1,000,000 networks of IPv4 and of IPv6: the CPU of making a set of policy.ip, and of a look-up of a random address.
`lua5.4 spec/bench/scale.lua [ipconns ...]`. Plain sockets on the loopback; compare ratios of one run, not figures.
]]
local socket = require "socket"

local measured = require "spec.bench.measured"

local PORT, REQUESTS, RELOADS = 14937, 20000, 3
local IPCONNS = #arg > 0 and arg or { 1, 9000, 99999 }
local CONTROL = (os.getenv "SALLYPORT" or "./sallyport") .. " %s --control build/bench/control.sock >/dev/null"

local REGION = ([[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", heartbeat = 0 %%s }
tcpipservice "PLAIN" { host = "127.0.0.1", portnumber = %d }
ipconn "PARTNER" { tcpipservice = "PLAIN", receivecount = 10 }
]]):format(PORT)
local PROGRAMS = REGION:format "" .. 'for i = 1, %d do program("P" .. i) { builtin = "ECHO" } end\n'
local MANY = REGION .. [[
for i = 1, %d do
  ipconn("C" .. i) { tcpipservice = "PLAIN", receivecount = 10, sendcount = 10, host = "127.0.0.1", port = 1%s }
end
]]

-- The next message: its first line and its body.
local function message(s)
  local first, length = assert(s:receive "*l"), 0
  repeat
    local line = assert(s:receive "*l")
    length = tonumber(line:match "^[Cc]ontent%-[Ll]ength: (%d+)") or length
  until line == ""
  return first, length > 0 and assert(s:receive(length)) or ""
end

local function post(is, body)
  return ("POST /ipic HTTP/1.1\r\nIS: %s\r\nContent-Length: %d\r\n\r\n"):format(is, #body) .. body
end

local function partner()
  local s = socket.tcp4()
  assert(s:connect("127.0.0.1", PORT))
  s:setoption("tcp-nodelay", true)
  s:send(post("1 cmd; name=capex", '{"applid":"PARTNER","networkid":"NETA","port":-1,"sendcount":5}'))
  assert(message(s) == "HTTP/1.1 200 OK")
  return s
end

local function request_cpu(programs)
  local each
  measured.run(PROGRAMS:format(programs), {}, function(pid)
    local s = partner()
    local head = ('{"tran":"CPMI","program":"P%d"}'):format(programs)
    local function ask(conv)
      s:send(post(("1 data; conv=%08x; msg=1; chain=1; last=yes; state=end; head=%d"):format(conv, #head), head .. "hello"))
      assert(select(2, message(s)) == "hello")
    end
    for conv = 1, 200 do ask(conv) end
    local before = measured.cpu(pid)
    for conv = 1, REQUESTS do ask(0x10000 + conv) end
    each = (measured.cpu(pid) - before) / REQUESTS
    s:close()
  end)
  return each
end

-- The longest wait for the answer to a heartbeat while the command runs.
local function longest_during(s, command)
  local longest, done = 0, "build/bench/done"
  os.remove(done)
  os.execute(("(%s; touch %s) &"):format(command, done))
  repeat
    local from = socket.gettime()
    s:send(post("1 cmd; name=heartbeat", ""))
    message(s)
    longest = math.max(longest, socket.gettime() - from)
    local f = io.open(done)
    if f then f:close() end
  until f
  return longest
end

local function longest_turn()
  local command = CONTROL:format("inquire worker --json"):gsub(">/dev/null", "")
  local out, longest = io.popen(command):read "a", 0
  for seconds in out:gmatch '"longest_turn": ([%d.e-]+)' do longest = math.max(longest, tonumber(seconds)) end
  return longest
end

-- Reloads of definitions in which each ipconn differs.
local function all_differ(s, ring, count, words)
  for _, way in ipairs { { "changes", count, ', description = "x"' }, { "removes", 0, "" }, { "adds", count, "" } } do
    local f = assert(io.open("build/bench/region.lua", "w"))
    f:write(MANY:format(ring, way[2], words .. way[3]))
    f:close()
    local from = socket.gettime()
    local longest = longest_during(s, CONTROL:format "reload")
    print(("%15s all: %6.2f s, longest heartbeat %7.1f ms, longest turn until now %5.1f ms"):format(way[1], socket.gettime() - from,
      longest * 1000, longest_turn() * 1000))
  end
end

local function ipconns(count, words)
  local ring = words ~= "" and ', ring = "../../certs/rings/CICSA"' or ""
  measured.run(MANY:format(ring, count, words), {}, function(pid)
    local started, memory = measured.cpu(pid), measured.pss(pid)
    local s = partner()
    local before, longest = measured.cpu(pid), 0
    for _ = 1, RELOADS do longest = math.max(longest, longest_during(s, CONTROL:format "reload")) end
    print(("%7d ipconns%-5s start %6.2f s CPU, reload %6.2f s CPU, longest heartbeat %7.1f ms, PSS %6.0f KiB (%.2f each)"):format(count,
      words ~= "" and " TLS:" or ":", started, (measured.cpu(pid) - before) / RELOADS, longest * 1000, memory, memory / count))
    all_differ(s, ring, count, words)
    s:close()
  end)
end

local function programs()
  local one = request_cpu(1)
  local many = request_cpu(10000)
  print(("a request to one of %5d programs: %5.1f us CPU"):format(1, one * 1e6))
  print(("a request to one of %5d programs: %5.1f us CPU (%.2f of one)"):format(10000, many * 1e6, many / one))
end

local function scripts(count)
  local sources, definition = {}, { REGION:format "" }
  for i = 1, count do
    sources["s" .. i] = ([[
local nets = require("policy.ip").set { "10.%d.0.0/16", "192.168.0.0/16" }
return { run = function(request) return nets:holds(request.data) and "yes" or "no" end }
]]):format(i % 256)
    definition[i + 1] = ('program "P%d" { script = "s%d" }\n'):format(i, i)
  end
  measured.run(table.concat(definition), sources, function(pid)
    local before, began = measured.cpu(pid), socket.gettime()
    for _ = 1, RELOADS do os.execute(CONTROL:format "reload") end
    print(("%7d scripts: reload %5.3f s CPU, %5.3f s with the command"):format(count, (measured.cpu(pid) - before) / RELOADS,
      (socket.gettime() - began) / RELOADS))
  end)
end

local function seconds(f)
  local began = os.clock()
  f()
  return os.clock() - began
end

-- In this process, by the engine's own sets: one of a table, and one of a file. A set of one network shows what the call and the
-- reading of the address cost.
local function networks(count, name, network, address)
  package.cpath, package.path = "build/?.so;" .. package.cpath, "build/bench/?.lua;" .. package.path
  local host = require "sallyport.host"
  local prefixes, values, addresses = {}, {}, {}
  for i = 1, count do prefixes[i], values[i], addresses[i] = network(), true, address() end
  local file = name .. ".csv"
  local f = assert(io.open("build/bench/" .. file, "w"))
  f:write("network\n", table.concat(prefixes, "\n"), "\n")
  f:close()
  local set, one = nil, host.ipset({ "192.0.2.0/24" }, { true })
  local made = seconds(function() host.ipset(prefixes, values) end)
  local function look(at) return seconds(function() for i = 1, count do at:holds(addresses[i]) end end) / count * 1e9 end
  collectgarbage()
  local read = seconds(function() set = host.read_networks(file, { prefix = "network" }) end)
  print(("%7d networks of %s: set of a table %.2f s CPU, of a file %.2f s; look-up %4.0f ns, in a set of one network %4.0f ns"):format(
    count, name, made, read, look(set), look(one)))
end

local function all_networks()
  local r = math.random
  local function v4(tail) return function() return ("%d.%d.%d.%s"):format(r(1, 220), r(0, 255), r(0, 255), tail) end end
  local function v6(tail) return function() return ("2%03x:%x:%x:%s"):format(r(0, 4095), r(0, 65535), r(0, 65535), tail) end end
  networks(1000000, "IPv4", v4 "0/24", v4 "7")
  networks(1000000, "IPv6", v6 ":/48", v6 ":1")
end

if #arg == 0 then
  programs()
  scripts(200)
  all_networks()
end
for _, words in ipairs { "", ', ssl = "yes"' } do
  for _, count in ipairs(IPCONNS) do ipconns(math.tointeger(count), words) end
end
