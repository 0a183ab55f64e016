-- SPDX-License-Identifier: Apache-2.0
-- Both ways: the sockets of a two-way connection, the call-back, resynchronisation over restarts, the CAPEX race, the loss of any socket
-- (IPIC.md 2.2 to 2.7, 5.1 XLNACTION).
local socket = require "socket"

local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local support = require "spec.support"

local CAPEX, RESYNC, RELEASE = "1 cmd; name=capex", "1 cmd; name=resync", "1 cmd; name=release"
local acquire, becomes, sockets = pair.acquire, pair.becomes, pair.sockets

local function started(t)
  local a, b = pair.new(t or {})
  b:start()
  a:start()
  return a, b
end

local function stop(a, b)
  a:stop()
  b:stop()
end

local function both(a, b, status)
  becomes(a, status)
  becomes(b, status)
end

local function release(a, b)
  a:command("set", "ipconn", a.partner, "released")
  both(a, b, "RELEASED")
end

describe("two regions:", function()
  local ROWS = { -- a sends, a receives, b sends, b receives: agreed a sends, a receives; sockets a dials, b dials
    { 5, 7, 6, 4, 4, 6, 2, 2 },
    { 1, 1, 1, 1, 1, 1, 1, 1 },
    { 5, 1, 1, 5, 5, 1, 2, 1 },
    { 1, 5, 5, 1, 1, 5, 1, 2 },
    { 0, 3, 3, 1, 0, 3, 1, 2 },
    { 3, 1, 1, 1, 1, 1, 1, 1 },
    { 999, 999, 999, 999, 999, 999, 2, 2 },
    { 3, 3, 0, 3, 3, 0, 2, 0 }, -- b sends nothing: one-way
  }
  for n, row in ipairs(ROWS) do
    for _, who in ipairs { "a", "b" } do
      if not (who == "b" and (row[3] == 0 or row[1] == 0)) then
        it(("counts, row %d, acquired by %s"):format(n, who), function()
          local a, b = started { a = { sendcount = row[1], receivecount = row[2] }, b = { sendcount = row[3], receivecount = row[4] } }
          acquire(who == "a" and a or b)
          both(a, b, "ACQUIRED")
          local here, there = a:row("ipconn", "CICSB"), b:row("ipconn", "CICSA")
          assert.are.same({ row[5], row[6] }, { here.sendcount, here.receivecount })
          assert.are.same({ row[6], row[5] }, { there.sendcount, there.receivecount })
          support.wait_until(function() return sockets(a).OUT + sockets(b).OUT == row[7] + row[8] end, 10, "the last socket")
          assert.are.same({ OUT = row[7], IN = row[8] }, sockets(a))
          assert.are.same({ OUT = row[8], IN = row[7] }, sockets(b))
          release(a, b)
          stop(a, b)
        end)
      end
    end
  end

  it("facts tell a call-back and a further socket; a listener for call-backs alone keeps its partner over a reload", function()
    local script = [[local policy = require "policy"
return { bind = function(facts)
  policy.check("socket", true, facts.socket)
  policy.check("callback", facts.capex.callback)
  if facts.capex.callback or facts.socket == 2 then return policy.accept() end
  return policy.refuse("not_asked", "call-backs only")
end }]]
    local a, b = started { scripts = { asked = script }, service_a = { bind = "asked" } }
    acquire(b)
    b:wait_log "DFHIS1011 W .*reason=SECURITY_VIOLATION"
    assert.are.equal("not_asked", a:explain({ last = 1, refused = true })[1].code)
    b:command("set", "ipconn", b.partner, "released")
    becomes(b, "RELEASED")
    acquire(a)
    both(a, b, "ACQUIRED")
    support.wait_until(function() return sockets(a).IN == 2 end, 10, "both its sockets")
    local said = {}
    for _, row in ipairs(a:inquire "socket") do
      local facts = a:explain(row.connection)[1].facts
      said[#said + 1] = ("%s %d %s"):format(facts.way, facts.socket, facts.capex.callback)
    end
    table.sort(said)
    assert.are.same({ "in 1 true", "in 2 false", "out 1 false", "out 2 false" }, said)
    local _, out = a:command "reload"
    assert.message(out).is_nil(out:find("released", 1, true))
    assert.are.equal(4, #a:inquire "socket")
    stop(a, b)
  end)

  it("a rule by connstatus, which was OBTAINING then, keeps its partner over a reload with nothing changed", function()
    local script = [[local policy = require "policy"
return { bind = function(facts)
  if policy.ipconn("CICSB").connstatus == "OBTAINING" or facts.socket == 2 then return policy.accept() end
  return policy.refuse("not_asked", "call-backs only")
end }]]
    local a, b = started { scripts = { asked = script }, service_a = { bind = "asked" } }
    acquire(a)
    both(a, b, "ACQUIRED")
    for _ = 1, 2 do
      local status, out, err = a:command "reload"
      assert.message(err).are.equal(0, status)
      assert.message(out).is_nil(out:find("released", 1, true))
      assert.are.equal("ACQUIRED", pair.status(a))
    end
    stop(a, b)
  end)

  it("no session in either direction is ONE_WAY_IPCONN, and leaves nothing", function()
    local a, b = started { a = { sendcount = 0 }, b = { sendcount = 0 } }
    acquire(a)
    a:wait_log "DFHIS1011 W .*ipconn=CICSB response=EXCEPTION reason=ONE_WAY_IPCONN"
    both(a, b, "RELEASED")
    stop(a, b)
  end)

  it("both say what they did, in order; ACQUIRED only after resync", function()
    local a, b = started()
    acquire(a)
    both(a, b, "ACQUIRED")
    for _, r in ipairs { a, b } do
      r:wait_log("SP0036 I .*ipconn=" .. r.partner)
      local log = r:log()
      local exchanged = log:find("SP0038 I [^\n]*ipconn=" .. r.partner .. " logname=%x+ log=first settled=0")
      local acquired = log:find("SP0036 I [^\n]*ipconn=" .. r.partner .. " applid=NET[AB]." .. r.partner .. " sendcount=5 receivecount=5")
      assert.is_truthy(exchanged and acquired and exchanged < acquired, log)
    end
    assert.are.equal(2, a:count_log("DFHIS2001 .*ipconn=CICSB", 2))
    assert.are.equal(2, b:count_log("DFHIS2001 .*ipconn=CICSA", 2))
    stop(a, b)
  end)

  it("over TLS with a certificate each way; every door is asked, whichever side dialled", function()
    local secure = { ssl = "yes", admit = "out", certify = "out", userauth = "identify" }
    local a, b = started {
      a = secure, b = secure, service_a = { ssl = "clientauth", admit = "come", certify = "come", bind = "come" },
      service_b = { ssl = "clientauth", admit = "come", certify = "come", bind = "come" },
      scripts = {
        come = [[
          local policy = require "policy"
          local function named(facts)
            policy.check(facts.stage, true, facts.way)
            return policy.accept()
          end
          return { admit = named, certify = named, bind = named }]],
        out = [[
          local policy = require "policy"
          local function named(facts)
            policy.check(facts.stage, true, facts.way)
            return policy.accept()
          end
          return { admit = named, certify = named }]],
      },
    }
    acquire(a)
    both(a, b, "ACQUIRED")
    for _, r in ipairs { a, b } do
      local asked = { ["in"] = 0, out = 0 }
      for _, record in ipairs(r:explain { last = 10 }) do
        for _, door in ipairs(record.doors) do asked[record.facts.way] = asked[record.facts.way] + (door.door and 1 or 0) end
        assert.are.equal("TLSv1.3", record.facts.tls.version)
      end
      assert.are.same({ ["in"] = 6, out = 4 }, asked)
    end
    stop(a, b)
  end)

  it("IDENTIFY without trust on the call-back: refused there, SESSION_OPEN_FAILED here, and nothing is left", function()
    local a, b = started { a = { userauth = "identify", ssl = "yes" }, service_b = { ssl = "clientauth" } }
    acquire(a)
    b:wait_log "DFHIS1011 W .*ipconn=CICSA .*reason=SESSION_OPEN_FAILED"
    both(a, b, "RELEASED")
    support.wait_until(function() return #a:inquire "socket" + #b:inquire "socket" == 0 end, 10, "no socket to be left")
    stop(a, b)
  end)

  it("`bind` refuses the call-back", function()
    local a, b = started {
      service_a = { bind = "never" },
      scripts = { never = "return { bind = function() return require 'policy'.refuse('not_you', '') end }" },
    }
    acquire(a)
    a:wait_log "SP0021 W .*door=bind .*code=not_you .*reason=SECURITY_VIOLATION"
    b:wait_log "DFHIS1011 W .*ipconn=CICSA .*reason=SESSION_OPEN_FAILED"
    both(a, b, "RELEASED")
    stop(a, b)
  end)

  it("nobody listens where the call-back goes", function()
    local a, b = started { b = { port = (pair.ports(1)) } }
    acquire(a)
    b:wait_log "DFHIS1011 W .*ipconn=CICSA .*reason=SESSION_OPEN_FAILED"
    a:wait_log "DFHIS1011 W .*ipconn=CICSB .*reason=SESSION_OPEN_FAILED"
    both(a, b, "RELEASED")
    stop(a, b)
  end)

  it("the listener for the call-back is closed: DFHIS1005, nothing is dialled", function()
    local a, b = started()
    a:command("set", "tcpipservice", "IPIC", "closed")
    local status, _, err = a:command("set", "ipconn", "CICSB", "acquired")
    assert.are.equal(1, status)
    assert.is_truthy(err:find "IPIC is not open")
    a:wait_log "DFHIS1005 W .*ipconn=CICSB tcpipservice=IPIC"
    assert.are.equal(0, #b:inquire "socket")
    stop(a, b)
  end)

  it("release by either side takes all four sockets with it", function()
    local a, b = started()
    for _, r in ipairs { a, b } do
      acquire(a)
      both(a, b, "ACQUIRED")
      r:command("set", "ipconn", r.partner, "released")
      both(a, b, "RELEASED")
      support.wait_until(function() return #a:inquire "socket" + #b:inquire "socket" == 0 end, 10, "no socket to be left")
    end
    assert.are.equal(0, a:count_log "SP0034")
    assert.are.equal(0, b:count_log "SP0034")
    stop(a, b)
  end)

  it("one is killed: the other releases all at once, and with autoconnect both are back", function()
    local a, b = started { a = { autoconnect = "yes" } }
    both(a, b, "ACQUIRED")
    b:signal "KILL"
    b:wait()
    becomes(a, "RELEASED") -- not by heartbeats, which begin after a minute
    b:start()
    both(a, b, "ACQUIRED")
    stop(a, b)
  end)

  it("an operator's release is not undone by autoconnect; acquired ends that", function()
    local a, b = started { a = { autoconnect = "yes" } }
    both(a, b, "ACQUIRED")
    release(a, b)
    assert.are.equal(0, a:count_log "SP0037")
    acquire(a)
    both(a, b, "ACQUIRED")
    stop(a, b)
  end)
end)

describe("autoinstalled by the called side:", function()
  local YES = "return { install = function(f) return require 'policy'.install { ipconn = 'AUTO'%s } end }"

  local function called(extra, ipconns, urm)
    local a, b = pair.new {
      a = extra, service_b = { urm = "yes" }, scripts = { yes = urm or YES:format "" }, b_ipconns = ipconns or {},
    }
    b.partner = "AUTO"
    b:start()
    a:start()
    return a, b
  end

  it("without a template: sends what it wants and is not called back; with none to send it is ONE_WAY_IPCONN", function()
    local a, b = called { sendcount = 3, receivecount = 4 }
    acquire(a)
    becomes(a, "ACQUIRED")
    becomes(b, "ACQUIRED")
    local row = b:row("ipconn", "AUTO")
    assert.are.same({ 0, 3, 0 }, { row.sendcount, row.receivecount, sockets(b).OUT })
    stop(a, b)
    a, b = called { sendcount = 0, receivecount = 4 }
    acquire(a)
    a:wait_log "DFHIS1011 W .*ipconn=CICSB .*reason=ONE_WAY_IPCONN"
    becomes(a, "RELEASED")
    stop(a, b)
  end)

  local ANY = { TMPL = { template = "only", sendcount = 999, receivecount = 999 } }
  local COPY = ", template = 'TMPL'"

  it("with a template that sends: called back at the address it came from", function()
    local a, b = called({ sendcount = 3, receivecount = 4 }, ANY, YES:format(COPY))
    acquire(a)
    becomes(a, "ACQUIRED")
    becomes(b, "ACQUIRED")
    local row = b:row("ipconn", "AUTO")
    assert.are.same({ 4, 3, a.port_number }, { row.sendcount, row.receivecount, tonumber(row.port) })
    release(a, { row = function() return { connstatus = "RELEASED" } end, partner = "AUTO" })
    support.wait_until(function() return b:row("ipconn", "AUTO") == nil end, 10, "AUTO to be deleted")
    stop(a, b)
  end)

  it("with a template: its counts cap the flow's", function()
    local a, b = called({ sendcount = 3, receivecount = 4 }, { TMPL = { template = "only", sendcount = 2, receivecount = 1 } },
      YES:format ", template = 'TMPL'")
    acquire(a)
    becomes(b, "ACQUIRED")
    becomes(a, "ACQUIRED")
    local row = b:row("ipconn", "AUTO")
    assert.are.same({ 2, 1 }, { row.sendcount, row.receivecount })
    stop(a, b)
  end)

  it("the URM corrects host and port, and that is where the call-back goes", function()
    local l = support.listen()
    local a, b = called({}, ANY, YES:format((COPY .. ", host = '127.0.0.1', port = %d"):format(l.port)))
    acquire(a)
    local p = assert(l:accept())
    local m = p:read_message()
    assert.are.same({ CAPEX, "CICSB", "CICSA" }, { m.is, m.body.applid, m.body.server_applid })
    l:close()
    p:close()
    becomes(a, "RELEASED")
    support.wait_until(function() return b:row("ipconn", "AUTO") == nil end, 10, "AUTO to be deleted")
    stop(a, b)
  end)

  it("the URM changes the APPLID: the call-back still calls the partner what it calls itself", function()
    local a, b = called({}, ANY, YES:format(COPY .. ", applid = 'RENAMED'"))
    acquire(a)
    becomes(a, "ACQUIRED")
    becomes(b, "ACQUIRED")
    assert.are.equal("RENAMED", b:row("ipconn", "AUTO").applid)
    stop(a, b)
  end)
end)

-- A partner made of bytes that a region dials: takes its CAPEX, answers it, calls back as it is told to.
local TWO = { response = "OK", ipconn = "CICSA", applid = "CICSB", networkid = "NETB", sendcount = 5, receivecount = 5, sockets = 1 }

local function with(t, more)
  local all = {}
  for key, value in pairs(t) do all[key] = value end
  for key, value in pairs(more or {}) do all[key] = value end
  return all
end

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

  -- Its CAPEX, the socket it came on; already answered unless `unanswered`.
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

  it("its CAPEX says where and how it can be called back", function()
    local p, offer = dialled()
    assert.are.same({ "CICSA", "NETA", "CICSB", "NETB", 1, 1, region:port "IPIC" },
      { offer.applid, offer.networkid, offer.server_applid, offer.server_networkid, offer.sendcount, offer.receivecount, offer.port })
    assert.are.equal(22, #offer.callback)
    released(p)
    local again, other = dialled()
    assert.are_not.equal(offer.callback, other.callback)
    released(again)
  end)

  it("the call-back joins, resync is asked on the socket it dialled, ACQUIRED when that is answered", function()
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
    it("a call-back with " .. what .. " is NO_IPCONN, and the right one still joins", function()
      local p, offer = dialled()
      local _, m = call_back(offer, case.more, case.service)
      assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
      local q, good = call_back(offer)
      assert.are.equal(200, good.status)
      released(q, p)
    end)
  end

  it("its token is good once, and only while it is OBTAINING", function()
    local p, offer = dialled()
    local q = call_back(offer)
    local _, m = call_back(offer)
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
    assert.are.equal(RESYNC, p:read_message().is)
    released(q, p)
    _, m = call_back(offer)
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
  end)

  it("no call-back, no answer to resync: not for ever", function()
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
    ["a body that is none"] = { "200 OK", { response = "OK", logname = "zz" }, "reason=ISCER_BAD_RESPONSE" },
  } do
    it("resync answered by " .. what .. ": DFHIS1011, RELEASED", function()
      local p, offer = dialled()
      local q = call_back(offer)
      assert.are.equal(RESYNC, p:read_message().is)
      local before = region:count_log("DFHIS1011 W .*" .. case[3])
      p:answer(RESYNC, case[1], case[2])
      p:closed()
      q:closed()
      becomes(region, "RELEASED")
      assert.are.equal(before + 1, region:count_log("DFHIS1011 W .*" .. case[3], before + 1))
    end)
  end

  it("a partner that does not call back and says so is one-way", function()
    acquire(region)
    local p = assert(l:accept())
    p:read_message()
    p:answer(CAPEX, "200 OK", with(TWO, { sendcount = 0 }))
    becomes(region, "ACQUIRED")
    assert.are.same({ 1, 0 }, { region:row("ipconn", "CICSB").sendcount, region:row("ipconn", "CICSB").receivecount })
    released(p)
  end)

  it("released by the operator while it is OBTAINING", function()
    local p = dialled(true)
    region:command("set", "ipconn", "CICSB", "released")
    p:closed()
    released(p)
  end)

  it("resync that it did not ask for is a protocol error", function()
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

  -- Takes a call-back, and answers it.
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

  it("A1, B1, resync: the call-back answers the token it was given", function()
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

  it("A1, A2, B1, B2: it calls back when the caller's two stand", function()
    local a1, m = calls { sendcount = 5, receivecount = 5, sockets = 2 }
    local a2 = calls { sendcount = 5, receivecount = 5, socket = 2, token = m.body.token, callback = false }
    local b1 = called { receivecount = 5, sockets = 2, token = ("S"):rep(22) }
    local b2, further = called()
    assert.are.same({ 2, ("S"):rep(22) }, { further.socket, further.token })
    assert.are.equal(200, resync(a1).status)
    becomes(region, "ACQUIRED")
    released(a1, a2, b1, b2)
  end)

  it("resync that comes before its own sockets stand is answered when they do", function()
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

  it("resync where none is due is a protocol error", function()
    local p = calls { port = -1, callback = false }
    assert.are.equal(400, resync(p).status)
    p:closed()
    becomes(region, "RELEASED")
  end)

  it("resync twice, or with a body that is none, is a protocol error", function()
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
    ["answered by somebody else"] = { "200 OK", with(ONE, { applid = "CICSX" }) },
    ["sent on"] = { "307 Temporary Redirect", { response = "OK", host = "127.0.0.1", port = 9 } },
    ["answered without a session"] = { "200 OK", with(ONE, { sendcount = 0, receivecount = 0 }) },
  } do
    it("the call-back is " .. what .. ": SESSION_OPEN_FAILED, both sockets closed", function()
      local p = calls()
      local q = assert(l:accept())
      q:read_message()
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

  -- The seconds between the ends of the last four sockets, by the region's own clock: a slow test is not a slow region.
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

  it("release is asked on all four", function()
    local a1, m = calls { sendcount = 5, receivecount = 5, sockets = 2 }
    local a2 = calls { sendcount = 5, receivecount = 5, socket = 2, token = m.body.token, callback = false }
    local b1 = called { receivecount = 5, sockets = 2, token = ("S"):rep(22) }
    local b2 = called()
    resync(a1)
    becomes(region, "ACQUIRED")
    local command = support.start { support.binary, "set", "ipconn", "CICSA", "released", "--control", region.control }
    for _, p in ipairs { a1, a2, b1, b2 } do -- beside the command: a second is all there is to answer in
      assert.are.equal(RELEASE, p:read_message().is)
    end
    for _, p in ipairs { a1, a2, b1, b2 } do p:answer(RELEASE) end
    assert.are.equal(0, command:wait())
    for _, p in ipairs { a1, a2, b1, b2 } do p:closed() end
    becomes(region, "RELEASED")
    assert.are.equal(0, region:count_log "DFHIS1003")
  end)
end)

describe("resynchronisation:", function()
  local function keeping(extra)
    local t = with({ region_a = {}, region_b = {} }, extra)
    local a, b = pair.new(t)
    for _, r in ipairs { a, b } do
      r.given.region = with(r.given.region, { recovery = r:path "recovery" })
      r:define(r.given)
    end
    b:start()
    a:start()
    return a, b
  end

  -- A thread writes the files: both, once they hold the same token, another than `old`.
  local function files(a, b, old)
    local fa, fb
    support.wait_until(function()
      fa, fb = support.read(a:path "recovery") or "", support.read(b:path "recovery") or ""
      local token = fa:match "partner NETB CICSB %x+ (%S+) 0\n"
      return token and token ~= old and token == fb:match "partner NETA CICSA %x+ (%S+) 0\n"
    end, 10, "both files to hold the token")
    return fa, fb
  end

  it("both remember the same token, a new one each time; restarts keep it", function()
    local a, b = keeping()
    acquire(a)
    both(a, b, "ACQUIRED")
    local fa, fb = files(a, b)
    local log_b, token = fa:match "partner NETB CICSB (%x+) (%S+) 0\n"
    assert.is_truthy(token)
    assert.are.equal(log_b, fb:match "log (%x+)\n")
    assert.are.same({ fa:match "log (%x+)\n", token }, { fb:match "partner NETA CICSA (%x+) (%S+) 0\n" })
    stop(a, b)
    b:start()
    a:start()
    acquire(b)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0038 .*log=same"
    b:wait_log "SP0038 .*log=same"
    local again = files(a, b, token)
    assert.are_not.equal(token, again:match "partner NETB CICSB %x+ (%S+) 0\n")
    stop(a, b)
  end)

  it("a cold start has a new log name, and without work in doubt that is accepted", function()
    local a, b = keeping()
    acquire(a)
    both(a, b, "ACQUIRED")
    stop(a, b)
    os.remove(b:path "recovery")
    b:start()
    a:start()
    acquire(a)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0038 I .*log=new settled=0"
    stop(a, b)
  end)

  it("a file that cannot be read stops the start", function()
    local a = keeping()
    a:stop()
    support.write(a:path "recovery", "sallyport recovery 1\nlog 12\n")
    local status, log = a:start_and_end()
    assert.are.equal(1, status)
    assert.is_truthy(log:find("recovery file .* line 2 is not 'log' and 16 hex digits"), log)
  end)

  it("a file that cannot be written is said once, and written as soon as it can be", function()
    local a, b = pair.new { region_a = {}, region_b = {} }
    a.given.region = with(a.given.region, { recovery = a:path "kept/recovery" })
    a:define(a.given)
    b:start()
    a:start()
    acquire(a)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0056 E .*kept/recovery cannot be written: the directory %S+/kept: No such file or directory"
    a:command("release", "ipconn", a.partner)
    both(a, b, "RELEASED")
    acquire(a)
    both(a, b, "ACQUIRED")
    assert(require "lfs".mkdir(a:path "kept"))
    support.wait_until(function() return support.read(a:path "kept/recovery") end, 10, "the file to be written")
    assert.is_truthy(support.read(a:path "kept/recovery"):find "partner NETB CICSB %x+ %S+ 0\n$")
    assert.are.equal(1, a:count_log("SP0056", 1))
    stop(a, b)
  end)

  it("work that is open when the region is ended is in doubt in its file", function()
    local l = support.listen()
    local region = support.region {
      region = { applid = "CICSB", networkid = "NETB", heartbeat = 60, drain = 0.1 }, tcpipservices = { IPIC = {} },
      ipconns = {
        CICSA = { networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1, mirrorlife = "uow" },
      },
      programs = { ECHO = {} },
    }
    region.given.region.recovery = region:path "recovery"
    region:define(region.given)
    region:start()
    region.partner = "CICSA"
    local p = support.raw(region:port "IPIC")
    p:capex { applid = "CICSA", networkid = "NETA", port = 1, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.are.equal(200, p:read_message().status)
    local q = assert(l:accept())
    q:read_message()
    q:answer(CAPEX, "200 OK", { response = "OK", applid = "CICSA", networkid = "NETA", sendcount = 1, receivecount = 1, sockets = 1 })
    p:request(RESYNC, { logname = "ffeeddccbbaa9988", next = ("N"):rep(22), indoubt = 0 })
    assert.are.equal(200, p:read_message().status)
    becomes(region, "ACQUIRED")
    local head = '{"program":"ECHO"}'
    local open = "1 data; conv=00000001; msg=1; chain=1; last=yes; state=open; head="
    p:send(("POST /ipic HTTP/1.1\r\nIS: " .. open .. "%d\r\nContent-Length: %d\r\n\r\n%s"):format(#head, #head + 4, head .. "work"))
    local m = p:read_message()
    assert.are.same({ 200, true }, { m.status, m.is:find "state=open" ~= nil })
    region:stop()
    assert.is_truthy(support.read(region:path "recovery"):find("partner NETA CICSA ffeeddccbbaa9988 " .. ("N"):rep(22) .. " 1\n", 1, true))
    p:close()
    q:close()
    l:close()
  end)

  -- Work in doubt, as a region leaves it that was cut off in the middle of it.
  local function in_doubt(r)
    local file = support.read(r:path "recovery")
    support.write(r:path "recovery", (file:gsub(" 0\n$", " 2\n")))
  end

  for _, side in ipairs { "acquirer", "called" } do
    it("work in doubt at the " .. side .. ", whose partner has lost its log: ISCE_BAD_RECOV until it is forgotten", function()
      local a, b = keeping()
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
      local doubts, lost = a, b
      if side == "called" then doubts, lost = b, a end
      in_doubt(doubts)
      os.remove(lost:path "recovery")
      b:start()
      a:start()
      assert.are.equal("RECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)
      acquire(a)
      doubts:wait_log "SP0039 W .*indoubt=2 xlnaction=KEEP"
      a:wait_log "DFHIS1011 W .*ipconn=CICSB response=EXCEPTION reason=ISCE_BAD_RECOV"
      both(a, b, "RELEASED")
      assert.are.equal("RECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)

      assert.are.equal(0, (doubts:command("set", "ipconn", doubts.partner, "norecovdata")))
      doubts:wait_log "SP0054 I .*indoubt=2"
      assert.are.equal("NORECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
    end)

    it("work in doubt at the " .. side .. ", whose partner has an older copy of its log: ISCE_BAD_RECOV", function()
      local a, b = keeping()
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
      local doubts, older = a, b
      if side == "called" then doubts, older = b, a end
      in_doubt(doubts)
      local file = support.read(older:path "recovery")
      support.write(older:path "recovery", (file:gsub("%S+ 0\n$", ("O"):rep(22) .. " 0\n")))
      b:start()
      a:start()
      acquire(a)
      doubts:wait_log "SP0039 W .*indoubt=2 xlnaction=KEEP"
      a:wait_log "DFHIS1011 W .*ipconn=CICSB response=EXCEPTION reason=ISCE_BAD_RECOV"
      stop(a, b)
    end)

    it("work in doubt at the " .. side .. " with xlnaction = force: said, forgotten, and on it goes", function()
      local a, b = keeping { a = { xlnaction = "force" }, b = { xlnaction = "force" } }
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
      local doubts, lost = a, b
      if side == "called" then doubts, lost = b, a end
      in_doubt(doubts)
      os.remove(lost:path "recovery")
      b:start()
      a:start()
      acquire(a)
      both(a, b, "ACQUIRED")
      doubts:wait_log "SP0039 W .*indoubt=2 xlnaction=FORCE"
      assert.are.equal("NORECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)
      stop(a, b)
    end)
  end

  it("refused, the acquirer is expected to close; one that stays is closed", function()
    local l = support.listen()
    local region = support.region {
      region = { applid = "CICSB", networkid = "NETB", heartbeat = 60 }, tcpipservices = { IPIC = {} },
      ipconns = { CICSA = { networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1 } },
    }
    region.given.region.recovery = region:path "recovery"
    region:define(region.given)
    support.write(region:path "recovery", "sallyport recovery 1\nlog 0123456789abcdef\n" ..
      "partner NETA CICSA 00112233445566ff " .. ("T"):rep(22) .. " 7\n")
    region:start()
    region.partner = "CICSA"
    local p = support.raw(region:port "IPIC")
    p:capex { applid = "CICSA", networkid = "NETA", port = 1, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.are.equal(200, p:read_message().status)
    local q = assert(l:accept())
    q:read_message()
    q:answer(CAPEX, "200 OK", { response = "OK", applid = "CICSA", networkid = "NETA", sendcount = 1, receivecount = 1, sockets = 1 })
    p:request(RESYNC, { logname = "ffeeddccbbaa9988", next = ("N"):rep(22), indoubt = 0 })
    local m = p:read_message()
    assert.are.same({ 403, "EXCEPTION", "ISCE_BAD_RECOV", "0123456789abcdef", "00112233445566ff", ("T"):rep(22), 7 },
      { m.status, m.body.response, m.body.reason, m.body.logname, m.body.partner, m.body.token, m.body.indoubt })
    p:closed()
    q:closed()
    becomes(region, "RELEASED")
    region:wait_log "DFHIS1003 E .*ipconn=CICSA" -- it was FREEING for the second that the acquirer has
    region:stop()
    l:close()
  end)

  it("work in doubt is settled when the partner still has its log", function()
    local a, b = keeping()
    acquire(a)
    both(a, b, "ACQUIRED")
    stop(a, b)
    in_doubt(a)
    b:start()
    a:start()
    acquire(a)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0038 I .*log=same settled=2"
    assert.are.equal("NORECOVDATA", a:row("ipconn", "CICSB").recovstatus)
    stop(a, b)
  end)
end)

describe("a CAPEX race:", function()
  -- The region is NETA.CICSM; the partner is lower or higher.
  for _, case in ipairs { { "CICSZ", "NETA" }, { "CICSA", "NETZ" }, { "CICSA", "NETA" }, { "CICSZ", "NET0" } } do
    local applid, networkid = case[1], case[2]
    local keeps = networkid .. "." .. applid > "NETA.CICSM"

    it(("against %s.%s, the region %s"):format(networkid, applid, keeps and "keeps its own" or "gives up its own"), function()
      local l = support.listen()
      local region = support.region {
        region = { applid = "CICSM", networkid = "NETA", heartbeat = 60 }, tcpipservices = { IPIC = {} },
        ipconns = {
          PART = { applid = applid, networkid = networkid, host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1 },
        },
      }:start()
      acquire(region, "PART")
      local p = assert(l:accept())
      local offer = p:read_message().body
      local q = support.raw(region:port "IPIC")
      q:capex { applid = applid, networkid = networkid, port = l.port, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
      local m = q:read_message()
      if keeps then
        assert.are.same({ 403, "CAPEX_RACE" }, { m.status, m.body.reason })
        q:closed()
        p:answer(CAPEX, "200 OK", with(TWO, { applid = applid, networkid = networkid }))
        local back = support.raw(region:port "IPIC")
        back:capex { applid = applid, networkid = networkid, answering = offer.callback, sendcount = 1, receivecount = 1 }
        assert.are.equal(200, back:read_message().status)
        assert.are.equal(RESYNC, p:read_message().is)
        p:answer(RESYNC, "200 OK", { response = "OK", logname = "00112233445566ff", indoubt = 0 })
        becomes(region, "ACQUIRED", "PART")
      else
        assert.are.equal(200, m.status)
        p:closed()
        local back = assert(l:accept())
        assert.are.equal(("C"):rep(22), back:read_message().body.answering)
        back:answer(CAPEX, "200 OK", with(TWO, { applid = applid, networkid = networkid }))
        q:request(RESYNC, { logname = "00112233445566ff", next = ("N"):rep(22), indoubt = 0 })
        assert.are.equal(200, q:read_message().status)
        becomes(region, "ACQUIRED", "PART")
        assert.are.equal(0, region:count_log "DFHIS1011")
      end
      region:stop()
      l:close()
    end)
  end

  it("answered CAPEX_RACE, it gives up and takes the partner's when that comes", function()
    local l = support.listen()
    local region = support.region {
      region = { applid = "CICSM", networkid = "NETA", heartbeat = 60, retry = 30 }, tcpipservices = { IPIC = {} },
      ipconns = {
        PART = {
          applid = "CICSA", networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1,
          autoconnect = "yes",
        },
      },
    }:start()
    local p = assert(l:accept())
    p:read_message()
    p:answer(CAPEX, "403 Forbidden", { response = "EXCEPTION", reason = "CAPEX_RACE" })
    p:closed()
    becomes(region, "RELEASED", "PART")
    region:wait_log "SP0037 I .*ipconn=PART"
    local q = support.raw(region:port "IPIC")
    assert.are.equal(200, q:capex({ applid = "CICSA", networkid = "NETA", sendcount = 1 }):read_message().status)
    becomes(region, "ACQUIRED", "PART")
    q:close()
    region:stop()
    l:close()
  end)

  -- A listener whose queue is full: whoever dials is not connected before somebody is taken out of it.
  local function jammed()
    local sock = assert(socket.tcp4())
    assert(sock:bind("127.0.0.1", 0))
    assert(sock:listen(0))
    local _, port = sock:getsockname()
    local waiting = {}
    repeat
      local c = socket.tcp4()
      c:settimeout(0.1)
      waiting[#waiting + 1] = c
    until not c:connect("127.0.0.1", port)
    return sock, tonumber(port), waiting
  end

  for _, how in ipairs { "the partner's CAPEX", "an operator's release" } do
    it("a connect that is under way when " .. how .. " comes, and stands later, is nobody's", function()
      local sock, port, waiting = jammed()
      local region = support.region {
        region = { applid = "CICSM", networkid = "NETA", heartbeat = 60 }, tcpipservices = { IPIC = {} },
        ipconns = {
          PART = { applid = "CICSA", networkid = "NETA", host = "127.0.0.1", port = port, tcpipservice = "IPIC", sendcount = 1 },
        },
      }:start()
      acquire(region, "PART")
      support.wait_until(function()
        local row = region:inquire("socket")[1]
        return row and row.stage == "DIALLING" and row.peer ~= "-" and row.peer ~= ""
      end, 10, "the connect to be under way")
      local q
      if how == "an operator's release" then
        region:command("set", "ipconn", "PART", "released")
        becomes(region, "RELEASED", "PART")
      else
        q = support.raw(region:port "IPIC")
        assert.are.equal(200, q:capex({ applid = "CICSA", networkid = "NETA", sendcount = 1 }):read_message().status)
        becomes(region, "ACQUIRED", "PART")
      end
      for _, c in ipairs(waiting) do c:close() end
      sock:settimeout(1.5) -- the system dials again after a second
      repeat local c = sock:accept() until not c
      assert.are.equal(q and "ACQUIRED" or "RELEASED", pair.status(region, "PART"))
      support.wait_until(function() return #region:inquire "socket" == (q and 1 or 0) end, 10, "the abandoned socket to be gone")
      if q then q:close() end
      region:stop()
      sock:close()
    end)
  end

  it("two regions acquire each other at the same moment, many times: one connection each time", function()
    local a, b = started()
    for round = 1, 30 do
      local words = { "sh", "-c", ("%s set ipconn CICSB acquired --control %s & %s set ipconn CICSA acquired --control %s; wait"):format(
        support.binary, a.control, support.binary, b.control) }
      assert.are.equal(0, (support.run(words)))
      support.wait_until(function()
        local one, other = pair.status(a), pair.status(b)
        return one == "ACQUIRED" and other == "ACQUIRED"
      end, 10, "both to be ACQUIRED in round " .. round)
      support.wait_until(function()
        local here, there = sockets(a), sockets(b)
        return here.OUT == 2 and here.IN == 2 and there.OUT == 2 and there.IN == 2
      end, 10, "four sockets, no more, in round " .. round)
      release(round % 2 == 0 and a or b, round % 2 == 0 and b or a)
    end
    stop(a, b)
  end)

  it("both with autoconnect, started together: both are ACQUIRED, by four sockets", function()
    local a, b = pair.new { a = { autoconnect = "yes" }, b = { autoconnect = "yes" } }
    b:start()
    a:start()
    both(a, b, "ACQUIRED")
    support.wait_until(function() return #a:inquire "socket" == 4 and #b:inquire "socket" == 4 end, 10, "four sockets")
    stop(a, b)
  end)
end)
