-- SPDX-License-Identifier: Apache-2.0
--[[
peers: the cost of a connection, a request, a refusal and an idle link for the region, beside a bare server (bare.c) and beside HAProxy and
nginx with scripts in Lua, where they are installed (servers.lua). Each round measures each server once in each column, for a short time,
one after the other, so that other work on the machine meets all of them; each second round in the opposite order. Prints a table of medians
over the rounds, with the medians of the rounds' ratios to the bare server in parentheses, the cost of scripts, a table of latencies, the
machine, and the servers that could not be measured. Asserts nothing.

  lua5.4 spec/bench/peers.lua [rounds=N] [seconds=S] [columns=KEY,KEY,...] [servers=KEY,KEY,...]
rounds, seconds   of the CPU (24, 0.25); latencies have 3 rounds of 2 s
columns           13ec 12ec 13rsa 12rsa request refused idle, or cpu for these; arrivals many held, or latency for these
servers           beside the bare server: floor region install tricks uncached haproxy tickets nginx
For one question in a minute: columns=13ec servers=region rounds=60.
SALLYPORT: the binary (./sallyport)
]]
local socket = require "socket"

local measured = require "spec.bench.measured"
local servers = require "spec.bench.servers"

local TOP = io.popen("pwd"):read "l"
local DIR = TOP .. "/build/bench/peers"
local PARTNERS = "build/partners"
local CONCURRENCY, IDLE = 64, 1000
local ARRIVALS, MANY, HELD = 500, 512, 9000 -- connections a second, at a time, held beside arrivals
local LATENCY_ROUNDS, LATENCY_SECONDS = 3, 2
local SPREAD = 1.57 -- times the distance of the quartiles / sqrt(number): medians that differ by more differ by more than chance

local options = { rounds = "24", seconds = "0.25", columns = "cpu,latency", servers = "" }
for _, word in ipairs(arg) do
  local key, value = word:match "^(%l+)=(.+)$"
  if not options[key] then error(word .. " is no option; see the head of spec/bench/peers.lua", 0) end
  options[key] = value
end
local ROUNDS, SECONDS = tonumber(options.rounds), tonumber(options.seconds)

local missing = {} -- sentences about servers that could not be measured

-- Whether a comma-separated list has the word.
local function listed(list, word)
  return ("," .. list .. ","):find("," .. word .. ",", 1, true) ~= nil
end

local output = measured.output

-- A process and its children.
local function family(pid)
  local all = { pid }
  for child in output(("cat /proc/%d/task/*/children"):format(pid)):gmatch "%d+" do all[#all + 1] = tonumber(child) end
  return all
end

local function sum(pid, what)
  local total = 0
  for _, p in ipairs(family(pid)) do total = total + (what(p) or 0) end
  return total
end

-- --- measurements: each returns microseconds of CPU, or KiB, of one connection, request, refusal or link

local function cost(running, command)
  local spent = sum(running.pid, measured.ran)
  local done, failed, p99 = output(command):match "done=(%d+) failed=(%d+) .*p99=(%d+)"
  if done == nil or tonumber(failed) > 0 or tonumber(done) == 0 then return nil end
  return (sum(running.pid, measured.ran) - spent) * 1e6 / tonumber(done), tonumber(p99)
end

local function latencies(kind, running, number)
  local text = output(("%s %s %d %g %d 1.3 %s"):format(PARTNERS, kind, running.port, LATENCY_SECONDS, number,
    servers.credentials(running.kind)))
  local failed, p50, p99 = text:match "failed=(%d+) .*p50=(%d+) p99=(%d+)"
  if failed ~= "0" then return nil end
  return tonumber(p50) / 1e3, tonumber(p99) / 1e3
end

local function connections(version)
  return function(running)
    return cost(running, ("%s connections %d %g %d %s %s"):format(PARTNERS, running.port, SECONDS, CONCURRENCY, version,
      servers.credentials(running.kind)))
  end
end

local function requests(running)
  return cost(running, ("%s requests %d %g %d 1.3 %s"):format(PARTNERS, running.port, SECONDS, CONCURRENCY,
    servers.credentials(running.kind)))
end

local function denied(running)
  return cost(running, ("%s denied %d %g %d"):format(PARTNERS, running.port + 1, SECONDS, CONCURRENCY))
end

-- Calls f while the server has so many links, each after one exchange. Returns the values of f; nil when a link was not made.
local function while_held(running, number, f)
  local held = ("%s/held"):format(DIR)
  os.remove(held)
  local links = io.popen(("%s idle %d 0 %d 1.3 %s >%s 2>/dev/null"):format(PARTNERS, running.port, number,
    servers.credentials(running.kind), held), "w")
  local deadline, text = socket.gettime() + 30 + number / 50, ""
  while not text:find "\n" and socket.gettime() < deadline do
    socket.sleep(0.1)
    local h = io.open(held)
    text = h and h:read "a" or ""
    if h then h:close() end
  end
  local a, b
  if text:find("failed=0", 1, true) then a, b = f() end
  links:close()
  return a, b
end

local function idle(running)
  local before = sum(running.pid, measured.pss)
  local after = while_held(running, IDLE, function()
    socket.sleep(1) -- a server frees some memory after a while
    return sum(running.pid, measured.pss)
  end)
  return after and (after - before) / IDLE
end

local function arrivals(running) return latencies("arrivals", running, ARRIVALS) end

local function at_once(running) return latencies("connections", running, MANY) end

local function beside_held(running)
  return while_held(running, HELD, function() return latencies("arrivals", running, ARRIVALS) end)
end

-- The second value of measure is that of the next column, which has no measure of its own. once: in one round only.
local columns = {
  { key = "13ec", name = "1.3 ECDSA", kind = "ec", measure = connections "1.3" },
  { key = "12ec", name = "1.2 ECDSA", kind = "ec", measure = connections "1.2" },
  { key = "13rsa", name = "1.3 RSA", kind = "rsa", measure = connections "1.3" },
  { key = "12rsa", name = "1.2 RSA", kind = "rsa", measure = connections "1.2" },
  { key = "request", name = "request", kind = "ec", measure = requests },
  { key = "refused", name = "refused by address", kind = "ec", measure = denied, deny = true },
  { key = "idle", name = "idle link KiB", kind = "ec", measure = idle, once = true },
}
local latency_columns = {
  { key = "arrivals", name = ARRIVALS .. "/s: p50", kind = "ec", measure = arrivals }, { key = "arrivals", name = "p99" },
  { key = "many", name = MANY .. " at once: p50", kind = "ec", measure = at_once }, { key = "many", name = "p99" },
  { key = "held", name = ("%d/s beside %d held: p50"):format(ARRIVALS, HELD), kind = "ec", measure = beside_held, once = true },
  { key = "held", name = "p99" },
}

local function wanted(all, group)
  local list = {}
  for _, c in ipairs(all) do
    if listed(options.columns, group) or listed(options.columns, c.key) then list[#list + 1] = c end
  end
  return list
end

columns, latency_columns = wanted(columns, "cpu"), wanted(latency_columns, "latency")

-- --- the table

local function quantile(sorted, q)
  local at = 1 + (#sorted - 1) * q
  local low = math.floor(at)
  return sorted[low] + (sorted[math.min(low + 1, #sorted)] - sorted[low]) * (at - low)
end

-- The median, and by how much that of another run may differ; nil where there are too few values to say so.
local function median(list)
  table.sort(list)
  local spread = #list > 4 and SPREAD * (quantile(list, 0.75) - quantile(list, 0.25)) / math.sqrt(#list) or nil
  return quantile(list, 0.5), spread
end

-- f(value, the other server's value of the same round) for each round with both.
local function pairwise(values, others, f)
  local list = {}
  for round, v in pairs(values) do
    if others[round] then list[#list + 1] = f(v, others[round]) end
  end
  return list
end

local function with_spread(form, list)
  local value, spread = median(list)
  return spread and (form .. " ± " .. form):format(value, spread) or form:format(value)
end

local function cell(values, base)
  local list = {}
  for _, v in pairs(values) do list[#list + 1] = v end
  if #list == 0 then return "" end
  local ratios = pairwise(values, base, function(v, other) return v / other end)
  local value = median(list)
  return #ratios > 0 and ("%.1f (%s)"):format(value, with_spread("%.2f", ratios)) or ("%.1f"):format(value)
end

local function of(results, key, column)
  return results[key] and results[key][column] or {}
end

local function print_table(title, table_columns, results)
  local head, rule = { title }, { "---" }
  for _, c in ipairs(table_columns) do
    head[#head + 1] = c.name
    rule[#rule + 1] = "---:"
  end
  print("| " .. table.concat(head, " | ") .. " |\n|" .. table.concat(rule, "|") .. "|")
  for _, s in ipairs(servers.list) do
    if results[s.key] then
      local row = { s.name }
      for _, c in ipairs(table_columns) do row[#row + 1] = cell(of(results, s.key, c), of(results, "bare", c)) end
      print("| " .. table.concat(row, " | ") .. " |")
    end
  end
end

-- The listener with all scripts and that with `install` alone are in one process.
local function print_scripts(results, doors)
  for _, c in ipairs(columns) do
    local more = pairwise(of(results, "region", c), of(results, "install", c), function(all, one) return all - one end)
    if #more > 0 then print(("%s: the scripts `admit`, `certify` and `bind` take %s us"):format(c.name, with_spread("%.1f", more))) end
  end
  if not doors then return end
  print(("medians by the region's own clock, us: `admit` %d, `certify` %d, `bind` %d, `install` %d"):format(doors.admit, doors.certify,
    doors.bind, doors.install))
end

local function print_tricks(results)
  for _, c in ipairs(columns) do
    local ratios = pairwise(of(results, "tricks", c), of(results, "floor", c), function(v, other) return v / other end)
    if #ratios > 0 then print(("%s: with each trick %s times the bare server"):format(c.name, with_spread("%.2f", ratios))) end
  end
end

local function print_machine()
  local cpu = output("cat /proc/cpuinfo"):match "model name%s*: ([^\n]*)" or "unknown"
  print(("\n%s CPUs, %s; Linux %s; %s; %d rounds of %g s, %d partners at a time, load %s"):format(output("nproc"):match "%d+", cpu,
    output("uname -r"):match "%S+", output("openssl version"):match "OpenSSL %S+" or "", ROUNDS, SECONDS, CONCURRENCY,
    output("cat /proc/loadavg"):match "%S+"))
  for _, sentence in ipairs(missing) do print("not measured: " .. sentence) end
end

-- --- all of it

local function measure(results, running, c, next_column, round)
  local first, second = c.measure(running)
  results[c][round] = first
  if next_column and not next_column.measure then results[next_column][round] = second end
end

local function measure_round(round, last, running, results, table_columns)
  local n = #servers.list
  for i, c in ipairs(table_columns) do
    for k = 1, n do
      local s = servers.list[round % 2 == 1 and k or n + 1 - k]
      local r = c.measure and running[s.key] and running[s.key][c.kind]
      if r and (not c.deny or s.deny) and (not c.once or round == last) then measure(results[s.key], r, c, table_columns[i + 1], round) end
    end
  end
end

local function start(s, running)
  local first = running[s.of]
  if first then return { ec = servers.beside(first.ec), rsa = servers.beside(first.rsa) } end
  local both = { ec = servers.start(s, "ec"), rsa = servers.start(s, "rsa") }
  if both.ec and both.rsa then return both end
  missing[#missing + 1] = s.name .. ": it does not start, see " .. DIR .. "/out"
end

local function start_all()
  local running, results = {}, {}
  for _, s in ipairs(servers.list) do
    local chosen = options.servers == "" or s.key == "bare" or listed(options.servers, s.key)
    local lack = chosen and servers.lacks(s)
    missing[#missing + 1] = lack or nil
    running[s.key] = chosen and not lack and start(s, running) or nil
    results[s.key] = running[s.key] and setmetatable({}, { __index = function(t, c)
      t[c] = {}
      return t[c]
    end })
  end
  return running, results
end

servers.prepare(DIR)
local running, results = start_all()
local ok, why = xpcall(function()
  for round = 1, ROUNDS do measure_round(round, ROUNDS, running, results, columns) end
  for round = 1, LATENCY_ROUNDS do measure_round(round, LATENCY_ROUNDS, running, results, latency_columns) end
end, debug.traceback)
local doors = ok and running.region and servers.doors(running.region.ec)
for _, kinds in pairs(running) do
  for _, r in pairs(kinds) do servers.stop(r) end
end
if not ok then error(why, 0) end
if #columns > 0 then
  print_table("server CPU in microseconds", columns, results)
  print_tricks(results)
  print_scripts(results, doors)
end
if #latency_columns > 0 then
  print ""
  print_table("latency in milliseconds", latency_columns, results)
end
print_machine()
