-- SPDX-License-Identifier: Apache-2.0
-- The check of the server that a region dials: admit and certify on the way out, alerts, reloads.
local support = require "spec.support"

local outgoing = require "spec.support.outgoing"

local CAPEX, acquire, becomes = outgoing.CAPEX, outgoing.acquire, outgoing.becomes
local door, ok, record_of = outgoing.door, outgoing.ok, outgoing.record_of
local status_of = outgoing.status_of

describe("the server that a region dials:", function()
  local region, listener

  -- ipconns: name = keys of its definition beside the defaults; each ipconn dials the listener.
  local function start(given, ipconns, scripts, ring)
    listener = support.listen(given)
    local all = {}
    for name, t in pairs(ipconns) do
      all[name] = { applid = "CICSB", networkid = "NET" .. name, host = "127.0.0.1", port = listener.port, sendcount = 1, ssl = "yes" }
      for key, value in pairs(t) do all[name][key] = value end
    end
    region = support.region { region = { ring = "certs/rings/" .. (ring or "CICSA") }, ipconns = all, scripts = scripts }
    region:start()
  end

  -- Reloads with shorter times: t holds keys of the region.
  local function hurry(t)
    t.ring = region.given.region.ring
    region:define { region = t, ipconns = region.given.ipconns }
    assert.are.equal(0, (region:command "reload"))
  end
  after_each(function()
    region:stop()
    listener:close()
  end)

  local function refused(name, reason, text, seconds)
    region:wait_log(("DFHIS1011 W .*ipconn=%s response=EXCEPTION reason=%s connection=%%S+ text=.*%s"):format(name, reason, text), seconds)
    becomes(region, name, "RELEASED")
    local record = record_of(region)
    assert.are.equal("refused", record.outcome)
    return record
  end

  local function accepts(name)
    local p = assert(listener:accept())
    assert(p:read_message())
    p:answer(CAPEX, "200 OK", ok { networkid = "NET" .. name })
    becomes(region, name, "ACQUIRED")
    p:close()
    becomes(region, name, "RELEASED")
  end

  for protocol, version in pairs { tlsv1_2 = "TLSv1.2", tlsv1_3 = "TLSv1.3" } do
    it(version .. ": a certificate that verifies and names the host is accepted by default", function()
      start({ ring = "CICSB", protocol = protocol }, { A = {} })
      acquire(region, "A")
      accepts "A"
      assert.are.equal(version, record_of(region).facts.tls.version)
    end)

    it(version .. ": one that verifies and names another host is refused with an alert", function()
      start({ ring = "noclientauth", protocol = protocol }, { A = {}, B = { certify = "anyname" } },
        { anyname = door("certify",
          "if not facts.certificate.chain.ok or facts.certificate.names_host ~= false then return policy.refuse('other', 'x') end",
          "if facts.peer.host ~= '127.0.0.1' or facts.ipconn.ipconn ~= 'B' then return policy.refuse('wrong_facts', 'x') end",
          "return facts.way == 'out' and policy.accept() or policy.refuse('wrong_way', 'x')") })
      acquire(region, "A")
      local p, why = listener:accept()
      if p then why = p:closed() end -- in TLS 1.3 the server's handshake may end before the alert arrives
      assert.is_truthy(why)
      local record = refused("A", "SECURITY_VIOLATION", "refused at certify: host_name: .*FLAW.NOCLAUTH.*does not name 127.0.0.1")
      assert.are.same({ "host_name", "tls", "certify" }, { record.code, record.stage, record.doors[#record.doors].door })
      assert.is_false(record.facts.certificate.names_host)
      acquire(region, "B")
      accepts "B"
    end)

    it(version .. ": the alert of a server that refuses our certificate is reported", function()
      start({ ring = "CICSB", protocol = protocol, clientauth = true }, { A = {} }, nil, "expired")
      acquire(region, "A")
      assert.is_nil((listener:accept()))
      region:wait_log "DFHSO0123 W .*alert received: certificate_expired"
      refused("A", "SECURITY_VIOLATION", "the partner ended TLS with the alert certificate_expired")
      assert.are.equal(0, region:count_log "the peer closed the connection")
    end)

    it(version .. ": a server that requires a certificate and gets an empty one", function()
      start({ ring = "CICSB", protocol = protocol, clientauth = true }, { A = {} }, nil, "none")
      acquire(region, "A")
      assert.is_nil((listener:accept()))
      refused("A", "SECURITY_VIOLATION", "the partner ended TLS with the alert " ..
        (protocol == "tlsv1_3" and "certificate_required" or "handshake_failure"))
    end)
  end

  it("a chain that does not verify is refused by default, by name or not", function()
    start({ ring = "selfsigned" }, { A = {} })
    acquire(region, "A")
    listener:accept()
    local record = refused("A", "SECURITY_VIOLATION", "refused at certify: chain: ")
    assert.are.equal("chain", record.code)
    assert.is_false(record.facts.certificate.chain.ok)
  end)

  it("a script that fails is a refusal", function()
    start({ ring = "CICSB" }, { A = { certify = "broken" } }, { broken = door("certify", "error('x')") })
    acquire(region, "A")
    listener:accept()
    refused("A", "SECURITY_VIOLATION", "policy_error")
  end)

  it("a partner without TLS, and a partner that sends nothing", function()
    start({}, { A = {} })
    acquire(region, "A")
    local p = listener:accept()
    p:send "HTTP/1.1 400 Bad Request\r\n\r\n"
    refused("A", "CLIENT_SOCKET_ERROR", "TLS handshake: ")
    assert.are.equal("plain_text", record_of(region).code)
    p:close()
    hurry { handshake_timeout = 0.5 }
    acquire(region, "A")
    p = listener:accept()
    region:wait_log "DFHSO0123 W .*the TLS handshake did not end in 0.5 s"
    becomes(region, "A", "RELEASED")
    assert.are.equal("timeout", record_of(region).code)
    p:close()
  end)

  it("TLS bytes on a plain connection are not an HTTP answer", function()
    start({ ring = "CICSB" }, { A = { ssl = "no" } })
    acquire(region, "A")
    listener:accept()
    refused("A", "[CI]%S+_ERROR", "")
  end)

  it("admit is asked before an address is dialled, and its refusal is final without another address", function()
    start({}, { A = { ssl = "no", admit = "nobody" }, B = { ssl = "no", admit = "looks" } }, {
      nobody = door("admit", "return policy.refuse('not_there', 'we do not go there')"),
      looks = door("admit",
        "if facts.way ~= 'out' or facts.stage ~= 'tcp' or facts.capex then return policy.refuse('wrong_facts', 'x') end",
        "if facts.peer.ip ~= '127.0.0.1' or facts.peer.host ~= '127.0.0.1' then return policy.refuse('peer', 'x') end",
        "return facts.ipconn.networkid == 'NETB' and policy.accept() or policy.refuse('wrong_ipconn', 'x')"),
    })
    acquire(region, "A")
    local record = refused("A", "SECURITY_VIOLATION", "127.0.0.1:%d+: refused at admit: not_there")
    assert.are.same({ "not_there", "tcp", "admit" }, { record.code, record.stage, record.doors[1].door })
    region:wait_log "SP0021 W .*door=admit policy=nobody .*code=not_there"
    assert.is_nil((listener:accept(0.1)))
    acquire(region, "B")
    accepts "B"
  end)

  it("a name that does not resolve is reported", function()
    start({}, { A = { ssl = "no", host = "nobody.invalid" } })
    acquire(region, "A")
    local record = refused("A", "CLIENT_SOCKET_ERROR", "host nobody.invalid: ", 60) -- name servers may be slow or absent
    assert.are.equal("unknown_host", record.code)
    assert.are.equal("nobody.invalid", record.facts.peer.host)
    assert.is_nil(record.facts.peer.ip)
  end)

  it("a partner that does not accept is CLIENT_SOCKET_ERROR after tcp_timeout", function()
    start({ backlog = 0 }, { A = { ssl = "no" } }) -- room for one caller: further callers are not answered
    local waiting = {}
    for n = 1, 4 do
      waiting[n] = require("socket").tcp4()
      waiting[n]:settimeout(0)
      waiting[n]:connect("127.0.0.1", listener.port)
    end
    acquire(region, "A")
    assert.are.equal("DIALLING", region:inquire "socket"[1].stage)
    region:command("set", "ipconn", "A", "released")
    becomes(region, "A", "RELEASED")
    hurry { tcp_timeout = 0.5 }
    acquire(region, "A")
    local record = refused("A", "CLIENT_SOCKET_ERROR", "127.0.0.1:%d+: no connection in 0.5 s")
    assert.are.equal("unreachable", record.code)
    for _, each in ipairs(waiting) do each:close() end
  end)

  it("the requirements of a tcpipservice do not apply to a dialled server", function()
    listener = support.listen { ring = "CICSB" }
    region = support.region {
      tcpipservices = { IN = { ssl = "clientauth", admit = "nobody", certify = "nobody2" } },
      ipconns = {
        A = {
          applid = "CICSB", networkid = "NETA", host = "127.0.0.1", port = listener.port, sendcount = 1, ssl = "yes", tcpipservice = "IN",
        },
      },
      scripts = { nobody = door("admit", "return policy.refuse('no', 'x')"), nobody2 = door("certify", "return policy.refuse('no', 'x')") },
    }
    region:start()
    acquire(region, "A")
    local p = assert(listener:accept())
    assert.are.equal("CICSA", p:read_message().body.applid)
    p:close()
  end)

  it("a reload asks admit and certify again of the dialled sockets, with the facts of the first question", function()
    start({ ring = "CICSB" }, { A = { admit = "door1", certify = "door2" } }, {
      door1 = door("admit", "return policy.accept()"), door2 = door("certify", "return policy.accept()"),
    })
    acquire(region, "A")
    local p = assert(listener:accept())
    assert(p:read_message())
    p:answer(CAPEX, "200 OK", ok { networkid = "NETA" })
    becomes(region, "A", "ACQUIRED")
    region:script("door1", door("admit",
      "if not facts.recheck or facts.way ~= 'out' or facts.certificate then return policy.refuse('wrong_facts', 'x') end",
      "return facts.ipconn.ipconn == 'A' and policy.accept() or policy.refuse('wrong_ipconn', 'x')"))
    region:script("door2", door("certify",
      "if not facts.recheck or facts.capex then return policy.refuse('wrong_facts', 'x') end",
      "return facts.certificate.names_host and policy.accept() or policy.refuse('wrong_certificate', 'x')"))
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("ACQUIRED", status_of(region, "A"))
    local connection = region:inquire("socket")[1].connection
    region:script("door2", door("certify", "return policy.refuse('not_any_more', 'x')"))
    local reload = support.start { support.binary, "reload", "--control", region.control }
    assert.are.equal("1 cmd; name=release", p:read_message().is) -- during the command: the region waits one second for the answer
    p:answer "1 cmd; name=release"
    assert.are.equal(0, reload:wait())
    region:wait_log "SP0016 W .*ipconn=A door=certify policy=door2 code=not_any_more"
    becomes(region, "A", "RELEASED")
    local doors = region:explain(connection)[1].doors
    assert.are.equal("not_any_more", doors[#doors].code)
    p:close()
  end)

  it("a socket dialled under old rules is checked with the new rules before ACQUIRED", function()
    start({ ring = "CICSB" }, { A = { certify = "door2" } }, { door2 = door("certify", "return policy.accept()") })
    acquire(region, "A")
    local p = assert(listener:accept())
    assert(p:read_message())
    region:script("door2", door("certify", "return policy.refuse('not_any_more', 'x')"))
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("OBTAINING", status_of(region, "A"))
    p:answer(CAPEX, "200 OK", ok { networkid = "NETA" })
    refused("A", "SECURITY_VIOLATION", "refused by a newer generation")
    assert.are.equal(0, region:count_log "SP0036")
    p:close()
  end)

  it("maxsockets counts dialled sockets, and a socket above it fails the acquire", function()
    listener = support.listen()
    region = support.region {
      region = { maxsockets = 1 },
      ipconns = { A = { applid = "CICSB", networkid = "NETA", host = "127.0.0.1", port = listener.port, sendcount = 2 } },
    }
    region:start()
    acquire(region, "A")
    local p = assert(listener:accept())
    assert(p:read_message())
    p:answer(CAPEX, "200 OK", ok { sockets = 2, token = ("A"):rep(22) })
    region:wait_log "SP0008 W .*maxsockets"
    refused("A", "SEC_SOCKET_ERROR", "maxsockets of the region: 1 there already")
    p:closed()
  end)
end)

-- An /etc/hosts in a mount namespace of the region: a host with two addresses.
describe("a host with several addresses:", function()
  local region, listener

  local function start(address, t)
    listener = support.listen { host = address }
    local ipconn = { applid = "CICSB", networkid = "NETA", host = "twins.example", port = listener.port, sendcount = 1 }
    for key, value in pairs(t or {}) do ipconn[key] = value end
    region = support.region {
      region = { ring = "certs/rings/CICSA" }, ipconns = { A = ipconn },
      scripts = { second = door("admit", "return facts.peer.ip == '127.0.0.3' and policy.accept() or policy.refuse('not_that', 'x')"),
        neither = door("admit", "return policy.refuse('not_that', 'x')") },
    }
    support.write(region:path "hosts", "127.0.0.1 localhost\n127.0.0.2 twins.example\n127.0.0.3 twins.example\n")
    region.given.wrapper = { "unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', region:path "hosts" }
    region:start()
  end

  local function may_unshare()
    return support.run { "unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts" } == 0
  end

  local function finish()
    region:stop()
    listener:close()
  end

  local function taken(address)
    acquire(region, "A")
    local p = assert(listener:accept())
    assert(p:read_message())
    p:answer(CAPEX, "200 OK", ok())
    becomes(region, "A", "ACQUIRED")
    assert.are.equal(address .. ":" .. listener.port, region:row("ipconn", "A").peer)
    p:close()
    becomes(region, "A", "RELEASED")
    return record_of(region)
  end

  for _, address in ipairs { "127.0.0.2", "127.0.0.3" } do
    it("a server on " .. address .. " is found, also behind an address without one", function()
      if not may_unshare() then return pending "needs a mount namespace" end
      start(address)
      assert.are.equal("lost", taken(address).outcome)
      finish()
    end)
  end

  it("an address that admit refuses is passed over", function()
    if not may_unshare() then return pending "needs a mount namespace" end
    start("127.0.0.3", { admit = "second" })
    local record = taken "127.0.0.3"
    assert.are.equal("accept", record.doors[#record.doors].verdict)
    finish()
  end)

  it("every address refused is SECURITY_VIOLATION; no address answering is CLIENT_SOCKET_ERROR", function()
    if not may_unshare() then return pending "needs a mount namespace" end
    start("127.0.0.4", { admit = "neither" })
    acquire(region, "A")
    region:wait_log "DFHIS1011 W .*reason=SECURITY_VIOLATION .*refused at admit: not_that"
    assert.are.equal(2, region:count_log("SP0021 W .*code=not_that", 2))
    assert.are.equal(2, #record_of(region).doors)
    finish()
    start "127.0.0.4"
    acquire(region, "A")
    region:wait_log "DFHIS1011 W .*reason=CLIENT_SOCKET_ERROR .*Connection refused"
    finish()
  end)

  it("the further socket goes to the address of the first socket", function()
    if not may_unshare() then return pending "needs a mount namespace" end
    start("127.0.0.3", { sendcount = 2 })
    acquire(region, "A")
    local p = assert(listener:accept())
    assert(p:read_message())
    p:answer(CAPEX, "200 OK", ok { sockets = 2, token = ("A"):rep(22) })
    local q = assert(listener:accept())
    assert.are.equal(2, q:read_message().body.socket)
    local record = record_of(region)
    assert.are.same({ "127.0.0.3", "twins.example" }, { record.facts.peer.ip, record.facts.peer.host })
    assert.are.equal(1, #record.doors)
    p:close()
    q:close()
    finish()
  end)
end)

describe("an ipconn copied from a template:", function()
  local caller, called

  -- The called side has no ipconn for the caller: it installs the caller from a template and calls back.
  setup(function()
    called = support.region {
      region = { applid = "CICSB", ring = "certs/rings/CICSB" },
      tcpipservices = { IN = { urm = "urm" } },
      ipconns = { TMPL = {
        template = "only", receivecount = 5, sendcount = 5, ssl = "yes", certify = "theirs", admit = "there", tcpipservice = "IN" } },
      scripts = {
        urm = door("install", "return policy.install { ipconn = 'CALLER', template = 'TMPL' }"),
        theirs = door("certify", "return facts.certificate.names_host and policy.accept() or policy.refuse('no', 'x')"),
        there = door("admit", "return facts.way == 'out' and policy.accept() or policy.refuse('no', 'x')"),
      },
    }
    called:start()
    caller = support.region {
      tcpipservices = { IN = { ssl = "clientauth" } },
      ipconns = { CICSB = { host = "127.0.0.1", port = called:port "IN", sendcount = 1, receivecount = 1, tcpipservice = "IN" } },
    }
    caller:start()
  end)
  teardown(function()
    caller:stop()
    called:stop()
  end)

  it("is called back by the template's ssl and scripts", function()
    acquire(caller, "CICSB")
    becomes(caller, "CICSB", "ACQUIRED")
    becomes(called, "CALLER", "ACQUIRED")
    local record = record_of(called)
    assert.are.same({ "there", "theirs" }, { record.doors[1].policy, record.doors[2].policy })
    assert.are.equal("TLSv1.3", record.facts.tls.version)
    called:command("release", "ipconn", "CALLER")
    becomes(caller, "CICSB", "RELEASED")
  end)

  it("is called back in the same way as a copy of a copy", function()
    called:script("urm", door("install",
      "if policy.ipconn 'FIRST' then return policy.install { ipconn = 'CALLER', template = 'FIRST' } end",
      "return policy.install { ipconn = 'FIRST', template = 'TMPL' }"))
    assert.are.equal(0, (called:command "reload"))
    local p = support.raw(called:port "IN")
    assert.are.equal(200, p:capex():read_message().status)
    acquire(caller, "CICSB")
    becomes(caller, "CICSB", "ACQUIRED")
    assert.are.equal("FIRST", called:row("ipconn", "CALLER").template)
    local record = record_of(called)
    assert.are.same({ "there", "theirs" }, { record.doors[1].policy, record.doors[2].policy })
    assert.are.equal("TLSv1.3", record.facts.tls.version)
    p:close()
    called:command("release", "ipconn", "CALLER")
    becomes(caller, "CICSB", "RELEASED")
  end)

  it("is not called back in plain text when the definition of its template is removed", function()
    local p = support.raw(called:port "IN")
    called:script("urm", door("install", "return policy.install { ipconn = policy.ipconn 'FIRST' and 'CALLER' or 'FIRST',",
      "template = policy.ipconn 'FIRST' and 'FIRST' or 'TMPL' }"))
    assert.are.equal(0, (called:command "reload"))
    assert.are.equal(200, p:capex():read_message().status)
    called:define { region = called.given.region, tcpipservices = { IN = { urm = "urm" } } }
    assert.are.equal(0, (called:command("reload", "--force")))
    acquire(caller, "CICSB")
    called:wait_log "DFHIS1011 W .*ipconn=CALLER .*no longer defines them for it"
    becomes(caller, "CICSB", "RELEASED")
    p:close()
  end)
end)
