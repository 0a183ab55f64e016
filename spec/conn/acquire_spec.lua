-- SPDX-License-Identifier: Apache-2.0
-- The way out: the acquire of an ipconn, the content of its CAPEX, and the result of each answer.
local support = require "spec.support"

local outgoing = require "spec.support.outgoing"
local pair = require "spec.support.pair"

local CAPEX, acquire, becomes = outgoing.CAPEX, outgoing.acquire, outgoing.becomes
local ok, record_of, status_of = outgoing.ok, outgoing.record_of, outgoing.status_of

local HEARTBEAT = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n"

local function out_sockets(region)
  local n = 0
  for _, row in ipairs(region:inquire "socket") do n = n + (row.way == "OUT" and 1 or 0) end
  return n
end

describe("two regions:", function()
  local a, b

  setup(function()
    b = support.region {
      region = { applid = "CICSB", ring = "certs/rings/CICSB" },
      tcpipservices = { PLAIN = {}, SECURE = { ssl = "clientauth" }, SIX = { host = "::1", ssl = "yes" } },
      ipconns = { CICSA = { receivecount = 4 } },
    }
    b:start()
    local plain, secure, six = b:port "PLAIN", b:port "SECURE", b:port "SIX"
    a = support.region {
      tcpipservices = { SHUT = { status = "closed" } },
      ipconns = {
        CICSB = { host = "127.0.0.1", port = plain, sendcount = 9 },
        ONE = { applid = "CICSB", networkid = "NETB", host = "127.0.0.1", port = plain, sendcount = 1, inservice = "no" },
        NOWHERE = { networkid = "NETC", sendcount = 1 },
        NOPORT = { networkid = "NETC", host = "127.0.0.1", sendcount = 1 },
        MUTE = { networkid = "NETC", host = "127.0.0.1", port = plain },
        BEHIND = { networkid = "NETC", host = "127.0.0.1", port = plain, tcpipservice = "SHUT", sendcount = 1 },
        TMPL = { networkid = "NETC", host = "127.0.0.1", port = plain, template = "only", sendcount = 1 },
      },
    }
    a:start()
    a.ports = { plain = plain, secure = secure, six = six }
  end)
  teardown(function()
    a:stop()
    b:stop()
  end)

  -- Loads another definition of CICSB, which must be RELEASED.
  local function redefine(t)
    local given = { tcpipservices = a.given.tcpipservices, region = a.given.region, ipconns = {} }
    for name, one in pairs(a.given.ipconns) do given.ipconns[name] = one end
    given.ipconns.CICSB = t
    a:define(given)
    assert.are.equal(0, (a:command "reload"))
  end

  local function release()
    a:command("set", "ipconn", "CICSB", "released")
    becomes(a, "CICSB", "RELEASED")
    support.wait_until(function() return #a:inquire "socket" + #b:inquire "socket" == 0 end, 10, "no socket to be left")
  end

  after_each(release)

  it("an operator acquires: the command answers at once, two sockets go out, counts are agreed, both sides report them", function()
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    assert.are.equal(2, out_sockets(a))
    local row = a:row("ipconn", "CICSB")
    assert.are.same({ 4, 0, 2, "127.0.0.1:" .. a.ports.plain }, { row.sendcount, row.receivecount, row.sockets, row.peer })
    becomes(b, "CICSA", "ACQUIRED")
    local there = b:row("ipconn", "CICSA")
    assert.are.same({ 0, 4, 2 }, { there.sendcount, there.receivecount, there.sockets })
    a:wait_log("SP0035 I .*ipconn=CICSB host=127.0.0.1 port=" .. a.ports.plain)
    a:wait_log "SP0036 I .*ipconn=CICSB applid=NETA.CICSB sendcount=4 receivecount=0"
    local record = record_of(a)
    assert.are.same({ "accepted", "capex", "127.0.0.1", "CICSB" },
      { record.outcome, record.facts.stage, record.facts.peer.host, record.facts.ipconn.ipconn })
    assert.are.equal("CICSB", record.facts.capex.server_applid)
  end)

  it("one session needs one socket", function()
    redefine { host = "127.0.0.1", port = a.ports.plain, sendcount = 1 }
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    assert.are.equal(1, out_sockets(a))
    assert.are.equal(1, #b:inquire "socket")
  end)

  it("the loss of a socket, seen from either side, releases the ipconn on both", function()
    redefine { host = "127.0.0.1", port = a.ports.plain, sendcount = 9 }
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    b:command("release", "ipconn", "CICSA")
    becomes(a, "CICSB", "RELEASED")
    becomes(b, "CICSA", "RELEASED")
    assert.are.equal("released", record_of(a).outcome)
  end)

  it("TLS with both certificates, by a name that the certificate holds", function()
    if support.here ~= "localhost" then return pending "needs a name of this machine" end
    redefine { host = "localhost", port = a.ports.secure, sendcount = 2, ssl = "yes" }
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    local record = record_of(a)
    assert.are.equal("TLSv1.3", record.facts.tls.version)
    assert.are.equal("localhost", record.facts.tls.sni)
    assert.is_true(record.facts.certificate.names_host)
    assert.is_true(record.facts.certificate.chain.ok)
    assert.are.equal("localhost", record.facts.peer.host)
    assert.are.equal("localhost", b:explain { last = 1 }[1].facts.tls.sni)
    assert.is_truthy(b:explain { last = 1 }[1].certificate.subject:find "NETA.CICSA")
  end)

  it("an IPv6 address is dialled, and the certificate's iPAddress names it", function()
    redefine { host = "::1", port = a.ports.six, sendcount = 1, ssl = "yes" }
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    assert.are.equal("[::1]:" .. a.ports.six, a:row("ipconn", "CICSB").peer)
    assert.is_true(record_of(a).facts.certificate.names_host)
  end)

  it("a reload keeps the sockets; a definition that changed counts at the next acquire", function()
    if support.here ~= "localhost" then return pending "needs a name of this machine" end
    redefine { host = "127.0.0.1", port = a.ports.plain, sendcount = 3 }
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    local before = a:inquire "socket"
    redefine { host = "localhost", port = a.ports.secure, sendcount = 2, ssl = "yes" }
    local after = a:inquire "socket"
    assert.are.equal("ACQUIRED", status_of(a, "CICSB"))
    for n = 1, 2 do
      assert.are.equal(before[n].connection, after[n].connection)
      assert.are.equal(before[n].generation + 1, after[n].generation)
    end
    release()
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    assert.are.equal("TLSv1.3", a:inquire "socket"[1].tls)
  end)

  it("an ipconn that a reload leaves out is released", function()
    redefine { host = "127.0.0.1", port = a.ports.plain, sendcount = 3 }
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    redefine(nil)
    support.wait_until(function() return a:row("ipconn", "CICSB") == nil end, 10, "CICSB to be gone")
    redefine { host = "127.0.0.1", port = a.ports.plain, sendcount = 3 }
  end)

  local FAULTS = {
    { "ONE", "INVALID_IPCONN_STATE.*OUTSERVICE" },
    { "NOWHERE", "NOWHERE.*no host and no port" },
    { "NOPORT", "NOPORT.*no port; give it host and port" },
    { "MUTE", "sendcount is 0" },
    { "BEHIND", "tcpipservice SHUT is not open" },
    { "TMPL", "it is a template" },
  }
  for _, row in ipairs(FAULTS) do
    it("ipconn " .. row[1] .. " cannot be acquired, and the fault states the reason", function()
      local status, _, err = a:command("set", "ipconn", row[1], "acquired")
      assert.are.equal(1, status)
      assert.is_truthy(err:find(row[2]), err)
      assert.are.equal("RELEASED", status_of(a, row[1]))
    end)
  end

  it("a listener that is not open is DFHIS1005", function()
    a:command("set", "ipconn", "BEHIND", "acquired")
    a:wait_log "DFHIS1005 W .*ipconn=BEHIND tcpipservice=SHUT"
  end)

  it("an ipconn that is ACQUIRED cannot be acquired", function()
    acquire(a, "CICSB")
    becomes(a, "CICSB", "ACQUIRED")
    local status, _, err = a:command("set", "ipconn", "CICSB", "acquired")
    assert.are.equal(1, status)
    assert.is_truthy(err:find "INVALID_IPCONN_STATE: it is ACQUIRED")
    assert.are.equal("ACQUIRED", status_of(a, "CICSB"))
  end)
end)

describe("the partner's answer:", function()
  local region, listener, seen

  setup(function()
    listener = support.listen { port = pair.ports(1) }
    region = support.region {
      ipconns = {
        CICSB = { host = "127.0.0.1", port = listener.port, sendcount = 5 },
        CLUSTER = { networkid = "NETC", host = "127.0.0.1", port = listener.port, sendcount = 1, ha = "yes" },
      },
    }
    region:start()
  end)
  teardown(function()
    region:stop()
    listener:close()
  end)

  before_each(function()
    region:settle_log()
    seen = region:count_log "DFHIS1011"
  end)

  -- Acquires CICSB; fn is the partner.
  local function dialled(fn)
    acquire(region, "CICSB")
    local p = assert(listener:accept())
    local m = assert(p:read_message())
    fn(p, m)
    return p, m
  end

  local function refused(response, reason, text)
    support.wait_until(function() return region:count_log "DFHIS1011" > seen end, 10, "another DFHIS1011")
    local line
    for each in region:log():gmatch "DFHIS1011[^\n]+" do line = each end
    local pattern = ("DFHIS1011 W .*ipconn=CICSB response=%s reason=%s connection=%%S+ text=.*%s"):format(response, reason, text or "")
    assert.is_truthy(line:find(pattern), line .. "\n" .. pattern)
    becomes(region, "CICSB", "RELEASED")
    local connection = line:match "connection=(%S+)"
    local record = region:explain(connection)[1]
    assert.are.same({ "refused", reason }, { record.outcome, record.reason })
    assert.are.equal("out", record.facts.way)
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "the socket to be gone")
    return record
  end

  it("the CAPEX holds the names of both regions, the counts and the sockets", function()
    local p, m = dialled(function(p) p:answer(CAPEX, "200 OK", ok()) end)
    assert.are.same({ "POST", "/ipic", CAPEX, "application/json" }, { m.method, m.path, m.is, m.headers["content-type"] })
    assert.are.same({ applid = "CICSA", networkid = "NETA", server_applid = "CICSB", server_networkid = "NETA", port = -1, sendcount = 5,
      receivecount = 0, sockets = 2 }, m.body)
    becomes(region, "CICSB", "ACQUIRED")
    p:close()
    becomes(region, "CICSB", "RELEASED")
  end)

  it("a message directly behind the answer is not lost", function()
    local p = dialled(function(p)
      local body = '{"response":"OK","applid":"CICSB","networkid":"NETA","receivecount":1}'
      p:send(("HTTP/1.1 200 OK\r\nIS: %s\r\nContent-Length: %d\r\n\r\n%s%s"):format(CAPEX, #body, body, HEARTBEAT))
    end)
    local m = assert(p:read_message())
    assert.are.same({ 200, "1 cmd; name=heartbeat" }, { m.status, m.is })
    p:close()
    becomes(region, "CICSB", "RELEASED")
  end)

  it("a partner that asks for release gets its answer, and the ipconn is RELEASED", function()
    local p = dialled(function(p) p:answer(CAPEX, "200 OK", ok()) end)
    becomes(region, "CICSB", "ACQUIRED")
    p:request "1 cmd; name=release"
    assert.are.equal(200, p:read_message().status)
    assert.are.equal("closed", p:closed())
    becomes(region, "CICSB", "RELEASED")
  end)

  local REFUSALS = {
    { "403 Forbidden", "EXCEPTION", "AUTOINSTALL_FAILED" }, { "403 Forbidden", "EXCEPTION", "INVALID_PARTNER_STATE" },
    { "403 Forbidden", "EXCEPTION", "SECURITY_VIOLATION" }, { "403 Forbidden", "EXCEPTION", "TCPIPSERVICE_MISMATCH" },
    { "403 Forbidden", "EXCEPTION", "ISCE_INVALID_APPLID" }, { "403 Forbidden", "EXCEPTION", "ONE_WAY_IPCONN" },
    { "403 Forbidden", "EXCEPTION", "ISCE_TIMED_OUT" }, { "403 Forbidden", "EXCEPTION", "TCPIP_CLOSED" },
    { "503 Service Unavailable", "EXCEPTION", "SHUTDOWN" }, { "400 Bad Request", "INVALID", "ISCE_ERROR" },
    { "500 Oops", "DISASTER", "ISCER_ERROR" }, { "500 Oops", "KERNERROR", "ISCER_ERROR" }, { "403 Forbidden", "PURGED", "ISCE_TIMED_OUT" },
  }
  for _, row in ipairs(REFUSALS) do
    local status, response, reason = table.unpack(row)
    it(("%s %s (%s) is reported as it came"):format(response, reason, status), function()
      dialled(function(p) p:answer(CAPEX, status, { response = response, reason = reason, connection = "beef-7" }) end):close()
      local record = refused(response, reason, "answered " .. status:match "%d+" .. "; its connection is beef%-7")
      assert.are.equal("partner_refused", record.code)
    end)
  end

  local BAD = {
    { "no JSON", "ISCER_BAD_RESPONSE", "HTTP/1.1 200 OK\r\nIS: 1 cmd; name=capex\r\nContent-Length: 5\r\n\r\nhello" },
    { "no body", "ISCER_BAD_RESPONSE", "HTTP/1.1 200 OK\r\nIS: 1 cmd; name=capex\r\nContent-Length: 0\r\n\r\n" },
    { "no IS header", "ISCER_BAD_RESPONSE", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
    { "another IS header", "ISCER_BAD_RESPONSE", "HTTP/1.1 200 OK\r\nIS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n" },
    { "a refusal without a body", "ISCER_BAD_RESPONSE", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
    { "a 404 of another server", "ISCER_HTTP_ERROR", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!" },
    { "a 302 of another server", "ISCER_HTTP_ERROR", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n" },
    { "a 201", "ISCER_HTTP_ERROR", "HTTP/1.1 201 Created\r\nIS: 1 cmd; name=capex\r\nContent-Length: 0\r\n\r\n" },
    { "another protocol", "ISCER_HTTP_ERROR", "SSH-2.0-OpenSSH_9.2\r\n" },
    { "HTTP/1.0", "ISCER_HTTP_ERROR", "HTTP/1.0 200 OK\r\n\r\n" },
    { "a body beyond 32 KiB", "ISCER_HTTP_ERROR", "HTTP/1.1 200 OK\r\nIS: 1 cmd; name=capex\r\nContent-Length: 33000\r\n\r\n" },
    { "a request in place of the answer", "ISCER_HTTP_ERROR", HEARTBEAT },
  }
  for _, row in ipairs(BAD) do
    it(row[1] .. " is " .. row[2], function()
      dialled(function(p) p:send(row[3]) end)
      assert.are.equal("bad_answer", refused("EXCEPTION", row[2]).code)
    end)
  end

  local BAD_BODIES = {
    { "another applid", ok { applid = "CICSC" }, "NETA.CICSC answered" },
    { "another networkid", ok { networkid = "NETZ" }, "NETZ.CICSB answered" },
    { "no names", ok { applid = "", networkid = "" }, "answered; ipconn CICSB is NETA.CICSB" },
    { "no session", ok { receivecount = 0 }, "no session is left" }, { "a count out of range", ok { receivecount = 1000 }, "receivecount" },
    { "200 with EXCEPTION", { response = "EXCEPTION", reason = "NO_IPCONN" }, "response is not OK" },
    { "an unknown response", ok { response = "MAYBE" }, "response: not OK" },
  }
  for _, row in ipairs(BAD_BODIES) do
    it(row[1] .. " is ISCER_BAD_RESPONSE", function()
      dialled(function(p) p:answer(CAPEX, "200 OK", row[2]) end)
      refused("EXCEPTION", "ISCER_BAD_RESPONSE", row[3])
    end)
  end

  it("a 403 with response OK is ISCER_BAD_RESPONSE", function()
    dialled(function(p) p:answer(CAPEX, "403 Forbidden", ok()) end)
    refused("EXCEPTION", "ISCER_BAD_RESPONSE", "whose response is OK")
  end)

  it("no answer, and an answer that does not end, are ISCER_TIMED_OUT", function()
    region:define { region = { capex_timeout = 0.4 }, ipconns = region.given.ipconns }
    assert.are.equal(0, (region:command "reload"))
    local p = dialled(function() end)
    assert.are.equal("timeout", refused("EXCEPTION", "ISCER_TIMED_OUT", "in 0.4 s").code)
    p:close()
    p = dialled(function(q) q:send "HTTP/1.1 200 OK\r\nIS: 1 cmd" end)
    support.wait_until(function() return region:count_log "reason=ISCER_TIMED_OUT" == 2 end, 10, "the second time-out")
    p:close()
    becomes(region, "CICSB", "RELEASED")
    region:define(region.given)
    assert.are.equal(0, (region:command "reload"))
  end)

  it("a partner that closes before its answer is CLIENT_SOCKET_ERROR", function()
    dialled(function(p) p:close() end)
    refused("EXCEPTION", "CLIENT_SOCKET_ERROR", "before the answer to our CAPEX")
  end)

  it("a port without a listener is CLIENT_SOCKET_ERROR, and the message names the address", function()
    local port = listener.port
    listener:close()
    acquire(region, "CICSB")
    local record = refused("EXCEPTION", "CLIENT_SOCKET_ERROR", "127.0.0.1:" .. port .. ": Connection refused")
    assert.are.same({ "unreachable", "tcp" }, { record.code, record.stage })
    listener = support.listen { port = port }
  end)

  it("a further socket has the token; when it is refused, the acquire fails", function()
    local token = ("Tk-_"):rep(5) .. "Zz"
    local p = dialled(function(q) q:answer(CAPEX, "200 OK", ok { sockets = 2, token = token }) end)
    local q = assert(listener:accept())
    local m = assert(q:read_message())
    assert.are.same({ 2, token, "CICSA" }, { m.body.socket, m.body.token, m.body.applid })
    assert.are.equal("OBTAINING", status_of(region, "CICSB"))
    region:settle_log()
    assert.is_nil(region:log():find(token, 1, true))
    q:answer(CAPEX, "403 Forbidden", { response = "EXCEPTION", reason = "NO_IPCONN" })
    refused("EXCEPTION", "NO_IPCONN")
    assert.are.equal("closed", p:closed())
    assert.are.equal("closed", q:closed())
  end)

  it("one session granted: no further socket, with a token too", function()
    local p = dialled(function(q) q:answer(CAPEX, "200 OK", ok { receivecount = 1, sockets = 2, token = ("A"):rep(22) }) end)
    becomes(region, "CICSB", "ACQUIRED")
    assert.are.equal(1, out_sockets(region))
    p:close()
    becomes(region, "CICSB", "RELEASED")
  end)

  it("released by the operator before the answer: at once", function()
    local p = dialled(function() end)
    assert.are.equal("OBTAINING", status_of(region, "CICSB"))
    assert.are.equal("CAPEX", region:inquire "socket"[1].stage)
    region:command("set", "ipconn", "CICSB", "released")
    assert.are.equal("RELEASED", status_of(region, "CICSB"))
    assert.are.equal("closed", p:closed())
  end)

  it("released before the further socket is answered: release goes out on the first socket only", function()
    local p = dialled(function(q) q:answer(CAPEX, "200 OK", ok { sockets = 2, token = ("A"):rep(22) }) end)
    local q = assert(listener:accept())
    assert(q:read_message())
    region:settle_log()
    local before = region:count_log "DFHIS1003"
    local command = support.start { support.binary, "set", "ipconn", "CICSB", "released", "--control", region.control }
    assert.are.equal("1 cmd; name=release", p:read_message().is) -- during the command: the region waits one second for the answer
    p:answer "1 cmd; name=release"
    assert.are.equal(0, command:wait())
    becomes(region, "CICSB", "RELEASED")
    assert.are.equal("closed", q:closed())
    region:settle_log()
    assert.are.equal(before, region:count_log "DFHIS1003")
  end)

  it("a redirect counts with ha only, is followed once, and a region of a cluster may answer with its own name", function()
    local other = support.listen()
    local there = { response = "OK", host = "127.0.0.1", port = other.port }
    dialled(function(p) p:answer(CAPEX, "307 Temporary Redirect", there) end)
    refused("EXCEPTION", "ISCER_BAD_RESPONSE", "ha = no")
    for _, last in ipairs { "200 OK", "307 Temporary Redirect" } do
      acquire(region, "CLUSTER")
      local p = assert(listener:accept())
      local m = assert(p:read_message())
      assert.are.same({ true, nil }, { m.body.ha, m.body.server_applid })
      p:answer(CAPEX, "307 Temporary Redirect", there)
      assert.are.equal("closed", p:closed())
      local q = assert(other:accept())
      assert.are.equal("CICSA", q:read_message().body.applid)
      q:answer(CAPEX, last, last == "200 OK" and ok() or there)
      if last == "200 OK" then becomes(region, "CLUSTER", "ACQUIRED") end
      q:close()
      becomes(region, "CLUSTER", "RELEASED")
    end
    region:wait_log "DFHIS1011 W .*ipconn=CLUSTER response=EXCEPTION reason=ISCER_BAD_RESPONSE .*second time"
    other:close()
  end)
end)
