-- SPDX-License-Identifier: Apache-2.0
-- IPIC.md section 11: the rows about connections and requests; the number of a test is the number of its row.
local dkjson = require "dkjson"

local support = require "spec.support"
local conversation = require "spec.support.conversation"

local BY_CLASS = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = "%s", template = %s } end,
  delete = function(facts) policy.check("deleted", true, facts.ipconn.ipconn) end }
]]

local function urm(ipconn, template)
  return BY_CLASS:format(ipconn, template and ("%q"):format(template) or "nil")
end

local function install(fields)
  return ("local policy = require 'policy'\nreturn { install = function(facts) return policy.install { %s } end }\n"):format(fields)
end

-- Sends one CAPEX on a new socket: the body of the answer, the status, and the connected peer.
local function flow(region, service, fields)
  local p = support.raw(region:port(service))
  local m = assert(p:capex(fields):read_message())
  return m.body, m.status, p
end

local MYAPPL = { networkid = "MYQUAL", applid = "MYAPPL", port = -1, sendcount = 100 }

local function with(fields)
  local out = {}
  for key, value in pairs(MYAPPL) do out[key] = value end
  for key, value in pairs(fields) do out[key] = value end
  return out
end

local function gone(region, name)
  support.wait_until(function() return not region:row("ipconn", name) end, 10, name .. " to be deleted")
end

describe("IPIC.md 11, on a listener without TLS:", function()
  local region

  setup(function()
    region = support.region {
      tcpipservices = {
        IPICSRV = { urm = "dfhisaip" },
        NOURM = {},
        TMPLOUT = { urm = "tmplout" },
        SECTEMPL = { urm = "sectempl" },
        IDENT = { urm = "ident" },
        IDENTPLX = { urm = "ident", admit = "sysplex" },
        RAISES = { urm = "raises" },
        SAYSNO = { urm = "saysno" },
        NONAME = { urm = "noname" },
        PORT = { urm = "port" },
        BLANK = { urm = "renames", applid_change = "blank_only" },
        ALWAYS = { urm = "renames", applid_change = "always" },
        ISAI = { urm = "dfh_isai" },
        SLOW = { urm = "slow" },
      },
      ipconns = {
        X = { applid = "XAPPL", networkid = "MYQUAL" },
        OUT = { applid = "OUTAPPL", networkid = "MYQUAL", inservice = "no" },
        TMPL = { template = "only", inservice = "no" },
        SECTEMPL = { template = "only", userauth = "verify", receivecount = 10 },
        IDTEMPL = { template = "only", userauth = "identify", receivecount = 10 },
        NETX = { applid = "CTGAPP", template = "only", receivecount = 10 },
        NETZ = { applid = "ZAPP", networkid = "NETZ", receivecount = 10 },
        TMPLYES = { applid = "YESAPP", template = "yes", receivecount = 10 },
      },
      policies = { "dfhisaip", "dfh_isai" },
      scripts = {
        tmplout = urm("NEW1", "TMPL"),
        sectempl = urm("NEW2", "SECTEMPL"),
        ident = urm("NEW3", "IDTEMPL"),
        sysplex = "local policy = require 'policy'\nreturn { admit = function() return policy.accept { sysplex = true } end }",
        raises = "return { install = function(facts) error('I am broken') end }",
        saysno = "local policy = require 'policy'\nreturn { install = function() return policy.refuse('not_today', 'no') end }",
        noname = install "ipconn = ''",
        port = install "ipconn = 'NEW4', port = 1500",
        renames = install "ipconn = 'NEW5', applid = 'OTHER', template = 'SECTEMPL'",
        slow = "local policy = require 'policy'\nreturn { install = function(f) local n = 0; for i = 1, 300000 do n = n + i end\n"
          .. "return policy.install { ipconn = 'SLOW' } end }",
      },
    }
    region:start()
  end)
  teardown(function() region:stop() end)

  it("1: the default URM names a partner by its last four characters", function()
    local answer, status, p = flow(region, "IPICSRV", MYAPPL)
    assert.are.equal(200, status)
    assert.are.equal("OK", answer.response)
    assert.are.equal("APPL", answer.ipconn)
    local row = region:row("ipconn", "APPL")
    assert.are.same({ "MYAPPL", "MYQUAL", "IPICSRV", 100, 0, "ACQUIRED" },
      { row.applid, row.networkid, row.tcpipservice, row.receivecount, row.sendcount, row.connstatus })
    region:wait_log "DFHIS2001 .*ipconn=APPL" -- a thread writes messages: the answer may come first
    local log = region:log()
    local installed = log:find("DFHIS3030 [^\n]*ipconn=APPL")
    local autoinstalled = log:find("DFHIS3000 [^\n]*ipconn=APPL[^\n]*applid=MYQUAL.MYAPPL")
    local accepted = log:find("DFHIS2001 [^\n]*ipconn=APPL")
    assert.is_true(installed < autoinstalled and autoinstalled < accepted)
    assert.is_nil(log:find("DFHIS3000 [^\n]*ipconn=APPL[^\n]*template="))
    p.socket:close()
    gone(region, "APPL")
  end)

  it("2: urm NO and no ipconn: AUTOINSTALL_FAILED, nothing installed", function()
    local answer, status = flow(region, "NOURM", MYAPPL)
    assert.are.same({ 403, "EXCEPTION", "AUTOINSTALL_FAILED" }, { status, answer.response, answer.reason })
    assert.is_nil(region:row("ipconn", "APPL"))
    assert.are.equal("urm_no", region:explain(answer.connection)[1].code)
  end)

  it("3: urm NO and a predefined ipconn: accepted on it, without DFHIS3000", function()
    local answer, status, p = flow(region, "NOURM", with { applid = "XAPPL" })
    assert.are.same({ 200, "X" }, { status, answer.ipconn })
    assert.are.equal(0, region:count_log("DFHIS3000 .*ipconn=X "))
    p.socket:close()
    support.wait_until(function() return region:row("ipconn", "X").connstatus == "RELEASED" end, 10, "X to be released")
  end)

  it("4: the same APPLID under another NETWORKID matches no ipconn", function()
    local answer = flow(region, "NOURM", with { applid = "XAPPL", networkid = "OTHER" })
    assert.are.equal("AUTOINSTALL_FAILED", answer.reason)
  end)

  it("5: a blank APPLID gets the suggested one, eight digits", function()
    local answer, status, p = flow(region, "IPICSRV", with { applid = false })
    assert.are.equal(200, status)
    assert.is_truthy(answer.ipconn:match "^%d%d%d%d%d%d%d%d$")
    assert.are.equal(answer.ipconn, region:row("ipconn", answer.ipconn).applid)
    p.socket:close()
    gone(region, answer.ipconn)
  end)

  it("6: the same flow again in ACQUIRED: DFHIS1015, INVALID_PARTNER_STATE, the first stays", function()
    local _, _, first = flow(region, "IPICSRV", MYAPPL)
    local answer, status = flow(region, "IPICSRV", MYAPPL)
    assert.are.same({ 403, "INVALID_PARTNER_STATE" }, { status, answer.reason })
    region:wait_log "DFHIS1015 .*X'0515'.*ipconn=APPL"
    assert.are.equal("1 cmd; name=heartbeat", first:read_message().is) -- the holder is probed
    first:answer "1 cmd; name=heartbeat"
    first:request("1 cmd; name=heartbeat")
    assert.are.equal(200, first:read_message().status)
    assert.are.equal("ACQUIRED", region:row("ipconn", "APPL").connstatus)
    first.socket:close()
    gone(region, "APPL")
  end)

  it("7: another partner with the same last four characters: the name is taken", function()
    local _, _, first = flow(region, "IPICSRV", MYAPPL)
    local answer = flow(region, "IPICSRV", with { applid = "YRAPPL" })
    assert.are.equal("AUTOINSTALL_FAILED", answer.reason)
    assert.are.equal("name_taken", region:explain(answer.connection)[1].code)
    first.socket:close()
    gone(region, "APPL")
  end)

  it("8: a template out of service", function()
    local answer = flow(region, "TMPLOUT", MYAPPL)
    assert.are.equal("AUTOINSTALL_FAILED", answer.reason)
    assert.are.equal("template_outservice", region:explain(answer.connection)[1].code)
  end)

  it("9: a new ipconn has the template's userauth and session count, and its own name and applid", function()
    local answer, _, p = flow(region, "SECTEMPL", MYAPPL)
    assert.are.equal(10, answer.receivecount)
    local row = region:row("ipconn", "NEW2")
    assert.are.same({ "VERIFY", 10, "MYAPPL", "MYQUAL" }, { row.userauth, row.receivecount, row.applid, row.networkid })
    p.socket:close()
    gone(region, "NEW2")
  end)

  it("10: IDENTIFY without trust: installed, autoinstalled, 2040, deleted, DELETE called, SECURITY_VIOLATION", function()
    local answer, status = flow(region, "IDENT", MYAPPL)
    assert.are.same({ 403, "SECURITY_VIOLATION" }, { status, answer.reason })
    region:wait_log "DFHIS3030 .*ipconn=NEW3.*action=deleted"
    local log, at = region:log(), 1
    for _, id in ipairs { "DFHIS3030 [^\n]*ipconn=NEW3[^\n]*installed", "DFHIS3000 [^\n]*ipconn=NEW3", "DFHIS2040 [^\n]*ipconn=NEW3",
      "DFHIS3030 [^\n]*ipconn=NEW3[^\n]*deleted" } do
      at = assert(log:find(id, at), "in this order: " .. id)
    end
    local doors = region:explain(answer.connection)[1].doors
    local told
    for _, door in ipairs(doors) do
      if door.door == "delete" then told = door.checks[1].detail end
    end
    assert.are.equal("NEW3", told)
  end)

  it("12: IDENTIFY without TLS, the policy accepts as the same sysplex: accepted", function()
    local answer, status, p = flow(region, "IDENTPLX", MYAPPL)
    assert.are.same({ 200, "NEW3" }, { status, answer.ipconn })
    p.socket:close()
    gone(region, "NEW3")
  end)

  it("15: a server applid of another region: ISCE_INVALID_APPLID", function()
    local answer, status = flow(region, "IPICSRV", with { server_applid = "CICSB" })
    assert.are.same({ 403, "ISCE_INVALID_APPLID" }, { status, answer.reason })
  end)

  it("16: an absent server applid is accepted; the right one too", function()
    local answer, _, p = flow(region, "IPICSRV", with { server_applid = "CICSA", server_networkid = "NETA" })
    assert.are.equal("OK", answer.response)
    p.socket:close()
    gone(region, "APPL")
  end)

  it("17: a matching ipconn out of service: INVALID_PARTNER_STATE", function()
    local answer = flow(region, "IPICSRV", with { applid = "OUTAPPL" })
    assert.are.equal("INVALID_PARTNER_STATE", answer.reason)
    assert.are.equal("outservice", region:explain(answer.connection)[1].code)
  end)

  for service, code in pairs { RAISES = "policy_error", SAYSNO = "not_today", NONAME = "bad_name" } do
    it("18: a URM that fails or refuses (" .. service .. "): AUTOINSTALL_FAILED, nothing installed", function()
      local before = #region:inquire "ipconn"
      local answer = flow(region, service, MYAPPL)
      assert.are.equal("AUTOINSTALL_FAILED", answer.reason)
      assert.are.equal(code, region:explain(answer.connection)[1].code)
      assert.are.equal(before, #region:inquire "ipconn")
    end)
  end

  it("19: the URM sets a port where it was -1: refused", function()
    local answer = flow(region, "PORT", MYAPPL)
    assert.are.equal("AUTOINSTALL_FAILED", answer.reason)
    assert.are.equal("port_changed", region:explain(answer.connection)[1].code)
  end)

  it("20: the URM changes an APPLID that was not blank: blank_only refuses, always accepts", function()
    local refused = flow(region, "BLANK", MYAPPL)
    assert.are.equal("applid_changed", region:explain(refused.connection)[1].code)
    local accepted, _, p = flow(region, "ALWAYS", MYAPPL)
    assert.are.equal("NEW5", accepted.ipconn)
    assert.are.equal("OTHER", region:row("ipconn", "NEW5").applid)
    p.socket:close()
    gone(region, "NEW5")
  end)

  it("21: DFH$ISAI: two clients of one identity get two ipconns from one template", function()
    local one, _, p = flow(region, "ISAI", { networkid = "NETX", applid = "CTGAPP" })
    local two, _, q = flow(region, "ISAI", { networkid = "NETX", applid = "CTGAPP" })
    assert.are_not.equal(one.ipconn, two.ipconn)
    for _, answer in ipairs { one, two } do
      assert.is_truthy(answer.ipconn:match "^CTGAPP%d+$")
      assert.are.equal("NETX", region:row("ipconn", answer.ipconn).template)
    end
    p.socket:close()
    q.socket:close()
    gone(region, one.ipconn)
    gone(region, two.ipconn)
  end)

  it("22: DFH$ISAI: no template of that name", function()
    assert.are.equal("AUTOINSTALL_FAILED", flow(region, "ISAI", { networkid = "NETY", applid = "CTGAPP" }).reason)
  end)

  it("23: DFH$ISAI: the template is for another APPLID", function()
    assert.are.equal("AUTOINSTALL_FAILED", flow(region, "ISAI", { networkid = "NETX", applid = "OTHER" }).reason)
  end)

  it("24: one of two sockets is lost: both close, released, deleted", function()
    local answer, _, first = flow(region, "IPICSRV", with { sockets = 2 })
    assert.are.equal(2, answer.sockets)
    local second = support.raw(region:port "IPICSRV")
    second:capex(with { socket = 2, token = answer.token })
    assert.are.equal(200, second:read_message().status)
    first.socket:close()
    assert.is_truthy(second:closed())
    gone(region, "APPL")
    region:wait_log "DFHIS2009 .*ipconn=APPL"
  end)

  it("27: one session: acquired on one socket, also when two were requested", function()
    local answer, _, p = flow(region, "IPICSRV", with { sendcount = 1, sockets = 2 })
    assert.are.same({ 1, nil }, { answer.sockets, answer.token })
    support.wait_until(function() return region:row("ipconn", "APPL").connstatus == "ACQUIRED" end, 10, "ACQUIRED")
    p.socket:close()
    gone(region, "APPL")
  end)

  it("28: an expedited message behind the CAPEX, before its answer: dropped, no ipconn left OBTAINING", function()
    local p = support.raw(region:port "IPICSRV")
    local body = '{"applid":"MYAPPL","networkid":"MYQUAL","port":-1,"sendcount":100}'
    p:send("POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
      .. "POST /ipic HTTP/1.1\r\nIS: 1 expd; conv=1\r\nContent-Length: 0\r\n\r\n")
    local m = p:read_message()
    assert.are.same({ 400, "ISCE_ERROR" }, { m.status, m.body.reason })
    p:closed()
    assert.is_nil(region:row("ipconn", "APPL"))
  end)

  it("31: a template with the partner's pair is matched directly, and a second flow is refused", function()
    local answer, _, p = flow(region, "ISAI", { networkid = "NETZ", applid = "ZAPP" })
    assert.are.equal("NETZ", answer.ipconn)
    assert.are.equal("INVALID_PARTNER_STATE", flow(region, "ISAI", { networkid = "NETZ", applid = "ZAPP" }).reason)
    p.socket:close()
    support.wait_until(function() return region:row("ipconn", "NETZ").connstatus == "RELEASED" end, 10, "RELEASED")
  end)

  it("32: two equal CAPEX at once, unknown pair, a slow URM: one is accepted, one ipconn", function()
    local port = region:port "SLOW"
    local p, q = support.raw(port), support.raw(port)
    p:capex(MYAPPL)
    q:capex(MYAPPL)
    local one, two = p:read_message().body, q:read_message().body
    local ok, no = one, two
    if one.response ~= "OK" then ok, no = two, one end
    assert.are.same({ "OK", "INVALID_PARTNER_STATE" }, { ok.response, no.reason })
    assert.are.equal("SLOW", region:row("ipconn", "SLOW").ipconn)
    p.socket:close()
    q.socket:close()
    gone(region, "SLOW")
  end)

  it("33: a further socket with a wrong or used token: NO_IPCONN; the first stays", function()
    local answer, _, first = flow(region, "IPICSRV", with { sockets = 2 })
    local wrong = flow(region, "IPICSRV", with { socket = 2, token = ("A"):rep(22) })
    assert.are.equal("NO_IPCONN", wrong.reason)
    local second = support.raw(region:port "IPICSRV")
    second:capex(with { socket = 2, token = answer.token })
    assert.are.equal(200, second:read_message().status)
    assert.are.equal("NO_IPCONN", flow(region, "IPICSRV", with { socket = 2, token = answer.token }).reason)
    first:request "1 cmd; name=heartbeat"
    assert.are.equal(200, first:read_message().status)
    first.socket:close()
    second:closed()
    gone(region, "APPL")
  end)

  it("35: the template's own pair: template = yes is matched directly, template = only is not", function()
    local answer, _, p = flow(region, "NOURM", { networkid = "NETA", applid = "YESAPP" })
    assert.are.equal("TMPLYES", answer.ipconn)
    assert.are.equal("AUTOINSTALL_FAILED", flow(region, "NOURM", { networkid = "NETA", applid = "CTGAPP" }).reason)
    p.socket:close()
  end)
end)

describe("IPIC.md 11, with certificates:", function()
  local region

  setup(function()
    region = support.region {
      tcpipservices = {
        CLIENT = { ssl = "clientauth", urm = "ident" },
        BOUND = { ssl = "clientauth", bind = "partners" },
        SERVER = { ssl = "yes", urm = "dfhisaip" },
        PAIR = { ssl = "clientauth", urm = "dfhisaip" },
      },
      ipconns = {
        IDTEMPL = { template = "only", userauth = "identify", receivecount = 10 },
        MINE = { applid = "CTGAPP", networkid = "NETX", tcpipservice = "BOUND", receivecount = 10 },
      },
      policies = { "dfhisaip", "partners" },
      scripts = { ident = urm("NEW3", "IDTEMPL") },
    }
    region:start()
  end)
  teardown(function() region:stop() end)

  it("11: IDENTIFY behind a verified client certificate: accepted", function()
    local answer, status = support.connect { port = region:port "CLIENT", ring = "NETX.CTGAPP", applid = "IDAPP" }
    assert.are.same({ 0, true, "NEW3" }, { status, answer.accepted, answer.ipconn })
  end)

  it("13: no client certificate: the handshake fails, DFHSO0123, no CAPEX and no URM", function()
    local answer, status = support.connect { port = region:port "CLIENT", ring = "none" }
    assert.are.same({ 3, false, "tls" }, { status, answer.accepted, answer.stage })
    region:wait_log "DFHSO0123 .*no_certificate"
    local record = region:explain { last = 1, refused = true }[1]
    assert.are.equal("no_certificate", record.code)
    for _, door in ipairs(record.doors) do assert.are_not.equal("install", door.door) end
  end)

  it("14: plain text on a TLS port: DFHSO0123 406, the listener stays open", function()
    local p = support.raw(region:port "SERVER")
    p:send "HELLO THERE\r\n"
    p:closed()
    region:wait_log "DFHSO0123 .*406"
    local answer = support.connect { port = region:port "SERVER", ring = "none", applid = "MYAPPL", networkid = "MYQUAL" }
    assert.is_true(answer.accepted)
  end)

  it("33: a further socket with the right token and another certificate: NO_IPCONN", function()
    local first = assert(support.tls { port = region:port "PAIR", ring = "NETX.CTGAPP" })
    local answer = first:capex { applid = "PAIRAPP", sockets = 2 }:read_message().body
    local second = assert(support.tls { port = region:port "PAIR", ring = "MYQUAL.MYAPPL" })
    assert.are.equal("NO_IPCONN", second:capex { applid = "PAIRAPP", socket = 2, token = answer.token }:read_message().body.reason)
    first:request "1 cmd; name=heartbeat"
    assert.are.equal(200, first:read_message().status)
    first.socket:close()
  end)

  it("34: the right pair with another partner's certificate: SECURITY_VIOLATION, the ipconn unchanged", function()
    local answer, status = support.connect { port = region:port "BOUND", ring = "MYQUAL.MYAPPL", applid = "CTGAPP", networkid = "NETX" }
    assert.are.same({ 3, "SECURITY_VIOLATION" }, { status, answer.reason })
    assert.are.equal("RELEASED", region:row("ipconn", "MINE").connstatus)
    local doors = region:explain(answer.connection)[1].doors
    assert.are.equal("bind", doors[#doors].door)
    local good = support.connect { port = region:port "BOUND", ring = "NETX.CTGAPP" }
    assert.are.equal("MINE", good.ipconn)
  end)
end)

describe("IPIC.md 11, with a short heartbeat:", function()
  it("25: a silent peer: heartbeat, a second try, DFHIS1050, released", function()
    local region = support.region {
      region = { heartbeat = 0.2, heartbeat_timeout = 0.2 },
      tcpipservices = { IPICSRV = { urm = "dfhisaip" } },
      policies = { "dfhisaip" },
    }
    region:start()
    local _, _, p = flow(region, "IPICSRV", MYAPPL)
    assert.are.equal("1 cmd; name=heartbeat", p:read_message().is)
    assert.are.equal("1 cmd; name=heartbeat", p:read_message().is)
    p:closed()
    region:wait_log "DFHIS1050 .*ipconn=APPL"
    gone(region, "APPL")
    region:stop()
  end)
end)

describe("IPIC.md 11, requests:", function()
  -- Sends one request to WHOAMI on an ipconn of that definition: the user IDs that must be authorised.
  local function checked(ipconn, userid)
    local region = support.region {
      region = { dfltuser = "DFLT", regionuser = "REGUSER" },
      tcpipservices = { IPICSRV = { admit = "sysplex" } },
      scripts = { sysplex = "local policy = require 'policy'\nreturn { admit = function() return policy.accept { sysplex = true } end }" },
      ipconns = { X = ipconn }, programs = { WHOAMI = {} },
    }
    region:start()
    local _, status, p = flow(region, "IPICSRV", MYAPPL)
    assert.are.equal(200, status)
    conversation.ask(p, { conv = 1, program = "WHOAMI", userid = userid })
    local users = dkjson.decode(conversation.answer(p, 1).data).checked
    p.socket:close()
    region:stop()
    return users
  end

  it("29: SECURITYNAME LNK1, IDENTIFY, flowed user FRED: FRED and LNK1 are checked", function()
    assert.are.same({ "FRED", "LNK1" },
      checked({ applid = "MYAPPL", networkid = "MYQUAL", linkauth = "secuser", securityname = "LNK1", userauth = "identify" }, "FRED"))
  end)

  it("30: SECURITYNAME = region user, LOCAL: the default user alone is checked", function()
    assert.are.same({ "DFLT" },
      checked { applid = "MYAPPL", networkid = "MYQUAL", linkauth = "secuser", securityname = "REGUSER", userauth = "local" })
  end)
end)

describe("IPIC.md 11, two-way:", function()
  for name, lower in pairs { CICSZ = true, AICSZ = false } do
    it(("26: crossing CAPEX with NETA.%s: exactly one is accepted, the %s's"):format(name, lower and "region" or "partner"), function()
      local listener = support.listen()
      local region = support.region {
        tcpipservices = { IPICSRV = {} },
        ipconns = { PART = { applid = name, host = "127.0.0.1", port = listener.port, tcpipservice = "IPICSRV", sendcount = 1 } },
      }
      region:start()
      region:command("set", "ipconn", "PART", "acquired")
      local own = assert(listener:accept())
      local offer = own:read_message().body
      local names = { networkid = "NETA", applid = name, sendcount = 1, receivecount = 1 }
      local function crossing(fields)
        for key, value in pairs(names) do fields[key] = value end
        return flow(region, "IPICSRV", fields)
      end
      local answer, status, theirs = crossing { port = listener.port, callback = ("C"):rep(22) }
      if lower then
        assert.are.same({ 403, "CAPEX_RACE" }, { status, answer.reason })
        theirs:closed()
        names.response, names.sockets = "OK", 1
        own:answer("1 cmd; name=capex", "200 OK", names)
        answer, status = crossing { answering = offer.callback }
        assert.are.same({ 200, "PART" }, { status, answer.ipconn })
      else
        assert.are.same({ 200, "PART" }, { status, answer.ipconn })
        own:closed()
        local back = assert(listener:accept()):read_message()
        assert.are.equal(("C"):rep(22), back.body.answering)
      end
      region:stop()
      listener:close()
    end)
  end
end)
