-- SPDX-License-Identifier: Apache-2.0
-- Starts first: it waits for leases. The store is stopped, for less than a lease and for longer, for regions with each claim_down and
-- claim_lost; then a region is stopped.
local conversation = require "spec.support.conversation"
local plex = require "spec.support.plex"
local store = require "spec.support.store"
local support = require "spec.support"

local PAUSE = 5

describe("a pause", function()
  local server, all

  before_each(function()
    server = store.start { "--appendonly", "yes" }
    all = plex.open(server)
  end)
  after_each(function()
    server:go_on()
    all:close()
  end)

  -- A region for each pair of values, with a partner ONE and the region's letter. The store is no longer new.
  local function four(lease)
    local regions = {}
    for letter, words in pairs { A = "refuse release", B = "refuse keep", C = "local release", D = "local keep" } do
      local down, lost = words:match "(%l+) (%l+)"
      local r = all:start("CICS" .. letter, { claim_down = down, claim_lost = lost, lease = lease })
      regions[#regions + 1] = { r = r, letter = letter, is_local = down == "local", keeps = lost == "keep" }
    end
    all:wait_epoch()
    for _, one in ipairs(regions) do
      local answer
      answer, one.partner = all:ask(one.r, "ONE" .. one.letter)
      assert.equal("OK", answer:read_message().body.response)
    end
    return regions
  end

  local function claimed(pair) return server:cli("EXISTS", "sallyport:plex:PLEXA:pair:NETX." .. pair) == "1" end

  local function is_served(one)
    conversation.ask(one.partner, { conv = 5, program = "ECHO", data = one.letter })
    assert.equal(one.letter, conversation.answer(one.partner, 5).data)
  end

  -- A partner that comes while the store is stopped.
  local function come(one)
    assert.equal(one.is_local and "OK" or "AUTOINSTALL_FAILED", all:reason(one.r, "NEW" .. one.letter))
    if not one.is_local then plex.refusal(one.r, "store_down") end
  end

  -- The store answers again: claims are granted, and it has the claims of the pause.
  local function is_well(one)
    plex.wait_state(one.r, "ACTIVE")
    if one.is_local then
      support.wait_until(function() return claimed("NEW" .. one.letter) end, 10, "the local claim in the store")
    end
    support.wait_until(function() return all:reason(one.r, "WEL" .. one.letter) == "OK" end, 10, "a grant")
    assert.equal(0, one.r:inquire "sysplex"[1].conflicts)
  end

  it("of the store for less than the lease affects partners that come, and no others", function()
    local regions = four(10)
    server:pause()
    local from = support.now()
    for _, one in ipairs(regions) do come(one) end
    for _, one in ipairs(regions) do is_served(one) end
    support.wait_until(function() return support.now() - from > PAUSE end, PAUSE + 1, "the pause")
    server:go_on()
    for _, one in ipairs(regions) do
      is_well(one)
      is_served(one)
      assert.equal(0, one.r:count_log "SP0142 ")
    end
  end)

  it("of the store for longer fences each region: links end or wait, and work goes on after it", function()
    local regions = four(3)
    server:pause()
    for _, one in ipairs(regions) do one.r:wait_log("SP0142 ", 15) end
    for _, one in ipairs(regions) do
      come(one)
      if one.keeps then
        conversation.ask(one.partner, { conv = 6, program = "ECHO", data = "late" })
        assert.equal("ACQUIRED", one.r:row("ipconn", "ONE" .. one.letter).connstatus)
      else
        one.partner:closed()
        support.wait_until(function() return one.r:row("ipconn", "ONE" .. one.letter) == nil end, 10, "the release")
      end
      assert.equal(0, one.r:row("program", "ECHO").usecount)
    end
    server:go_on()
    for _, one in ipairs(regions) do
      is_well(one)
      if one.keeps then
        assert.equal("late", conversation.answer(one.partner, 6).data)
      else
        local answer
        answer, one.partner = all:ask(one.r, "ONE" .. one.letter)
        assert.equal("OK", answer:read_message().body.response)
      end
      is_served(one)
    end
  end)

  for _, lost in ipairs { "release", "keep" } do
    it("of a region for longer: it is fenced before it reads or sends, with claim_lost = " .. lost, function()
      local a, b = all:start("CICSA", { claim_lost = lost, claim_down = "local" }), all:start "CICSB"
      all:wait_grants(b)
      local answer, one = all:ask(a, "ONE1")
      assert.equal("OK", answer:read_message().body.response)
      a:signal "STOP"
      conversation.ask(one, { conv = 5, program = "ECHO", data = "x" })
      local late = all:ask(a, "TWO2") -- in the backlog
      b:wait_log "SP0146 .*region=NETA.CICSA"
      assert.equal("OK", all:reason(b, "ONE1"))
      assert.equal("OK", all:reason(b, "TWO2"))
      a:signal "CONT"
      a:wait_log "SP0142 "
      repeat -- up to the end only orders to release come
        local m = one:read_message()
        assert.is_true(m == nil or m.is:find("release", 1, true) ~= nil, m and m.is)
      until m == nil
      plex.wait_state(a, "ACTIVE")
      assert.equal(0, a:row("program", "ECHO").usecount)
      late:read_message()
      support.wait_until(function() return #a:inquire "ipconn" == 0 end, 10, "the end of what was accepted meanwhile")
      assert.equal(2, #b:inquire "ipconn")
    end)
  end
end)
