-- SPDX-License-Identifier: Apache-2.0
-- Whose a request is and whether it may run: every cell of IPIC.md 7.4's tables through WHOAMI's answer, IS7's senses and transactions that
-- only one user may attach; the attach door and how it fails; passwords whose check keeps no other request waiting.
local dkjson = require "dkjson"

local support = require "spec.support"
local conversation = require "spec.support.conversation"

local ACCESS, NOT_VALID, UNKNOWN, DISABLED = "080f0983", "080f6051", "10086021", "084c0000"

-- FRED's is "fred's secret", ANNA's a phrase; cheap hashes, so that specs are quick.
local FRED = "scrypt:10:8:1:rl9NF11rOqeBjhV38OmLtw:mk-WquLqKv3g8815qCMrwxHVdEAyebN4GjASo1sE1WA"
local ANNA = "scrypt:10:8:1:xthOvfcvU_7pFjI0898dtw:n8-0X7WPnglqleBR97i16556aBzNYl6ZIFOf0y7OWkc"
local SECRET, PHRASE = "fred's secret", "anna's phrase, which is a long one"

-- A transaction for each user, and one for all that requests here may need.
local function saf(more)
  return [[return {
  revoke = 3,
  users = {
    FRED = { password = "]] .. FRED .. [[" },
    ANNA = { password = "]] .. ANNA .. [[", groups = { "CLERKS" } },
    GONE = { password = "]] .. FRED .. [[", revoked = true },
    LNK1 = {}, LNKGONE = { revoked = true }, CERT1 = {}, CICSUSER = {}, REGUSER = {},
  },
  classes = {
    TCICSTRN = {
      CPMI = { uacc = "read" },
      TFRD = { permit = { FRED = "read" } },
      TLNK = { permit = { LNK1 = "read", CERT1 = "read" } },
      TDFL = { permit = { CICSUSER = "read" } },
      TBOT = { permit = { FRED = "read", LNK1 = "read", CERT1 = "read" } },
      TFDF = { permit = { FRED = "read", CICSUSER = "read" } },
      TCLK = { permit = { CLERKS = "read", CICSUSER = "read" } },
      ]] .. (more or "") .. [[
    },
  },
}
]]
end

local TRANSACTIONS = { TFRD = {}, TLNK = {}, TDFL = {}, TBOT = {}, TFDF = {}, TCLK = {}, TNON = {}, TOFF = { status = "disabled" } }
local PROGRAMS = { ECHO = {}, WHOAMI = {}, OFF = { builtin = "ECHO", status = "disabled" } }

-- The table's columns: what an ipconn says of its link user.
local COLUMNS = { none = {}, region = { securityname = "REGUSER" }, other = { securityname = "LNK1" } }
local USERAUTH = { "local", "defaultuser", "identify", "verify" }

-- An ipconn for each cell, named after it: LOCANONE, IDENREGI …
local function cell_name(userauth, column)
  return (userauth:sub(1, 4) .. column:sub(1, 4)):upper()
end

local function cells()
  local out = {}
  for _, userauth in ipairs(USERAUTH) do
    for column, said in pairs(COLUMNS) do
      out[cell_name(userauth, column)] = { networkid = "NETX", userauth = userauth, securityname = said.securityname, receivecount = 20 }
    end
  end
  return out
end

local PLEX = "local policy = require 'policy'\nreturn { admit = function() return policy.accept { sysplex = true } end }\n"

local function as(head, more)
  local out = {}
  for key, value in pairs(head) do out[key] = value end
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

-- A partner that has come in as that ipconn (networkid NETX) and asks requests one after another.
local Partner = {}
Partner.__index = Partner

local function partner(region, applid, service, from)
  local p = support.raw(region:port(service or "PLAIN"), nil, from)
  local m = assert(p:capex({ networkid = "NETX", applid = applid, sendcount = 10 }):read_message())
  assert.are.equal(200, m.status, m.raw)
  return setmetatable({ peer = p, conv = 0, connection = m.body.connection }, Partner)
end

-- head: tran, program, userid, password. Sends only.
function Partner:send(head, data)
  self.conv = self.conv + 1
  conversation.ask(self.peer, as(head, { conv = self.conv, data = data }))
end

-- What became of a request: the body of an answer (JSON is decoded), or nil and the sense of its IS7.
function Partner:ask(head, data)
  self:send(head, data)
  local a = conversation.answer(self.peer, self.conv, 20)
  if a.is7 then return nil, a.is7:lower() end
  return dkjson.decode(a.data) or a.data
end

function Partner:close()
  self.peer:close()
end

-- What a request may carry by each userauth.
local CREDENTIALS = {
  ["local"] = {}, defaultuser = {}, identify = { userid = "FRED" }, verify = { userid = "FRED", password = SECRET },
}

local function base(more)
  local t = {
    saf = saf(),
    region = { regionuser = "REGUSER", dfltuser = "CICSUSER" },
    tcpipservices = { PLAIN = { admit = "plex" } },
    programs = PROGRAMS, transactions = TRANSACTIONS, scripts = { plex = PLEX },
  }
  for key, value in pairs(more or {}) do
    if type(value) == "table" and type(t[key]) == "table" then
      t[key] = as(t[key], value)
    else
      t[key] = value
    end
  end
  return t
end

describe("users of requests, IPIC.md 7.4:", function()
  local region

  setup(function()
    local ipconns = cells()
    ipconns.LINKGONE = { networkid = "NETX", userauth = "identify", securityname = "LNKGONE" }
    ipconns.LINKUNKN = { networkid = "NETX", userauth = "local", securityname = "LNKNOBOD" }
    ipconns.SAMEUSER = { networkid = "NETX", userauth = "identify", securityname = "FRED" }
    region = support.region(base { ipconns = ipconns }):start()
  end)
  teardown(function() region:stop() end)

  -- task, link, checked, and which of the transactions may be attached, in each cell; D CICSUSER, L LNK1, F FRED.
  local CELLS = {
    { "local", "none", "CICSUSER", "CICSUSER", { "CICSUSER" }, "TDFL TFDF TCLK" },
    { "local", "region", "CICSUSER", nil, { "CICSUSER" }, "TDFL TFDF TCLK" },
    { "local", "other", "LNK1", "LNK1", { "LNK1" }, "TLNK TBOT" },
    { "defaultuser", "none", "CICSUSER", "CICSUSER", { "CICSUSER" }, "TDFL TFDF TCLK" },
    { "defaultuser", "region", "CICSUSER", nil, { "CICSUSER" }, "TDFL TFDF TCLK" },
    { "defaultuser", "other", "CICSUSER", "LNK1", { "CICSUSER", "LNK1" }, "" },
    { "identify", "none", "FRED", "CICSUSER", { "FRED", "CICSUSER" }, "TFDF" },
    { "identify", "region", "FRED", nil, { "FRED" }, "TFRD TBOT TFDF" },
    { "identify", "other", "FRED", "LNK1", { "FRED", "LNK1" }, "TBOT" },
    { "verify", "none", "FRED", "CICSUSER", { "FRED", "CICSUSER" }, "TFDF" },
    { "verify", "region", "FRED", nil, { "FRED" }, "TFRD TBOT TFDF" },
    { "verify", "other", "FRED", "LNK1", { "FRED", "LNK1" }, "TBOT" },
  }

  for _, cell in ipairs(CELLS) do
    local userauth, column, task, link, checked, may = table.unpack(cell, 1, 6)
    it(userauth .. ", link user " .. column .. ": checks " .. table.concat(checked, " and "), function()
      local p = partner(region, cell_name(userauth, column))
      local who = assert(p:ask(as(CREDENTIALS[userauth], { program = "WHOAMI" })))
      assert.are.same({ task, checked }, { who.userid, who.checked })
      if link then assert.are.equal(link, who.linkuser) else assert.are.equal(dkjson.null, who.linkuser or dkjson.null) end
      for _, tran in ipairs { "TFRD", "TLNK", "TDFL", "TBOT", "TFDF", "TCLK", "TNON" } do
        local answer, sense = p:ask(as(CREDENTIALS[userauth], { program = "ECHO", tran = tran }), "hello")
        local wanted = may:find(tran, 1, true) and "hello" or ACCESS
        assert.are.equal(wanted, answer or sense, tran)
      end
      p:close()
    end)
  end

  -- What a request says of its user, by each userauth; nil: it may.
  local CLAIMS = {
    ["local"] = { [""] = nil, u = "userid_given", p = "password_given", up = "userid_given" },
    defaultuser = { [""] = nil, u = "userid_given", p = "password_given", up = "userid_given" },
    identify = { [""] = "userid_missing", u = nil, p = "userid_missing", up = "password_given" },
    verify = { [""] = "userid_missing", u = "password_missing", p = "userid_missing", up = nil },
  }
  local HEADS = { [""] = {}, u = { userid = "FRED" }, p = { password = SECRET }, up = { userid = "FRED", password = SECRET } }

  for userauth, codes in pairs(CLAIMS) do
    it(userauth .. " takes the user and password it asks for, and nothing else", function()
      local p = partner(region, cell_name(userauth, "region"))
      for said, head in pairs(HEADS) do
        local answer, sense = p:ask(as(head, { program = "ECHO" }), "data")
        assert.are.equal(codes[said] and NOT_VALID or "data", answer or sense, said)
        if codes[said] then region:wait_log(support.lines_of(p.connection) .. ".*code=" .. codes[said] .. " ") end
      end
      p:close()
    end)
  end

  it("knows no user that the saf does not know or has revoked", function()
    local p = partner(region, "IDENNONE")
    for userid, code in pairs { NOBODY = "user_unknown", GONE = "user_revoked" } do
      local answer, sense = p:ask { program = "WHOAMI", userid = userid }
      assert.are.equal(NOT_VALID, answer or sense, userid)
      region:wait_log(support.lines_of(p.connection) .. ".*code=" .. code .. " ")
    end
    p:close()
  end)

  it("verifies passwords and phrases, and refuses a wrong one, another's, an empty one and an unknown user's alike", function()
    local p = partner(region, "VERIREGI")
    assert.are.equal("FRED", assert(p:ask { program = "WHOAMI", userid = "FRED", password = SECRET }).userid)
    assert.are.equal("ANNA", assert(p:ask { program = "WHOAMI", userid = "ANNA", password = PHRASE }).userid)
    for _, head in ipairs { { "FRED", "wrong" }, { "ANNA", SECRET }, { "NOBODY", SECRET }, { "GONE", SECRET }, { "LNK1", "x" } } do
      local answer, sense = p:ask { program = "WHOAMI", userid = head[1], password = head[2] }
      assert.are.equal(NOT_VALID, answer or sense, head[1])
    end
    p:close()
  end)

  it("gives a link user that is revoked or unknown the default user's authority, and refuses nothing for it", function()
    local p = partner(region, "LINKGONE")
    assert.are.same({ "FRED", "CICSUSER" }, assert(p:ask { program = "WHOAMI", userid = "FRED" }).checked)
    p:close()
    p = partner(region, "LINKUNKN")
    local who = assert(p:ask { program = "WHOAMI" })
    assert.are.same({ "CICSUSER", "CICSUSER", { "CICSUSER" } }, { who.userid, who.linkuser, who.checked })
    p:close()
  end)

  it("checks a user once who is flowed and link user", function()
    local p = partner(region, "SAMEUSER")
    assert.are.same({ "FRED" }, assert(p:ask { program = "WHOAMI", userid = "FRED" }).checked)
    p:close()
  end)

  it("asks whose a request is before it says what there is, and what there is before it says who may", function()
    local p = partner(region, "IDENREGI")
    local function sense(head)
      local answer, said = p:ask(head)
      return answer == nil and said
    end
    assert.are.equal(NOT_VALID, sense { program = "NOTHERE", userid = "NOBODY" })
    assert.are.equal(UNKNOWN, sense { program = "NOTHERE", userid = "FRED" })
    assert.are.equal(UNKNOWN, sense { program = "ECHO", tran = "TXXX", userid = "FRED" })
    assert.are.equal(DISABLED, sense { program = "OFF", userid = "FRED", tran = "TDFL" })
    assert.are.equal(DISABLED, sense { program = "ECHO", userid = "FRED", tran = "TOFF" })
    assert.are.equal(ACCESS, sense { program = "ECHO", userid = "FRED", tran = "TDFL" })
    p:close()
  end)

  it("says why in the log and in explain, and never a password", function()
    local p = partner(region, "VERIREGI")
    p:ask { program = "ECHO", userid = "FRED", password = "not-the-secret" }
    p:ask { program = "ECHO", userid = "FRED", password = SECRET, tran = "TDFL" }
    local line = region:wait_log("SP0050 .*" .. support.lines_of(p.connection) .. ".*code=not_authorised")
    assert.is_truthy(line:find("ipconn=VERIREGI tran=TDFL program=ECHO userid=FRED users=FRED door=attach", 1, true), line)
    assert.is_truthy(line:find("sense=080F0983", 1, true), line)
    local record = region:explain(p.connection)[1]
    assert.are.same({ "password_wrong", "not_authorised" }, { record.requests[1].code, record.requests[2].code })
    assert.are.equal("FRED READ TCICSTRN TDFL", record.requests[2].checks[1].name)
    assert.are.same({ "TDFL", "ECHO", "FRED", "FRED", { "FRED" } }, { record.requests[2].request.tran, record.requests[2].request.program,
      record.requests[2].request.userid, record.requests[2].request.taskuser, record.requests[2].request.users })
    local _, shown = region:command("explain", p.connection)
    assert.is_truthy(
      shown:find "request TDFL ECHO at .*, user FRED, to be authorised: FRED\n  attach +[^\n]*: refuse not_authorised", shown)
    for _, place in ipairs { region:log(), shown, dkjson.encode(record) } do
      assert.is_nil(place:find("secret", 1, true))
    end
    p:close()
  end)

  it("counts who was let in and who was refused", function()
    local p = partner(region, "DEFAOTHE")
    local before = region:row("statistics", "DEFAOTHE")
    p:ask { program = "ECHO" }
    p:ask { program = "ECHO" }
    p:ask { program = "ECHO", tran = "TNON" }
    local after = region:row("statistics", "DEFAOTHE")
    assert.are.equal(2, after.isr_trans_attached - before.isr_trans_attached)
    assert.are.equal(1, after.isr_attaches_refused - before.isr_attaches_refused)
    p:close()
  end)
end)

describe("the user of a certificate:", function()
  local region
  -- The user ID is what is behind the last dot of the CN; NETA.CICSB has none.
  local BY_CN = [[
local policy = require "policy"
local cert = require "policy.cert"
return { certify = function(facts)
  local userid = cert.cn(facts.certificate):match "^NETX%.(%w+)$"
  return policy.accept { userid = userid and "CERT1" or nil }
end }
]]

  setup(function()
    region = support.region(base {
      tcpipservices = { SEC = { ssl = "clientauth", certify = "bycn" } },
      scripts = { bycn = BY_CN },
      ipconns = {
        CTGAPP = { networkid = "NETX", linkauth = "certuser", userauth = "local" },
        IDENT = { networkid = "NETX", linkauth = "certuser", userauth = "identify" },
        NOTSAID = { networkid = "NETX", linkauth = "certuser", securityname = "LNK1", userauth = "local" },
      },
    }):start()
  end)
  teardown(function() region:stop() end)

  local function come(ring, applid)
    local p = assert(support.tls { port = region:port "SEC", ring = ring })
    local m = assert(p:capex({ networkid = "NETX", applid = applid, sendcount = 10 }):read_message())
    assert.are.equal(200, m.status, m.raw)
    return setmetatable({ peer = p, conv = 0, connection = m.body.connection }, Partner)
  end

  it("certuser and local run all requests as the certificate's user", function()
    local p = come("NETX.CTGAPP", "CTGAPP")
    local who = assert(p:ask { program = "WHOAMI" })
    assert.are.same({ "CERT1", "CERT1", { "CERT1" } }, { who.userid, who.linkuser, who.checked })
    assert.are.equal("x", p:ask({ program = "ECHO", tran = "TLNK" }, "x"))
    p:close()
  end)

  it("certuser and identify check the flowed and the certificate's user", function()
    local p = come("NETX.CTGAPP", "IDENT")
    assert.are.same({ "FRED", "CERT1" }, assert(p:ask { program = "WHOAMI", userid = "FRED" }).checked)
    p:close()
  end)

  it("a certificate without a user leaves the default user, whatever securityname says", function()
    local p = come("MYQUAL.MYAPPL", "NOTSAID")
    local who = assert(p:ask { program = "WHOAMI" })
    assert.are.same({ "CICSUSER", "CICSUSER", { "CICSUSER" } }, { who.userid, who.linkuser, who.checked })
    p:close()
  end)

  it("takes the user that a reload's certify gives", function()
    local p = come("NETX.CTGAPP", "CTGAPP")
    assert.are.equal("CERT1", assert(p:ask { program = "WHOAMI" }).userid)
    region:script("bycn", (BY_CN:gsub("CERT1", "LNK1")))
    assert.are.equal(0, (region:command "reload"))
    local who = assert(p:ask { program = "WHOAMI" })
    assert.are.same({ "LNK1", 2 }, { who.userid, who.generation })
    region:script("bycn", BY_CN)
    assert.are.equal(0, (region:command "reload"))
    p:close()
  end)
end)

describe("sec", function()
  local IPCONN = { IDENREGI = { networkid = "NETX", userauth = "identify", securityname = "REGUSER", receivecount = 20 } }

  it("no: no user is checked, and a line at start and in check says so", function()
    local region = support.region(base { region = { sec = "no" }, ipconns = IPCONN }):start()
    local p = partner(region, "IDENREGI")
    assert.are.equal("x", p:ask({ program = "ECHO", tran = "TDFL", userid = "FRED" }, "x"))
    assert.are.equal(1, region:count_log("SP0051 ", 1))
    local _, _, said = support.sallyport("check", "--region", region:path "region.lua")
    assert.is_truthy(said:find("note: security checks of requests are off: requests by tcpipservice PLAIN", 1, true), said)
    p:close()
    region:stop()
  end)

  it("unsaid without a saf: no user is checked, and any user ID identifies", function()
    local region = support.region(base { saf = false, ipconns = IPCONN }):start()
    region:wait_log "SP0051 "
    local p = partner(region, "IDENREGI")
    assert.are.equal("WHOEVER", assert(p:ask { program = "WHOAMI", userid = "WHOEVER" }).userid)
    p:close()
    region:stop()
  end)

  it("yes without a saf is a fault", function()
    local region = support.region { region = { sec = "yes" }, tcpipservices = { PLAIN = {} } }
    local status, log = region:start_and_end(10)
    assert.are.equal(1, status)
    assert.is_truthy(log:find("sec", 1, true) and log:find("saf", 1, true), log)
  end)

  it("verify without a saf refuses every request, and check warns of it", function()
    local region = support.region(base { saf = false, ipconns = { VERI = { networkid = "NETX", userauth = "verify" } } }):start()
    local p = partner(region, "VERI")
    local answer, sense = p:ask { program = "WHOAMI", userid = "FRED", password = SECRET }
    assert.are.equal(NOT_VALID, answer or sense)
    region:wait_log "SP0012 .*userauth is verify and the region names no saf"
    p:close()
    region:stop()
  end)
end)

describe("the attach door", function()
  local region

  -- By the request's transaction: what a script can do, and everything it can do wrong.
  local DOOR = [[
local policy = require "policy"
local kept = {}

local does = {
  TYES = function() return policy.accept() end,
  TNO_ = function() return policy.refuse("not_now", "come back later") end,
  TFCT = function(facts)
    local q = facts.request
    local said = table.concat({ facts.stage, q.tran, q.program, q.userid or "-", q.linkuser or "-", q.taskuser, table.concat(q.users, "+"),
      q.bytes, facts.ipconn.ipconn, facts.generation }, " ")
    policy.check("facts", true, said)
    if rawget(facts.request, "password") ~= nil or rawget(q, "has_password") ~= nil then return policy.refuse("password_seen", "a fact") end
    return policy.accept()
  end,
  TKEP = function(facts) -- a table of one asking must reach no other asking
    if rawget(facts.request, "mine") or rawget(facts, "mine") then return policy.refuse("shared", "an older asking's table") end
    facts.mine, facts.request.mine = true, true
    facts.request.users[1] = "ROOT"
    kept[#kept % 4 + 1] = facts
    return policy.accept()
  end,
  TERR = function() error "I am broken" end,
  TNIL = function() return nil end,
  TTRU = function() return true end,
  TINS = function() return policy.install { ipconn = "X" } end,
  TPAS = function() return policy.pass() end,
  TUSR = function() return policy.accept { userid = "ROOT" } end,
  TRUN = function() while true do end end,
  TMEM = function() local t = {}; for i = 1, 1e9 do t[i] = ("x"):rep(1000) .. i end end,
}

return { attach = function(facts) return does[facts.request.tran](facts) end }
]]

  local TRANS = {}
  for tran in DOOR:gmatch "\n  (T%u%u[%u_])" do TRANS[tran:gsub("_", "$")] = {} end

  setup(function()
    region = support.region(base {
      saf = saf(), tcpipservices = { DOOR = { admit = "plex", attach = "door" } },
      scripts = { door = (DOOR:gsub("TNO_ =", '["TNO$"] =')) }, transactions = TRANS,
      ipconns = { IDENOTHE = { networkid = "NETX", userauth = "identify", securityname = "LNK1", receivecount = 20 } },
    }):start()
  end)
  teardown(function() region:stop() end)

  local function sense(p, tran)
    local answer, said = p:ask({ program = "ECHO", tran = tran, userid = "FRED" }, "data")
    return answer or said
  end

  it("decides alone: what the saf would refuse it may accept, and the reverse", function()
    local p = partner(region, "IDENOTHE", "DOOR")
    assert.are.equal("data", sense(p, "TYES")) -- no profile covers it
    assert.are.equal(ACCESS, sense(p, "TNO$"))
    local line = region:wait_log("SP0050 .*" .. support.lines_of(p.connection) .. ".*code=not_now")
    assert.is_truthy(line:find("policy=door at=[^ ]+door.lua:%d+ code=not_now text=\"come back later\""), line)
    p:close()
  end)

  it("is asked with facts.request, and without the password", function()
    local p = partner(region, "IDENOTHE", "DOOR")
    assert.are.equal("data", sense(p, "TFCT"))
    local asked = region:explain(p.connection)[1].requests[1]
    assert.are.same({ "attach", "door", "accept" }, { asked.door, asked.policy, asked.verdict })
    assert.are.equal("request TFCT ECHO FRED LNK1 FRED FRED+LNK1 4 IDENOTHE 1", asked.checks[1].detail)
    p:close()
  end)

  it("gets a fresh table for each asking", function()
    local p = partner(region, "IDENOTHE", "DOOR")
    for _ = 1, 10 do assert.are.equal("data", sense(p, "TKEP")) end
    local asked = region:explain(p.connection)[1].requests
    assert.are.same({ "FRED", "LNK1" }, asked[#asked].request.users)
    p:close()
  end)

  for tran, code in pairs { TERR = "policy_error", TNIL = "policy_error", TTRU = "policy_error", TINS = "policy_error",
    TPAS = "policy_error", TRUN = "policy_limit", TMEM = "policy_limit" } do
    it("stays shut when its script fails: " .. tran, function()
      local p = partner(region, "IDENOTHE", "DOOR")
      assert.are.equal(ACCESS, sense(p, tran))
      region:wait_log("SP0050 .*" .. support.lines_of(p.connection) .. ".*code=" .. code)
      region:wait_log("SP0022 .*connection=" .. p.connection:gsub("%-", "%%-") .. " door=attach")
      assert.are.equal("data", sense(p, "TYES")) -- the conversation suffered, not its connection
      assert.are.equal("FRED", assert(p:ask { program = "WHOAMI", tran = "TYES", userid = "FRED" }).userid)
      p:close()
    end)
  end

  it("cannot name another user", function()
    local p = partner(region, "IDENOTHE", "DOOR")
    assert.are.equal("FRED", assert(p:ask { program = "WHOAMI", tran = "TUSR", userid = "FRED" }).userid)
    p:close()
  end)

  it("keeps the last 16 askings of a connection, refused ones longest", function()
    local p = partner(region, "IDENOTHE", "DOOR")
    for _ = 1, 3 do sense(p, "TNO$") end
    for _ = 1, 40 do sense(p, "TYES") end
    local asked = region:explain(p.connection)[1].requests
    assert.are.equal(16, #asked)
    for i = 1, 3 do assert.are.equal("not_now", asked[i].code) end
    assert.are.equal("accept", asked[16].verdict)
    local refused = region:explain { last = 1, refused = true }
    assert.are.equal(p.connection, refused[1].connection) -- a connection one of whose requests was refused is found
    p:close()
  end)

  it("is asked under a reload's rules from the next request on", function()
    local p = partner(region, "IDENOTHE", "DOOR")
    assert.are.equal("data", sense(p, "TYES"))
    region:script("door", "local policy = require 'policy'\nreturn { attach = function() return policy.refuse('closed', 'new rules') end }")
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal(ACCESS, sense(p, "TYES"))
    region:wait_log("SP0050 .*" .. support.lines_of(p.connection) .. ".*code=closed")
    assert.are.equal("ACQUIRED", region:row("ipconn", "IDENOTHE").connstatus)
    region:script("door", (DOOR:gsub("TNO_ =", '["TNO$"] =')))
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("data", sense(p, "TYES"))
    p:close()
  end)

  it("is a fault when its script has no function for it", function()
    local broken = support.region { tcpipservices = { DOOR = { attach = "lan" } }, programs = { ECHO = {} }, policies = { "lan" } }
    local status, log = broken:start_and_end(10)
    assert.are.equal(1, status)
    assert.is_truthy(log:find("tcpipservice DOOR: attach: .*lan.lua has no function attach"), log)
  end)
end)

describe("passwords", function()
  local region
  -- What a check costs in earnest: tens of milliseconds each.
  local DEAR = "scrypt:14:8:1:BRulHRShbyuLAKBbJNH5Aw:M4Sz4hXW16XAAx52a4tB3ebNfuBsV4KZgZRBBPcEKM8"

  before_each(function()
    region = support.region(base {
      saf = saf():gsub("scrypt:10[^\"]+mk%-[^\"]+", function() return DEAR end),
      ipconns = {
        FLOOD = { networkid = "NETX", userauth = "verify", securityname = "REGUSER", receivecount = 20 },
        OTHER = { networkid = "NETX", userauth = "verify", securityname = "REGUSER", receivecount = 20 },
        PLAINER = { networkid = "NETX", securityname = "REGUSER", receivecount = 20 },
      },
    }):start()
  end)
  after_each(function() region:stop() end)

  it("of one partner keep no other waiting: an ECHO, and another's password, are answered before a flood of wrong ones is", function()
    local flood, other, echo = partner(region, "FLOOD"), partner(region, "OTHER"), partner(region, "PLAINER")
    for n = 1, 10 do flood:send { program = "ECHO", userid = "NOBODY" .. n % 10, password = "wrong" } end
    other:send { program = "ECHO", userid = "FRED", password = "wrong" }
    echo:send { program = "ECHO", tran = "TNON" }
    assert.are.equal(ACCESS, conversation.answer(echo.peer, echo.conv, 20).is7:lower())
    assert.are.equal("first", echo:ask({ program = "ECHO" }, "first"))
    assert.are.equal(NOT_VALID, conversation.answer(other.peer, other.conv, 20).is7:lower())
    assert.are.equal("FRED", assert(other:ask { program = "WHOAMI", userid = "FRED", password = SECRET }).userid)
    assert.are.equal("second", echo:ask({ program = "ECHO" }, "second"))
    for _ = 1, 10 do assert.are.equal(NOT_VALID, assert(flood.peer:read_message(20)).is:match "is7=(%x+)":lower()) end
    -- In which order the region answered, however slow its readers are, its log says.
    assert.are.equal(10, region:count_log("SP0050 .*" .. support.lines_of(flood.connection), 10))
    local function last(p)
      local place
      for at in region:log():gmatch("()SP0050 [^\n]*" .. support.lines_of(p.connection)) do place = at end
      return place
    end
    assert.is_true(last(echo) < last(flood) and last(other) < last(flood), "all of the flood was answered first")
    for _, p in ipairs { flood, other, echo } do p:close() end
  end)

  it("are wrong three times, and the user is revoked for that partner alone, until an operator gives it a new start", function()
    local p, other = partner(region, "FLOOD"), partner(region, "OTHER", nil, "127.0.0.2")
    local function outcome(who, password)
      local answer, sense = who:ask({ program = "ECHO", userid = "FRED", password = password }, "in")
      return answer or sense
    end
    for _ = 1, 3 do assert.are.equal(NOT_VALID, outcome(p, "wrong")) end
    assert.are.equal(NOT_VALID, outcome(p, SECRET))
    region:wait_log "SP0052 .*FRED"
    region:wait_log("SP0050 .*" .. support.lines_of(p.connection) .. ".*code=user_revoked")
    assert.are.equal("in", outcome(other, SECRET))
    assert.are.equal(0, (region:command("set", "user", "FRED", "unrevoke")))
    assert.are.equal("in", outcome(p, SECRET))
    p:close()
    other:close()
  end)

  it("that are being checked while a reload comes are checked again, by what it says of their users", function()
    local slow = "scrypt:17:8:1:c-ULpGukFWYzOJXRKD6L_A:2WPG6lTICqyEhn0jD1plDlx1cqlt2C5WZqyKHiGh4UU" -- 2^17 rounds: a third of a second
    local users = {} -- 24, for the more of them are asked for at a time the fewer attempts were quick enough
    for n = 1, 24 do users[n] = ("S%d = { password = %q },"):format(n, slow) end
    users = table.concat(users)
    local before = saf():gsub("users = {", function(at) return at .. users end)
    local after = before:gsub("%f[%w]GONE = {", "FRED = { revoked = true }, GONE = {"):gsub("FRED = { password", "FREDDY = { password")
    local p = partner(region, "FLOOD")
    local answers = {}
    local function take(seconds)
      local m = p.peer:read_message(seconds)
      if m then answers[conversation.is(m).conv] = m end
      return m
    end
    local outstanding, asked = nil, 0
    for _, many in ipairs { 3, 6, 15 } do
      support.write(region:path "saf.lua", before)
      assert.are.equal(0, (region:command "reload"))
      for n = asked + 1, asked + many do p:send { program = "ECHO", userid = "S" .. n, password = "wrong" } end
      asked = asked + many
      p:send { program = "ECHO", userid = "FRED", password = SECRET }
      support.write(region:path "saf.lua", after)
      assert.are.equal(0, (region:command "reload"))
      while take(0) do end
      outstanding = answers[p.conv] == nil
      for n = p.conv - many, p.conv do
        while not answers[n] do assert(take(20)) end
      end
      if outstanding then break end -- else this machine was quicker with the passwords than with the reload
    end
    assert.is_true(outstanding)
    assert.are.equal(NOT_VALID, (answers[p.conv].is:match "is7=(%x+)" or ""):lower())
    p:close()
  end)

  it("are not checked for a partner that has gone meanwhile", function()
    for _ = 1, 5 do
      local p = partner(region, "FLOOD")
      for n = 1, 6 do p:send { program = "ECHO", userid = "NOBODY" .. n, password = "wrong" } end
      p.peer:close(true)
      support.wait_until(function() return region:row("ipconn", "FLOOD").connstatus == "RELEASED" end, 10, "FLOOD to be released")
    end
    local other = partner(region, "OTHER")
    assert.are.equal("FRED", assert(other:ask { program = "WHOAMI", userid = "FRED", password = SECRET }).userid)
    other:close()
  end)
end)
