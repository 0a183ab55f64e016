-- SPDX-License-Identifier: Apache-2.0
-- policy.data: rows of CSV and JSON files, in a plain Lua and in a region; their faults, reloads and --watch.
local policy = require "policy"
local fails = require "spec.support.fails"
local process = require "spec.support.process"
local support = require "spec.support"
local text = require "spec.support.text"

describe("policy.data in a plain Lua", function()
  local path, dir = package.path, process.directory()
  setup(function()
    text.write(dir .. "/partners.csv", 'applid,name,level\nSHOP1,"Shop, the first",3\nBANK1,Bank,\n')
    text.write(dir .. "/limits.json", '[ { "name": "a", "max": 5, "share": 0.5, "strict": true },\n  { "name": "b", "max": null } ]')
    text.write(dir .. "/wrong.csv", "a,b\n1\n")
    package.path = dir .. "/?.lua;" .. path
  end)
  teardown(function() package.path = path end)

  it("finds rows by their key", function()
    local partners = policy.data("partners.csv", { key = "applid" })
    assert.are.equal("Shop, the first", partners:find("SHOP1").name)
    assert.are.equal("", partners:find("BANK1").level)
    assert.is_nil(partners:find "shop1")
    assert.are.equal(2, partners:count())
  end)

  it("gives the values of JSON their types, and nil for those that are not there", function()
    local limits = policy.data("limits.json", { key = "name" })
    local a, b = limits:find "a", limits:find "b"
    assert.are.same({ 5, 0.5, true }, { a.max, a.share, a.strict })
    assert.are.equal("integer", math.type(a.max))
    assert.are.same({}, { b.max, b.share, b.strict })
  end)

  it("goes through the rows in the order of the file", function()
    local names = {}
    for row in policy.data("partners.csv"):each() do names[#names + 1] = row.applid end
    assert.are.same({ "SHOP1", "BANK1" }, names)
  end)

  it("has rows that are frozen and strict", function()
    local row = policy.data("partners.csv", { key = "applid" }):find "SHOP1"
    fails("read-only", function() row.level = 9 end)
    fails("a row has no 'nmae'; is 'name' meant?", function() return row.nmae end)
    local seen = {}
    for key, value in pairs(row) do seen[key] = value end
    assert.are.same({ applid = "SHOP1", name = "Shop, the first", level = "3" }, seen)
  end)

  it("takes names of files of the directory, and a key that is a column", function()
    for _, bad in ipairs { "", "partners", "partners.lua", "../partners.csv", "/etc/x.csv", "a/b/c.csv", ".csv", "a.b.csv", "a.csv\0" } do
      fails("is not the name of a data file", policy.data, bad)
    end
    fails("takes the name of a file such as", policy.data, 5)
    fails("there is no column 'aplid' for the key; is 'applid' meant?", policy.data, "partners.csv", { key = "aplid" })
    fails("key must be the name of a column", policy.data, "partners.csv", { key = "" })
    fails("there is only the option key", policy.data, "partners.csv", { keys = "applid" })
    fails("takes a name and a table", policy.data, "partners.csv", "applid")
    fails("nowhere.csv: cannot be read", policy.data, "nowhere.csv")
    fails("wrong.csv:2: the row has 1 value, and the header has 2 names", policy.data, "wrong.csv")
  end)

  it("takes no header of a file that other rules have made", function()
    for name, fault in pairs {
      ["applid;network"] = "the name of a column has a ';'; a CSV file has commas between its values",
      ["applid\tnetwork"] = "the name of a column has a tab; a CSV file has commas between its values",
      ["applid, network"] = "the name ' network' of a column has a blank at its end; no blank stands beside a comma",
      ["applid ,network"] = "the name 'applid ' of a column has a blank at its end; no blank stands beside a comma",
    } do
      text.write(dir .. "/header.csv", name .. "\nSHOP1,SHOP\n")
      fails("header.csv:1: " .. fault, policy.data, "header.csv", { key = "applid" })
    end
    text.write(dir .. "/header.csv", "\xEF\xBB\xBFapplid,my network\r\nSHOP1,SHOP\r\n")
    assert.are.equal("SHOP", policy.data("header.csv", { key = "applid" }):find("SHOP1")["my network"])
  end)

  it("says how it is asked", function()
    local partners = policy.data "partners.csv"
    fails("the data has no key; name its column", partners.find, partners, "SHOP1")
    fails("takes a string, not a number", function() return policy.data("partners.csv", { key = "applid" }):find(5) end)
    fails("call it with a colon", partners.count, {})
    fails("data has no 'fnid'; is 'find' meant?", function() return partners:fnid "SHOP1" end)
    assert.is_false(getmetatable(partners))
  end)
end)

describe("data files in a region", function()
  local region
  after_each(function() region:stop() end)

  local RULE = [[
local policy = require "policy"
local partners = policy.data("partners.csv", { key = "applid" })
return { install = function(facts)
  local row = partners:find(facts.capex.applid)
  if not policy.check("in the list", row ~= nil, partners:count()) then return policy.refuse "not_listed" end
  return policy.install { ipconn = row.ipconn }
end }]]

  local function data(name, bytes) text.write(region:path("policies/" .. name), bytes) end

  local function make(script, more)
    local t = { tcpipservices = { IPIC = { urm = "rule" } }, scripts = { rule = script or RULE } }
    for key, value in pairs(more or {}) do t[key] = value end
    region = support.region(t)
    data("partners.csv", "applid,ipconn\nSHOP1,SONE\n")
    return region
  end

  local function partner(applid)
    local p = support.raw(region:port "IPIC")
    return p, p:capex({ applid = applid, networkid = "NETX" }):read_message().body
  end

  it("are read at load, and again by a reload, which asks again and changes the hash", function()
    make():start()
    local one, answer = partner "SHOP1"
    assert.are.equal("SONE", answer.ipconn)
    assert.are.equal("EXCEPTION", select(2, partner "SHOP2").response)
    local function hash() return region:inquire("policy", "rule")[1].generation_hash end
    local before = hash()
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal(before, hash())
    one:request "1 cmd; name=heartbeat"
    assert.are.equal(200, (one:read_message() or {}).status)
    data("partners.csv", "applid,ipconn\nSHOP2,STWO\n")
    local status, out = region:command "reload"
    assert.are.equal(0, status)
    assert.message(out).is_truthy(out:find("SONE released", 1, true))
    assert.message(out).is_truthy(out:find("data partners.csv changed", 1, true))
    assert.are_not.equal(before, hash())
    assert.are.equal("STWO", select(2, partner "SHOP2").ipconn)
  end)

  it("with a fault refuse a reload, which names the file and the line", function()
    make():start()
    data("partners.csv", "applid,ipconn\nSHOP1,A\nSHOP2,B\nSHOP1,C\n")
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.message(err).is_truthy(err:find("rule.lua:2: fault: policy.data: ", 1, true))
    assert.message(err).is_truthy(err:find("partners.csv:4: applid SHOP1 is there twice; the first is at line 2", 1, true))
    assert.are.equal("SONE", select(2, partner "SHOP1").ipconn)
  end)

  it("are not read at a door", function()
    make([[
local policy = require "policy"
return { install = function() return policy.data("partners.csv"):count() > 0 and policy.refuse() or policy.refuse() end }]]):start()
    partner "SHOP1"
    assert.is_truthy(region:wait_log "policy_error.*policy%.data: call it while the script loads, outside of the functions of doors")
  end)

  it("cost no kilobytes of the script, and each row of each() costs steps", function()
    make([[
local policy = require "policy"
local many = policy.data("many.csv", { key = "k" })
return { install = function(facts)
  if facts.capex.applid == "ALL" then for _ in many:each() do end end
  return policy.refuse(many:find("key 99999").v)
end }]], { region = { kilobytes = 512, instructions = 100000 } })
    local lines = { "k,v" }
    for i = 1, 100000 do lines[#lines + 1] = ("key %d,v%d"):format(i, i) end
    data("many.csv", table.concat(lines, "\n"))
    region:start()
    local function code(applid)
      local _, answer = partner(applid)
      return region:explain(answer.connection)[1].code
    end
    assert.are.equal("v99999", code "ONE")
    assert.are.equal("policy_limit", code "ALL")
  end)

  it("are of the version that policy use takes again", function()
    make():start()
    data("partners.csv", "applid,ipconn\nSHOP2,STWO\n")
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("EXCEPTION", select(2, partner "SHOP1").response)
    local _, diff = region:command("policy", "diff", "1", "2")
    assert.message(diff).is_truthy(diff:find("data partners.csv", 1, true))
    local _, shown = region:command("policy", "show", "1", "partners.csv")
    assert.are.equal("applid,ipconn\nSHOP1,SONE\n", shown)
    local status, _, err = region:command("policy", "use", "1")
    assert.message(err).are.equal(0, status)
    assert.are.equal("SONE", select(2, partner "SHOP1").ipconn)
  end)

  it("that change are noticed by --watch", function()
    make(RULE, { arguments = { "--watch" } }):start()
    data("partners.csv", "applid,ipconn\nSHOP9,SNINE\n")
    support.wait_until(function() return select(2, partner "SHOP9").ipconn == "SNINE" end, 20, "the reload of the data")
  end)

  it("that their group may write are a warning of check, as for scripts", function()
    make()
    assert(os.execute(("chmod g+w '%s'"):format(region:path "policies/partners.csv")))
    local status, out, err = support.sallyport("check", "--region", region:path "region.lua")
    assert.are.equal(0, status)
    assert.message(out .. err).is_truthy((out .. err):find("partners.csv: warning: can be written by its group", 1, true))
    assert(os.execute(("chmod o+w '%s'"):format(region:path "policies/partners.csv")))
    status, out, err = support.sallyport("check", "--region", region:path "region.lua")
    assert.are.equal(1, status)
    assert.message(out .. err).is_truthy((out .. err):find("partners.csv: can be written by everybody", 1, true))
  end)
end)
