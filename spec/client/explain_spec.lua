-- SPDX-License-Identifier: Apache-2.0
-- `explain`: the records that it finds, the shape of --json, and its text for a refusal at each door.
local dkjson = require "dkjson"

local corridor = require "spec.support.corridor"
local support = require "spec.support"

local SCRIPTS = {
  asks = [[
local policy = require "policy"
local saf = require "policy.saf"
return { install = function()
  policy.counter("asks"):next { max = 2 }
  policy.counter("never"):peek()
  policy.ipconn "OUT"
  policy.ipconn "NOBODY"
  policy.ipconns { applid = "OUTAPPL" }
  saf.check("TCICSTRN", "CPMI", "FRED")
  saf.user "FRED"
  return policy.refuse("asked")
end }]],
  many = [[
local policy = require "policy"
return { install = function()
  for _ = 1, 1000 do policy.counter("many"):next { max = 99999 } end
  return policy.refuse("asked")
end }]],
  runaway = "return { install = function()\n  while true do end\nend }",
  no_rule_bind = "local policy = require 'policy'\nreturn { bind = function() return policy.accept() end }",
  chain = "local policy = require 'policy'\nreturn { install = policy.first { function() return policy.pass() end } }",
}

for _, name in ipairs { "no_admit", "no_certify", "no_bind", "no_install", "raises" } do SCRIPTS[name] = corridor.SCRIPTS[name] end

-- A URM of one answer.
local function urm(fields)
  return ("local policy = require 'policy'\nreturn { install = function() return policy.install { %s } end }"):format(fields)
end

for name, fields in pairs {
  badname = "ipconn = 'lower'", taken = "ipconn = 'X'",
  tmplno = "ipconn = 'N1', template = 'NOPE'", tmplout = "ipconn = 'N2', template = 'OUT'",
  renames = "ipconn = 'N3', applid = 'OTHER'", port = "ipconn = 'N4', port = 1500", ident = "ipconn = 'N5', template = 'IDTEMPL'",
  good = "ipconn = 'GOOD'",
} do
  SCRIPTS[name] = urm(fields)
end

-- Each code: the listener and CAPEX that bring it about, where it was, and words its explanation must have.
local CODES = {
  policy_error = { "RAISES", {}, "install", "raised an error" },
  policy_limit = { "RUNAWAY", {}, "install", "budget" },
  no_rule = { "CHAIN", {}, "install", "none had an opinion" },
  urm_no = { "NOURM", {}, "install", "names no autoinstall program" },
  bad_name = { "BADNAME", {}, "install", "A%-Z 0%-9" },
  name_taken = { "TAKEN", {}, "capex", "An installed ipconn already has the name" },
  template_unknown = { "TMPLNO", {}, "capex", "not installed" },
  template_outservice = { "TMPLOUT", {}, "capex", "out of service" },
  applid_changed = { "RENAMES", {}, "capex", "not blank" },
  port_changed = { "PORT", {}, "capex", "call%-back port" },
  trust = { "IDENT", {}, "capex", "userauth = identify" },
  bad_capex = { "NOURM", { sendcount = -5 }, "capex", "capability exchange" },
  server_applid = { "NOURM", { server_applid = "OTHER" }, "capex", "another region" },
  outservice = { "NOURM", { applid = "OUTAPPL" }, "capex", "out of service" },
  mismatch = { "NOURM", { applid = "ELSEAPPL" }, "capex", "another tcpipservice" },
}

local function text_of(region, id)
  local status, out, err = region:command("explain", id)
  assert.same({ 0, "" }, { status, err })
  return out
end

local function has(text, pattern)
  assert.is_truthy(text:find(pattern), ("%q is not in:\n%s"):format(pattern, text))
end

describe("explain", function()
  local region

  setup(function()
    region = support.region {
      region = { milliseconds = 200, instructions = 100000, capex_timeout = 1 },
      tcpipservices = {
        ADMIT = { admit = "no_admit" }, BIND = { bind = "no_bind", urm = "good" }, INSTALL = { urm = "no_install" }, NOURM = {},
        GOOD = { urm = "good" }, ASKS = { bind = "no_rule_bind", urm = "asks" }, MANY = { urm = "many" },
          CERTIFY = { ssl = "clientauth", certificate = "CICSA", certify = "no_certify" },
        PLAINCHN = { ssl = "clientauth", certificate = "CICSA" },
        RAISES = { urm = "raises" }, RUNAWAY = { urm = "runaway" }, CHAIN = { urm = "chain" }, BADNAME = { urm = "badname" },
        TAKEN = { urm = "taken" }, TMPLNO = { urm = "tmplno" }, TMPLOUT = { urm = "tmplout" }, PORT = { urm = "port" },
        RENAMES = { urm = "renames", applid_change = "blank_only" }, IDENT = { urm = "ident" },
      },
      ipconns = {
        X = { applid = "XAPPL" }, OUT = { applid = "OUTAPPL", networkid = "NETX", inservice = "no" },
        ELSE = { applid = "ELSEAPPL", networkid = "NETX", tcpipservice = "GOOD" },
        IDTEMPL = { template = "only", userauth = "identify" },
      },
      scripts = SCRIPTS,
    }
    region:start()
  end)
  teardown(function() region:stop() end)

  -- Sends a CAPEX over a new socket; returns the record when the connection has ended or is accepted.
  local function record_of(service, fields)
    local p = support.raw(region:port(service))
    local body = p:capex(fields):read_message().body
    p:close()
    return region:explain(body.connection)[1], body
  end

  local function last_refused()
    return region:explain { last = 1, refused = true }[1]
  end

  it("gives a record of the agreed shape", function()
    local r, body = record_of("INSTALL", { applid = "CTGAPP" })
    assert.equal("refused", r.outcome)
    assert.same({ body.connection, 1, "AUTOINSTALL_FAILED", "other_network" }, { r.connection, r.generation, r.reason, r.code })
    assert.is_truthy(r.peer:match "^127%.0%.0%.1:%d+$")
    local names = {}
    for i, door in ipairs(r.doors) do names[i] = door.door end
    assert.same({ "admit", "bind", "install" }, names)
    local d = r.doors[3]
    assert.same({ "no_install", region:path "policies/no_install.lua", 4, "refuse", "other_network", "SHOP only" },
      { d.policy, d.file, d.line, d.verdict, d.code, d.text })
    assert.equal("number", type(d.microseconds))
    assert.same({ { name = "network", value = false, detail = "NETX" } }, d.checks)
    assert.same({ "INSTALL", "CTGAPP", "127.0.0.1" }, { r.facts.tcpipservice, r.facts.capex.applid, r.facts.peer.ip })
  end)

  it("keeps every member of the shape, null where there is none", function()
    local _, body = record_of("NOURM", {})
    local status, out = region:command("explain", body.connection, "--json")
    assert.equal(0, status)
    local r = dkjson.decode(out, 1, dkjson.null)[1]
    for _, key in ipairs { "connection", "peer", "generation", "outcome", "doors", "facts" } do assert.is_not_nil(r[key], key) end
    for _, door in ipairs(r.doors) do
      for _, key in ipairs { "door", "policy", "file", "line", "verdict", "code", "text", "microseconds", "checks" } do
        assert.is_not_nil(door[key], key)
      end
    end
    assert.equal(dkjson.null, r.doors[1].policy)
  end)

  it("has the parts of the same question, to put it again: when, about which socket, to which script, and each answer", function()
    local r = record_of("ASKS", { applid = "WELCOME" })
    local door = r.doors[3]
    assert.equal("install", door.door)
    assert.is_true(door.now >= r.time and door.now < r.time + 60)
    assert.same({ 1, false }, { door.socket, door.recheck })
    assert.is_truthy(door.hash:match "^%x+$" and r.hash:match "^%x+$")
    assert.not_equal(r.doors[2].hash, door.hash)
    local out = { ipconn = "OUT", applid = "OUTAPPL", networkid = "NETX", inservice = "NO", servstatus = "OUTSERVICE",
      connstatus = "RELEASED",
      autoinstalled = false }
    assert.same({
      { asked = "counter.next", name = "asks", min = 1, max = 2, wrap = false, answer = 1 },
      { asked = "counter.peek", name = "never", reason = "never asked" },
      { asked = "ipconn", name = "OUT", answer = out },
      { asked = "ipconn", name = "NOBODY" },
      { asked = "ipconns", applid = "OUTAPPL", answer = { out } },
      { asked = "saf.check", class = "TCICSTRN", profile = "CPMI", userid = "FRED",
        access = "READ", answer = false, held = "NONE", by = "no saf" },
      { asked = "saf.user", userid = "FRED" },
    }, door.answers)
    assert.is_nil(door.incomplete)
  end)

  it("says of a question with too many answers that it is incomplete, and keeps the first ones in their order", function()
    local door = record_of("MANY", { applid = "WELCOME2" }).doors[3]
    assert.is_true(door.incomplete)
    assert.is_true(#door.answers > 50 and #door.answers < 1000, #door.answers)
    for i, answer in ipairs(door.answers) do assert.equal(i, answer.answer) end
  end)

  it("explains an accepted connection too", function()
    local r = record_of("GOOD", { applid = "WELCOME" })
    assert.is_nil(r.code)
    assert.equal("install", r.doors[3].verdict)
  end)

  it("explains a refused admit: the check, the code, the words, the place", function()
    local p = support.raw(region:port "ADMIT")
    p:closed()
    local r = last_refused()
    assert.same({ "refused", "tcp", "stranger" }, { r.outcome, r.stage, r.code })
    local text = text_of(region, r.connection)
    has(text, "admit +policy no_admit at [^\n]*/no_admit%.lua:4: refuse stranger \"friends only\"")
    has(text, "NO  is a friend  %(127%.0%.0%.1%)")
    has(text, "outcome: refused at tcp, code stranger")
    assert.equal(1, #r.doors)
  end)

  for _, version in ipairs { "1.2", "1.3" } do
    it("explains a refused certify in TLS " .. version .. ", and how the client saw it", function()
      support.connect { port = region:port "CERTIFY", ring = "NETX.CTGAPP", ["tls" .. version] = true }
      local r = support.wait_until(function()
        local record = last_refused()
        return record.code == "not_you" and record.facts.tls.version == "TLSv" .. version and record
      end, 10, "the refusal")
      assert.same({ "refused", "tls" }, { r.outcome, r.stage })
      assert.is_true(r.facts.certificate.chain.ok)
      local text = text_of(region, r.connection)
      has(text, "certify +policy no_certify at [^\n]*/no_certify%.lua:4: refuse not_you")
      has(text, "ok  chain")
      has(text, version == "1.3" and "sees its handshake succeed" or "sees its handshake fail")
      has(text, "CN=NETX%.CTGAPP")
      local previous = -1
      for _, event in ipairs(r.events) do
        assert.is_true(event.milliseconds >= previous, event.event)
        previous = event.milliseconds
      end
    end)
  end

  it("explains a refused bind and a refused install", function()
    local _, body = record_of("BIND", {})
    assert.equal("SECURITY_VIOLATION", body.reason)
    local text = text_of(region, body.connection)
    has(text, "bind +policy no_bind at [^\n]*/no_bind%.lua:4: refuse not_owner")
    has(text, "the partner was told SECURITY_VIOLATION")
    has(text, "NO  owns the name  %(CTGAPP%)")
    _, body = record_of("INSTALL", {})
    text = text_of(region, body.connection)
    has(text, "install +policy no_install at [^\n]*/no_install%.lua:4: refuse other_network \"SHOP only\"")
    has(text, "NO  network  %(NETX%)")
    has(text, "is a code of the policy")
  end)

  it("has a sentence for each code of the engine's", function()
    local table_of_codes = assert(support.read("policies/README.md"):match "\n## Verdict codes\n.-\n|%-[^\n]*\n(.-)\n\n")
    local source, n = support.read "engine/policy/verdict_codes.c", 0
    for row in table_of_codes:gmatch "[^\n]+" do
      for code in row:match "^| (.-) |":gmatch "`([a-z_]+)`" do
        n = n + 1
        assert.message(code).is_truthy(source:find('{ "' .. code .. '", "', 1, true))
      end
    end
    assert.is_true(n >= 45, n)
  end)

  it("--code prints the meaning of a code without a region, and the nearest code for a wrong one", function()
    local status, out, err = support.sallyport("explain", "--code", "urm_no")
    assert.same({ 0, "" }, { status, err })
    has(out, "^urm_no: No ipconn matches this NETWORKID and APPLID")
    status, out = support.sallyport("explain", "--json", "--code", "urm_no")
    assert.equal(0, status)
    assert.same({ "urm_no" }, { dkjson.decode(out)[1].code })
    status, out, err = support.sallyport("explain", "--code", "urmno")
    assert.same({ 1, "" }, { status, out })
    has(err, "urmno is no code of the engine's %(nearest: urm_no%)")
    status, out = support.sallyport("explain", "--code", "quite_something", "--json")
    assert.equal(1, status)
    assert.same({}, dkjson.decode(out))
    assert.equal(2, (support.sallyport("explain", "--code", "urm_no", "--refused")))
    assert.equal(2, (support.sallyport("explain", "ID", "--code", "urm_no")))
    assert.equal(2, (support.sallyport("inquire", "region", "--code", "urm_no")))
  end)

  it("explains a connection that was dialled as one, by the code it failed with", function()
    local own = support.region { ipconns = { FAR = { host = "127.0.0.1", port = 1, sendcount = 1 },
      NOWHERE = { host = "no-such-host.invalid", port = 1, sendcount = 1 } } }
    own:start()
    own:command("set", "ipconn", "FAR", "acquired")
    own:wait_log "reason=CLIENT_SOCKET_ERROR"
    local text = text_of(own, own:explain({ last = 1 })[1].connection)
    has(text, "^connection %S+ dialled to 127%.0%.0%.1:%d+ for ipconn FAR at ")
    has(text, "outcome: refused at tcp, code unreachable; reason CLIENT_SOCKET_ERROR\n")
    has(text, "why: None of the host's addresses answered")
    has(text, "since the beginning")
    assert.is_nil(text:find("accept)", 1, true))
    own:command("set", "ipconn", "NOWHERE", "acquired")
    support.wait_until(function() return #own:explain { last = 9 } == 2 end, 10, "its record")
    text = text_of(own, own:explain({ last = 1 })[1].connection)
    has(text, "^connection %S+ dialled to no%-such%-host%.invalid for ipconn NOWHERE at ")
    has(text, "why: The ipconn's host has no address")
    own:stop()
  end)

  for code, case in pairs(CODES) do
    it("explains " .. code .. " in words", function()
      local fields = { applid = "CTGAPP", networkid = "NETX" }
      for key, value in pairs(case[2]) do fields[key] = value end
      local r, body = record_of(case[1], fields)
      assert.same({ "refused", code }, { r.outcome, r.code })
      local told = false
      for _, door in ipairs(r.doors) do told = told or (door.code == code and door.door == case[3]) end
      assert.is_true(told, "a door " .. case[3] .. " with code " .. code)
      local text = text_of(region, body.connection)
      has(text, case[4])
      has(text, "why: ")
    end)
  end

  it("explains pair_taken in words", function()
    local first = support.raw(region:port "GOOD")
    assert.equal(200, first:capex { applid = "TWICE" }:read_message().status)
    local r, body = record_of("GOOD", { applid = "TWICE" })
    first:close()
    assert.equal("pair_taken", r.code)
    has(text_of(region, body.connection), "connected already")
  end)

  it("explains no_ipconn in words", function()
    local r, body = record_of("GOOD", { socket = 2, token = ("A"):rep(22) })
    assert.equal("no_ipconn", r.code)
    has(text_of(region, body.connection), "token")
  end)

  it("explains chain and no_certificate in words", function()
    for ring, code in pairs { expired = "chain", none = "no_certificate" } do
      support.connect { port = region:port "PLAINCHN", ring = ring }
      local r = support.wait_until(function()
        local record = last_refused()
        return record.code == code and record
      end, 10, code)
      has(text_of(region, r.connection), code == "chain" and "did not verify" or "clientauth")
    end
  end)

  it("explains tls_on_plain and plain_text in words", function()
    local p = support.raw(region:port "PLAINCHN")
    p:send "POST /ipic HTTP/1.1\r\n\r\n"
    p:closed()
    local r = last_refused()
    assert.equal("plain_text", r.code)
    has(text_of(region, r.connection), "One side used TLS and the other did not")
    support.connect { port = region:port "NOURM", ring = "none" }
    r = last_refused()
    assert.equal("tls_on_plain", r.code)
    has(text_of(region, r.connection), "ssl = no")
  end)

  it("explains timeout in words", function()
    local p = support.raw(region:port "NOURM")
    p:send "POST /ipic HT"
    assert.equal("ISCE_TIMED_OUT", p:read_message().body.reason)
    p:close()
    local r = last_refused()
    assert.equal("timeout", r.code)
    has(text_of(region, r.connection), "in time")
  end)

  it("explains limit in words", function()
    local small = support.region { region = { maxsockets = 1 }, tcpipservices = { NOURM = {} } }
    small:start()
    local first = support.raw(small:port "NOURM")
    support.wait_until(function() return #small:inquire "socket" == 1 end, 10, "the first socket")
    support.raw(small:port "NOURM"):closed()
    local r = small:explain { last = 1, refused = true }[1]
    assert.same({ "limit", "tcp" }, { r.code, r.stage })
    has(text_of(small, r.connection), "cap of the region")
    first:close()
    small:stop()
  end)

  describe("finds", function()
    local few, ids

    -- Seven connections; the fourth and the seventh were accepted.
    setup(function()
      few = support.region { region = { records = 5 }, tcpipservices = { GOOD = { urm = "good" }, NOURM = {} }, scripts = SCRIPTS }
      few:start()
      ids = {}
      for i = 1, 7 do
        local service = (i == 4 or i == 7) and "GOOD" or "NOURM"
        local p = support.raw(few:port(service))
        ids[i] = p:capex { applid = "APP" .. i }:read_message().body.connection
        p:close()
        support.wait_until(function() return #few:inquire "socket" == 0 end, 10, "its end")
      end
    end)
    teardown(function() few:stop() end)

    local function found(...)
      local status, out, err = few:command("explain", ...)
      assert.equal(0, status, err)
      local list = {}
      for i, r in ipairs(dkjson.decode(out)) do list[i] = r.connection end
      return list
    end

    local function named(...)
      local list = {}
      for i, n in ipairs { ... } do list[i] = ids[n] end
      return list
    end

    it("one by its id", function() assert.same(named(5), found(ids[5], "--json")) end)

    it("the last ones, oldest first", function() assert.same(named(6, 7), found("--last", "2", "--json")) end)

    it("the last refused ones", function() assert.same(named(5, 6), found("--refused", "--json", "--last", "2")) end)

    it("all the refused ones", function() assert.same(named(3, 5, 6), found("--refused", "--json")) end)

    it("those of an address, and the last or refused of them", function()
      assert.same(named(3, 4, 5, 6, 7), found("--peer", "127.0.0.1", "--json"))
      assert.same(named(7), found("--peer", "127.0.0.1", "--last", "1", "--json"))
      assert.same(named(6), found("--json", "--peer", "127.0.0.1", "--last", "1", "--refused"))
    end)

    it("no more than the region keeps", function() assert.same(named(3, 4, 5, 6, 7), found("--last", "100", "--json")) end)

    it("no connection from another address: status 0, an empty array", function()
      assert.same({}, found("--peer", "192.0.2.1", "--json"))
      local status, out, err = few:command("explain", "--peer", "::1")
      assert.same({ 0, "" }, { status, out })
      has(err, "no record of a connection fits")
    end)

    it("not one that is forgotten, or never was: status 1, a sentence, an empty array", function()
      for _, id in ipairs { ids[1], "nonsense" } do
        local status, out, err = few:command("explain", id, "--json")
        assert.equal(1, status)
        assert.same({}, dkjson.decode(out))
        has(err, "no record of connection " .. id:gsub("%p", "%%%0") .. " %(it keeps the last 5%)")
      end
    end)
  end)
end)

describe("explain of an inbound connection", function()
  local region
  after_each(function() region:stop() end)

  local CERTIFY = [[
local policy = require "policy"
return { certify = function(facts)
  policy.check("on the short list", false, "not needed")
  return policy.accept { userid = "CTGUSER" }
end }]]
  local URM = [[
local policy = require "policy"
return { install = function(facts)
  if %s then return policy.refuse("not_listed", "gone from the list") end
  return policy.install { ipconn = "SHOP1", template = "GUEST", applid = "SHOPAPPL" }
end }]]

  it("shows the grants of each door, and the installed ipconn", function()
    region = support.region {
      tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", admit = "plex", certify = "who", urm = "named" } },
      ipconns = { GUEST = { template = "only", receivecount = 5 } },
      scripts = { plex = "local policy = require 'policy'\nreturn { admit = function() return policy.accept { sysplex = true } end }",
        who = CERTIFY, named = URM:format "false" },
    }
    region:start()
    local answer = support.connect { port = region:port "SEC", ring = "NETX.CTGAPP", applid = "ANY" }
    assert.is_true(answer.accepted)
    local r = region:explain { last = 1 }[1]
    assert.same({ { sysplex = true }, { userid = "CTGUSER" }, {}, { ipconn = "SHOP1", template = "GUEST", applid = "SHOPAPPL" } },
      { r.doors[1].granted, r.doors[2].granted, r.doors[3].granted, r.doors[4].granted })
    assert.same({ ipconn = "SHOP1", applid = "SHOPAPPL", networkid = "NETX", autoinstalled = true, template = "GUEST", sendcount = 0,
      receivecount = 5, sockets = r.installed.sockets }, r.installed)
    local text = text_of(region, r.connection)
    has(text, "admit [^\n]*: accept[^\n]*\n +granted: sysplex\n")
    has(text, "certify [^\n]*: accept[^\n]*\n +no  on the short list  %(not needed%); accepted in spite of it\n" ..
      " +granted: userid CTGUSER\n")
    has(text, "install [^\n]*: install[^\n]*\n +granted: ipconn SHOP1, template GUEST, applid SHOPAPPL\n")
    has(text, "installed ipconn SHOP1 %(NETX.SHOPAPPL%), autoinstalled by template GUEST; " ..
      "sessions: 5 to receive on, 0 to send on; sockets: ")
    assert.is_nil(text:find("NO  ", 1, true))
    assert.same({}, region:explain { refused = true })
  end)

  it("names the ring's maps.lua where that gave the user", function()
    local ring = support.directory()
    assert(support.run { "cp", "-r", "certs/rings/CICSA/.", ring } == 0)
    support.write(ring .. "/maps.lua", 'return { { userid = "MAPPED", subject = "CN=NETX.CTGAPP,O=Sallyport demo" } }')
    region = support.region { region = { ring = ring }, tcpipservices = { SEC = { ssl = "clientauth", urm = "named" } },
      ipconns = { GUEST = { template = "only" } }, scripts = { named = URM:format "false" } }
    region:start()
    assert.is_true(support.connect({ port = region:port "SEC", ring = "NETX.CTGAPP" }).accepted)
    local r = region:explain { last = 1 }[1]
    assert.same({ userid = "MAPPED", by = "maps.lua" }, r.doors[2].granted)
    has(text_of(region, r.connection), "granted: userid MAPPED, by the ring's maps.lua\n")
    support.remove(ring)
  end)

  local function come(service)
    local p = support.raw(region:port(service or "IPIC"))
    local body = p:capex({ applid = "ANY", networkid = "NETX" }):read_message().body
    return p, body.connection
  end

  local function start(more)
    local t = { tcpipservices = { IPIC = { urm = "named" }, OTHER = { urm = "named" } },
      ipconns = { GUEST = { template = "only", receivecount = 5 } }, scripts = { named = URM:format "false" } }
    for key, value in pairs(more or {}) do t[key] = value end
    region = support.region(t)
    region:start()
    return t
  end

  it("names the door, the line and the generation that refused in a reload; --refused finds it", function()
    start()
    local p, id = come()
    region:script("named", URM:format "policy.check('gone', true, 'really')")
    assert.equal(0, (region:command "reload"))
    support.wait_until(function() return not region:row("ipconn", "SHOP1") or p:read_message() end, 10, "the release")
    p:close()
    local r = support.wait_until(function()
      local record = region:explain(id)[1]
      return record.outcome == "released" and record
    end, 10, "its end")
    local d = r.doors[#r.doors]
    assert.same({ "install", "named", 3, "refuse", "not_listed", 2, "not_listed" },
      { d.door, d.policy, d.line, d.verdict, d.code, d.generation, r.code })
    local text = text_of(region, id)
    has(text, "outcome: released, code not_listed")
    has(text, "install +policy named at [^\n]*/named%.lua:3, asked again by the reload to generation 2: refuse not_listed " ..
      "\"gone from the list\"")
    has(text, "ok  gone  %(really%)")
    assert.is_nil(text:find("the engine itself", 1, true))
    assert.equal(id, region:explain({ refused = true })[1].connection)
  end)

  it("tells of each socket of an ipconn why it was released, when a reload refused the other one", function()
    start { tcpipservices = { IPIC = { urm = "named", bind = "further" } },
      scripts = { named = URM:format "false", further = [[
local policy = require "policy"
return { bind = function(facts)
  if facts.recheck and facts.socket == 2 then return policy.refuse("one_only", "one socket is enough") end
  return policy.accept()
end }]] } }
    local first, second = support.raw(region:port "IPIC"), support.raw(region:port "IPIC")
    local names = { applid = "ANY", networkid = "NETX", sockets = 2 }
    local one = first:capex(names):read_message().body
    names.socket, names.token = 2, one.token
    local two = second:capex(names):read_message().body
    assert.same({ "OK", "OK" }, { one.response, two.response })
    assert.equal(0, (region:command "reload"))
    support.wait_until(function() return region:explain(one.connection)[1].outcome == "released" end, 10, "the release")
    has(text_of(region, one.connection), "released with connection " .. two.connection:gsub("%-", "%%-") .. ", refused by a reload")
    has(text_of(region, two.connection), "bind +policy further at [^\n]*:3, asked again by the reload to generation 2: refuse one_only")
    assert.equal(2, #region:explain { refused = true })
  end)

  it("names the definitions that refused in a reload", function()
    local t = start()
    local p, id = come "OTHER"
    t.tcpipservices.OTHER = nil
    region:define(t)
    assert.equal(0, (region:command "reload"))
    p:close()
    has(text_of(region, id), "reload +the definitions of generation 2: refuse mismatch \"tcpipservice OTHER is not defined any more\"")
    assert.equal(id, region:explain({ refused = true })[1].connection)
  end)

  it("does not mention a reload that was refused, only checked, or only reports", function()
    local t = start()
    local _, id = come()
    region:script("named", URM:format "facts.recheck")
    t.tcpipservices.BUSY = { portnumber = region:port "IPIC" }
    region:define(t)
    assert.equal(1, (region:command "reload"))
    t.tcpipservices.BUSY = nil
    region:define(t)
    assert.equal(0, (region:command("reload", "--check")))
    t.region = { recheck = "report" }
    region:define(t)
    assert.equal(0, (region:command "reload"))
    local r = region:explain(id)[1]
    assert.same({ "accepted", 3 }, { r.outcome, #r.doors })
    assert.same({}, region:explain { refused = true })
    assert.equal(1, region:count_log("SP0016 .*released=no", 1))
    assert.equal(1, region:count_log "SP0016 ")
  end)

  it("names the door, the line and the generation that overtook a connection on its way in", function()
    local door = [[
local policy = require "policy"
return { admit = function(facts)
  if %s then return policy.refuse("not_listed", "gone from the list") end
  return policy.accept()
end }]]
    start { tcpipservices = { IPIC = { admit = "door", urm = "named" } },
      scripts = { named = URM:format "false", door = door:format "false" } }
    local p = support.raw(region:port "IPIC")
    support.wait_until(function() return #region:inquire "socket" == 1 end, 10, "it to be accepted")
    region:script("door", door:format "facts.recheck")
    assert.equal(0, (region:command "reload"))
    local body = p:capex({ applid = "ANY", networkid = "NETX" }):read_message().body
    assert.equal("SECURITY_VIOLATION", body.reason)
    has(text_of(region, body.connection),
      "admit +policy door at [^\n]*:3, asked again by the reload to generation 2: refuse not_listed \"gone from the list\"")
  end)

  it("--refused finds a connection of which a request was refused, also when it has ended", function()
    start { programs = { ECHO = {} }, tcpipservices = { IPIC = { urm = "named", attach = "pays" } },
      scripts = { named = URM:format "false",
        pays = "local policy = require 'policy'\nreturn { attach = function() return policy.refuse('unpaid', 'pay first') end }" } }
    local answer = support.connect { port = region:port "IPIC", applid = "ANY", link = "ECHO", data = "x" }
    assert.is_true(answer.accepted)
    local r = region:explain({ refused = true })[1]
    assert.same({ "released", "unpaid" }, { r.outcome, r.requests[1].code })
    has(text_of(region, r.connection), "attach +policy pays at [^\n]*:2: refuse unpaid \"pay first\"")
  end)

  it("--json has a certificate in the shape scripts see", function()
    region = support.region { tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", urm = "named" } },
      ipconns = { GUEST = { template = "only" } }, scripts = { named = URM:format "false" } }
    region:start()
    assert.is_true(support.connect({ port = region:port "SEC", ring = "NETX.CTGAPP" }).accepted)
    local r = region:explain { last = 1 }[1]
    local c = r.facts.certificate
    assert.same({ type = "CN", value = "NETX.CTGAPP" }, c.subject[#c.subject])
    assert.same({ type = "CN", value = "First CA" }, c.issuer[#c.issuer])
    assert.same({ true, {} }, { c.chain.ok, c.chain.errors })
    local signer = "CN=First CA,O=Sallyport demo"
    assert.same({ subject = "CN=NETX.CTGAPP,O=Sallyport demo", issuer = signer, above = { { subject = signer, issuer = signer } } },
      r.certificate)
  end)

  it("--json has the very facts that a script was asked with", function()
    -- Each value of the facts as a check: those of the certificate at install, the others at bind.
    local tell = [[
local policy = require "policy"
local function tell(path, value)
  if type(value) ~= "table" then
    policy.check(path, true, tostring(value))
  else
    for key, member in pairs(value) do tell(path .. "." .. key, member) end
  end
end
return {
  bind = function(facts)
    for key, value in pairs(facts) do
      if key ~= "certificate" then tell(key, value) end
    end
    return policy.accept()
  end,
  install = function(facts)
    tell("certificate", facts.certificate)
    return policy.refuse "told"
  end,
} ]]
    local service = { ssl = "clientauth", certificate = "CICSA", certify = "who", bind = "tell", urm = "tell" }
    region = support.region { tcpipservices = { SEC = service }, scripts = { tell = tell, who = CERTIFY } }
    region:start()
    support.connect { port = region:port "SEC", ring = "NETX.CTGAPP" }
    local r = region:explain({ last = 1 })[1]
    local told, shown = {}, {}
    for _, door in ipairs(r.doors) do
      for _, check in ipairs(door.door == "certify" and {} or door.checks) do
        if not check.name:find "printed$" then told[check.name] = check.detail end
      end
    end
    local function flatten(path, value)
      if type(value) ~= "table" then
        shown[path] = tostring(value)
      else
        for key, member in pairs(value) do flatten((path and path .. "." or "") .. key, member) end
      end
    end
    flatten(nil, r.facts)
    told.now, shown.now = nil, nil -- each door has its own
    assert.same(told, shown)
    assert.equal("CTGUSER", shown["certificate.userid"])
  end)

  it("--json has facts that a row can be made of, as they are", function()
    local own = support.region { tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", certify = "pinned", urm = "named" } },
      ipconns = { GUEST = { template = "only" } }, policies = { "pinned" },
      scripts = { named = "local policy = require 'policy'\nreturn { install = function(f)\n" ..
        "  return policy.refuse('printed', f.certificate.subject.printed .. ' of ' .. f.certificate.issuer.printed)\nend }" } }
    region = own
    own:start()
    support.connect { port = own:port "SEC", ring = "NETX.CTGAPP" }
    local r = own:explain({ last = 1 })[1]
    local words = r.doors[#r.doors].text
    has(words, "^CN=NETX%.CTGAPP,O=Sallyport demo of CN=First CA,O=Sallyport demo$")
    own:script("named_spec", ("return { { name = 'pasted', door = 'install', facts = %s,\n  expect = { verdict = 'refuse', text = %q } } }")
      :format(support.lua(r.facts), words))
    own:script("pinned_spec", ("return { { name = 'pasted', door = 'certify', facts = %s, expect = { verdict = 'accept', " ..
      "userid = 'CTGUSER' } } }"):format(support.lua(r.facts)))
    local status, out, err = support.sallyport("check", "--specs", "--region", own.dir .. "/region.lua")
    assert.message(out .. err).equal(0, status)
    has(out, "2 rows, 0 failed")
  end)
end)
