-- SPDX-License-Identifier: Apache-2.0
-- Requests of ours: a client asks region A, A ships to region B. Sessions and the queue before them, releases and losses in the middle.
local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local slow = require "spec.support.slow"
local support = require "spec.support"

local ask, answer, becomes = conversation.ask, conversation.answer, pair.becomes

local a, b, p, backend

local function region_of(own, partner, port, to, t)
  local ipconn = { networkid = own == "CICSA" and "NETB" or "NETA", host = "127.0.0.1", port = to, tcpipservice = "IPIC", sendcount = 2,
    receivecount = 2 }
  for key, value in pairs(t.ipconn or {}) do ipconn[key] = value end
  local ipconns = { [partner] = ipconn }
  if own == "CICSA" then ipconns.SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 50 } end
  for name, value in pairs(t.ipconns or {}) do ipconns[name] = value end
  return support.region {
    region = { applid = own, networkid = own == "CICSA" and "NETA" or "NETB", heartbeat = 60, drain = 0.2 },
    tcpipservices = { IPIC = { portnumber = port, urm = t.urm } }, ipconns = ipconns, programs = t.programs, scripts = t.scripts,
  }:start()
end

local function set_up(ipconn, more)
  local port_a, port_b = pair.ports(2)
  backend = slow.backend()
  b = region_of("CICSB", "CICSA", port_b, port_a, { ipconn = { receivecount = 50 },
    programs = { ECHO = {}, SLOW = { url = backend.url, timeout = 300 } } })
  more = more or {}
  a = region_of("CICSA", "CICSB", port_a, port_b, { ipconn = ipconn, ipconns = more.ipconns, urm = more.urm, scripts = more.scripts,
    programs = { ECHO = {}, FAR = { ipconn = "CICSB", remotename = "ECHO", timeout = 300 },
      FARSLOW = { ipconn = "CICSB", remotename = "SLOW", timeout = 300 } } })
  p = support.raw(port_a)
  assert.are.equal(200, p:capex { applid = "SOMEAPPL", sendcount = 50 }:read_message().status)
end

local function here()
  ask(p, { conv = 0xffff, program = "ECHO", data = "still here" })
  assert.are.equal("still here", answer(p, 0xffff).data)
end

describe("a request shipped on", function()
  after_each(function()
    p:close()
    a:stop()
    b:stop()
    backend.close()
  end)

  it("has the ipconn acquired first; then many go over its sessions, each with its own answer", function()
    set_up { sendcount = 5 }
    assert.are.equal("RELEASED", a:row("ipconn", "CICSB").connstatus)
    local convs, text = {}, {}
    for n = 1, 40 do
      convs[n], text[n] = n, ("%02d,"):format(n):rep(30000)
      conversation.data(p, { conv = n, head = 17, last = "no" }, '{"program":"FAR"}' .. text[n]:sub(1, 50000))
      conversation.data(p, { conv = n, chain = 2 }, text[n]:sub(50001))
    end
    local all = conversation.answers(p, convs, 30)
    for n = 1, 40 do
      assert.are.same({ 200 }, { all[n].status, all[n].is7 })
      assert.is_true(all[n].data == text[n])
    end
    assert.are.equal("ACQUIRED", a:row("ipconn", "CICSB").connstatus)
    local sent = a:row("statistics", "CICSB")
    assert.are.same({ 5, 0, 40 }, { sent.isr_peak_send_sessions, sent.isr_current_send_sessions, sent.isr_total_allocates })
    assert.is_true(sent.isr_peak_queued_allocates > 0)
  end)

  it("of 16 MiB comes back byte by byte", function()
    set_up()
    local whole = ("0123456789abcdef"):rep(1024 * 1024)
    assert.is_nil(conversation.pour(p, { conv = 1, program = "FAR", data = whole }))
    assert.is_true(answer(p, 1, 60).data == whole)
  end)

  it("waits for a session up to queuelimit; the next is refused", function()
    set_up { sendcount = 1, queuelimit = 1 }
    ask(p, { conv = 1, program = "FARSLOW", data = "1" })
    backend.wait()
    ask(p, { conv = 2, program = "FARSLOW", data = "2" })
    ask(p, { conv = 3, program = "FARSLOW", data = "3" })
    assert.are.equal("1008600B", answer(p, 3).is7)
    assert.are.equal(1, a:row("statistics", "CICSB").isr_current_queued_allocates)
    assert.is_true(backend.idle())
    backend.release "one"
    assert.are.equal("one", answer(p, 1).data)
    backend.wait()
    backend.release "two"
    assert.are.equal("two", answer(p, 2).data)
  end)

  it("fails when the partner cannot be had, and its caller is told; the next try is its own", function()
    set_up()
    b:stop()
    ask(p, { conv = 1, program = "FAR", data = "x" })
    assert.are.equal("1008600B", answer(p, 1).is7)
    becomes(a, "RELEASED", "CICSB")
    here()
    b:start()
    ask(p, { conv = 2, program = "FAR", data = "x" })
    assert.are.equal("x", answer(p, 2).data)
  end)

  it("is never given to who was autoinstalled under the name of an ipconn that has been discarded", function()
    local anybody = [[
local policy = require "policy"
return { install = function(facts)
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }]]
    set_up(nil, {
      urm = "anybody", scripts = { anybody = anybody }, ipconns = { TMPL = { template = "only", sendcount = 2, receivecount = 2 } },
    })
    assert.are.equal(0, (a:command("set", "ipconn", "CICSB", "outservice")))
    assert.are.equal(0, (a:command("discard", "ipconn", "CICSB")))
    assert.are.equal(0, (b:command("set", "ipconn", "CICSA", "acquired")))
    becomes(a, "ACQUIRED", "CICSB")
    assert.is_true(a:row("ipconn", "CICSB").autoinstalled)
    ask(p, { conv = 1, program = "FAR", data = "for CICSB's eyes" })
    assert.are.equal("1008600B", answer(p, 1).is7)
    a:wait_log "SP0053 .*text=\"ipconn CICSB was autoinstalled; the defined ipconn of that name is not installed\""
    assert.are.equal(0, a:row("statistics", "CICSB").isr_total_allocates)
    here()
  end)

  it("to an ipconn out of service fails at once", function()
    set_up()
    assert.are.equal(0, (a:command("set", "ipconn", "CICSB", "outservice")))
    ask(p, { conv = 1, program = "FAR", data = "x" })
    assert.are.equal("1008600B", answer(p, 1).is7)
    assert.are.equal("RELEASED", a:row("ipconn", "CICSB").connstatus)
    here()
  end)

  it("fails when the partner dies meanwhile", function()
    set_up()
    ask(p, { conv = 1, program = "FARSLOW", data = "x" })
    backend.wait()
    b:signal "KILL"
    b:wait()
    assert.are.equal("1008600B", answer(p, 1).is7)
    a:wait_log "DFHIS1021 W .*ipconn=CICSB .*direction=SEND sessions=1"
    here()
  end)

  it("holds back a release on either side until it is answered", function()
    for _, who in ipairs { "a", "b" } do
      set_up()
      local asked = who == "a" and a or b
      local name = who == "a" and "CICSB" or "CICSA"
      ask(p, { conv = 1, program = "FARSLOW", data = "x" })
      backend.wait()
      assert.are.equal(0, (asked:command("set", "ipconn", name, "released")))
      becomes(asked, "FREEING", name)
      backend.release "done"
      assert.are.equal("done", answer(p, 1).data)
      becomes(a, "RELEASED", "CICSB")
      becomes(b, "RELEASED", "CICSA")
      here()
      if who == "a" then
        p:close()
        a:stop()
        b:stop()
        backend.close()
      end
    end
  end)

  it("is given up by a purge, and at the partner too", function()
    set_up()
    ask(p, { conv = 1, program = "FARSLOW", data = "x" })
    local c = backend.wait()
    assert.are.equal(0, (a:command("set", "ipconn", "CICSB", "released", "purge")))
    assert.are.equal("08640001", answer(p, 1).is7)
    slow.gone(c)
    becomes(a, "RELEASED", "CICSB")
    becomes(b, "RELEASED", "CICSA")
    here()
  end)

  it("is given up when its own caller leaves", function()
    set_up()
    ask(p, { conv = 1, program = "FARSLOW", data = "x" })
    local c = backend.wait()
    conversation.expd(p, 1, "cancel")
    slow.gone(c)
    assert.are.equal("ACQUIRED", a:row("ipconn", "CICSB").connstatus)
    ask(p, { conv = 2, program = "FAR", data = "next" })
    assert.are.equal("next", answer(p, 2).data)
  end)
end)

describe("a region that acquires a partner of bytes", function()
  local CAPEX, RESYNC, HEARTBEAT = "1 cmd; name=capex", "1 cmd; name=resync", "1 cmd; name=heartbeat"
  local ONE = { response = "OK", ipconn = "CICSA", applid = "CICSB", networkid = "NETB", sendcount = 1, receivecount = 1, sockets = 1 }
  local region, listener, q

  -- Everything but the answer to resync.
  before_each(function()
    listener = support.listen()
    region = support.region {
      region = { heartbeat = 60 }, tcpipservices = { IPIC = {} }, programs = { ECHO = {} },
      ipconns = { CICSB = { networkid = "NETB", host = "127.0.0.1", port = listener.port, tcpipservice = "IPIC", sendcount = 1,
        receivecount = 1, mirrorlife = "uow" } },
    }:start()
    pair.acquire(region, "CICSB")
    p = assert(listener:accept())
    local offer = assert(p:read_message()).body
    p:answer(CAPEX, "200 OK", ONE)
    q = support.raw(region:port "IPIC")
    q:capex { applid = "CICSB", networkid = "NETB", answering = offer.callback, sendcount = 1, receivecount = 1 }
    assert.are.equal(200, q:read_message().status)
    assert.are.equal(RESYNC, p:read_message().is)
  end)
  after_each(function()
    p:close()
    q:close()
    region:stop()
    listener:close()
  end)

  local function agree()
    p:answer(RESYNC, "200 OK", { response = "OK", logname = "00112233445566ff", indoubt = 0 })
  end

  it("keeps a request that overtakes the answer to resync until it is ACQUIRED too", function()
    ask(q, { conv = 1, program = "ECHO", data = "early" })
    p:request(HEARTBEAT)
    assert.are.equal(200, p:read_message().status) -- it has read what came on the other socket before
    assert.are.equal("OBTAINING", region:row("ipconn", "CICSB").connstatus)
    agree()
    assert.are.equal("early", answer(q, 1).data)
    assert.are.equal("ACQUIRED", region:row("ipconn", "CICSB").connstatus)
    ask(q, { conv = 2, program = "ECHO", data = "late" })
    assert.are.equal("late", answer(q, 2).data)
  end)

  it("takes no request on the socket it dialled", function()
    agree()
    becomes(region, "ACQUIRED", "CICSB")
    ask(p, { conv = 1, program = "ECHO", data = "x" })
    assert.are.equal(400, p:read_message().status)
    p:closed()
    q:closed()
  end)

  it("counts an open unit of work as in doubt when a socket is lost, and not one that ended", function()
    agree()
    ask(q, { conv = 1, program = "ECHO", data = "x" })
    assert.are.equal("end", answer(q, 1).state)
    ask(q, { conv = 2, program = "ECHO", data = "x", open = true })
    assert.are.equal("open", answer(q, 2).state)
    assert.are.equal("NORECOVDATA", region:row("ipconn", "CICSB").recovstatus)
    p:close()
    q:closed()
    assert.are.equal("RECOVDATA", region:row("ipconn", "CICSB").recovstatus)
    region:wait_log "DFHIS1021 W .*ipconn=CICSB .*direction=RECEIVE sessions=1"
  end)
end)
