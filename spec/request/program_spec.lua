-- SPDX-License-Identifier: Apache-2.0
-- What a request runs (issue 4, Programs): look-up, the builtins, scripts in their sandbox; and that
-- whatever one of them does, only its own conversation suffers. What runs elsewhere is program_remote_spec.lua's.
local dkjson = require "dkjson"

local requests = require "spec.support.requests"
local support = require "spec.support"

local partner, run = requests.partner, requests.run

local ABENDED, UNKNOWN, DISABLED = "08640001", "10086021", "084C0000"

local function script(body)
  return "local policy = require 'policy'\nreturn { run = function(request) " .. body .. " end }\n"
end

local SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20 }

describe("look-up:", function()
  local region, p

  setup(function()
    region = support.region {
      tcpipservices = { IPIC = {} }, ipconns = { SOME = SOME },
      programs = { ECHO = {}, MIRROR = { builtin = "echo" }, SHUT = { builtin = "ECHO", status = "disabled" } },
      transactions = {
        PAY1 = { program = "MIRROR" }, PAY2 = { program = "ECHO", status = "disabled" }, CVMI = { status = "disabled" },
      },
    }:start()
    p = partner(region:port "IPIC")
  end)
  teardown(function() region:stop() end)

  for _, row in ipairs {
    { "a program by its name", {}, "ECHO", nil },
    { "a builtin under another name", {}, "MIRROR", nil },
    { "a mirror transaction that is not defined", { tran = "CSMI" }, "ECHO", nil },
    { "a transaction's program, when the request names none", { tran = "PAY1" }, nil, nil },
    { "a program that is not defined", {}, "WHOAMI", UNKNOWN, "0618" },
    { "a transaction that is not defined", { tran = "PAY9" }, "ECHO", UNKNOWN, "0618" },
    { "neither a program nor a transaction that has one", { tran = "CPMI" }, nil, UNKNOWN, "0618" },
    { "a program that is disabled", {}, "SHUT", DISABLED, "0619" },
    { "a transaction that is disabled", { tran = "PAY2" }, "ECHO", DISABLED, "0619" },
    { "a mirror transaction that was defined as disabled", { tran = "CVMI" }, "ECHO", DISABLED, "0619" },
  } do
    it(row[1], function()
      local a = run(p, row[3], "data", row[2])
      if not row[4] then
        assert.are.same({ 200, "data" }, { a.status, a.data })
        return
      end
      assert.are.same({ 500, row[4] }, { a.status, a.is7 })
      assert.are.same({ sense = row[4], message = "DFHIS1025" }, dkjson.decode(a.data))
      region:wait_log(("DFHIS1025 W .* tran=%s ipconn=SOME code=X'%s'"):format(row[2].tran or "CPMI", row[5]))
    end)
  end
end)

describe("WHOAMI", function()
  local region

  setup(function()
    region = support.region {
      tcpipservices = { IPIC = {}, TLS = { ssl = "clientauth" } }, programs = { WHOAMI = {} },
      ipconns = {
        SOME = SOME, IDENT = { applid = "CTGAPP", networkid = "NETX", receivecount = 5, userauth = "identify", securityname = "LINKUSER" },
      },
    }:start()
  end)
  teardown(function() region:stop() end)

  it("says what the region knows of a request over a plain socket, and null for the rest", function()
    local p, capex = partner(region:port "IPIC")
    local a = run(p, "WHOAMI", "ignored", { hops = 3 })
    assert.are.equal("1208", a.ccsid)
    local o, _, why = dkjson.decode(a.data, 1, "null")
    assert.is_nil(why)
    assert.are.same({
      applid = "CICSA", networkid = "NETA", ipconn = "SOME", partner = { applid = "SOMEAPPL", networkid = "NETX" },
      connection = capex.connection,
      linkuser = "CICSUSER", userid = "CICSUSER", checked = { "CICSUSER" }, tran = "CPMI", program = "WHOAMI", hops = 3, generation = 1,
      certificate = "null", tls = "null",
    }, o)
  end)

  it("says the certificate, the link user and the user who came along", function()
    local o, status = support.connect { port = region:port "TLS", ring = "NETX.CTGAPP", link = "WHOAMI", userid = "FRED" }
    assert.are.equal(0, status)
    local who = dkjson.decode(o.data)
    assert.are.same({ "IDENT", "LINKUSER", "FRED", "TLSv1.3" }, { who.ipconn, who.linkuser, who.userid, who.tls })
    table.sort(who.checked)
    assert.are.same({ "FRED", "LINKUSER" }, who.checked)
    assert.is_truthy(who.certificate.subject:find "CTGAPP")
    assert.are.equal(64, #who.certificate.sha256)
  end)
end)

describe("a script", function()
  local region, p, port

  local SCRIPTS = {
    upper = "return { run = function(request) return request.data:upper() end,\n"
      .. "attach = function() return require('policy').accept() end }\n",
    keys = script "local out = {} for k in pairs(request) do out[#out + 1] = k end table.sort(out) return table.concat(out, ' ')",
    refuses = script "return policy.refuse('no_money', 'the account is empty')",
    counts = script "return tostring((policy.counter 'runs'):next())",
    nothing = script "", number = script "return 42", breaks = script "\n  error 'it broke'",
    loops = script "while true do end", survives = script "pcall(function() while true do end end) return 'lived on'",
    hoards = script "local x, t = ('x'):rep(1000), {} while true do t[#t + 1] = x .. #t end",
    matches = script "return (('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40)))",
    large = script "local out = {} for i = 1, 16 do out[i] = ('x'):rep(1024 * 1024) end return table.concat(out)",
    sum = script "local n = 0 for i = 1, 10000 do n = n + i end return tostring(n)",
  }

  setup(function()
    local programs = {
      ECHO = {}, HOARDS = { script = "hoards", instructions = 100000000 }, FEW = { script = "sum", instructions = 1000 },
      LARGE = { script = "large", kilobytes = 65536, instructions = 100000000, milliseconds = 20000 },
    }
    for name in pairs(SCRIPTS) do
      if not programs[name:upper()] then programs[name:upper()] = { script = name } end
    end
    region = support.region {
      region = { milliseconds = 5000 }, tcpipservices = { IPIC = { attach = "upper" } }, ipconns = { SOME = SOME }, programs = programs,
      scripts = SCRIPTS,
    }:start()
    port = region:port "IPIC"
    p = partner(port)
  end)
  teardown(function() region:stop() end)

  it("answers with the string that run returns", function()
    assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
    assert.are.equal("", run(p, "UPPER", "").data)
    assert.are.equal("A\0\255", run(p, "UPPER", "a\0\255").data)
  end)

  it("is given the request, and nothing that is not known", function()
    assert.are.equal("applid connection data generation hops ipconn linkuser networkid program tran userid", run(p, "KEYS", "x").data)
    assert.are.equal("037", run(p, "UPPER", "x", { ccsid = "037" }).ccsid)
  end)

  it("counts in the region's counters", function()
    assert.are.same({ "1", "2" }, { run(p, "COUNTS", "").data, run(p, "COUNTS", "").data })
  end)

  it("answers 16 MiB, when it may have the memory", function()
    local a = run(p, "LARGE", "")
    assert.are.equal(16 * 1024 * 1024, #(a.data or ""))
  end)

  it("takes 16 MiB without paying for them", function()
    local data = ("abcdefgh"):rep(2 * 1024 * 1024)
    assert.are.equal("applid connection", run(p, "KEYS", data).data:sub(1, 17))
  end)

  it("refuses in its own words, which its partner never sees", function()
    local a = run(p, "REFUSES", "")
    assert.are.same({ 500, ABENDED }, { a.status, a.is7 })
    assert.is_nil(a.data:find "account")
    region:wait_log "SP0053 W Program failed%. .*program=REFUSES .*no_money: the account is empty"
  end)

  for name, text in pairs {
    NOTHING = "run answered nothing", NUMBER = "run answered a number", BREAKS = "it broke",
    LOOPS = "hit the limit of 1000000 instructions", SURVIVES = "hit the limit of 1000000 instructions",
    FEW = "hit the limit of 1000 instructions",
    HOARDS = "hit the limit of 4096 KiB", MATCHES = "hit the limit of 1000000 instructions",
  } do
    it(name .. " costs its own conversation alone", function()

      local a = run(p, name, "x")
      assert.are.same({ 500, ABENDED }, { a.status, a.is7 })
      assert.are.same({ sense = ABENDED, message = "DFHIS0998" }, dkjson.decode(a.data))
      region:wait_log("DFHIS0998 E .*program=" .. name .. " .*" .. text)
      assert.are.equal("still here", run(p, "ECHO", "still here").data)
    end)
  end

  it("that broke is told with its place and its traceback", function()
    run(p, "BREAKS", "")
    region:wait_log "DFHIS0998 .*at=%S*policies/breaks%.lua:3 .*traceback=.*breaks%.lua:3"
  end)

  it("that does not load, or has no run, is a fault of the definition", function()
    local list = region.given
    for source, text in pairs {
      ["return { admit = function() end }"] = "program X: script: %S*/x%.lua has no function run; add run = function",
      ["return { rum = function() end }"] = "x%.lua:1: fault: unknown door \"rum\"; did you mean \"run\"%?",
      ["syntax error"] = "x%.lua:1:",
    } do
      region:script("x", source)
      region:define { tcpipservices = list.tcpipservices, ipconns = list.ipconns, programs = { X = { script = "x" } } }
      local status, out, err = region:command("reload")
      assert.are.equal(1, status)
      assert.is_truthy((out .. err):find(text), out .. err)
    end
    assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
    region:define(list)
  end)
end)
