-- SPDX-License-Identifier: Apache-2.0
-- `ask`: its options, requests, the way out, a recorded connection as the beginning; that it has no effect; and
-- questions that are malformed.
local dkjson = require "dkjson"

local support = require "spec.support"
local outgoing = require "spec.support.outgoing"

-- The password of FRED and GONE.
local SECRET = "fred's secret"
local HASH = "scrypt:10:8:1:rl9NF11rOqeBjhV38OmLtw:mk-WquLqKv3g8815qCMrwxHVdEAyebN4GjASo1sE1WA"
local SAF = ([[return {
  revoke = 2,
  users = { FRED = { password = %q }, GONE = { password = %q, revoked = true }, NOPASS = {}, CICSUSER = {} },
  classes = { TCICSTRN = { CPMI = { permit = { FRED = "read", CICSUSER = "read" } }, TNON = {} } },
}]]):format(HASH, HASH)

local SCRIPTS = {
  good = "local policy = require 'policy'\nreturn { install = function() return policy.install { ipconn = 'GOOD' } end }",
  wrong = "return { admit = function(facts)\n  return facts.nothing.there\nend }",
  no_admit = outgoing.door("admit", "return policy.refuse('stranger', facts.peer.ip .. ' ' .. facts.way)"),
  no_bind = outgoing.door("bind", "policy.check('asked', true, facts.capex.applid) return policy.refuse('not_owner')"),
  hours = outgoing.door("admit", "if facts.now < 1000000000 then return policy.accept() end", "return policy.refuse('late')"),
  crowd = outgoing.door("admit", "if facts.load.from_peer < 3 then return policy.accept() end", "return policy.refuse('crowd')"),
  sni = outgoing.door("certify", "return policy.refuse('name', facts.tls.sni .. ' ' .. facts.tls.version)"),
  no_attach = outgoing.door("attach", "policy.check('program', false, facts.request.program) return policy.refuse('not_now')"),
  own_ipconn = outgoing.door("attach", "local own, all = policy.ipconn(facts.ipconn.ipconn), policy.ipconns { applid = 'NEW' }",
    "policy.check('own', own ~= nil, own and own.connstatus .. ' ' .. own.receivecount .. ' ' .. #all)",
    "return policy.refuse('seen')"),
  no_server = outgoing.door("certify", "return policy.refuse('not_there', tostring(facts.certificate.names_host))"),
  counted = [[
local policy = require "policy"
local names, often = policy.counter "NAMES", policy.rate("OFTEN", { count = 1, per = 60 })
return {
  install = function()
    if not often:take() then return policy.refuse("too_often") end
    return policy.install { ipconn = "N" .. names:next { min = 1, max = 9 } }
  end,
}]],
}

local SERVICES = {
  GOOD = { urm = "good" }, NOURM = {}, BOTH = { admit = "no_admit", bind = "no_bind", urm = "good" },
  HOURS = { admit = "hours", urm = "good" }, CROWD = { admit = "crowd", urm = "good" },
  SNI = { ssl = "clientauth", certificate = "CICSA", certify = "sni" },
  CHAIN = { ssl = "clientauth", certificate = "CICSA", urm = "good" }, ATTACH = { attach = "no_attach", urm = "good" },
  OWN = { attach = "own_ipconn", urm = "good" },
  WRONG = { admit = "wrong" }, COUNTED = { urm = "counted" }, HA = { speciftcps = "GOOD" },
}

local IPCONNS = {
  VERIFY = { applid = "VERIFY", networkid = "NETX", receivecount = 4, userauth = "verify" },
  LOCALU = { applid = "LOCALU", networkid = "NETX", receivecount = 2 },
  DIALNO = { applid = "X1", networkid = "NETX", host = "127.0.0.1", port = 1, sendcount = 1, admit = "no_admit" },
  NAMED = { applid = "X2", networkid = "NETX", host = "partner.example", port = 1491, sendcount = 1 },
}

local function ask(...)
  local status, out, err = support.sallyport("ask", ...)
  return status, out, err
end

-- The row of `ask --json`, its exit status, its messages.
local function row_of(...)
  local words = { ... }
  words[#words + 1] = "--json"
  local status, out, err = ask(table.unpack(words))
  local rows = dkjson.decode(out)
  assert.is_table(rows, out .. err)
  return rows[1], status, err
end

local function doors_of(r)
  local names = {}
  for i, d in ipairs(r.doors) do names[i] = d.door .. " " .. d.verdict end
  return names
end

local function has_event(r, pattern)
  for _, e in ipairs(r.events) do
    if e.event:find(pattern) then return true end
  end
  return false
end

-- What of two entries of a request must be the same.
local function essence(d)
  local q = d.request
  return { door = d.door, policy = d.policy, line = d.line, verdict = d.verdict, code = d.code, checks = d.checks,
    request = { tran = q.tran, program = q.program, userid = q.userid, linkuser = q.linkuser, taskuser = q.taskuser, users = q.users } }
end

local function has(text, words)
  assert.is_truthy(text:find(words, 1, true), ("%q is not in:\n%s"):format(words, text))
end

describe("ask", function()
  local region, file

  setup(function()
    region = support.region {
      region = { heartbeat = 0, milliseconds = 200 }, tcpipservices = SERVICES, ipconns = IPCONNS, scripts = SCRIPTS, saf = SAF,
      transactions = { TNON = { program = "ECHO" } }, programs = { ECHO = {}, OFF = { status = "disabled", builtin = "ECHO" } },
    }
    region:start()
    file = region:path "region.lua"
  end)
  teardown(function() region:stop() end)

  local function running(...)
    return row_of("--running", "--control", region.control, ...)
  end

  local function on_disk(...)
    return row_of("--region", file, ...)
  end

  describe("has options:", function()
    it("--now is facts.now, and the time at which the chain is verified", function()
      assert.equal("late", (on_disk("--tcpipservice", "HOURS")).code)
      for _, time in ipairs { "999999999", "2001-01-01T00:00:00Z", "2001-01-01T00:00:00", "2001-01-01T00:00", "2001-01-01", "9999d" } do
        local r, status = on_disk("--tcpipservice", "HOURS", "--applid", "A", "--now", time)
        assert.same({ true, 0 }, { r.accepted, status })
      end
      local r = running("--tcpipservice", "CHAIN", "--ring", "certs/rings/NETX.CTGAPP", "--now", "2099-01-01T00:00:00Z")
      assert.same({ "tls", "chain" }, { r.stage, r.code })
      local codes = {}
      for _, e in ipairs(r.facts.certificate.chain.errors) do codes[e.code] = true end
      assert.is_true(codes[10], "certificate has expired")
    end)

    it("--load gives counts, --peer the address", function()
      assert.is_true((running("--tcpipservice", "CROWD", "--load", "from_peer=2")).accepted)
      local r = running("--tcpipservice", "CROWD", "--load", "from_peer=3,halfopen=7", "--peer", "192.0.2.7:5000")
      assert.same({ "crowd", 3, 7, "192.0.2.7:5000" }, { r.code, r.facts.load.from_peer, r.facts.load.halfopen, r.peer })
      assert.equal("[2001:db8::1]:9", (on_disk("--tcpipservice", "GOOD", "--peer", "[2001:db8::1]:9")).peer)
      assert.equal("2001:db8::1", (on_disk("--tcpipservice", "GOOD", "--peer", "2001:db8::1")).facts.peer.ip)
      assert.equal("limit", (running("--tcpipservice", "GOOD", "--load", "halfopen=10000")).code)
    end)

    it("--tls and --sni are facts", function()
      local r = on_disk("--tcpipservice", "SNI", "--certificate", "certs/rings/rsa/rsa.pem", "--sni", "host.example", "--tls", "1.2")
      assert.same({ "name", "host.example TLSv1.2" }, { r.code, r.doors[2].text })
    end)

    it("--all asks each door after a refusal, and the first refusal is the outcome", function()
      local r, status = on_disk("--tcpipservice", "BOTH", "--applid", "A", "--all")
      assert.same({ "stranger", "tcp", 3, false }, { r.code, r.stage, status, r.accepted })
      assert.same({ "admit refuse", "bind refuse", "install install" }, doors_of(r))
      assert.equal("asked in spite of the refusal before it", r.doors[2].checks[1].name)
      assert.equal("asked", r.doors[2].checks[2].name)
      assert.is_nil(r.ipconn)
      assert.same({ "admit refuse" }, doors_of((on_disk("--tcpipservice", "BOTH", "--applid", "A"))))
    end)

    it("--port makes the partner one that can be called back", function()
      local r = on_disk("--tcpipservice", "GOOD", "--applid", "A", "--port", "1500", "--receivecount", "3", "--sendcount", "2")
      assert.is_true(r.accepted)
      assert.equal(1500, r.facts.capex.port)
    end)
  end)

  it("prints what explain prints", function()
    local status, out = ask("--region", file, "--tcpipservice", "BOTH")
    assert.equal(3, status)
    has(out, "connection ask from 127.0.0.1:0 to tcpipservice BOTH")
    has(out, "outcome: refused at tcp, code stranger")
    has(out, "no_admit.lua:2: refuse stranger")
    status, out = ask("--region", file, "--tcpipservice", "NOURM", "--applid", "A")
    assert.equal(3, status)
    has(out, "outcome: refused at capex, code urm_no; the partner would be told AUTOINSTALL_FAILED")
    status, out = ask("--running", "--control", region.control, "--tcpipservice", "GOOD", "--applid", "A")
    assert.equal(0, status)
    has(out, "installed ipconn GOOD (NETA.A), autoinstalled")
    has(out, "asked without a socket")
  end)

  it("needs no --tcpipservice when there is one only, and names the missing or wrong one", function()
    local own = support.region { region = { ring = false }, tcpipservices = { ONLY = {} } }
    assert.equal("urm_no", (row_of("--region", own:path "region.lua", "--applid", "A")).code)
    local _, status, err = on_disk("--applid", "A")
    assert.equal(1, status)
    has(err, "--tcpipservice NAME")
    _, status, err = running("--tcpipservice", "GOOF")
    assert.equal(1, status)
    has(err, "no tcpipservice named GOOF; did you mean GOOD?")
  end)

  it("follows no redirection: a generic listener neither accepts nor refuses", function()
    local r, status = running("--tcpipservice", "HA", "--applid", "A", "--ha")
    assert.same({ "redirected", false, 3 }, { r.outcome, r.accepted, status })
    assert.is_true(has_event(r, "ask again with %-%-tcpipservice GOOD"))
  end)

  it("finds a closed listener closed", function()
    region:command("set", "tcpipservice", "NOURM", "closed")
    local r = running("--tcpipservice", "NOURM", "--applid", "A")
    assert.same({ "tcp", "not_open" }, { r.stage, r.code })
    region:command("set", "tcpipservice", "NOURM", "open")
    assert.equal("urm_no", (running("--tcpipservice", "NOURM", "--applid", "A")).code)
  end)

  describe("about a request", function()
    -- name: service, applid, the words of connect and ask, the words that only connect has
    local REQUESTS = {
      ["runs by a right password"] = { "GOOD", "VERIFY", { userid = "FRED", link = "ECHO" }, { password = SECRET } },
      ["without a user"] = { "GOOD", "VERIFY", { link = "ECHO" } },
      ["by an unknown user"] = { "GOOD", "VERIFY", { userid = "NOBODY", link = "ECHO" }, { password = "x" } },
      ["by a user without a password"] = { "GOOD", "VERIFY", { userid = "NOPASS", link = "ECHO" }, { password = "x" } },
      ["by a revoked user"] = { "GOOD", "VERIFY", { userid = "GONE", link = "ECHO" }, { password = SECRET } },
      ["with a user that local takes no"] = { "GOOD", "LOCALU", { userid = "FRED", link = "ECHO" } },
      ["by the default user"] = { "GOOD", "LOCALU", { link = "ECHO" } },
      ["of a transaction that nobody may attach"] =
        { "GOOD", "VERIFY", { userid = "FRED", tran = "TNON", link = "ECHO" }, { password = SECRET } },
      ["refused at the door"] = { "ATTACH", "LOCALU", { link = "ECHO" } },
      ["of an ipconn that the script looks up"] = { "OWN", "LOCALU", { link = "ECHO" } },
      ["of a new ipconn that the script looks up"] = { "OWN", "NEW", { link = "ECHO" } },
    }

    for name, case in pairs(REQUESTS) do
      it(name .. ", as of a real partner", function()
        local service, applid, words, secret = table.unpack(case)
        local asked = { "--tcpipservice", service, "--networkid", "NETX", "--applid", applid }
        local sent = { port = region:port(service), networkid = "NETX", applid = applid }
        for key, value in pairs(words) do
          asked[#asked + 1] = "--" .. (key == "link" and "request" or key)
          asked[#asked + 1] = value
          sent[key] = value
        end
        for key, value in pairs(secret or {}) do sent[key] = value end
        local here, status = running(table.unpack(asked))
        local there = on_disk(table.unpack(asked))
        local said, real_status = support.connect(sent)
        local real = region:explain(said.connection)[1]
        assert.same(essence(real.requests[1]), essence(here.requests[1]))
        assert.same(essence(real.requests[1]), essence(there.requests[1]))
        assert.same({ real_status, real_status == 0, real.installed.ipconn }, { status, here.accepted, here.ipconn })
      end)
    end

    it("says that the password was not checked", function()
      local r = running("--tcpipservice", "GOOD", "--networkid", "NETX", "--applid", "VERIFY", "--request", "ECHO", "--userid", "FRED")
      assert.is_true(has_event(r, "not checked: the password of FRED"))
    end)

    it("knows the failures of a partner", function()
      for _ = 1, 2 do
        support.connect { port = region:port "GOOD", networkid = "NETX", applid = "VERIFY", link = "ECHO", userid = "FRED",
          password = "wrong" }
      end
      local words = { "--tcpipservice", "GOOD", "--networkid", "NETX", "--applid", "VERIFY", "--request", "ECHO", "--userid", "FRED" }
      assert.equal("user_revoked", (running(table.unpack(words))).requests[1].code)
      words[#words + 1] = "--peer"
      words[#words + 1] = "192.0.2.1"
      assert.is_true((running(table.unpack(words))).accepted)
      region:command("set", "user", "FRED", "unrevoke")
    end)

    it("names a program that cannot run", function()
      for program, why in pairs { OFF = "disabled", NOPE = "not defined" } do
        local r, status = on_disk("--tcpipservice", "GOOD", "--networkid", "NETX", "--applid", "LOCALU", "--request", program)
        assert.same({ "not_attached", 3 }, { r.requests[1].code, status })
        has(r.requests[1].text, why)
      end
    end)
  end)

  describe("of the way out", function()
    local plain, tls, own

    setup(function()
      plain = support.region { region = { applid = "CICSB", heartbeat = 0 }, scripts = SCRIPTS,
        tcpipservices = { IPIC = { urm = "good" } } }
      tls = support.region { region = { applid = "CICSC", ring = "certs/rings/CICSB", heartbeat = 0 },
        tcpipservices = { IPIC = { ssl = "clientauth", certificate = "CICSB", urm = "good" } }, scripts = SCRIPTS }
      plain:start()
      tls:start()
      local function to(partner, applid, more)
        local out = { applid = applid, networkid = "NETA", host = "127.0.0.1", port = partner:port "IPIC", sendcount = 1 }
        for key, value in pairs(more or {}) do out[key] = value end
        return out
      end
      own = support.region { region = { heartbeat = 0 }, tcpipservices = { IPIC = {} }, scripts = SCRIPTS, ipconns = {
        PLAIN = to(plain, "CICSB"), ADMIT = to(plain, "B1", { admit = "no_admit" }), CHAIN = to(tls, "CICSC", { ssl = "yes" }),
        CERTIFY = to(tls, "B3", { ssl = "yes", certify = "no_server" }),
      } }
      own:start()
    end)
    teardown(function()
      own:stop()
      plain:stop()
      tls:stop()
    end)

    for name, ring in pairs { PLAIN = false, ADMIT = false, CHAIN = "certs/rings/CICSB", CERTIFY = "certs/rings/CICSB" } do
      it("answers as the door of a real dial: " .. name, function()
        local words = { "--running", "--control", own.control, "--out", name }
        if ring then table.move({ "--ring", ring }, 1, 2, #words + 1, words) end
        local asked, status = row_of(table.unpack(words))
        outgoing.acquire(own, name)
        local real = support.wait_until(function()
          local r = outgoing.record_of(own)
          return r and r.facts.ipconn.ipconn == name and r.outcome ~= "open" and r
        end)
        local function shape(r)
          local doors = {}
          for i, d in ipairs(r.doors) do
            doors[i] = { d.door, d.policy or "", d.verdict, d.code or "", d.line or 0, d.policy and d.text or "" }
          end
          return { stage = r.stage, code = r.code, doors = doors, names_host = r.facts.certificate and r.facts.certificate.names_host }
        end
        assert.same(shape(real), shape(asked))
        assert.same({ real.outcome ~= "refused", real.outcome ~= "refused" and 0 or 3 }, { asked.accepted, status })
      end)
    end

    it("needs an address for a name, and the certificate of a partner with TLS", function()
      local _, status, err = running("--out", "NAMED")
      assert.equal(1, status)
      has(err, "ipconn NAMED has the host partner.example: ask does not resolve names; give its address by --peer IP")
      local r = running("--out", "NAMED", "--peer", "192.0.2.5")
      assert.same({ true, "192.0.2.5:1491", "NAMED" }, { r.accepted, r.peer, r.ipconn })
      assert.is_true(has_event(r, "not checked: the partner's answer"))
      assert.equal("no_certificate", (row_of("--running", "--control", own.control, "--out", "CHAIN")).code)
    end)
  end)

  describe("from a recorded connection", function()
    it("begins with its facts, and other options change them", function()
      local said = support.connect { port = region:port "BOTH", applid = "A" }
      assert.is_false(said.accepted)
      local id = region:explain { last = 1 }[1].connection
      local r = running("--from", id)
      assert.same({ "BOTH", "stranger" }, { r.facts.tcpipservice, r.code })
      said = support.connect { port = region:port "NOURM", applid = "A", networkid = "NETX", sendcount = 7 }
      r = running("--from", said.connection)
      assert.same({ "urm_no", "A", "NETX", 7 }, { r.code, r.facts.capex.applid, r.facts.capex.networkid, r.facts.capex.sendcount })
      r = running("--from", said.connection, "--applid", "VERIFY", "--sendcount", "3")
      assert.same({ true, "VERIFY", 3 }, { r.accepted, r.ipconn, r.facts.capex.sendcount })
      r = running("--from", said.connection, "--tcpipservice", "GOOD")
      assert.same({ true, "GOOD" }, { r.accepted, r.ipconn })
    end)

    it("asks the definition on disk about it too", function()
      local said = support.connect { port = region:port "NOURM", applid = "A", networkid = "NETX", sendcount = 7 }
      local r = on_disk("--from", said.connection, "--tcpipservice", "GOOD")
      assert.same({ true, "GOOD", 7 }, { r.accepted, r.ipconn, r.facts.capex.sendcount })
    end)

    it("takes its certificate with the chain as it was verified", function()
      local said = support.connect { port = region:port "CHAIN", applid = "A", ring = "NETX.CTGAPP" }
      local r = running("--from", said.connection)
      assert.is_true(r.accepted)
      assert.is_true(r.facts.certificate.chain.ok)
      assert.is_true(has_event(r, "not checked: the chain"))
      local _, status, err = on_disk("--from", said.connection)
      assert.equal(1, status)
      has(err, "--certificate FILE")
      assert.is_true((on_disk("--from", said.connection, "--ring", "certs/rings/NETX.CTGAPP")).accepted)
      r = running("--from", said.connection, "--ring", "certs/rings/expired")
      assert.equal("chain", r.code)
    end)

    it("is found in the file of records when no region runs, with the bytes of its certificate", function()
      local own = support.region { region = { heartbeat = 0, record = "records.db" }, scripts = SCRIPTS,
        tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA" } } }
      own:start()
      local said = support.connect { port = own:port "SEC", applid = "A", networkid = "NETX", ring = "NETX.CTGAPP", sendcount = 7 }
      assert.equal("AUTOINSTALL_FAILED", said.reason)
      own:stop()
      own:define { region = { heartbeat = 0, record = "records.db" },
        tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", urm = "good" } } }
      local words = { "--region", own:path "region.lua", "--from", said.connection }
      local r, status, err = row_of(table.unpack(words))
      assert.message(err).same({ true, "GOOD", 0, 7 }, { r and r.accepted, r and r.ipconn, status, r and r.facts.capex.sendcount })
      assert.is_true(r.facts.certificate.chain.ok)
      assert.is_false(has_event(r, "not checked: the chain"))
      words[#words + 1] = "--now"
      words[#words + 1] = "2099-01-01T00:00:00Z"
      r = row_of(table.unpack(words))
      assert.equal("chain", r.code)
      own:start()
      r, status, err = row_of("--running", "--region", own:path "region.lua", "--from", said.connection)
      assert.message(err).same({ true, 0 }, { r and r.accepted, status })
      own:stop()
    end)

    it("asks on about a partner that was refused before its TLS", function()
      local own = support.region { region = { heartbeat = 0 }, scripts = SCRIPTS,
        tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", admit = "no_admit", urm = "good" } } }
      own:start()
      support.raw(own:port "SEC"):closed()
      local id = support.wait_until(function() return (own:explain { last = 1 }[1] or {}).connection end)
      own:define { region = { heartbeat = 0 }, tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", urm = "good" } } }
      local r = row_of("--region", own:path "region.lua", "--from", id, "--ring", "certs/rings/NETX.CTGAPP", "--applid", "A")
      assert.same({ true, "TLSv1.3" }, { r.accepted, r.facts.tls.version })
      own:stop()
    end)

    it("does not find a connected partner in its own way, and finds others in it", function()
      for service, applid in pairs { GOOD = "A", NOURM = "VERIFY" } do
        local p = support.connecting { port = region:port(service), applid = applid, networkid = "NETX", hold = 30 }
        local name = applid == "VERIFY" and "VERIFY" or "GOOD"
        outgoing.becomes(region, name, "ACQUIRED")
        local id = region:explain { last = 1 }[1].connection
        assert.equal("pair_taken", (running("--tcpipservice", service, "--applid", applid, "--networkid", "NETX")).code)
        local r = running("--from", id)
        assert.same({ true, name }, { r.accepted, r.ipconn })
        p:stop()
        p:result()
        support.wait_until(function()
          local row = region:row("ipconn", name)
          return not row or row.connstatus == "RELEASED"
        end, 10, name .. " to be released")
      end
    end)
  end)

  it("has no effect", function()
    local own = support.region { region = { heartbeat = 0 }, scripts = SCRIPTS,
      tcpipservices = { COUNTED = SERVICES.COUNTED, WRONG = SERVICES.WRONG, NO = { admit = "no_admit" } } }
    own:start()
    local function asked(...) return row_of("--running", "--control", own.control, ...) end
    local function state()
      local service = own:row("tcpipservice", "COUNTED")
      return { own:inquire "counter", own:inquire "rate", own:inquire "ipconn", own:inquire "statistics", own:inquire "socket",
        service.connections, own:explain { last = 100 } }
    end
    local before = state()
    for _ = 1, 3 do
      assert.equal("N1", (asked("--tcpipservice", "COUNTED", "--applid", "A")).ipconn)
      assert.equal("policy_error", (asked("--tcpipservice", "WRONG")).code)
      assert.equal("stranger", (asked("--tcpipservice", "NO")).code)
    end
    assert.same(before, state())
    local said = support.connect { port = own:port "COUNTED", applid = "A" }
    assert.equal("N1", said.ipconn)
    assert.equal(0, own:explain(said.connection)[1].facts.load.refused_from_peer)
    own:wait_log "SP0020"
    own:stop()
    local log = own:log()
    for _, message in ipairs { "SP0021", "SP0022", "SP0009", "ask" } do
      assert.is_nil(log:find("%f[%w]" .. message .. "%f[%W]"), message .. " in:\n" .. log)
    end
  end)

  describe("refuses words that are no question:", function()
    local function fails(status, words, sentence)
      local got, out, err = ask(table.unpack(words))
      assert.same({ status, "" }, { got, out })
      has(err, sentence)
    end

    it("on the command line", function()
      for _, row in ipairs {
        { { "GOOD" }, "not understood: 'GOOD'" }, { { "--nothing" }, "nothing" }, { { "--sockets", "two" }, "--sockets two: not a number" },
        { { "--load", "from_peer" }, "--load from_peer: not COUNT=NUMBER" }, { { "--now", "noon" }, "--now noon: not seconds" },
        { { "--label", "x" }, "--label needs --ring" }, { { "--ring", "a", "--certificate", "b" }, "exclude each other" },
        { { "--applid", "\xff" }, "not UTF-8" },
      } do
        fails(2, row[1], row[2])
      end
      local _, _, err = ask "GOOD"
      assert.equal(3, select(2, err:gsub("\n", "")), "the sentence is not hidden by the whole help: " .. err)
      has(err, "sallyport ask --help has all options")
    end)

    it("by its values", function()
      for _, row in ipairs {
        { { "--peer", "host.example" }, "--peer host.example is not IP" }, { { "--tls", "1.1" }, "--tls 1.1 is not 1.2, 1.3 or no" },
        { { "--load", "nothing=1" }, "--load: 'nothing' is not halfopen" },
        { { "--load", "halfopen=-1" }, "halfopen is not a number from 0" },
        { { "--out", "VERIFI" }, "no ipconn named VERIFI is installed; did you mean VERIFY?" },
        { { "--out", "VERIFY" }, "has no host" },
        { { "--out", "NAMED", "--tcpipservice", "GOOD" }, "exclude each other" },
        { { "--out", "NAMED", "--request", "ECHO" }, "--request is for" },
        { { "--tcpipservice", "GOOD", "--request", "lower" }, "request: program is not 1 to 8" },
        { { "--from", "nope-1" }, "no record of connection nope-1" },
        { { "--certificate", "README.md" }, "there is no certificate in it" }, { { "--certificate", "nope.pem" }, "nope.pem" },
        { { "--ring", "nope" }, "nope" }, { { "--ring", "certs/rings/CICSA", "--label", "NOPE" }, "NOPE" },
      } do
        if row[1][1] ~= "--out" and row[1][1] ~= "--tcpipservice" then
          table.move({ "--tcpipservice", "GOOD" }, 1, 2, #row[1] + 1, row[1])
        end
        local words = { "--region", file, table.unpack(row[1]) }
        fails(1, words, row[2])
        if row[1][1] ~= "--from" then
          words = { "--running", "--control", region.control, table.unpack(row[1]) }
          fails(1, words, row[2])
        end
      end
      local dir = support.directory()
      support.write(dir .. "/bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
      fails(1, { "--region", file, "--certificate", dir .. "/bad.pem" }, "line 1: this is no certificate")
      support.write(dir .. "/bad.pem", "-----BEGIN CERTIFICATE-----\n??\n-----END CERTIFICATE-----\n")
      fails(1, { "--region", file, "--certificate", dir .. "/bad.pem" }, "line 2")
      support.remove(dir)
    end)

    it("that is too long for the control socket", function()
      local _, status, err = running("--tcpipservice", "GOOD", "--host", ("x"):rep(70000))
      assert.equal(1, status)
      has(err, "at most 65536 bytes")
      assert.equal("bad_capex", (running("--tcpipservice", "GOOD", "--host", ("x"):rep(40000))).code)
    end)

    it("with a definition that has a fault, or no region", function()
      local own = support.region { text = "region { applid = 'A', networkid = 'N', nonsense = 1 }\n" }
      fails(1, { "--region", own:path "region.lua" }, "nonsense")
      fails(1, { "--running", "--control", own:path "nothing.sock", "--applid", "A" }, "nothing.sock")
      local _, out = ask("--running", "--control", own:path "nothing.sock", "--json")
      assert.equal("[]\n", out)
    end)
  end)
end)
