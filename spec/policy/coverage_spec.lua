-- SPDX-License-Identifier: Apache-2.0
-- `check --specs` notes what nothing speaks about: a policy without rows, a transaction that no profile covers. A note never counts.
local support = require "spec.support"

local SHOP = [[
local policy = require "policy"
return {
  admit = function() return policy.refuse "no" end,
  install = function() return policy.refuse "no" end,
}]]
local ADMITS = '{ name = "nobody", door = "admit", facts = {}, expect = { verdict = "refuse" } }'
local INSTALLS = '{ name = "nobody", door = "install", facts = {}, expect = { verdict = "refuse" } }'

-- What `check` says of such a region, a line each; its exit status.
local function check(t, ...)
  t.region = t.region or {}
  local region = support.region(t)
  local status, out, err = support.sallyport("check", "--region", region:path "region.lua", "--strict", ...)
  local notes = {}
  for line in err:gmatch "[^\n]+" do
    local note = line:match "note: (.*)"
    if note and not note:find "^security checks" then notes[#notes + 1] = note:gsub(region.dir .. "/", "", 1) end
  end
  return notes, status, out .. err
end

local function policies(specs)
  return check({
    tcpipservices = { A = { ssl = "clientauth", admit = "shop", urm = "shop" }, B = { ssl = "clientauth", admit = "shop" } },
    scripts = { shop = SHOP, shop_spec = specs },
  }, "--specs")
end

describe("check --specs", function()
  it("notes a policy without rows, once", function()
    local notes, status, said = policies(nil)
    assert.same({ "policy shop has no rows; write a decision table, policies/shop_spec.lua" }, notes)
    assert.equal(0, status, said)
    assert.is_truthy(said:find("region.lua:2: note: policy shop", 1, true), said)
  end)

  it("has no note for a table that is there and cannot be loaded", function()
    assert.same({}, (policies "return {"))
  end)

  it("notes a door without a row", function()
    assert.same({ "policy shop has no row for its door install" }, (policies("return { " .. ADMITS .. " }")))
    assert.same({ "policy shop has no row for its door admit" }, (policies("return { " .. INSTALLS .. " }")))
    assert.same({}, (policies("return { " .. INSTALLS .. ", " .. ADMITS .. " }")))
  end)

  it("notes the policy of an ipconn that is dialled, and none that no definition names", function()
    local dialled = { host = "127.0.0.1", port = 1, admit = "shop" }
    local notes = check({ ipconns = { X = dialled }, scripts = { shop = SHOP, other = SHOP } }, "--specs")
    assert.same({ "policy shop has no rows; write a decision table, policies/shop_spec.lua" }, notes)
  end)

  it("has no such notes without --specs, and --json has them with their rule", function()
    local t = { tcpipservices = { A = { admit = "shop" } }, scripts = { shop = SHOP } }
    assert.same({}, (check(t)))
    local region = support.region(t)
    local _, out = support.sallyport("check", "--region", region:path "region.lua", "--specs", "--json")
    local found
    for _, entry in ipairs(require "dkjson".decode(out)) do
      if entry.rule == "no_rows" then found = entry end
    end
    assert.same({ "note", 2 }, { found.level, found.line })
  end)

  local function transactions(profiles, attach)
    return (check({
      tcpipservices = { A = { attach = attach } }, programs = { ECHO = {} },
      transactions = { PAY1 = { program = "ECHO" }, PAY2 = { program = "ECHO" } }, policies = { "saf_attach" },
      saf = ("return { users = { FRED = {} }, classes = { TCICSTRN = { %s } } }"):format(profiles),
    }, "--specs"))
  end

  it("notes a transaction that no profile covers", function()
    assert.same({
      "transaction CPMI: no profile of class TCICSTRN covers it, so that no user may run it",
      "transaction PAY2: no profile of class TCICSTRN covers it, so that no user may run it",
    }, transactions 'PAY1 = { uacc = "none" }')
    assert.same({ "transaction CPMI: no profile of class TCICSTRN covers it, so that no user may run it" }, transactions '["PAY*"] = {}')
    assert.same({}, transactions '["**"] = { uacc = "none" }')
  end)

  it("has nothing to say of transactions that a script judges", function()
    assert.same({ "policy saf_attach has no rows; write a decision table, policies/saf_attach_spec.lua" },
      transactions('PAY1 = { uacc = "none" }', "saf_attach"))
  end)
end)
