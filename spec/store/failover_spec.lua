-- SPDX-License-Identifier: Apache-2.0
-- Starts first: it waits for leases. The store fails over to a replica that lacks a claim: the duplicate is found, logged in both regions,
-- and resolved within `lease`.
local plex = require "spec.support.plex"
local store = require "spec.support.store"
local support = require "spec.support"

local LEASE = 5

describe("a fail-over of the store", function()
  local all, master, replica

  before_each(function()
    master = store.start { "--appendonly", "yes" }
    replica = store.start { "--appendonly", "yes", "--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1 " .. master.port }
    support.wait_until(function() return replica:cli("ROLE"):find "connected" end, 20, "the replica to be in step")
    all = plex.open(master)
  end)
  after_each(function() all:close() end)

  local function regions(address, more)
    local attributes = { claim_down = "local", claim_lost = "keep", lease = LEASE, store = address }
    for key, value in pairs(more or {}) do attributes[key] = value end
    return all:start("CICSA", attributes), all:start("CICSB", attributes)
  end

  local function with_hosts() return ("redis://127.0.0.1:%d,127.0.0.1:%d"):format(master.port, replica.port) end

  local function has(r, name) return r:row("ipconn", name) ~= nil end

  -- Asserts that `loser`, a or b, released ONE1 and that both logged it. Returns the seconds from the time when both had the new store.
  local function resolved(a, b, loser)
    local winner = loser == a and b or a
    for _, r in ipairs { a, b } do
      r:wait_log("SP0148 .*NETX.ONE1", LEASE + 10)
      support.wait_until(function() return r:inquire "sysplex"[1].conflicts == 1 end, 5, "the conflict to be counted")
    end
    loser:wait_log "SP0150 .*ipconn=ONE1"
    assert.is_true(has(winner, "ONE1"))
    assert.is_false(has(loser, "ONE1"))
    assert.equal(1, winner:count_log "SP0148 ")
    assert.equal(1, loser:count_log "SP0148 ")
    local took = loser:log_time("SP0150 .*ipconn=ONE1", LEASE + 10) - math.max(a:log_time "SP0130 ", b:log_time "SP0130 ")
    assert.is_true(took <= LEASE, took)
    return took
  end

  -- Makes a claim that the replica does not get, because it follows no master, and ends the master.
  local function lose_claim(a)
    replica:cli("REPLICAOF", "127.0.0.1", "1")
    assert.equal("OK", all:reason(a, "ONE1"))
    master:kill()
    for _, r in ipairs(all.regions) do
      support.wait_until(function() return r:inquire "store"[1].state == "DOWN" end, 10, "the loss of the store")
    end
    assert.equal("", replica:cli("GET", "sallyport:plex:PLEXA:pair:NETX.ONE1"))
  end

  it("resolves a duplicate of a claim that the replica lacks: the later one ends, also when it is registered first", function()
    local a, b = regions(with_hosts())
    all:wait_epoch()
    lose_claim(a)
    assert.equal("OK", all:reason(b, "ONE1")) -- claim_down is local: the duplicate
    a:signal "STOP"
    replica:cli("REPLICAOF", "NO", "ONE")
    support.wait_until(function() return replica:cli("GET", "sallyport:plex:PLEXA:pair:NETX.ONE1"):find "CICSB" end, 10, "b's claim")
    a:signal "CONT"
    resolved(a, b, b)
    assert.is_truthy(replica:cli("GET", "sallyport:plex:PLEXA:pair:NETX.ONE1"):find "CICSA")
  end)

  it("makes no duplicate with claim_down = refuse: the replica grants nothing new before each region has registered", function()
    local a, b = regions(with_hosts(), { claim_down = "refuse", claim_lost = "release" })
    all:wait_epoch()
    lose_claim(a)
    replica:cli("REPLICAOF", "NO", "ONE")
    local answers = {}
    support.wait_until(function()
      local answer = all:reason(b, "ONE1")
      answers[answer] = true
      return answer == "INVALID_PARTNER_STATE"
    end, LEASE + 10, "the claim of a in the new master")
    assert.same({ AUTOINSTALL_FAILED = true, INVALID_PARTNER_STATE = true }, answers)
    assert.is_true(has(a, "ONE1"))
    for _, r in ipairs { a, b } do assert.equal(0, r:inquire "sysplex"[1].conflicts) end
  end)

  it("with sentinels: regions use the new master, and not the old one that returns", function()
    local sentinel = store.sentinel(master, "names")
    support.wait_until(function() return sentinel:cli("SENTINEL", "REPLICAS", "names"):find(tostring(replica.port)) end, 20,
      "the sentinel to know the replica")
    local a, b = regions(("sentinel://127.0.0.1:%d/names"):format(sentinel.port))
    all:wait_epoch()
    lose_claim(a)
    assert.equal("OK", all:reason(b, "ONE1"))
    local place = "127.0.0.1:" .. replica.port
    for _, r in ipairs { a, b } do
      support.wait_until(function()
        local row = r:inquire "store"[1]
        return row.state == "UP" and row.server == place
      end, 40, "the new master")
    end
    resolved(a, b, b)
    master:again()
    support.wait_until(function() return master:cli("ROLE"):find "slave" end, 40, "the old master to be a replica")
    assert.equal(place, a:inquire "store"[1].server)
    assert.equal("OK", all:reason(b, "TWO2"))
  end)

  it("by an operator's command moves the regions and keeps their claims", function()
    local sentinel = store.sentinel(master, "names")
    support.wait_until(function() return sentinel:cli("SENTINEL", "REPLICAS", "names"):find(tostring(replica.port)) end, 20,
      "the sentinel to know the replica")
    local a, b = regions(("sentinel://127.0.0.1:%d/names"):format(sentinel.port), { claim_down = "refuse" })
    all:wait_epoch()
    assert.equal("OK", all:reason(a, "ONE1"))
    support.wait_until(function() return sentinel:cli("SENTINEL", "FAILOVER", "names") == "OK" end, 30, "a replica that is fit")
    for _, r in ipairs { a, b } do
      support.wait_until(function() return r:inquire "store"[1].server == "127.0.0.1:" .. replica.port end, 40, "the new master")
      r:wait_log "SP0143 "
    end
    support.wait_until(function() return all:reason(b, "ONE1") == "INVALID_PARTNER_STATE" end, LEASE + 10, "the claim of a")
    assert.is_true(has(a, "ONE1"))
    for _, r in ipairs { a, b } do assert.equal(0, r:inquire "sysplex"[1].conflicts) end
  end)
end)
