-- SPDX-License-Identifier: Apache-2.0
-- Events of the table of failures (engine/store/README.md) of one region: it starts again, another region has its name, a reload changes
-- its sysplex, its session key ends in the store.
local plex = require "spec.support.plex"
local support = require "spec.support"
local store = require "spec.support.store"

describe("in a sysplex", function()
  local server, all

  before_each(function()
    server = store.start { "--appendonly", "yes" }
    all = plex.open(server)
  end)

  after_each(function()
    all:close()
    server:kill()
  end)

  local function accepted(r, applid)
    local _, p = all:ask(r, applid)
    assert.equal("OK", p:read_message().body.response)
    return p
  end

  -- Writes the definition of the region with another sysplex; false: with none.
  local function reload_into(r, sysplex)
    local text = support.read(r:path "region.lua")
    if sysplex then
      text = text:gsub('"PLEXA"', ("%q"):format(sysplex))
    else
      for _, name in ipairs { "sysplex", "claim_down", "claim_lost" } do text = text:gsub(name .. ' = "%w+",? ?', "") end
      text = text:gsub("lease = %d+,? ?", "")
    end
    support.write(r:path "region.lua", text)
    local status, out, err = r:command "reload"
    assert.message(out .. err).equal(0, status)
  end

  it("a region that was killed and starts again gets its own partners at the end of its former lease", function()
    local a = all:start("CICSA", { lease = 8 })
    all:wait_grants(a)
    accepted(a, "ONE1")
    a:signal "KILL"
    a:wait(10)
    a:start()
    plex.wait_state(a, "ACTIVE")
    assert.equal("INVALID_PARTNER_STATE", all:reason(a, "ONE1"))
    a:wait_log "SP0031 .*code=pair_elsewhere .*NETX.ONE1 is held by region NETA.CICSA"
    support.wait_until(function() return all:reason(a, "ONE1") == "OK" end, 15, "the end of the former lease")
  end)

  it("two regions of one name are two members, and one of them has a partner", function()
    local a, twin = all:start "CICSA", all:start "CICSA"
    all:wait_grants(a)
    support.wait_until(function() return #a:inquire "sysplex" == 2 end, 10, "the other region")
    for _, row in ipairs(a:inquire "sysplex") do assert.same({ "NETA.CICSA", "ACTIVE" }, { row.region, row.state }) end
    accepted(a, "ONE1")
    assert.equal("INVALID_PARTNER_STATE", all:reason(twin, "ONE1"))
    plex.refusal(twin, "pair_elsewhere")
  end)

  it("a reload that names another sysplex fences the region, which joins the new one", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    accepted(a, "ONE1")
    reload_into(a, "PLEXB")
    a:wait_log "SP0142 .*the definition names another sysplex"
    support.wait_until(function() return a:row("ipconn", "ONE1") == nil end, 10, "the release of its link")
    plex.wait_state(a, "ACTIVE")
    a:wait_log "SP0140 .*sysplex=PLEXB"
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 10, "the pair in the sysplex of before")
    support.wait_until(function() return #b:inquire "sysplex" == 1 end, 10, "the region to have left")
  end)

  it("a reload that leaves the sysplex out keeps the links, and other regions may have their names", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    local p = accepted(a, "ONE1")
    reload_into(a, false)
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 10, "the pair to be free")
    assert.equal("ACQUIRED", a:row("ipconn", "ONE1").connstatus)
    assert.equal(200, p:beat().status)
    assert.equal(0, a:count_log "SP0142 ")
    assert.equal(0, #a:inquire "sysplex")
  end)

  it("a session key that ends in the store fences its region at the next renewal", function()
    local a = all:start("CICSA", { claim_lost = "keep", lease = 30 })
    plex.wait_state(a, "ACTIVE")
    local incarnation = a:wait_log("SP0140 "):match "incarnation=(%S+)"
    assert.equal("1", server:cli("DEL", "sallyport:plex:PLEXA:member:" .. incarnation))
    a:wait_log "SP0142 .*the store had ended its session key"
    plex.wait_state(a, "ACTIVE")
    assert.not_equal(incarnation, a:log():match "SP0140 .*SP0140 [^\n]*incarnation=(%S+)")
  end)
end)
