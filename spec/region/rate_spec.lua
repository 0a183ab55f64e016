-- SPDX-License-Identifier: Apache-2.0
-- policy.rate in a region: kept over reloads, answered as it was in a re-ask, shown by explain and inquire.
local support = require "spec.support"

local RULE = [[
local policy = require "policy"
local rate = policy.rate("callers", { count = %s, per = 3600 })
return { bind = function(facts)
  local taken, wait = rate:take()
  if taken then return policy.accept() end
  return policy.refuse("too_often", ("wait %%.0f s"):format(wait))
end }]]

describe("a rate", function()
  local region, there
  before_each(function()
    there = {}
    region = support.region { tcpipservices = { IPIC = { bind = "rule", urm = "dfhisaip" } }, policies = { "dfhisaip" },
      scripts = { rule = RULE:format "2" } }:start()
  end)
  after_each(function() region:stop() end)

  local function partner(applid)
    local p = support.raw(region:port "IPIC")
    there[#there + 1] = p
    return p, p:capex({ applid = applid, networkid = "NETX" }):read_message().body
  end

  local function alive(p)
    p:request "1 cmd; name=heartbeat"
    assert.are.equal(200, (p:read_message() or {}).status)
  end

  it("refuses when it is empty, and explain shows each answer", function()
    local _, one = partner "ONE"
    partner "TWO"
    local _, three = partner "THREE"
    assert.are.same({ "OK", "EXCEPTION" }, { one.response, three.response })
    local checks = region:explain(one.connection)[1].doors[2].checks
    assert.are.same({ "rate callers", "take 1: taken" }, { checks[1].name, checks[1].detail })
    local door = region:explain(three.connection)[1].doors[2]
    assert.are.equal("too_often", door.code)
    local wait = tonumber(door.checks[1].detail:match "^take 1: wait ([%d.]+) s$") -- a token in half an hour
    assert.is_true(wait > 1700 and wait <= 1800)
  end)

  it("is kept over a reload, which takes nothing and repeats each answer", function()
    local one, two = partner "ONE", partner "TWO"
    for _ = 1, 2 do
      local status, out, err = region:command "reload"
      assert.message(err).are.equal(0, status)
      assert.message(out).is_nil(out:find("released", 1, true))
    end
    alive(one)
    alive(two)
    local row = region:row("rate", "callers")
    assert.are.same({ "callers", 2, 3600, 2, 0 }, { row.rate, row.count, row.per, row.burst, row.left })
    assert.is_true(row.full > 3500 and row.full <= 3600)
    assert.are.equal("EXCEPTION", select(2, partner "THREE").response)
  end)

  it("with other terms is judged by the tokens that there were, so that only the partners above them go", function()
    local one, two = partner "ONE", partner "TWO"
    region:script("rule", RULE:format "1")
    assert.are.equal(0, (region:command "reload"))
    alive(one) -- found a full bucket
    alive(two) -- found one token
    region:script("rule", RULE:format "5")
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("EXCEPTION", select(2, partner "THREE").response) -- the bucket has the tokens that were left: none
  end)

  it("may be made at load, but answers at doors only", function()
    region:script("rule", "local policy = require 'policy'\npolicy.rate('R', { count = 1, per = 1 }):take()\nreturn {}")
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    local fault = "rule.lua:2: fault: rate:take: call it in the function of a door, not while the script loads"
    assert.message(err).is_truthy(err:find(fault, 1, true))
    status, _, err = support.sallyport("check", "--region", region:path "region.lua")
    assert.are.equal(1, status, "check is content with a script that cannot be loaded")
    assert.message(err).is_truthy(err:find(fault, 1, true))
  end)

  it("is asked about by its own letters", function()
    partner "ONE"
    local status, _, err = region:command("inquire", "rate", "CALLERS")
    assert.are.equal(1, status)
    assert.is_truthy(err:find "no rate named CALLERS")
  end)
end)
