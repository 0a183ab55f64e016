-- SPDX-License-Identifier: Apache-2.0
--[[
store: regions with a shared store (redis-server on the loopback, with an append-only file). `lua5.4 spec/bench/store.lua [part...]`.
Other work on the machine changes these figures: with `chrt -f 1` all processes of the command run before that work. The parts:
  claims      the time from a CAPEX to its answer in a region of a sysplex, which claims the pair and the name, and in one without
  askings     askings of `admit` a second, and their CPU, with a call of policy.store.incr and without; in one region and in two
  rates       the tokens of a rate of two regions, beside the bound: with the store, with one region cut off, with both cut off
  duplicate   two regions without the store have accepted one partner: the time until one region releases it, from the answer of the
              store, and from the moment at which both regions have found the store
  counters    numbers a second that two regions take from one counter
Needs build/partners.
]]
local socket = require "socket"

local measured = require "spec.bench.measured"
local peer = require "spec.support.peer"
local regions = require "spec.support.region"
local store = require "spec.support.store"
local wait = require "spec.support.wait"

local ROUNDS = 3
local INSTALL = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid, template = "ALL" } end }]]

local running = {} -- regions and servers

local function server()
  local s = store.start { "--appendonly", "yes" }
  running[#running + 1] = function() s:kill() end
  return s
end

-- scripts by name; each is the `admit` of a listener of that name in upper case; `rules` has the other doors of IPIC.
local function start(applid, of, attributes, scripts)
  local given = { applid = applid, networkid = "NETA", heartbeat = 0, specs = "off", halfopen_peer = 10000,
    store = "redis://127.0.0.1:" .. of.port, wait_milliseconds = 20000, instructions = 10000000, workers = 1 }
  for key, value in pairs(attributes or {}) do given[key] = value end
  local services = {}
  for name in pairs(scripts) do
    services[name == "rules" and "IPIC" or name:upper()] = name == "rules" and { urm = "rules", bind = "rules" } or { admit = name }
  end
  if scripts.rules == INSTALL then services.IPIC.bind = nil end
  local r = regions.new { region = given, tcpipservices = services, ipconns = { ALL = { template = "only" } }, scripts = scripts }
  r:start()
  running[#running + 1] = function() r:stop() end
  r:wait_log "SP0130 "
  return r
end

local function stop()
  for i = #running, 1, -1 do
    running[i]()
    running[i] = nil
  end
end

local function member(more)
  local out = { sysplex = "PLEXA", lease = 3, claim_down = "refuse", claim_lost = "keep" }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

local function percentile(list, share)
  table.sort(list)
  return list[math.max(1, math.ceil(#list * share))]
end

-- A partner's CAPEX. Returns the seconds until the answer, the word of the answer, the partner.
local function capex(port, applid)
  local p = peer.raw(port)
  local from = socket.gettime()
  local m = p:capex({ applid = applid, networkid = "NETX" }):read_message(10)
  return socket.gettime() - from, m.body.response, p
end

-- The store grants nothing new in its first lease.
local function wait_grants(r)
  wait.wait_until(function()
    local _, word, p = capex(r:port "IPIC", "PROBE")
    p:close()
    return word == "OK"
  end, 15, "the store to grant claims")
end

local parts = {}

function parts.claims()
  local s = server()
  local with, without = start("CICSA", s, member(), { rules = INSTALL }), start("CICSB", s, nil, { rules = INSTALL })
  local ports, kept, n = { with = with:port "IPIC", without = without:port "IPIC" }, {}, 0
  start("CICSC", s, member(), { rules = INSTALL })
  wait_grants(with)
  local times = { with = {}, without = {} }
  local function one(kind, held)
    n = n + 1
    local seconds, word, p = capex(ports[kind], ("P%06d"):format(n))
    assert(word == "OK", word)
    if held then kept[#kept + 1] = p else p:close() end
    if not held then table.insert(times[kind], seconds * 1e6) end
  end
  for _ = 1, 400 do one("with", true) end -- names that are held meanwhile
  for _ = 1, ROUNDS * 1000 do
    one "with"
    one "without"
  end
  for _, p in ipairs(kept) do p:close() end
  local p50, p99 = percentile(times.with, 0.5), percentile(times.with, 0.99)
  local own50, own99 = percentile(times.without, 0.5), percentile(times.without, 0.99)
  print(("a CAPEX, us: p50 %.0f, p99 %.0f; with a claim p50 %.0f, p99 %.0f; the claim adds %.0f and %.0f"):format(own50, own99, p50, p99,
    p50 - own50, p99 - own99))
end

local function flood(seconds, ...)
  local pipes, done, elapsed = {}, 0, 0
  local from = socket.gettime()
  for i, port in ipairs { ... } do pipes[i] = assert(io.popen(("build/partners denied %d %g 64"):format(port, seconds))) end
  for _, pipe in ipairs(pipes) do
    local text = pipe:read "a"
    pipe:close()
    done = done + assert(tonumber(text:match "done=(%d+)"), text)
    elapsed = math.max(elapsed, tonumber(text:match "seconds=([%d.]+)"))
  end
  return done / elapsed, done, socket.gettime() - from
end

local PLAIN = 'local policy = require "policy"\nreturn { admit = function() return policy.refuse "stranger" end }'
local INCR = [[
local policy = require "policy"
return { admit = function() return policy.refuse("stranger", tostring(policy.store.incr "seen")) end }]]

function parts.askings()
  local s = server()
  local a = start("CICSA", s, nil, { plain = PLAIN, incr = INCR })
  local b = start("CICSB", s, nil, { plain = PLAIN, incr = INCR })
  local plain, incr = { a:port "PLAIN", b:port "PLAIN" }, { a:port "INCR", b:port "INCR" }
  local kinds = { -- the same partners in each: 64 for each of the two ports
    { "without a call, one region", plain[1], plain[1] }, { "without a call, two regions", plain[1], plain[2] },
    { "with policy.store.incr, one region", incr[1], incr[1] }, { "with policy.store.incr, two regions", incr[1], incr[2] } }
  local rates, region_cpu, store_cpu = {}, {}, {}
  for _ = 1, ROUNDS do
    for i, kind in ipairs(kinds) do
      local pids = { a.process.pid, b.process.pid, s.process.pid }
      local before = {}
      for k, pid in ipairs(pids) do before[k] = measured.cpu(pid) end
      local rate, n = flood(2, table.unpack(kind, 2))
      local used = {}
      for k, pid in ipairs(pids) do used[k] = (measured.cpu(pid) - before[k]) / n * 1e6 end
      for list, value in pairs { [rates] = rate, [region_cpu] = used[1] + used[2], [store_cpu] = used[3] } do
        list[i] = list[i] or {}
        table.insert(list[i], value)
      end
    end
  end
  for i, kind in ipairs(kinds) do
    print(("askings %s: %.0f/s; CPU of one, us: region %.1f, redis-server %.1f"):format(kind[1], percentile(rates[i], 0.5),
      percentile(region_cpu[i], 0.5), percentile(store_cpu[i], 0.5)))
  end
end

local COUNT, BURST, FLOOD = 500, 250, 4
local TAKES = ([[
local policy = require "policy"
return { admit = function()
  if policy.rate("all", { count = %d, per = 1, burst = %d, scope = "store" }):take() then policy.counter("taken"):next() end
  return policy.refuse "counted"
end }]]):format(COUNT, BURST)

local function wait_state(r, state)
  wait.wait_until(function() return r:inquire "store"[1].state == state end, 15, "the store to be " .. state)
end

function parts.rates()
  local s = server()
  for _, user in ipairs { "a", "b" } do s:cli("ACL", "SETUSER", user, "on", ">word", "~*", "+@all") end
  local two = {}
  for i, user in ipairs { "a", "b" } do
    local word = s.dir .. "/word"
    os.execute(("printf word > %s; chmod 600 %s"):format(word, word))
    local own = { store_user = user, store_password_file = os.getenv "PWD" .. "/" .. word }
    two[i] = start("CICS" .. user:upper(), s, own, { takes = TAKES })
  end
  local function taken()
    local sum = 0
    for _, r in ipairs(two) do
      local row = r:row("counter", "taken")
      sum = sum + (row and row.last or 0)
    end
    return sum
  end
  local function measure(what, cut_off)
    local before = taken()
    local _, asked, seconds = flood(FLOOD, two[1]:port "TAKES", two[2]:port "TAKES")
    local bound = COUNT * (1 + cut_off / 2) * seconds + BURST * (1 + cut_off / 2)
    local got = taken() - before
    print(("a rate of %d/s, burst %d, two regions, %s: %d of %d takes in %.2f s; the bound is %.0f (%.3f)"):format(COUNT, BURST, what, got,
      asked, seconds, bound, got / bound))
  end
  for _, r in ipairs(two) do
    wait.wait_until(function() return r:inquire "store"[1].regions == 2 end, 15, "two regions")
  end
  flood(0.5, two[1]:port "TAKES", two[2]:port "TAKES")
  socket.sleep(1) -- the bucket is full
  measure("the store is there", 0)
  socket.sleep(1)
  s:cli("ACL", "SETUSER", "b", "off")
  s:cli("CLIENT", "KILL", "USER", "b")
  wait_state(two[2], "DOWN")
  measure("one is cut off", 1)
  s:cli("ACL", "SETUSER", "b", "on")
  wait_state(two[2], "UP")
  flood(0.2, two[1]:port "TAKES", two[2]:port "TAKES") -- subtracts the tokens that were given without the store
  socket.sleep(2)
  s:kill()
  for _, r in ipairs(two) do wait_state(r, "DOWN") end
  measure("both are cut off", 0)
end

function parts.duplicate()
  local s = server()
  local alone = member { claim_down = "local" }
  local a, b = start("CICSA", s, alone, { rules = INSTALL }), start("CICSB", s, alone, { rules = INSTALL })
  wait_grants(a)
  local found, whole = {}, {}
  for round = 1, 5 do
    local name = "DUP" .. round
    s:kill()
    for _, r in ipairs { a, b } do wait_state(r, "DOWN") end
    local _, one, p = capex(a:port "IPIC", name)
    local _, other, q = capex(b:port "IPIC", name)
    assert(one == "OK" and other == "OK", one .. other)
    s:again()
    local back = socket.gettime() % 86400
    wait.wait_until(function() return not (a:row("ipconn", name) and b:row("ipconn", name)) end, 20, "one ipconn")
    local loser = a:row("ipconn", name) and b or a
    local ended = loser:log_time("SP0150 .*" .. name)
    whole[round] = (ended - back) * 1e3
    found[round] = (ended - math.max(a:log_time "SP0130 ", b:log_time "SP0130 ")) * 1e3
    p:close()
    q:close()
    for _, r in ipairs { a, b } do wait.wait_until(function() return not r:row("ipconn", name) end, 10, "its end") end
  end
  print(("a duplicate is resolved, ms after the store answers: median %.0f, at most %.0f; after both have found it: %.1f, %.1f"):format(
    percentile(whole, 0.5), whole[#whole], percentile(found, 0.5), found[#found]))
end

function parts.counters()
  local s = server()
  local rules = [[
local policy = require "policy"
return { bind = function()
  local c = policy.counter("all", { scope = "store" })
  for _ = 1, 1000 do c:next() end
  return policy.refuse "counted"
end, install = function() return policy.refuse "none" end }]]
  local two = { start("CICSA", s, nil, { rules = rules }), start("CICSB", s, nil, { rules = rules }) }
  local rates, all = {}, 0
  for round = 1, ROUNDS do
    local partners, from = {}, socket.gettime()
    for i = 1, 20 do
      partners[i] = peer.raw(two[i % 2 + 1]:port "IPIC")
      partners[i]:capex { applid = "P" .. i, networkid = "NETX" }
    end
    for _, p in ipairs(partners) do
      assert(p:read_message(30).body.response == "EXCEPTION")
      p:close()
    end
    rates[round] = 20000 / (socket.gettime() - from)
    all = all + 20000
  end
  local last = s:cli("HGET", "sallyport:counter:all", "last")
  print(("numbers of one counter that two regions take: %.0f/s; after %d the last one is %s"):format(percentile(rates, 0.5), all, last))
end

local wanted = #arg > 0 and arg or { "claims", "askings", "rates", "duplicate", "counters" }
for _, name in ipairs(wanted) do
  local ok, why = xpcall(assert(parts[name], "no part " .. name), debug.traceback)
  stop()
  if not ok then error(why, 0) end
end
