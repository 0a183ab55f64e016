-- SPDX-License-Identifier: Apache-2.0
-- Large data between two code pages: it is converted in slices, so no other request waits for it; what it becomes is
-- counted; and its conversation may end in the middle.
local conversation = require "spec.support.conversation"
local process = require "spec.support.process"
local requests = require "spec.support.requests"
local support = require "spec.support"

local ask, answer, data = conversation.ask, conversation.answer, conversation.data
local all_at_once, partner, run = requests.all_at_once, requests.partner, requests.run

local SYSTEM_ERROR = "1008600B"
local PURGE = "POST /ipic HTTP/1.1\r\nIS: 1 expd; conv=00000001; state=end; name=purge\r\n\r\n"
local UMLAUTS = ("\xfc"):rep(50000) -- in 819; twice as much in 1208

-- TICK counts; PAGES wants UTF-8 and answers what TICK had counted when it ran, or, asked for the data, the data.
local SCRIPTS = {
  tick = "local ticks = require('policy').counter 'ticks'\nreturn { run = function() return tostring(ticks:next { min = 1 }) end }",
  pages = "local ticks = require('policy').counter 'ticks'\nreturn { run = function(request)\n"
    .. "if request.data:sub(1, 4) == 'back' then return request.data end\nreturn tostring(ticks:peek() or 0) end }",
}

local function region_with(t)
  return support.region {
    region = t.region or { heartbeat = 60 }, tcpipservices = { IPIC = {} }, scripts = SCRIPTS, programs = t.programs,
    ipconns = {
      SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10 },
      ONE = { networkid = "NETX", receivecount = 10 }, TWO = { networkid = "NETX", receivecount = 10 },
    },
  }:start()
end

local LARGE = { kilobytes = 65536, instructions = 10000000, milliseconds = 10000 }

local function script(name)
  local out = { script = name, ccsid = name == "pages" and 1208 or nil }
  for key, value in pairs(LARGE) do out[key] = value end
  return out
end

-- 32 elements of a request; the last one, `data(p, { conv = conv, chain = 33 }, …)`, is the caller's to send.
local function begin(p, conv, program, text)
  local head = ('{"program":"%s"}'):format(program)
  for chain = 1, 32 do
    data(p, { conv = conv, chain = chain, last = "no", head = chain == 1 and #head, ccsid = chain == 1 and "819" },
      (chain == 1 and head or "") .. (text or UMLAUTS))
    if chain % 4 == 0 then assert.are.equal("yes", conversation.is(assert(p:read_message())).pacing) end
  end
end

describe("a large conversion", function()
  local region, port, p

  setup(function()
    region = region_with { programs = { ECHO = {}, TICK = script "tick", PAGES = script "pages" } }
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)
  before_each(function() p = partner(port) end)
  after_each(function() requests.leave(region, p, "SOME") end)

  it("lets the small requests go first, in any order of arrival", function()
    local one, two = partner(port, "ONE"), partner(port, "TWO")
    begin(p, 1, "PAGES")
    all_at_once(region, 3, function()
      ask(one, { conv = 1, program = "TICK" })
      data(p, { conv = 1, chain = 33 }, "x")
      ask(two, { conv = 1, program = "TICK" })
    end)
    assert.are.equal("2", answer(p, 1).data)
    assert.are.equal(3, tonumber(answer(one, 1).data) + tonumber(answer(two, 1).data))
    one:close()
    two:close()
  end)

  it("gives what a small one gives, there and back, and so do several at a time", function()
    local partners, text = { p, (partner(port, "ONE")), (partner(port, "TWO")) }, {}
    for n, q in ipairs(partners) do
      text[n] = ("back\xfc\xdf%d,"):format(n):rep(6250)
      begin(q, n, "PAGES", text[n])
    end
    all_at_once(region, 3, function()
      for n, q in ipairs(partners) do data(q, { conv = n, chain = 33 }, "x") end
    end)
    for n, q in ipairs(partners) do
      local a = answer(q, n)
      assert.are.equal(200, a.status)
      assert.is_true(a.data == text[n]:rep(32) .. "x")
      if n > 1 then q:close() end
    end
  end)

  it("that comes to a byte it cannot convert ends its request alone", function()
    local a = run(p, "PAGES", ("a"):rep(600000) .. "\xff", { ccsid = "037" })
    assert.are.equal(200, a.status) -- each byte of an EBCDIC set is a character
    local bad = region_with { programs = { ECHO = {}, EBCDIC = { script = "pages", ccsid = 37 } } }
    local q = partner(bad:port "IPIC")
    a = run(q, "EBCDIC", ("a"):rep(600000) .. "\u{20ac}", { ccsid = "1208" })
    assert.are.same({ 500, SYSTEM_ERROR }, { a.status, a.is7 })
    bad:wait_log "SP0053 .*program=EBCDIC .*the data cannot be converted from ccsid 1208 to 37: a character"
    requests.unharmed(bad, q)
    q:close()
    bad:stop()
  end)

  it("is given up with its conversation", function()
    begin(p, 1, "PAGES")
    all_at_once(region, 1, function()
      p:send(conversation.element({ conv = 1, chain = 33 }, "x") .. PURGE)
    end)
    requests.unharmed(region, p)
    assert.are.equal(0, #assert(region:inquire "conversation"))
  end)

  it("is given up with its socket", function()
    local one = partner(port, "ONE")
    begin(one, 1, "PAGES")
    all_at_once(region, 1, function()
      data(one, { conv = 1, chain = 33 }, "x")
      one:close()
    end)
    support.wait_until(function() return region:row("ipconn", "ONE").connstatus == "RELEASED" end, 10, "ONE to be RELEASED")
    requests.unharmed(region, p)
  end)
end)

describe("what data was converted to", function()
  local region, backend, p

  before_each(function()
    backend = process.start { "lua5.4", "spec/support/backend.lua" }
    local port = support.wait_until(function() return tonumber(backend:stdout():match "^(%d+)\n") end, 10, "the backend's port")
    local hang = ("http://127.0.0.1:%d/hang"):format(port)
    region = region_with {
      region = { heartbeat = 60, conversation_kilobytes = 2048 },
      programs = { ECHO = {}, SLOW = { url = hang, ccsid = 1208, timeout = 600 }, PLAIN = { url = hang, timeout = 600 },
        PAGES = script "pages" },
    }
    p = partner(region:port "IPIC")
  end)
  after_each(function()
    p:close()
    region:stop()
    backend:stop()
  end)

  local function posts()
    return select(2, backend:stdout():gsub("POST /hang\n", ""))
  end

  -- What is held for a request that its backend has got.
  local function held(conv, program)
    local before = posts()
    conversation.pour(p, { conv = conv, program = program, data = ("\xfc"):rep(300000), ccsid = "819" })
    support.wait_until(function() return posts() > before end, 10, "the backend to be asked")
    local rows = assert(region:inquire "conversation")
    conversation.expd(p, conv, "purge")
    assert.are.equal(1, #rows)
    return rows[1].bytes
  end

  it("is shown with its conversation as long as it is held", function()
    assert.are.equal(300000 + 600000, held(1, "SLOW"))
    assert.are.equal(300000, held(2, "PLAIN"))
  end)

  it("is refused when conversation_kilobytes leaves no room, and makes room again", function()
    for _ = 1, 3 do
      local a = run(p, "SLOW", ("\xfc"):rep(400000), { ccsid = "819" })
      assert.are.same({ 500, SYSTEM_ERROR }, { a.status, a.is7 })
      region:wait_log "SP0053 .*program=SLOW .*from ccsid 819 to 1208: the region holds too much data"
    end
    assert.are.equal(0, posts())
    assert.are.equal(1000000, #run(p, "ECHO", ("x"):rep(1000000)).data)
  end)

  it("is counted on the way back too", function()
    local a = run(p, "PAGES", "back" .. ("\xfc"):rep(250000), { ccsid = "819" })
    assert.are.same({ 200, 250004 }, { a.status, #a.data })
    a = run(p, "PAGES", "back" .. ("\xfc"):rep(340000), { ccsid = "819" })
    assert.are.same({ 500, SYSTEM_ERROR }, { a.status, a.is7 })
    region:wait_log "SP0053 .*program=PAGES .*from ccsid 1208 to 819: the region holds too much data"
    assert.are.equal(1000000, #run(p, "ECHO", ("x"):rep(1000000)).data)
  end)
end)
