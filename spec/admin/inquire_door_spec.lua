-- SPDX-License-Identifier: Apache-2.0
-- The figures that an operator watches: the doors, the busiest ipconns, the sessions in use, the refusals.
local conversation = require "spec.support.conversation"
local support = require "spec.support"

local INSTALL = require "spec.support.nobody"

describe("inquire door", function()
  local region

  before_each(function()
    region = support.region { tcpipservices = { IPIC = { urm = "install" } }, scripts = { install = INSTALL }, programs = { ECHO = {} },
      ipconns = { TMPL = { applid = "TMPL", template = "only", receivecount = 10 } } }:start()
  end)
  after_each(function() region:stop() end)

  local function door(name)
    local row = assert(region:row("door", name), name)
    return { row.asked, row.refused }
  end

  local function connect(applid)
    return support.connect { port = region:port "IPIC", applid = applid, networkid = "NETX" }
  end

  it("counts the questions of each door and its refusals", function()
    assert.same({ 0, 0 }, door "install")
    connect "ONE"
    connect "NOBODY"
    assert.same({ 2, 0 }, door "admit")
    assert.same({ 2, 1 }, door "install")
    local names = {}
    for _, row in ipairs(region:inquire "door") do names[#names + 1] = row.door end
    assert.same({ "admit", "certify", "bind", "install", "attach", "delete" }, names)
    local status, _, err = region:command("inquire", "door", "instal")
    assert.equal(1, status)
    assert.truthy(err:find("did you mean install?", 1, true), err)
  end)

  it("counts each refusal of the region, also one of the engine", function()
    connect "NOBODY"
    assert.equal(1, region:row("region").refusals)
    local p = support.raw(region:port "IPIC")
    p:send "no CAPEX\r\n\r\n"
    p:read_message()
    support.wait_until(function() return region:row("region").refusals == 2 end)
  end)

  it("counts the requests that were let in, and none without a program", function()
    support.connect { port = region:port "IPIC", applid = "ONE", networkid = "NETX", link = "ECHO", data = "x", count = 3 }
    assert.same({ 3, 0 }, door "attach")
    support.connect { port = region:port "IPIC", applid = "ONE", networkid = "NETX", link = "NONE", data = "x" }
    assert.same({ 3, 0 }, door "attach")
  end)

  it("shows the busiest ipconns first", function()
    local partners = {}
    for i, applid in ipairs { "ONE", "TWO", "THREE" } do
      partners[i] = support.connecting { port = region:port "IPIC", applid = applid, networkid = "NETX", link = "ECHO", data = "x",
        count = i, hold = 30 }
    end
    support.wait_until(function()
      local row = region:row("door", "attach")
      return row.asked == 6
    end)
    support.wait_until(function() return region:row("region").sessions == 0 end)
    local function busiest(...)
      local rows, list = assert(region:inquire("ipconn", nil, ...)), {}
      for i, row in ipairs(rows) do list[i] = row.ipconn .. " " .. row.requests end
      return list
    end
    assert.same({ "THREE 3", "TWO 2" }, busiest("--busiest", "2"))
    assert.same({ "THREE 3", "TWO 2", "ONE 1", "TMPL 0" }, busiest("--busiest", "100"))
    for _, p in ipairs(partners) do p:stop() end
  end)

  it("shows the longest turn of the loop of late", function()
    assert.is_true(region:row("region").loop_lag < 10)
    region:script("install", [[return { install = function()
      for _ = 1, 200000 do end
      return require("policy").refuse("slow", "it took a while")
    end }]])
    assert.equal(0, (region:command "reload"))
    connect "ONE"
    assert.is_true(region:row("region").loop_lag > 0.0001)
  end)

  it("counts the sessions in use", function()
    local p = support.raw(region:port "IPIC")
    assert(p:capex({ applid = "ONE", networkid = "NETX", sendcount = 2 }):read_message())
    assert.equal(0, region:row("region").sessions)
    conversation.data(p, { conv = 5, last = "no", head = 18 }, [[{"program":"ECHO"}]])
    support.wait_until(function() return region:row("region").sessions == 1 end)
    p:close()
    support.wait_until(function() return region:row("region").sessions == 0 end)
  end)

  it("refuses --busiest with another word, another kind, or no sound number", function()
    for _, words in ipairs { { "socket", "--busiest", "1" }, { "ipconn", "TMPL", "--busiest", "1" }, { "ipconn", "--busiest", "x" } } do
      assert.equal(2, (region:command("inquire", table.unpack(words))))
    end
    for _, n in ipairs { "0", "101", "99999999999999999999" } do
      local status, _, err = region:command("inquire", "ipconn", "--busiest", n)
      assert.equal(1, status)
      assert.equal("inquire: --busiest must be a number from 1 to 100\n", err)
    end
  end)
end)
