-- SPDX-License-Identifier: Apache-2.0
-- The call-back and resync (IPIC.md 2.2): the messages of an acquirer and of a called region to a partner made of
-- bytes, and the result of each answer of that partner.
local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local support = require "spec.support"

local CAPEX, RESYNC, RELEASE = "1 cmd; name=capex", "1 cmd; name=resync", "1 cmd; name=release"
local acquire, becomes, with = pair.acquire, pair.becomes, pair.with

local TWO = { response = "OK", ipconn = "CICSA", applid = "CICSB", networkid = "NETB", sendcount = 5, receivecount = 5, sockets = 1 }

describe("an acquirer and a partner of bytes:", function()
  local region, l, services

  setup(function()
    services = { IPIC = {}, OTHER = {} }
    l = support.listen()
    region = support.region {
      region = { applid = "CICSA", networkid = "NETA", heartbeat = 60 }, tcpipservices = services,
      ipconns = {
        CICSB = { networkid = "NETB", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1, receivecount = 1 },
      },
    }
    region.partner = "CICSB"
    region:start()
  end)
  teardown(function()
    region:stop()
    l:close()
  end)

  -- The socket and the body of the region's CAPEX; the CAPEX is answered unless `unanswered`.
  local function dialled(unanswered)
    acquire(region)
    local p = assert(l:accept())
    local m = assert(p:read_message())
    assert.are.equal(CAPEX, m.is)
    if not unanswered then p:answer(CAPEX, "200 OK", TWO) end
    return p, m.body
  end

  local function call_back(offer, more, service)
    local q = support.raw(region:port(service or "IPIC"))
    q:capex(with({ applid = "CICSB", networkid = "NETB", answering = offer.callback, sendcount = 5, receivecount = 5 }, more))
    return q, q:read_message()
  end

  local function released(...)
    for _, p in ipairs { ... } do p:close() end
    becomes(region, "RELEASED")
  end

  it("its CAPEX holds the port and the token of the call-back", function()
    local p, offer = dialled()
    assert.are.same({ "CICSA", "NETA", "CICSB", "NETB", 1, 1, region:port "IPIC" },
      { offer.applid, offer.networkid, offer.server_applid, offer.server_networkid, offer.sendcount, offer.receivecount, offer.port })
    assert.are.equal(22, #offer.callback)
    released(p)
    local again, other = dialled()
    assert.are_not.equal(offer.callback, other.callback)
    released(again)
  end)

  it("the call-back joins, resync goes out on the dialled socket, ACQUIRED when resync is answered", function()
    local p, offer = dialled()
    local q, m = call_back(offer)
    assert.are.same({ 200, "CICSB", 1, 1 }, { m.status, m.body.ipconn, m.body.receivecount, m.body.sockets })
    local asked = p:read_message()
    assert.are.equal(RESYNC, asked.is)
    assert.is_truthy(asked.body.logname:find "^%x+$")
    assert.are.same({ 16, 22, 0 }, { #asked.body.logname, #asked.body.next, asked.body.indoubt })
    assert.is_nil(asked.body.partner)
    assert.are.equal("OBTAINING", pair.status(region))
    p:answer(RESYNC, "200 OK", { response = "OK", logname = "00112233445566ff", indoubt = 0 })
    becomes(region, "ACQUIRED")
    released(p, q)
  end)

  it("the call-back may come before the answer", function()
    local p, offer = dialled(true)
    local q, m = call_back(offer)
    assert.are.equal(200, m.status)
    p:answer(CAPEX, "200 OK", TWO)
    assert.are.equal(RESYNC, p:read_message().is)
    released(q, p)
  end)

  for what, case in pairs {
    ["another token"] = { more = { answering = ("A"):rep(22) } },
    ["another applid"] = { more = { applid = "CICSX" } },
    ["another networkid"] = { more = { networkid = "NETX" } },
    ["another listener"] = { service = "OTHER" },
    ["no session"] = { more = { sendcount = 0 } },
  } do
    it("a call-back with " .. what .. " is NO_IPCONN, and the right call-back still joins", function()
      local p, offer = dialled()
      local _, m = call_back(offer, case.more, case.service)
      assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
      local q, good = call_back(offer)
      assert.are.equal(200, good.status)
      released(q, p)
    end)
  end

  it("its token is valid once, and only in OBTAINING", function()
    local p, offer = dialled()
    local q = call_back(offer)
    local _, m = call_back(offer)
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
    assert.are.equal(RESYNC, p:read_message().is)
    released(q, p)
    _, m = call_back(offer)
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
  end)

  it("no call-back: SESSION_OPEN_FAILED after a time", function()
    local given = region.given
    region:define { tcpipservices = services, ipconns = given.ipconns,
      region = { applid = "CICSA", networkid = "NETA", heartbeat = 60, capex_timeout = 1, tcp_timeout = 0.5, handshake_timeout = 0.5 } }
    assert.are.equal(0, (region:command "reload"))
    local from = support.now()
    local p, offer = dialled()
    region:wait_log("DFHIS1011 W .*ipconn=CICSB .*reason=SESSION_OPEN_FAILED .*text=\"not ACQUIRED in 8 s\"", 30)
    assert.is_true(support.now() - from >= 7.6)
    released(p)
    local _, m = call_back(offer)
    assert.are.equal("NO_IPCONN", m.body.reason)
    region:define(given)
    assert.are.equal(0, (region:command "reload"))
  end)

  for what, case in pairs {
    ["403"] = { "403 Forbidden", { response = "EXCEPTION", reason = "ISCE_BAD_RECOV" }, "response=EXCEPTION reason=ISCE_BAD_RECOV" },
    ["500"] = { "500 Internal Server Error", nil, "reason=ISCER_BAD_RESPONSE" },
    ["a wrong body"] = { "200 OK", { response = "OK", logname = "zz" }, "reason=ISCER_BAD_RESPONSE" },
  } do
    it("resync answered by " .. what .. ": DFHIS1011, RELEASED", function()
      local p, offer = dialled()
      local q = call_back(offer)
      assert.are.equal(RESYNC, p:read_message().is)
      region:settle_log()
      local before = region:count_log("DFHIS1011 W .*" .. case[3])
      p:answer(RESYNC, case[1], case[2])
      p:closed()
      q:closed()
      becomes(region, "RELEASED")
      assert.are.equal(before + 1, region:count_log("DFHIS1011 W .*" .. case[3], before + 1))
    end)
  end

  it("a partner whose answer has no call-back is one-way", function()
    acquire(region)
    local p = assert(l:accept())
    p:read_message()
    p:answer(CAPEX, "200 OK", with(TWO, { sendcount = 0 }))
    becomes(region, "ACQUIRED")
    assert.are.same({ 1, 0 }, { region:row("ipconn", "CICSB").sendcount, region:row("ipconn", "CICSB").receivecount })
    released(p)
  end)

  it("released by the operator in OBTAINING", function()
    local p = dialled(true)
    region:command("set", "ipconn", "CICSB", "released")
    p:closed()
    released(p)
  end)

  it("a resync request to the acquirer is a protocol error", function()
    local p = dialled()
    p:request(RESYNC, { logname = "00112233445566ff", next = ("A"):rep(22), indoubt = 0 })
    local m = p:read_message()
    assert.are.same({ 400, "ISCE_ERROR" }, { m.status, m.body.reason })
    p:closed()
    becomes(region, "RELEASED")
  end)
end)

describe("a called region and a partner of bytes:", function()
  local region, l

  setup(function()
    l = support.listen()
    region = support.region {
      region = { applid = "CICSB", networkid = "NETB", heartbeat = 60 },
      tcpipservices = { IPIC = {} }, programs = { ECHO = {} },
      ipconns = {
        CICSA = { networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 5, receivecount = 5 },
        NOPORT = { applid = "NOPORT", networkid = "NETA", sendcount = 5, receivecount = 5 },
        WORK = { applid = "WORKS", networkid = "NETA", host = "127.0.0.1", port = l.port, sendcount = 1, mirrorlife = "uow" },
      },
    }
    region.partner = "CICSA"
    region:start()
  end)
  teardown(function()
    region:stop()
    l:close()
  end)

  local TOKEN = ("T"):rep(22)
  local OFFER = { applid = "CICSA", networkid = "NETA", port = 1, sendcount = 1, receivecount = 1, callback = TOKEN }

  local function calls(more)
    local p = support.raw(region:port "IPIC")
    local m = p:capex(with(OFFER, more)):read_message()
    return p, m
  end

  local ONE = { response = "OK", ipconn = "CICSB", applid = "CICSA", networkid = "NETA", sendcount = 1, receivecount = 1, sockets = 1 }

  -- Accepts a call-back, and answers it.
  local function called(more)
    local q = assert(l:accept())
    local m = assert(q:read_message())
    q:answer(CAPEX, "200 OK", with(ONE, more))
    return q, m.body
  end

  local MINE = { logname = "00112233445566ff", next = ("N"):rep(22), indoubt = 0 }

  local function resync(p)
    p:request(RESYNC, MINE)
    return p:read_message()
  end

  local function released(...)
    for _, p in ipairs { ... } do p:close() end
    becomes(region, "RELEASED")
  end

  it("A1, B1, resync: the call-back holds the caller's token", function()
    local p, m = calls()
    assert.are.same({ 200, 1, 1 }, { m.status, m.body.sendcount, m.body.receivecount })
    local q, back = called()
    assert.are.same({ "CICSB", "NETB", "CICSA", "NETA", TOKEN, -1 },
      { back.applid, back.networkid, back.server_applid, back.server_networkid, back.answering, back.port })
    assert.is_nil(back.callback)
    local answer = resync(p)
    assert.are.same({ 200, "OK", 16 }, { answer.status, answer.body.response, #answer.body.logname })
    becomes(region, "ACQUIRED")
    released(p, q)
  end)

  it("A1, A2, B1, B2: it calls back when the caller's two sockets are accepted", function()
    local a1, m = calls { sendcount = 5, receivecount = 5, sockets = 2 }
    local a2 = calls { sendcount = 5, receivecount = 5, socket = 2, token = m.body.token, callback = false }
    local b1 = called { receivecount = 5, sockets = 2, token = ("S"):rep(22) }
    local b2, further = called()
    assert.are.same({ 2, ("S"):rep(22) }, { further.socket, further.token })
    assert.are.equal(200, resync(a1).status)
    becomes(region, "ACQUIRED")
    released(a1, a2, b1, b2)
  end)

  it("resync before its own sockets are accepted is answered after that", function()
    local p = calls()
    local q = assert(l:accept())
    q:read_message()
    p:request(RESYNC, MINE)
    p:request("1 cmd; name=heartbeat")
    q:answer(CAPEX, "200 OK", ONE)
    becomes(region, "ACQUIRED")
    assert.are.equal(RESYNC, p:read_message().is)
    assert.are.equal("1 cmd; name=heartbeat", p:read_message().is)
    released(p, q)
  end)

  it("a caller with a port and no callback token, or whose ipconn has no port, is one-way", function()
    local p, m = calls { callback = false }
    assert.are.same({ 200, 0, 1 }, { m.status, m.body.sendcount, m.body.receivecount })
    becomes(region, "ACQUIRED")
    released(p)
    local q
    q, m = calls { applid = "NOPORT" }
    assert.are.same({ 200, 0, 1 }, { m.status, m.body.sendcount, m.body.receivecount })
    becomes(region, "ACQUIRED", "NOPORT")
    q:close()
    becomes(region, "RELEASED", "NOPORT")
  end)

  it("resync where it is not allowed is a protocol error", function()
    local p = calls { port = -1, callback = false }
    assert.are.equal(400, resync(p).status)
    p:closed()
    becomes(region, "RELEASED")
  end)

  it("resync twice, or with a wrong body, is a protocol error", function()
    for _, wrong in ipairs { { logname = "nonsense" }, {} } do
      local p = calls()
      local q = called()
      p:request(RESYNC, wrong)
      assert.are.equal(400, p:read_message().status)
      released(p, q)
    end
    local p = calls()
    local q = called()
    assert.are.equal(200, resync(p).status)
    assert.are.equal(400, resync(p).status)
    released(p, q)
  end)

  for what, answer in pairs {
    ["refused"] = { "403 Forbidden", { response = "EXCEPTION", reason = "NO_IPCONN" } },
    ["answered by another region"] = { "200 OK", with(ONE, { applid = "CICSX" }) },
    ["redirected"] = { "307 Temporary Redirect", { response = "OK", host = "127.0.0.1", port = 9 } },
    ["answered without a session"] = { "200 OK", with(ONE, { sendcount = 0, receivecount = 0 }) },
  } do
    it("the call-back is " .. what .. ": SESSION_OPEN_FAILED, both sockets closed", function()
      local p = calls()
      local q = assert(l:accept())
      q:read_message()
      region:settle_log()
      local before = region:count_log "DFHIS1011 W .*reason=SESSION_OPEN_FAILED"
      q:answer(CAPEX, answer[1], answer[2])
      q:closed()
      p:closed()
      becomes(region, "RELEASED")
      assert.are.equal(before + 1, region:count_log("DFHIS1011 W .*reason=SESSION_OPEN_FAILED", before + 1))
    end)
  end

  it("a unit of work that was open when a socket was lost is in doubt, until the next resync", function()
    local p = calls { applid = "WORKS" }
    local q = called { applid = "WORKS" }
    assert.are.equal(200, resync(p).status)
    becomes(region, "ACQUIRED", "WORK")
    assert.are.equal("NORECOVDATA", region:row("ipconn", "WORK").recovstatus)
    conversation.ask(p, { conv = 1, program = "ECHO", data = "one", open = true })
    local said = conversation.answer(p, 1)
    assert.are.same({ "one", "open" }, { said.data, said.state })
    p:close(true)
    q:closed()
    becomes(region, "RELEASED", "WORK")
    assert.are.equal("RECOVDATA", region:row("ipconn", "WORK").recovstatus)
    p = calls { applid = "WORKS" }
    q = called { applid = "WORKS" }
    local answer = resync(p)
    assert.are.same({ 200, 1, "00112233445566ff" }, { answer.status, answer.body.indoubt, answer.body.partner })
    becomes(region, "ACQUIRED", "WORK")
    assert.are.equal("NORECOVDATA", region:row("ipconn", "WORK").recovstatus)
    p:close()
    q:close()
    becomes(region, "RELEASED", "WORK")
  end)

  -- Seconds between the ends of the last four sockets, by the region's clock: the speed of the test does not count.
  local function spread(ends)
    local list = {}
    support.wait_until(function()
      list = {}
      for h, m, s in region:log():gmatch "(%d+):(%d+):([%d.]+)Z %S+ SP0030 " do list[#list + 1] = h * 3600 + m * 60 + s end
      return #list >= ends
    end, 10, ends .. " sockets to end")
    assert.are.equal(ends, #list)
    return (list[ends] - list[ends - 3]) % 86400
  end

  it("the loss of any of the four releases the others within a second", function()
    region:settle_log()
    local before = region:count_log "SP0030 "
    for lost = 1, 4 do
      local a1, m = calls { sendcount = 5, receivecount = 5, sockets = 2 }
      local a2 = calls { sendcount = 5, receivecount = 5, socket = 2, token = m.body.token, callback = false }
      local b1 = called { receivecount = 5, sockets = 2, token = ("S"):rep(22) }
      local b2 = called()
      assert.are.equal(200, resync(a1).status)
      local all = { a1, a2, b1, b2 }
      becomes(region, "ACQUIRED")
      all[lost]:close(lost % 2 == 0)
      becomes(region, "RELEASED")
      for n, p in ipairs(all) do
        if n ~= lost then p:closed() end
      end
      local seconds = spread(before + 4 * lost)
      assert.is_true(seconds < 1, ("the last of them ended %g s after the first"):format(seconds))
    end
  end)

  it("release goes out on all four", function()
    local a1, m = calls { sendcount = 5, receivecount = 5, sockets = 2 }
    local a2 = calls { sendcount = 5, receivecount = 5, socket = 2, token = m.body.token, callback = false }
    local b1 = called { receivecount = 5, sockets = 2, token = ("S"):rep(22) }
    local b2 = called()
    resync(a1)
    becomes(region, "ACQUIRED")
    local command = support.start { support.binary, "set", "ipconn", "CICSA", "released", "--control", region.control }
    for _, p in ipairs { a1, a2, b1, b2 } do -- during the command: the region waits one second for the answers
      assert.are.equal(RELEASE, p:read_message().is)
    end
    for _, p in ipairs { a1, a2, b1, b2 } do p:answer(RELEASE) end
    assert.are.equal(0, command:wait())
    for _, p in ipairs { a1, a2, b1, b2 } do p:closed() end
    becomes(region, "RELEASED")
    assert.are.equal(0, region:count_log "DFHIS1003")
  end)
end)
