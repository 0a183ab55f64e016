-- SPDX-License-Identifier: Apache-2.0
-- Parameters of a script: urm = { "SCRIPT", max = 5 }. The script declares them, and its functions get them as second
-- argument.
local support = require "spec.support"

local CAP = [[
local policy = require "policy"
return {
  params = {
    max = { type = "integer", default = 2, min = 1, max = 10 },
    network = { type = "string" },
    mode = { type = "string", default = "hard", one_of = { "hard", "soft" } },
    share = { type = "number", default = 0.5 },
    strict = { type = "boolean", default = false },
    names = { type = "list", default = {} },
  },
  install = function(facts, params)
    local seen = ("%d %s %s %s %s %d"):format(params.max, params.network, params.mode, params.share, params.strict, #params.names)
    policy.check("params", params.max > 0, seen)
    if facts.capex.networkid ~= params.network then return policy.refuse "other_network" end
    return policy.install { ipconn = facts.capex.applid }
  end,
}]]

local function definition(urm, more)
  return ([[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", policies = "policies" }
tcpipservice "ONE" { host = "127.0.0.1", portnumber = 0,
  urm = %s }
%s
]]):format(urm, more or "")
end

describe("the parameters of a script", function()
  local region
  after_each(function() region:stop() end)

  local function define(text)
    local file = assert(io.open(region:path "region.lua", "w"))
    file:write(text)
    file:close()
  end

  local function make(urm, script, more)
    region = support.region { tcpipservices = { ONE = { urm = "cap" } }, scripts = { cap = script or CAP } }
    define(definition(urm, more))
    return region
  end

  local function check()
    local status, out, err = support.sallyport("check", "--region", region:path "region.lua")
    return status, out .. err
  end

  local function faulty(urm, text, script)
    make(urm, script)
    local status, said = check()
    assert.are.equal(1, status, said)
    assert.message(said).is_truthy(said:find(text, 1, true))
  end

  local function checks_of(said)
    for _, door in ipairs(region:explain(said.connection)[1].doors) do
      if door.door == "install" then return door.checks end
    end
  end

  local function seen(said) return checks_of(said)[1].detail end

  it("reach its functions, with the defaults of the others, for each attribute its own", function()
    make([[{ "cap", network = "NETX", max = 5, share = 1, names = { "A", "B" } }]], nil,
      [[tcpipservice "TWO" { host = "127.0.0.1", portnumber = 0,
  urm = { "cap", network = "NETY", strict = true, mode = "soft" } }]]):start()
    local one = support.connect { port = region:port "ONE", networkid = "NETX", applid = "ONE" }
    assert.are.equal("5 NETX hard 1 false 2", seen(one))
    local two = support.connect { port = region:port "TWO", networkid = "NETY", applid = "TWO" }
    assert.are.equal("2 NETY soft 0.5 true 0", seen(two))
    assert.are.same({ "cap", [[urm { max = 5, names = { "A", "B" }, network = "NETX", share = 1 }]] },
      { region:row("tcpipservice", "ONE").urm, region:row("tcpipservice", "ONE").params })
  end)

  it("that the script does not declare, or that do not fit, are faults at the line of the attribute", function()
    faulty([[{ "cap", network = "NETX", mx = 1 }]], "there is no parameter 'mx'; is 'max' meant?")
    faulty([[{ "cap", network = "NETX", mx = 1 }]], "region.lua:3: fault: tcpipservice ONE: urm: ")
    faulty([[{ "cap" }]], "the parameter 'network' is missing and has no default; add network = and a string")
    faulty([["cap"]], "the parameter 'network' is missing and has no default")
    faulty([[{ "cap", network = "NETX", max = 0 }]], "parameter 'max' is 0; it must be at least 1")
    faulty([[{ "cap", network = "NETX", max = 11 }]], "parameter 'max' is 11; it must be at most 10")
    faulty([[{ "cap", network = "NETX", max = 1.5 }]], "parameter 'max' is 1.5; it must be a whole number")
    faulty([[{ "cap", network = 5 }]], "parameter 'network' is 5; it must be a string")
    faulty([[{ "cap", network = "NETX", mode = "x" }]], [[parameter 'mode' is "x"; it must be one of "hard", "soft"]])
    faulty([[{ "cap", network = "NETX", strict = "yes" }]], [[parameter 'strict' is "yes"; it must be true or false]])
    faulty([[{ "cap", network = "NETX", names = "A" }]], [[parameter 'names' is "A"; it must be a list of strings]])
  end)

  it("have a form", function()
    faulty([[{ network = "NETX" }]], [[urm is a table without the name of a script; write urm = { "SCRIPT", name = value }]])
    faulty([[{ "cap", "dog" }]], [[urm holds a second value without a name; write { "SCRIPT", name = value }]])
    faulty([[{ "cap", ["a b"] = 1 }]], "urm gives the parameter 'a b', which is no name")
    faulty([[{ "cap", ["end"] = 1 }]], "urm gives the parameter 'end', which is no name")
    faulty([[{ "cap", names = { 1 } }]],
      "urm gives the parameter 'names' a value that is no string, finite number, boolean or list of strings")
    faulty([[{ "cap", share = 1/0 }]], "urm gives the parameter 'share' a value that is no string")
    faulty([[{ "no", max = 1 }]], "urm gives parameters to no script")
  end)

  it("are declared soundly, or the script is at fault", function()
    local function declares(rule, text)
      faulty([["cap"]], text, "return { params = " .. rule .. ", install = function() return require 'policy'.refuse() end }")
    end
    declares("5", "params is a number; it is a table such as")
    declares("{ max = 5 }", "params.max is a number; it is a table such as")
    declares("{ max = {} }", "params.max has no type; it must be string, integer, number, boolean or list")
    declares("{ max = { type = 'int' } }", [[params.max: type is "int"; it must be string, integer]])
    declares("{ max = { type = 7 } }", "params.max: type is 7; it must be string, integer")
    declares("{ max = { type = 'integer', least = 1 } }", "params.max has no key 'least'; there are type, default, min, max and one_of")
    declares("{ max = { type = 'integer', default = 'x' } }", [[parameter 'max' is "x"; it must be a whole number]])
    declares("{ max = { type = 'integer', default = 0, min = 1 } }", "the default of parameter 'max' is 0; it must be at least 1")
    faulty('"cap"', 'unknown door "parms"; did you mean "params"?', "return { parms = {} }")
    declares("{ max = { type = 'integer', min = 0/0 } }", "params.max: min is a number, of an integer or a number")
    declares("{ max = { type = 'string', min = 1 } }", "params.max: min is a number, of an integer or a number")
    declares("{ max = { type = 'string', one_of = { 1 } } }", "params.max: a value of one_of is not a string")
    declares("{ { type = 'string' } }", "params holds a rule without a name")
  end)

  it("are a frozen table with the declared names only", function()
    make([[{ "cap", names = { "A" } }]], [[
local policy = require "policy"
return { params = { names = { type = "list" } }, install = function(facts, params)
  for i, try in ipairs { function() params.names = 1 end, function() params.names[1] = "B" end, function() return params.nmaes end } do
    local ok, message = pcall(try)
    policy.check("try " .. i, ok, message)
  end
  return policy.refuse "no"
end }]]):start()
    local said = support.connect { port = region:port "ONE", applid = "ONE" }
    local checks = checks_of(said)
    for i, text in ipairs { "read-only", "read-only", "params has no 'nmaes'; is 'names' meant?" } do
      assert.is_false(checks[i].value)
      assert.message(checks[i].detail).is_truthy(checks[i].detail:find(text, 1, true))
    end
  end)

  it("that change are a changed script: the partners are asked again, and the reload says so", function()
    make([[{ "cap", network = "NETX" }]]):start()
    local p = support.raw(region:port "ONE")
    assert.are.equal("OK", p:capex({ applid = "ONE", networkid = "NETX" }):read_message().body.response)
    local function hash() return region:inquire("policy", "cap")[1].generation_hash end
    local before = hash()
    define(definition [[{ "cap", network = "NETY" }]])
    local status, out = region:command "reload"
    assert.are.equal(0, status)
    assert.message(out).is_truthy(out:find([[urm cap { network = "NETX" } -> cap { network = "NETY" }]], 1, true))
    assert.message(out).is_truthy(out:find("ONE released", 1, true))
    assert.are_not.equal(before, hash())
  end)

  it("reach the function of a program, and the rules of a chain", function()
    make([[{ "chain", code = "mine" }]], nil,
      [[program "SAY" { script = { "say", text = "hello" } }
tcpipservice "FREE" { host = "127.0.0.1", portnumber = 0, urm = "dfhisaip" }]])
    region:script("say", [[return { params = { text = { type = "string" } }, run = function(_, params) return params.text end }]])
    region:script("dfhisaip", support.read "policies/dfhisaip.lua")
    region:script("chain", [[
local policy = require "policy"
return { params = { code = { type = "string" } },
  install = policy.first { policy.all { policy.when(function(_, params) return params.code == "mine" end,
    function(_, params) return policy.refuse(params.code) end) } } }]])
    region:start()
    local said = support.connect { port = region:port "FREE", applid = "ONE", link = "SAY", data = "x" }
    assert.are.equal("hello", said.data)
    local refused = support.connect { port = region:port "ONE", applid = "TWO" }
    assert.are.equal("mine", region:explain(refused.connection)[1].code)
  end)

  it("are there again, like zones and data, after the state of the scripts was thrown away", function()
    make([[{ "keeper", name = "ONE" }]], [[return {}]],
      [[tcpipservice "TWO" { host = "127.0.0.1", portnumber = 0, urm = "keeper" }]])
    local text = assert(support.read(region:path "region.lua")):gsub('networkid = "NETA",', '%0 kilobytes = 256, milliseconds = 1000,')
    define(text)
    region:script("keeper", [[
local policy = require "policy"
local zone, list, kept = policy.zone "Asia/Tokyo", policy.data("list.csv", { key = "k" }), {}
return { params = { name = { type = "string", default = "DEFAULT" } }, install = function(facts, params)
  kept[#kept + 1] = ("x"):rep(60000) .. facts.connection
  return policy.refuse("seen", ("%s %d %s"):format(params.name, zone:at(0).hour, list:find("a").v))
end }]])
    local file = assert(io.open(region:path "policies/list.csv", "w"))
    file:write "k,v\na,found\n"
    file:close()
    region:start()
    local function said(service)
      return region:explain(support.connect({ port = region:port(service), applid = "A" }).connection)[1].doors[3].text
    end
    local n = 0
    repeat
      assert.are.same({ "ONE 9 found", "DEFAULT 9 found" }, { said "ONE", said "TWO" })
      n = n + 1
    until n == 60 or region:log():find("SP0019", 1, true)
    assert.is_truthy(region:wait_log "SP0019")
    assert.are.same({ "ONE 9 found", "DEFAULT 9 found" }, { said "ONE", said "TWO" })
  end)

  it("are given to the rows of a decision table as params", function()
    make [[{ "cap", network = "NETX" }]]
    region:script("cap_spec", [[return {
      { door = "install", params = { network = "NETX" }, facts = { capex = { applid = "A", networkid = "NETX" } },
        expect = { verdict = "install" } },
      { door = "install", params = { network = "NETX", max = 0 }, facts = {}, expect = { verdict = "install" } },
      { door = "install", facts = {}, expect = { verdict = "install" } },
      { door = "install", params = 5, facts = {}, expect = { verdict = "install" } } }]])
    local _, out, err = support.sallyport("check", "--specs", "--region", region:path "region.lua")
    local said = out .. err
    assert.message(said).is_nil(said:find("row 1", 1, true))
    assert.message(said).is_truthy(said:find("row 2: parameter 'max' is 0; it must be at least 1", 1, true))
    assert.message(said).is_truthy(said:find("row 3: the parameter 'network' is missing", 1, true))
    assert.message(said).is_truthy(said:find("row 4: params must be a table, not a number", 1, true))
  end)

  it("are not kept when an operator names another urm", function()
    make([[{ "cap", network = "NETX" }]]):start()
    region:script("plain", "return { install = function() return require 'policy'.refuse() end }")
    assert.are.equal(0, (region:command("set", "tcpipservice", "ONE", "urm=plain")))
    assert.are.same({ "plain", "" }, { region:row("tcpipservice", "ONE").urm, region:row("tcpipservice", "ONE").params })
    local status, _, err = region:command("set", "tcpipservice", "ONE", "urm=cap")
    assert.are.equal(1, status)
    assert.message(err).is_truthy(err:find("the parameter 'network' is missing", 1, true))
  end)
end)
