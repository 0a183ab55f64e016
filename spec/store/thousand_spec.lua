-- SPDX-License-Identifier: Apache-2.0
-- Starts first: it waits for leases. Regions of a sysplex with a thousand partners each (two hundred under sanitizers), when a region is
-- killed, and when the store is killed.
local dkjson = require "dkjson"

local plex = require "spec.support.plex"
local store = require "spec.support.store"
local support = require "spec.support"

local MANY = support.sanitized and 200 or 1000
local LEASE = 6
local URM = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end, delete = function() end }]]

describe("a thousand partners of each region", function()
  local server, all, loads

  before_each(function()
    server = store.start { "--appendonly", "yes" }
    all, loads = plex.open(server), {}
  end)
  after_each(function()
    for _, load in ipairs(loads) do load:stop(30) end
    all:close()
  end)

  local function regions(n, attributes)
    local out, given = {}, { lease = LEASE, maxsockets = 10000 }
    for key, value in pairs(attributes or {}) do given[key] = value end
    for i = 1, n do out[i] = all:start("CICS" .. string.char(64 + i), given, { scripts = { rules = URM } }) end
    all:wait_epoch()
    return table.unpack(out)
  end

  local function words(r, letter, hold)
    return { support.binary, "load", "--to", "127.0.0.1:" .. plex.port(r), "--connections", MANY, "--concurrency", MANY, "--applid",
      letter .. "#####", "--networkid", "NETX", "--link", "ECHO", "--hold", hold, "--timeout", 60, "--json" }
  end

  local function connections(r) return r:inquire "sysplex"[1].connections end

  -- Partners that have made a request and stay: their names begin with the letter.
  local function fill(r, letter)
    local function served() return r:row("program", "ECHO").usecount end
    local wanted = served() + MANY
    local load = support.start(words(r, letter, 600))
    loads[#loads + 1] = load
    support.wait_until(function() return served() == wanted end, 60, function() return wanted .. "; there are " .. served() end)
    return load
  end

  -- The counts of partners that were accepted and lost.
  local function report(r, letter)
    local _, out = support.run(words(r, letter, 0))
    return assert(dkjson.decode(out), out)
  end

  -- Ends the load: its partners were all accepted, and none was lost.
  local function unharmed(load)
    load:signal "INT"
    load:wait(60)
    local counts = dkjson.decode(load:stdout())
    assert.same({ MANY, 0, 0 }, { counts.accepted, counts.released.region, counts.released.lost })
  end

  local function pairs_held()
    return tonumber(server:cli("EVAL", "return #redis.call('KEYS', ARGV[1])", 0, "sallyport:plex:PLEXA:pair:*"))
  end

  local function wait_held(n)
    support.wait_until(function() return pairs_held() == n end, 30, function() return n .. " claims; there are " .. pairs_held() end)
  end

  local function scripts_run() return tonumber(server:cli("INFO", "commandstats"):match "cmdstat_evalsha:calls=(%d+)" or 0) end

  it("costs one renewal; when the region is killed they are refused for its lease, and then they come to the other region", function()
    local a, b = regions(2)
    fill(a, "A")
    fill(b, "B")
    wait_held(2 * MANY)
    server:cli("CONFIG", "RESETSTAT")
    local from = support.now()
    support.wait_until(function() return support.now() - from > 2 and scripts_run() >= 4 end, 10, "renewals")
    assert.is_true(scripts_run() < 50, scripts_run())
    a:signal "KILL"
    a.process:wait(10)
    a.process = nil
    local early = report(b, "A")
    assert.same({ 0, MANY }, { early.accepted, early.refused })
    assert.equal("INVALID_PARTNER_STATE", early.outcomes[1].reason)
    b:wait_log("SP0146 .*region=NETA.CICSA", 30)
    unharmed(fill(b, "A"))
    assert.equal(MANY, b:count_log("SP0149 .*NETX.A%d+ was held by region NETA.CICSA", MANY))
    assert.equal(0, b:inquire "sysplex"[1].conflicts)
  end)

  it("goes on in three regions when the store is killed, is emptied, and stands still for longer than the lease", function()
    local a, b, c = regions(3, { claim_lost = "keep", lease = 2 * LEASE })
    local held = { fill(a, "A"), fill(b, "B"), fill(c, "C") }
    wait_held(3 * MANY)
    server:kill()
    server:again()
    for _, r in ipairs { a, b, c } do r:wait_log("SP0143 ", 20) end
    wait_held(3 * MANY)
    server:cli "FLUSHALL"
    wait_held(3 * MANY)
    server:pause()
    for _, r in ipairs { a, b, c } do r:wait_log("SP0142 ", 30) end
    assert.is_true(report(a, "N").refused == MANY)
    server:go_on()
    for _, r in ipairs { a, b, c } do
      plex.wait_state(r, "ACTIVE")
      r:wait_log "SP0147 "
      assert.equal(MANY, connections(r))
      assert.equal(0, r:inquire "sysplex"[1].conflicts)
    end
    wait_held(3 * MANY)
    for _, load in ipairs(held) do unharmed(load) end
    wait_held(0)
  end)
end)
