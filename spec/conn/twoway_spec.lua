-- SPDX-License-Identifier: Apache-2.0
-- Two regions with sockets both ways (IPIC.md 2.2 to 2.7): the number of sockets of each, the acquirer, the effects of
-- a release and of a loss; and ipconns that the called side autoinstalls.
local pair = require "spec.support.pair"
local support = require "spec.support"

local CAPEX = "1 cmd; name=capex"
local acquire, becomes, sockets = pair.acquire, pair.becomes, pair.sockets
local started, stop, both, release = pair.started, pair.stop, pair.both, pair.release

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

  it("facts mark a call-back and a further socket; a listener for call-backs alone keeps its partner over a reload", function()
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

  it("a rule by connstatus, OBTAINING at its first question, keeps its partner over a reload without changes", function()
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

  it("no session in either direction is ONE_WAY_IPCONN, and leaves no socket", function()
    local a, b = started { a = { sendcount = 0 }, b = { sendcount = 0 } }
    acquire(a)
    a:wait_log "DFHIS1011 W .*ipconn=CICSB response=EXCEPTION reason=ONE_WAY_IPCONN"
    both(a, b, "RELEASED")
    stop(a, b)
  end)

  it("both log their steps in order; ACQUIRED only after resync", function()
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

  it("over TLS with a certificate each way; every door is asked on both sides", function()
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

  it("IDENTIFY without trust on the call-back: refused there, SESSION_OPEN_FAILED here, and no socket is left", function()
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

  it("the address of the call-back has no listener", function()
    local a, b = started { b = { port = (pair.ports(1)) } }
    acquire(a)
    b:wait_log "DFHIS1011 W .*ipconn=CICSA .*reason=SESSION_OPEN_FAILED"
    a:wait_log "DFHIS1011 W .*ipconn=CICSB .*reason=SESSION_OPEN_FAILED"
    both(a, b, "RELEASED")
    stop(a, b)
  end)

  it("the listener for the call-back is closed: DFHIS1005, no socket is dialled", function()
    local a, b = started()
    a:command("set", "tcpipservice", "IPIC", "closed")
    local status, _, err = a:command("set", "ipconn", "CICSB", "acquired")
    assert.are.equal(1, status)
    assert.is_truthy(err:find "IPIC is not open")
    a:wait_log "DFHIS1005 W .*ipconn=CICSB tcpipservice=IPIC"
    assert.are.equal(0, #b:inquire "socket")
    stop(a, b)
  end)

  it("release by either side closes all four sockets", function()
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

  it("one is killed: the other releases all at once, and with autoconnect both are ACQUIRED again", function()
    local a, b = started { a = { autoconnect = "yes" } }
    both(a, b, "ACQUIRED")
    b:signal "KILL"
    b:wait()
    becomes(a, "RELEASED") -- not because of heartbeats, which begin after a minute
    b:start()
    both(a, b, "ACQUIRED")
    stop(a, b)
  end)

  it("an operator's release stops autoconnect; acquired restarts it", function()
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

  it("without a template: sends its sessions and is not called back; without sessions to send it is ONE_WAY_IPCONN", function()
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

  it("with a template that sends: called back at the caller's address", function()
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

  it("with a template: its counts limit the counts of the flow", function()
    local a, b = called({ sendcount = 3, receivecount = 4 }, { TMPL = { template = "only", sendcount = 2, receivecount = 1 } },
      YES:format ", template = 'TMPL'")
    acquire(a)
    becomes(b, "ACQUIRED")
    becomes(a, "ACQUIRED")
    local row = b:row("ipconn", "AUTO")
    assert.are.same({ 2, 1 }, { row.sendcount, row.receivecount })
    stop(a, b)
  end)

  it("the URM corrects host and port, and the call-back goes there", function()
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

  it("the URM changes the APPLID: the call-back has the partner's own APPLID", function()
    local a, b = called({}, ANY, YES:format(COPY .. ", applid = 'RENAMED'"))
    acquire(a)
    becomes(a, "ACQUIRED")
    becomes(b, "ACQUIRED")
    assert.are.equal("RENAMED", b:row("ipconn", "AUTO").applid)
    stop(a, b)
  end)
end)
