-- SPDX-License-Identifier: Apache-2.0
-- The regions of a sysplex: they know each other by a real store, and a region that cannot renew its session key is fenced.
local support = require "spec.support"
local store = require "spec.support.store"

describe("a sysplex", function()
  local server
  local regions

  before_each(function()
    server = store.start {}
    regions = {}
  end)

  after_each(function()
    for _, r in ipairs(regions) do r:stop() end
  end)

  local function start(applid, attributes)
    attributes = attributes or {}
    attributes.applid = applid
    attributes.heartbeat = 0
    attributes.store = attributes.store or "redis://127.0.0.1:" .. server.port
    attributes.sysplex = "PLEXA"
    attributes.lease = attributes.lease or 3
    attributes.claim_down = "refuse"
    attributes.claim_lost = "release"
    local r = support.region { region = attributes, tcpipservices = { IPIC = {} } }:start()
    regions[#regions + 1] = r
    return r
  end

  local function states(r)
    local out = {}
    for _, row in ipairs(r:inquire "sysplex") do out[row.region] = row.state end
    return out
  end

  local function wait_states(r, expected)
    support.wait_until(function()
      local now = states(r)
      for region, state in pairs(expected) do
        if now[region] ~= state then return false end
      end
      return true
    end, 15, function() return "the states of the regions; they are " .. require("dkjson").encode(r:inquire "sysplex") end)
  end

  it("has the regions that share a store and a name, and shows the own one first", function()
    local a, b = start "CICSA", start "CICSB"
    start("CICSC", { store = "redis://127.0.0.1:" .. server.port .. "/1" }) -- another database
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE", ["NETA.CICSB"] = "ACTIVE" })
    wait_states(b, { ["NETA.CICSA"] = "ACTIVE", ["NETA.CICSB"] = "ACTIVE" })
    local rows = b:inquire "sysplex"
    assert.equal(2, #rows)
    assert.same({ region = "NETA.CICSB", applid = "CICSB", state = "ACTIVE", version = "1", connections = 0, store = "UP",
      conflicts = 0, limit = 0, advertise = "" }, rows[1])
    assert.equal("NETA.CICSA", rows[2].region)
    assert.equal("UP", rows[2].store)
    a:wait_log "SP0140 .*sysplex=PLEXA"
    a:wait_log "SP0144 .*region=NETA.CICSB"
  end)

  it("tells a region that has ended from one that is lost", function()
    local a, b, c = start "CICSA", start "CICSB", start "CICSC"
    wait_states(a, { ["NETA.CICSB"] = "ACTIVE", ["NETA.CICSC"] = "ACTIVE" })
    b:stop()
    a:wait_log "SP0145 .*region=NETA.CICSB"
    assert.is_nil(states(a)["NETA.CICSB"])
    c.process:signal "KILL"
    a:wait_log "SP0146 .*region=NETA.CICSC"
    wait_states(a, { ["NETA.CICSC"] = "LOST" })
    c:start()
    wait_states(a, { ["NETA.CICSC"] = "ACTIVE" })
    assert.equal(2, #a:inquire "sysplex")
  end)

  it("shows the regions that live beside more lost ones than an answer of the store has", function()
    local a = start "CICSA"
    start "CICSB"
    wait_states(a, { ["NETA.CICSB"] = "ACTIVE" })
    local now, members, words = os.time() * 1000, {}, {}
    for i = 1, 250 do -- a region that was killed again and again, each time after it had joined
      members[2 * i - 1], members[2 * i] = ("%d"):format(now - 60000 + 200 * i), ("lost%03d"):format(i)
      words[2 * i - 1], words[2 * i] = members[2 * i], "NETA.CICSC ACTIVE 1 0 0 0"
    end
    server:cli("HSET", "sallyport:plex:PLEXA:words", table.unpack(words))
    server:cli("ZADD", "sallyport:plex:PLEXA:members", table.unpack(members))
    wait_states(a, { ["NETA.CICSC"] = "LOST" })
    assert.equal("ACTIVE", states(a)["NETA.CICSB"])
  end)

  it("fences a region that the store does not hear, and has it back with a new incarnation", function()
    local a = start "CICSA"
    local first = a:wait_log("SP0140 "):match "incarnation=(%S+)"
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE" })
    server:pause()
    a:wait_log("SP0142 .*no answer within 1 s", 15)
    wait_states(a, { ["NETA.CICSA"] = "FENCED" })
    server:go_on()
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE" })
    assert.equal(2, a:count_log("SP0140 ", 2))
    assert.not_equal(first, a:log():match "SP0140 .*SP0140 [^\n]*incarnation=(%S+)")
  end)

  it("fences a region that was stopped for longer than its lease", function()
    local a, b = start "CICSA", start "CICSB"
    wait_states(b, { ["NETA.CICSA"] = "ACTIVE" })
    a.process:signal "STOP"
    wait_states(b, { ["NETA.CICSA"] = "LOST" })
    a.process:signal "CONT"
    a:wait_log "SP0142 "
    wait_states(b, { ["NETA.CICSA"] = "ACTIVE" })
  end)

  it("fences a region, and shows why, while the store takes no changes", function()
    local a = start "CICSA"
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE" })
    server:cli("CONFIG", "SET", "min-replicas-to-write", 1)
    wait_states(a, { ["NETA.CICSA"] = "FENCED" })
    local row = a:inquire "sysplex"[1]
    assert.is_truthy(row.why:find("NOREPLICAS", 1, true), row.why)
    assert.equal("UP", row.store)
    assert.is_truthy(select(2, a:command("inquire", "sysplex")):find("FENCED .*NOREPLICAS"))
    server:cli("CONFIG", "SET", "min-replicas-to-write", 0)
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE" })
    assert.is_nil(a:inquire "sysplex"[1].why)
  end)

  it("goes on in another store", function()
    local a = start("CICSA", { lease = 30 }) -- longer than a start of the server takes
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE" })
    server:kill()
    server:again()
    a:wait_log("SP0143 .*sysplex=PLEXA", 15)
    wait_states(a, { ["NETA.CICSA"] = "ACTIVE" })
    assert.equal(0, a:count_log "SP0142 ")
    server:cli "FLUSHALL"
    assert.equal(2, a:count_log("SP0143 ", 2))
  end)

  it("needs a store", function()
    local r = support.region { region = { sysplex = "PLEXA" }, tcpipservices = { IPIC = {} } }
    local status, log = r:start_and_end(10)
    assert.is_true(status ~= 0)
    assert.is_truthy(log:find("sysplex", 1, true) and log:find("no store is named", 1, true), log)
  end)
end)
