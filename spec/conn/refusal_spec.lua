-- SPDX-License-Identifier: Apache-2.0
-- The way in: the place of each refusal, the answer to the peer, the record for the operator; and each result of a
-- script except an accept is a refusal.
local support = require "spec.support"

local PRELUDE = "local policy = require 'policy'\n"

local function door(name, body)
  return PRELUDE .. ("return { %s = function(facts) %s end }\n"):format(name, body)
end

-- A urm that installs under the name of the caller's applid, and notes each call of delete.
local function urm(fields)
  return PRELUDE .. ("return { install = function(facts) return policy.install { %s } end,\n"):format(fields)
    .. "delete = function(facts) policy.check('told', true, facts.ipconn.ipconn) end }\n"
end

local WHOLE_APPLID = urm "ipconn = facts.capex.applid"

local function ports_of(region)
  local ports = {}
  for _, row in ipairs(region:inquire "tcpipservice") do ports[row.tcpipservice] = row.port end
  return ports
end

local function last_record(region)
  return region:explain { last = 1 }[1]
end

local function acquired(region, name)
  support.wait_until(function()
    local row = region:row("ipconn", name)
    return row and row.connstatus == "ACQUIRED"
  end, 10, name .. " to be ACQUIRED")
end

local of = support.lines_of

describe("a refusal at a door:", function()
  local region, port

  setup(function()
    region = support.region {
      tcpipservices = {
        SHUT = { admit = "shut" },
        CROWD = { admit = "crowd", urm = "whole" },
        RAISES = { urm = "raises" }, LOOPS = { urm = "loops" }, NORULE = { urm = "norule" }, NOURM = {},
        BADNAME = { urm = "badname" }, TAKEN = { urm = "taken" }, UNKNOWN = { urm = "unknown" }, TMPLOUT = { urm = "tmplout" },
        BLANK = { urm = "renames", applid_change = "blank_only" }, RENAME = { urm = "renames" },
        PORT = { urm = "port" }, TRUST = { urm = "trust" },
        BIND = { bind = "nobody", urm = "whole" }, WHOLE = { urm = "whole" }, CLOSING = { urm = "whole" },
      },
      ipconns = {
        HERE = { applid = "HEREAPPL", networkid = "NETX", receivecount = 5 },
        OUT = { applid = "OUTAPPL", networkid = "NETX", inservice = "no" },
        ELSE = { applid = "ELSEAPPL", networkid = "NETX", tcpipservice = "TRUST" },
        TMPLOUT = { template = "only", inservice = "no" },
        IDTEMPL = { template = "only", userauth = "identify", receivecount = 5 },
      },
      scripts = {
        shut = door("admit", "return policy.refuse('not_you', 'SECRET TEXT')"),
        crowd = door("admit", "if facts.load.from_peer >= 2 then return policy.refuse('crowd', 'SECRET TEXT') end\nreturn policy.accept()"),
        raises = door("install", "error('SECRET TEXT')"),
        loops = door("install", "while true do end"),
        norule = PRELUDE .. "return { install = policy.first { function() return policy.pass() end } }",
        badname = urm "ipconn = 'a b'",
        taken = urm "ipconn = 'HERE'",
        unknown = urm "ipconn = 'NEW', template = 'NOSUCH'",
        tmplout = urm "ipconn = 'NEW', template = 'TMPLOUT'",
        renames = urm "ipconn = 'NEW', applid = 'OTHER'",
        port = urm "ipconn = 'NEW', port = 1500",
        trust = urm "ipconn = 'NEW', template = 'IDTEMPL'",
        nobody = door("bind", "return policy.refuse('not_you', 'SECRET TEXT')"),
        whole = WHOLE_APPLID,
      },
    }
    region:start()
    port = ports_of(region)
  end)
  teardown(function() region:stop() end)

  it("admit refuses: closed at once without a byte either way, one line, one record", function()
    local p = support.raw(port.SHUT)
    assert.are.equal("closed", p:closed())
    assert.are.equal("", p.buffer)
    local record = last_record(region)
    assert.are.same({ "refused", "tcp", "not_you" }, { record.outcome, record.stage, record.code })
    assert.are.same({ "admit", "shut", "refuse", "not_you", "SECRET TEXT" },
      { record.doors[1].door, record.doors[1].policy, record.doors[1].verdict, record.doors[1].code, record.doors[1].text })
    assert.are.equal(1, #record.doors)
    assert.is_truthy(record.doors[1].file:find "policies/shut.lua$")
    assert.are.equal(2, record.doors[1].line)
    local line = region:wait_log(of(record.connection))
    assert.is_truthy(line:find "SP0021 W .*door=admit policy=shut .*code=not_you")
    assert.are.equal(1, region:count_log(of(record.connection), 1))
  end)

  it("admit limits by facts.load: the third socket of an address is refused, another address is not", function()
    local p, q = support.raw(port.CROWD), support.raw(port.CROWD)
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "two sockets")
    assert.are.equal("closed", support.raw(port.CROWD):closed())
    local record = last_record(region)
    assert.are.equal("crowd", record.code)
    assert.are.equal(2, record.facts.load.from_peer)
    local other = support.raw(port.CROWD, nil, "127.0.0.2")
    assert.are.equal(200, other:capex { applid = "OTHERIP" }:read_message().status)
    p:close()
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "one of them to be gone")
    local again = support.raw(port.CROWD)
    assert.are.equal(200, again:capex { applid = "AGAIN" }:read_message().status)
    for _, each in ipairs { q, other, again } do each:close() end
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "all sockets to be gone")
  end)

  -- Service, CAPEX, then the result: status, response class, reason; code and the door or stage of the record.
  local ROWS = {
    { "RAISES", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "policy_error", "install" },
    { "LOOPS", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "policy_limit", "install" },
    { "NORULE", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "no_rule", "install" },
    { "NOURM", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "urm_no", "install" },
    { "BADNAME", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "bad_name", "install" },
    { "TAKEN", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "name_taken", "capex", "HERE" },
    { "UNKNOWN", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "template_unknown", "capex", "NEW" },
    { "TMPLOUT", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "template_outservice", "capex", "NEW" },
    { "BLANK", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "applid_changed", "capex", "NEW" },
    { "PORT", {}, 403, "EXCEPTION", "AUTOINSTALL_FAILED", "port_changed", "capex", "NEW" },
    { "TRUST", {}, 403, "EXCEPTION", "SECURITY_VIOLATION", "trust", "capex", "NEW" },
    { "BIND", {}, 403, "EXCEPTION", "SECURITY_VIOLATION", "not_you", "bind" },
    { "WHOLE", { applid = "OUTAPPL" }, 403, "EXCEPTION", "INVALID_PARTNER_STATE", "outservice", "capex" },
    { "WHOLE", { applid = "ELSEAPPL" }, 403, "EXCEPTION", "TCPIPSERVICE_MISMATCH", "mismatch", "capex" },
    { "WHOLE", { server_applid = "CICSB" }, 403, "EXCEPTION", "ISCE_INVALID_APPLID", "server_applid", "capex" },
    { "WHOLE", { server_applid = "CICSA", server_networkid = "NETB" }, 403, "EXCEPTION", "ISCE_INVALID_APPLID", "server_applid", "capex" },
    { "WHOLE", { sendcount = 0, receivecount = 5 }, 403, "EXCEPTION", "ONE_WAY_IPCONN", "one_way", "capex", "CTGAPP" },
    { "WHOLE", { applid = "HEREAPPL", sendcount = 0, receivecount = 5 }, 403, "EXCEPTION", "ONE_WAY_IPCONN", "one_way", "capex" },
    { "WHOLE", { socket = 2, token = ("A"):rep(22) }, 403, "EXCEPTION", "NO_IPCONN", "no_ipconn", "capex" },
    { "WHOLE", { applid = "lower" }, 400, "INVALID", "ISCE_ERROR", "bad_capex", "capex" },
    { "WHOLE", { port = 0 }, 400, "INVALID", "ISCE_ERROR", "bad_capex", "capex" },
    { "WHOLE", { sendcount = 0, receivecount = 0 }, 400, "INVALID", "ISCE_ERROR", "bad_capex", "capex" },
    { "WHOLE", { sendcount = 1000 }, 400, "INVALID", "ISCE_ERROR", "bad_capex", "capex" },
  }

  -- The ipconn that the URM's delete got in this record.
  local function told(record)
    for _, d in ipairs(record.doors) do
      if d.door == "delete" then return d.checks[1].detail end
    end
    return nil
  end

  -- Asserts the answer of a refused peer, without a secret, and the record of its operator.
  local function assert_refused(m, status, response, reason, code, where)
    assert.are.same({ status, response, reason }, { m.status, m.body.response, m.body.reason })
    local members = 0
    for _ in pairs(m.body) do members = members + 1 end
    assert.are.equal(3, members) -- response, reason, connection
    assert.is_nil(m.raw:find("SECRET", 1, true))
    assert.is_nil(m.raw:find(code, 1, true))
    local record = region:explain(m.body.connection)[1]
    assert.are.same({ m.body.connection, "refused", "capex", code, reason },
      { record.connection, record.outcome, record.stage, record.code, record.reason })
    local deciding
    for _, d in ipairs(record.doors) do
      if d.code == code then deciding = d end
    end
    assert.are.equal(where, deciding.door)
    assert.is_truthy(deciding.text)
    region:wait_log(of(m.body.connection) .. ".*code=" .. code .. " .*reason=" .. reason)
    return record
  end

  for _, row in ipairs(ROWS) do
    local service, fields, status, response, reason, code, where, deleted = table.unpack(row)
    it(("%s: %s (%s)"):format(service, code, reason), function()
      local before = #region:inquire "ipconn"
      local p = support.raw(port[service])
      local record = assert_refused(p:capex(fields):read_message(), status, response, reason, code, where)
      p:closed()
      assert.are.equal(deleted, told(record)) -- delete is called only when the URM had accepted
      assert.are.equal(before, #region:inquire "ipconn")
    end)
  end

  it("pair_taken: the URM renames a caller to one that is installed already", function()
    local p, q = support.raw(port.RENAME), support.raw(port.RENAME)
    assert.are.equal(200, p:capex { applid = "ONEAPPL" }:read_message().status)
    local m = q:capex { applid = "TWOAPPL" }:read_message()
    local record = assert_refused(m, 403, "EXCEPTION", "INVALID_PARTNER_STATE", "pair_taken", "capex")
    assert.are.same({ "TWOAPPL", "NEW" }, { record.facts.capex.applid, told(record) })
    assert.are.equal("ACQUIRED", region:row("ipconn", "NEW").connstatus)
    p:close()
    support.wait_until(function() return not region:row("ipconn", "NEW") end, 10, "NEW to be deleted")
  end)

  it("not_open: a socket accepted before the close of its listener", function()
    local p = support.raw(port.CLOSING)
    support.wait_until(function() return #region:inquire "socket" == 1 end, 10, "the socket to be accepted")
    assert.are.equal(0, (region:command("set", "tcpipservice", "CLOSING", "closed")))
    assert_refused(p:capex():read_message(), 403, "EXCEPTION", "TCPIPSERVICE_NOT_OPEN", "not_open", "capex")
  end)

  it("tls_on_plain: a TLS handshake on a plain port is named as such", function()
    local p = support.raw(port.WHOLE)
    p:send "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    assert_refused(p:read_message(), 400, "INVALID", "ISCE_ERROR", "tls_on_plain", "capex")
  end)

  it("bytes that cannot be a CAPEX are refused at once, and a body too large by 413", function()
    for bytes, status in pairs {
      ["GET / HTTP/1.1\r\n"] = 400,
      ["POST /ipic HTTP/1.0\r\n"] = 400,
      ["POST /ipic HTTP/1.1\nIS: 1 cmd; name=capex\n"] = 400,
      ["POST /ipic HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"] = 400,
      ["POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n"] = 400,
      ["POST /ipic HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"] = 400,
      ["POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"] = 400,
      ["POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: 1000000\r\n\r\n"] = 413,
    } do
      local p = support.raw(port.WHOLE)
      p:send(bytes)
      assert_refused(p:read_message(), status, "INVALID", "ISCE_ERROR", "bad_capex", "capex")
      p:closed()
    end
  end)
end)

describe("fail closed:", function()
  local ANSWERS = [[
local function fault(facts)
%s
end
return { admit = fault, certify = fault, bind = fault, install = fault }
]]

  local FAULTS = {
    raises = { "error 'SECRET TEXT'", "policy_error" },
    raisestable = { "error { kind = 'accept' }", "policy_error" },
    isnil = { "return nil", "policy_error" },
    istrue = { "return true", "policy_error" },
    isnumber = { "return 1", "policy_error" },
    isstring = { "return 'accept'", "policy_error" },
    istable = { "return { kind = 'accept', ipconn = 'EVIL' }", "policy_error" },
    isfunction = { "return policy.accept", "policy_error" },
    forgets = { "policy.accept()\npolicy.install { ipconn = 'EVIL' }", "policy_error" },
    two = { "return policy.accept(), policy.accept()", "policy_error" },
    passes = { "return policy.pass()", "policy_error" },
    loops = { "while true do end", "policy_limit" },
    hogs = { "local t = {}\nfor i = 1, math.huge do t[i] = ('x'):rep(10000) .. i end", "policy_limit" },
    swallows = { "pcall(function() while true do end end)\nreturn facts.capex and not facts.ipconn and policy.accept()", "policy_limit" },
    recurses = { "local function f() return 1 + f() end\nreturn f()", "policy_limit" },
  }
  local WRONG = { admit = "policy.install { ipconn = 'EVIL' }", certify = "policy.install { ipconn = 'EVIL' }",
    bind = "policy.install { ipconn = 'EVIL' }", install = "policy.accept()" }
  local DOORS = { "admit", "certify", "bind", "install" }
  local region, port
  local services, scripts, rows = { GOOD = { urm = "whole" } }, { whole = WHOLE_APPLID }, {}

  local function service(at, name, code)
    local id = ("F%d"):format(#rows + 1)
    services[id] = { urm = "whole", [at == "install" and "urm" or at] = name, ssl = at == "certify" and "clientauth" or nil }
    rows[#rows + 1] = { id, at, name, code }
  end

  for _, at in ipairs(DOORS) do
    local names = {}
    for name in pairs(FAULTS) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do service(at, name, FAULTS[name][2]) end
    scripts["wrong_" .. at] = door(at, "return " .. WRONG[at])
    service(at, "wrong_" .. at, "policy_error")
  end
  for name, fault in pairs(FAULTS) do scripts[name] = PRELUDE .. ANSWERS:format(fault[1]) end

  setup(function()
    region = support.region { tcpipservices = services, scripts = scripts }
    region:start()
    port = ports_of(region)
  end)
  teardown(function() region:stop() end)

  -- Connects to a door that fails, and asserts the result at the peer.
  local knock = {
    admit = function(at)
      local p = support.raw(at)
      assert.are.equal("closed", p:closed())
      assert.are.equal("", p.buffer)
    end,
    certify = function(at)
      local p, why = support.tls { port = at, ring = "NETX.CTGAPP", protocol = "tlsv1_2" }
      assert.is_nil(p)
      assert.is_truthy(why:find "internal error")
    end,
    bind = function(at)
      local m = support.raw(at):capex():read_message()
      assert.are.same({ 403, "SECURITY_VIOLATION" }, { m.status, m.body.reason })
      assert.is_nil(m.raw:find "SECRET")
    end,
    install = function(at)
      local m = support.raw(at):capex():read_message()
      assert.are.same({ 403, "AUTOINSTALL_FAILED" }, { m.status, m.body.reason })
      assert.is_nil(m.raw:find "SECRET")
    end,
  }

  for n, row in ipairs(rows) do
    local id, at, name, code = table.unpack(row)
    it(("%s %s is a refusal, %s, and other peers are accepted"):format(at, name, code), function()
      knock[at](port[id])
      local p = support.raw(port.GOOD)
      assert.are.equal(200, p:capex { applid = "GOOD" .. n }:read_message().status)
      local records = region:explain { last = 2 }
      assert.are.equal("accepted", records[2].outcome)
      assert.are.same({ id, "refused", code }, { records[1].facts.tcpipservice, records[1].outcome, records[1].code })
      local asked = records[1].doors[#records[1].doors]
      assert.are.same({ at, name, "refuse", code }, { asked.door, asked.policy, asked.verdict, asked.code })
      assert.is_truthy(asked.file:find("policies/" .. name .. ".lua", 1, true))
      local own = of(records[1].connection)
      region:wait_log("SP0022 E .*" .. own .. ".*code=" .. code)
      assert.are.equal(0, region:count_log("DFHIS2001 .*" .. own))
      p:close()
    end)
  end

  it("after all of them: no ipconn is left, and each left one record", function()
    support.wait_until(function() return #region:inquire "ipconn" == 0 end, 10, "the good partners to be gone")
    local seen = {}
    for _, record in ipairs(region:explain { last = 10000, refused = true }) do
      seen[record.facts.tcpipservice] = (seen[record.facts.tcpipservice] or 0) + 1
    end
    for _, row in ipairs(rows) do assert.are.equal(1, seen[row[1]], row[1]) end
  end)
end)

describe("a further socket:", function()
  local region, port

  setup(function()
    region = support.region {
      tcpipservices = { PAIR = { urm = "whole" }, OTHER = { urm = "whole" }, ONCE = { admit = "once", urm = "whole" },
        BOUND = { bind = "first", urm = "whole" } },
      ipconns = { ONLYTWO = { applid = "TWOAPPL", networkid = "NETX", receivecount = 10 } },
      scripts = {
        whole = WHOLE_APPLID,
        once = door("admit", "if facts.load.from_peer > 0 then return policy.refuse('one_only') end\nreturn policy.accept()"),
        first = door("bind", "if policy.ipconn(facts.capex.applid) then return policy.refuse('one_only') end\nreturn policy.accept()"),
      },
    }
    region:start()
    port = ports_of(region)
  end)
  teardown(function() region:stop() end)

  local function first_of(service, applid)
    local p = support.raw(port[service])
    local answer = p:capex { applid = applid, sockets = 2 }:read_message().body
    assert.are.equal(2, answer.sockets)
    assert.is_truthy(answer.token:match "^[%w_-]+$")
    assert.are.equal(22, #answer.token)
    return p, answer.token
  end

  -- Asserts that the first socket works, and the number of the ipconn's sockets.
  local function unharmed(first, applid, sockets)
    assert.are.equal(200, first:beat().status)
    acquired(region, applid)
    assert.are.equal(sockets, region:row("ipconn", applid).sockets)
  end

  local function misfit(p, fields)
    local m = p:capex(fields):read_message()
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
    local record = region:explain(m.body.connection)[1]
    assert.are.equal("no_ipconn", record.code)
    p:closed()
    return record
  end

  it("passes admit and bind like the first, without look-up and URM; its token is in no record and no line", function()
    local first, token = first_of("PAIR", "PASSAPPL")
    local second = support.raw(port.PAIR)
    local answer = second:capex { applid = "PASSAPPL", socket = 2, token = token }:read_message()
    assert.are.same({ 200, "PASSAPPL", nil }, { answer.status, answer.body.ipconn, answer.body.token })
    unharmed(first, "PASSAPPL", 2)
    local doors = {}
    for i, d in ipairs(region:explain(answer.body.connection)[1].doors) do doors[i] = d.door end
    assert.are.same({ "admit", "bind" }, doors)
    local _, explained = region:command("explain", answer.body.connection, "--json")
    assert.is_nil(explained:find(token, 1, true))
    region:settle_log()
    assert.is_nil(region:log():find(token, 1, true))
    second:close()
    first:closed()
  end)

  it("is refused by admit alone: closed without a byte, the first still works", function()
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "earlier sockets to be gone")
    local first = first_of("ONCE", "ONCEAPPL")
    local second = support.raw(port.ONCE)
    second:closed()
    assert.are.equal("", second.buffer)
    assert.are.equal("one_only", last_record(region).code)
    unharmed(first, "ONCEAPPL", 1)
    first:close()
  end)

  it("is refused by bind alone: SECURITY_VIOLATION, the first still works, the token stays valid", function()
    local first, token = first_of("BOUND", "BINDAPPL")
    local m = support.raw(port.BOUND):capex { applid = "BINDAPPL", socket = 2, token = token }:read_message()
    assert.are.same({ 403, "SECURITY_VIOLATION" }, { m.status, m.body.reason })
    unharmed(first, "BINDAPPL", 1)
    first:close()
  end)

  it("from another address, by another listener, under other names, with a wrong token; then with the right one, once", function()
    local first, token = first_of("PAIR", "FITAPPL")
    local function with(fields)
      local all = { applid = "FITAPPL", socket = 2, token = token }
      for key, value in pairs(fields or {}) do all[key] = value end
      return all
    end
    local said = misfit(support.raw(port.PAIR, nil, "127.0.0.2"), with()).doors
    assert.is_truthy(said[#said].text:find "address")
    misfit(support.raw(port.OTHER), with())
    misfit(support.raw(port.PAIR), with { applid = "FITAPPX" })
    misfit(support.raw(port.PAIR), with { networkid = "NETY" })
    misfit(support.raw(port.PAIR), with { token = ("A"):rep(22) })
    unharmed(first, "FITAPPL", 1)
    local second = support.raw(port.PAIR)
    assert.are.equal(200, second:capex(with()):read_message().status)
    misfit(support.raw(port.PAIR), with())
    unharmed(first, "FITAPPL", 2)
    assert.are.equal(200, second:beat().status)
    first:close()
    second:closed()
  end)

  it("of a predefined ipconn: the token ends with the connection", function()
    local first, token = first_of("PAIR", "TWOAPPL")
    first:close()
    support.wait_until(function() return region:row("ipconn", "ONLYTWO").connstatus == "RELEASED" end, 10, "the release")
    misfit(support.raw(port.PAIR), { applid = "TWOAPPL", socket = 2, token = token })
    local again, other = first_of("PAIR", "TWOAPPL")
    assert.are_not.equal(token, other)
    misfit(support.raw(port.PAIR), { applid = "TWOAPPL", socket = 2, token = token })
    again:close()
  end)

  it("without a token, or a token without it, is malformed", function()
    for _, fields in ipairs { { socket = 2 }, { socket = 3, token = ("A"):rep(22) }, { socket = 2, token = "" } } do
      local m = support.raw(port.PAIR):capex(fields):read_message()
      assert.are.same({ 400, "ISCE_ERROR" }, { m.status, m.body.reason })
    end
  end)
end)

describe("a verdict's table", function()
  it("may come from a module: its keys count, and a misspelt key is found", function()
    local function script(name, call)
      return ("local policy, said = require 'policy', require 'said' return { %s = function() return policy.%s end }"):format(name, call)
    end
    local region = support.region {
      scripts = {
        said = "return { user = { userid = 'FRED' }, ipconn = { ipconn = 'BYMODULE' }, wrong = { userID = 'FRED' } }",
        certify = script("certify", "accept(said.user)"),
        urm = script("install", "install(said.ipconn)"),
        admit = script("admit", "accept(said.wrong)"),
      },
      tcpipservices = {
        GOOD = { ssl = "clientauth", certificate = "CICSA", certify = "certify", urm = "urm" },
        WRONG = { admit = "admit" },
      },
    }
    region:start()
    local out = support.connect { port = region:port "GOOD", ring = "MYQUAL.MYAPPL", applid = "MYAPPL", networkid = "MYQUAL" }
    local facts = region:explain(out.connection)[1].facts
    assert.are.same({ "BYMODULE", "FRED" }, { facts.ipconn.ipconn, facts.certificate.userid })
    support.connect { port = region:port "WRONG", applid = "MYAPPL", networkid = "MYQUAL" }
    region:wait_log "SP0022 .*door=admit .*no key 'userID'; is 'userid' meant"
    region:stop()
  end)
end)
