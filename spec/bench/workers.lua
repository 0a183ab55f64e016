-- SPDX-License-Identifier: Apache-2.0
--[[
workers: one worker beside two. Prints for each number, the median of the rounds, which take turns:
  the CPU of the region per connection (TLS 1.3 with a verified client certificate, four decisions, CAPEX, release), 512 at a time;
  the connections that the region could serve beside those of one worker: the CPU of one worker divided by that of the busiest thread,
  so that the partners, which share the CPUs of this machine, do not count.
  Both twice. The partners share the CPUs of this machine with the region. In the first measurement they go first (the region runs at
  nice 19), so that connections always wait for the workers, as with partners on other machines. In the second one all are equal:
  the partners are the limit, and each of two workers waits for them more often than one worker does;
  how often a worker waits, for each connection: the changes of thread that are voluntary;
  the CPU of a refusal by address;
  KiB of an idle link (PSS); with 2,000 links the time of a reload, and how long a partner waited meanwhile for the answer to a
  heartbeat (of the home), and a caller for its refusal (of a gate, when there is one): the longest pauses of their loops.
With two workers also the CPU of the home for a connection that a gate has accepted, and how many gates one home can feed.
`lua5.4 spec/bench/workers.lua [rounds] [connections]`.
]]
local dkjson = require "dkjson"
local socket = require "socket"

local measured = require "spec.bench.measured"

local ROUNDS, CONNECTIONS = tonumber(arg[1] or "3"), tonumber(arg[2] or "4000")
local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local LINKS, PORT = 2000, 14990

local DOORS = [[
local policy = require "policy"
local accept = function() return policy.accept() end
return { admit = accept, certify = accept, bind = accept, install = function(facts)
  return policy.install { ipconn = facts.capex.applid, template = "NETX" }
end }]]

local DENY = 'local policy = require "policy"\nreturn { admit = function() return policy.refuse "stranger" end }'

local DEFINITION = [[
region { applid = "CICSA", networkid = "NETA", ring = "../../certs/rings/CICSA", control = "control.sock", workers = %d, halfopen = 60000,
  halfopen_peer = 60000, maxsockets = 60000, heartbeat = 600 }
tcpipservice "BENCH" { host = "127.0.0.1", portnumber = %d, ssl = "clientauth", admit = "doors", certify = "doors", bind = "doors",
  urm = "doors" }
tcpipservice "PLAIN" { host = "127.0.0.1", portnumber = %d, ssl = "no", admit = "doors", bind = "doors", urm = "doors" }
tcpipservice "DENY" { host = "127.0.0.1", portnumber = %d, ssl = "no", admit = "deny" }
ipconn "NETX" { applid = "CTGAPP", template = "only", receivecount = 10 }
]]

local function output(command)
  local pipe = assert(io.popen(command))
  local out = pipe:read "a"
  pipe:close()
  return out
end

local function sallyport(words)
  return output(("%s %s --region build/bench/region.lua 2>&1"):format(BINARY, words))
end

local LOAD = "%s load --to 127.0.0.1:%d --connections %d --concurrency %d --networkid NETX --timeout 60 --json %s 2>build/bench/load.err"

local function load(port, connections, concurrency, more)
  return LOAD:format(BINARY, port, connections, concurrency, more)
end

-- Seconds of CPU of each thread, by its id; how often all of them have waited.
local function threads(pid)
  local out, waited = {}, 0
  for id in output("ls /proc/" .. pid .. "/task"):gmatch "%d+" do
    local directory = ("/proc/%d/task/%s/"):format(pid, id)
    local schedstat, status = measured.read(directory .. "schedstat"), measured.read(directory .. "status")
    if schedstat and status then
      out[tonumber(id)] = tonumber(schedstat:match "%d+") / 1e9
      waited = waited + tonumber(status:match "\nvoluntary_ctxt_switches:%s+(%d+)")
    end
  end
  return out, waited
end

local RING = "--ring certs/rings/NETX.CTGAPP"

-- The CPU of `fn` in microseconds for each of n: all threads, the busiest one, that of the home, whose id is the pid. Then how often
-- threads waited for each.
local function cost(pid, n, fn)
  local before, waited = threads(pid)
  local all, most = 0, 0
  fn()
  local after, later = threads(pid)
  for id, cpu in pairs(after) do
    local used = (cpu - (before[id] or 0)) / n * 1e6
    all = all + used
    most = math.max(most, used)
  end
  return all, most, (after[pid] - before[pid]) / n * 1e6, (later - waited) / n
end

local function workers()
  return assert(dkjson.decode((sallyport "inquire worker --json")))
end

local function connections(pid, into)
  output(load(PORT, 300, 64, RING))
  local before = workers()
  local all, most, home, waits = cost(pid, CONNECTIONS, function() output(load(PORT, CONNECTIONS, 512, RING)) end)
  into.connection, into.most, into.waits = all, most, waits
  if #before == 1 then return end
  local accepted = {}
  for i, row in ipairs(workers()) do accepted[i] = row.accepted - before[i].accepted end
  local at_gate = (all - home) * CONNECTIONS / accepted[2]
  into.share = math.max(accepted[1], accepted[2]) / CONNECTIONS
  into.at_home = home - at_gate * accepted[1] / CONNECTIONS
  into.gates = at_gate / into.at_home
end

-- The seconds until a caller is refused.
local function refused()
  local from = socket.gettime()
  local s = socket.tcp4()
  assert(s:connect("127.0.0.1", PORT + 1))
  s:receive(1)
  s:close()
  return socket.gettime() - from
end

local function refusals(pid, into)
  local n = 5000
  into.refusal = cost(pid, n, function()
    for _ = 1, n do refused() end
  end)
end

-- Each reload has a script with other bytes, so that the doors are asked again for each link.
local function reloads(into)
  local witness, times = measured.partner(PORT + 2, "WITNESS"), 0
  local reload = ("%s reload --region build/bench/region.lua"):format(BINARY)
  local function longest(probe)
    local f = assert(io.open("build/bench/policies/doors.lua", "a"))
    times = times + 1
    f:write("\n-- " .. times .. "\n")
    f:close()
    local from = socket.gettime()
    local most = measured.longest(reload, probe)
    into.reload = socket.gettime() - from
    return most
  end
  into.beat = longest(function() return measured.beat(witness) end) * 1000
  into.caller = longest(refused) * 1000
  witness:close()
end

local function links(pid, into)
  local empty = measured.pss(pid)
  os.execute(load(PORT, LINKS, LINKS, RING .. " --hold 300") .. " >build/bench/held & echo $! >build/bench/holder")
  repeat
    socket.sleep(0.5)
    local row = dkjson.decode((sallyport "inquire tcpipservice BENCH --json"))[1]
  until row.connections == LINKS and row.halfopen == 0
  into.link = (measured.pss(pid) - empty) / LINKS
  reloads(into)
  os.execute "kill -9 $(cat build/bench/holder)"
end

local results = { {}, {} } -- by the number of workers: lists by key

local function keep(n, one, prefix)
  for key, value in pairs(one) do
    local list = results[n][prefix .. key] or {}
    results[n][prefix .. key] = list
    table.insert(list, value)
  end
end

local function region(n, prefix, by, measure)
  local one = {}
  measured.run(DEFINITION:format(n, PORT, PORT + 2, PORT + 1), { doors = DOORS, deny = DENY }, function(pid) measure(pid, one) end, by)
  keep(n, one, prefix)
end

for _ = 1, ROUNDS do
  for n = 1, 2 do
    region(n, "full_", "nice -n 19", connections)
    region(n, "", nil, function(pid, one)
      connections(pid, one)
      refusals(pid, one)
      links(pid, one)
    end)
  end
end

local function median(n, key)
  local list = results[n][key]
  table.sort(list)
  return list[#list // 2 + 1]
end

local function print_connections(title, prefix)
  local function both(key) return median(1, prefix .. key), median(2, prefix .. key) end
  local one, two = both "connection"
  local most_one, most_two = both "most"
  print(title)
  print(("  CPU of a connection, us: one worker %.0f, two %.0f (%.2f)"):format(one, two, two / one))
  print(("  waits of threads for each: one worker %.1f, two %.1f"):format(both "waits"))
  print(("  the busiest of two, us for each connection: %.0f; two serve %.2f times the connections of one"):format(most_two,
    most_one / most_two))
  print(("  one of two accepted %.0f %%"):format(100 * median(2, prefix .. "share")))
  print(("  the home, us for a connection of a gate: %.0f; it can feed %.1f gates"):format(median(2, prefix .. "at_home"),
    median(2, prefix .. "gates")))
end

print_connections("connections always wait for the workers:", "full_")
print_connections("the workers wait for the partners:", "")
print(("CPU of a refusal by address, us: one worker %.1f, two %.1f"):format(median(1, "refusal"), median(2, "refusal")))
print(("an idle link, KiB: one worker %.1f, two %.1f"):format(median(1, "link"), median(2, "link")))
print(("a reload with %d links, s: one worker %.2f, two %.2f"):format(LINKS, median(1, "reload"), median(2, "reload")))
print(("the longest pause meanwhile, ms: of a partner, one worker %.1f, two %.1f; of a caller %.1f, %.1f"):format(median(1, "beat"),
  median(2, "beat"), median(1, "caller"), median(2, "caller")))
