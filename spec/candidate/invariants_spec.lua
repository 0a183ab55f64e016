-- SPDX-License-Identifier: Apache-2.0
-- `sallyport test --invariants`: finds the hole of each script, prints it as a row that holds, and finds none when it is repaired.
local json = require "dkjson"

local holes = require "spec.support.holes"
local support = require "spec.support"
local wait = require "spec.support.wait"

local SECONDS = "60" -- a search ends at the first counterexample; a loaded machine may need more than on its own

describe("sallyport test --invariants", function()
  local region

  local function define(script, invariant, doors)
    local service = { ssl = "clientauth", certificate = "CICSA", urm = "s" }
    for door, name in pairs(doors) do service[door] = name end
    region = support.region { scripts = { s = script, s_invariant = invariant }, tcpipservices = { TLS = service },
      ipconns = { GUEST = { template = "only", receivecount = 5 }, ADMIN = { template = "only", receivecount = 99 } } }
    region:define(region.given)
  end

  local function search(...) return support.sallyport("test", "--region", region:path "region.lua", "--invariants", ...) end

  after_each(function()
    if region then support.remove(region.dir) end
    region = nil
  end)

  for _, hole in ipairs(holes) do
    it("finds " .. hole.name, function()
      define(hole.script, hole.invariant, hole.doors)
      local status, out, err = search("--seconds", SECONDS, "--json")
      assert.equal(1, status, out .. err)
      local o = assert(json.decode(out), out)
      assert.equal(1, o.claims)
      assert.equal(1, o.failed)
      assert.equal(hole.name, o.failures[1].name)
      support.write(region:path "policies/s_spec.lua", "return {\n" .. o.failures[1].rows .. "}\n")
      local holds, rows, faults = support.sallyport("test", "--region", region:path "region.lua")
      assert.equal(0, holds, o.failures[1].rows .. rows .. faults)
    end)

    it("finds nothing when it is repaired: " .. hole.name, function()
      define(hole.repaired, hole.invariant, hole.doors)
      local status, out, err = search("--seconds", "1")
      assert.equal(0, status, out .. err)
      assert.is_truthy(out:find("1 of 1 claims hold", 1, true), out)
    end)
  end

  local function claim(name, body) return ("return { { name = %q, holds = function(walk) %s end } }\n"):format(name, body) end

  it("prints two rows for a claim that compares connections", function()
    define([[
      local policy = require "policy"
      return { install = function(facts)
        return policy.install { ipconn = "P" .. facts.capex.networkid:sub(-3), applid = "X" }
      end }]], [[
      local owner = {}
      return { { name = "an ipconn has one network", holds = function(walk)
        if not walk.accepted then return true end
        local name = walk.ipconn.ipconn
        owner[name] = owner[name] or walk.facts.capex.networkid
        return owner[name] == walk.facts.capex.networkid
      end } }]], {})
    local status, out, err = search("--seconds", SECONDS, "--json")
    assert.equal(1, status, out .. err)
    local rows = json.decode(out).failures[1].rows
    support.write(region:path "policies/s_spec.lua", "return {\n" .. rows .. "}\n")
    local holds, printed = support.sallyport("test", "--region", region:path "region.lua")
    assert.equal(0, holds, rows .. printed)
    assert.is_truthy(printed:find("2 passed, 0 failed", 1, true), printed)
  end)

  it("finds the same row with the same seed", function()
    local hole = holes[1]
    define(hole.script, hole.invariant, hole.doors)
    local function rows(seed) return json.decode((select(2, search("--seconds", SECONDS, "--seed", seed, "--json")))).failures[1].rows end
    assert.equal(rows "7", rows "7")
  end)

  it("gives a claim the facts, the ipconn and the doors", function()
    define(holes[1].repaired, claim("the form of a walk", [[
      if walk.accepted then
        assert(walk.ipconn.ipconn == "PARTNER" and walk.ipconn.template == "GUEST" and walk.ipconn.autoinstalled)
        assert(walk.facts.capex.networkid ~= nil and walk.facts.certificate.chain.ok)
        if walk.facts.socket == 2 then
          assert(#walk.doors == 3 and walk.doors[3].door == "bind" and walk.doors[3].verdict == "accept")
        else
          assert(#walk.doors == 4 and walk.doors[4].door == "install" and walk.doors[4].verdict == "install")
        end
      else
        assert(walk.ipconn == nil)
        for i, door in ipairs(walk.doors) do
          assert(door.verdict ~= "refuse" or (door.code ~= nil and i == #walk.doors))
        end
      end
      return true]]), holes[1].doors)
    local status, out, err = search("--seconds", "1")
    assert.equal(0, status, out .. err)
  end)

  it("makes certificates by the authorities of the ring, so that a script that looks at the issuer accepts", function()
    define(support.read "policies/pinned.lua", claim("pinned accepts nobody", [[
      for _, door in ipairs(walk.doors) do
        if door.door == "certify" and door.verdict == "accept" then return false end
      end
      return true]]), { certify = "s", urm = "no" })
    local status, out, err = search("--seconds", SECONDS, "--json")
    assert.equal(1, status, out .. err)
    local rows = json.decode(out).failures[1].rows
    assert.is_truthy(rows:find('issuer = { o = "Sallyport demo", cn = "First CA" }', 1, true), rows)
    support.write(region:path "policies/s_spec.lua", "return {\n" .. rows .. "}\n")
    local holds, printed = support.sallyport("test", "--region", region:path "region.lua")
    assert.equal(0, holds, rows .. printed)
  end)

  it("reaches connections that a shipped script accepts", function()
    local seen = claim("nobody is accepted", "return not walk.accepted")
    local path = "policies/region_invariant.lua"
    define("return {}", seen, {})
    for _, name in ipairs { "lan", "certuser", "partners", "dfh_isai" } do
      support.write(region:path("policies/" .. name .. ".lua"), support.read("policies/" .. name .. ".lua"))
    end
    support.write(region:path(path), support.read(path))
    region.given.tcpipservices = { IPICSEC = { ssl = "clientauth", certificate = "CICSA",
      admit = "lan", certify = "certuser", bind = "partners", urm = "dfh_isai" } }
    region.given.ipconns = { NETX = { applid = "CTGAPP", template = "only", receivecount = 5 } }
    region:define(region.given)
    -- The other claims hold, so that the search takes its whole time.
    local status, out, err = search("--seconds", tostring(6 * wait.slower), "--json")
    local o = json.decode(out)
    assert.equal(1, status, out .. err)
    assert.equal(4, o.claims)
    assert.equal(1, o.failed, out)
    assert.equal("nobody is accepted", o.failures[1].name)
  end)

  it("names the place of a claim that fails, answers something else, or never ends", function()
    for body, words in pairs {
      ["return 1"] = "holds answered a number; it answers true or false",
      ["return walk.facts.nothing"] = "nothing",
      ["while true do end"] = "hit the limit of",
    } do
      define("return {}", claim("odd", body), {})
      region.given.tcpipservices.TLS = { ssl = "clientauth", certificate = "CICSA" }
      region:define(region.given)
      local status, out, err = search("--seconds", "5")
      assert.equal(1, status, out)
      assert.is_truthy(err:find("s_invariant.lua:1: fault: ", 1, true), err)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.is_truthy(out:find("^0 of 1 claims hold"), out)
      local _, text = search("--seconds", "5", "--json")
      local o = json.decode(text, 1, json.null)
      local failure = o.failures[1]
      assert.same({ 1, 1, json.null, json.null, 1 }, { o.claims, o.failed, failure.name, failure.rows, failure.line })
      assert.is_truthy(failure.text:find(words, 1, true), failure.text)
      support.remove(region.dir)
    end
    region = nil
  end)

  it("refuses a file that is no list of claims", function()
    for text, words in pairs {
      ["return 1"] = "returns no table",
      ["return {}"] = "returns no list of claims",
      ["return { { name = 'a' } }"] = "claim 1: holds is no function",
      ["return { { name = 'a', hold = 1, holds = function() end } }"] = "claim 1: has another key",
      ["return { { holds = function() end } }"] = "claim 1: name is no string",
      ["return { name = 'a', holds = function() end }"] = "returns no list of claims",
      ["return {"] = "s_invariant.lua:",
    } do
      define("return {}", text, {})
      region.given.tcpipservices.TLS = { ssl = "clientauth", certificate = "CICSA" }
      region:define(region.given)
      local status, out, err = search()
      assert.equal(1, status, out)
      assert.is_truthy(err:find(words, 1, true), words .. "\n" .. err)
      support.remove(region.dir)
    end
    region = nil
  end)

  it("takes no option of rows", function()
    define(holes[1].repaired, holes[1].invariant, holes[1].doors)
    for _, words in ipairs { { "--filter", "x" }, { "--cover" }, { "--threshold", "90" }, { "--bench" } } do
      local status, out, err = search(table.unpack(words))
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find("--invariants runs none", 1, true), err)
    end
  end)

  it("needs claims, a definition and numbers", function()
    define(holes[1].repaired, holes[1].invariant, holes[1].doors)
    os.remove(region:path "policies/s_invariant.lua")
    local status, _, err = search()
    assert.equal(1, status)
    assert.is_truthy(err:find("there is no NAME_invariant.lua", 1, true), err)
    local _, text = search "--json"
    local o = json.decode(text)
    assert.same({ 0, 1, 0 }, { o.claims, o.failed, o.walks })
    assert.is_truthy(o.failures[1].text:find("there is no NAME_invariant.lua", 1, true))
    for _, option in ipairs { "--seconds=0", "--seconds=x", "--seed=-1" } do
      assert.equal(2, (support.sallyport("test", "--invariants", option)))
    end
  end)
end)

describe("sallyport test --invariants for the region of init", function()
  local dir

  setup(function()
    dir = support.directory()
    assert.equal(0, (support.sallyport("init", dir .. "/live")))
  end)
  teardown(function() support.remove(dir) end)

  local function refuted(seed, body)
    support.write(dir .. "/live/policies/known_invariant.lua",
      ("local first\nreturn { { name = 'odd', holds = function(walk) %s end } }\n"):format(body))
    local status, out, err = support.sallyport("test", "--invariants", "--seconds", SECONDS, "--seed", seed,
      "--region", dir .. "/live/region.lua")
    assert.equal(1, status, out .. err)
    assert.is_truthy(out:find('"odd" does not hold', 1, true), out .. err)
    return out
  end

  it("reaches the partner of the list, in whichever order it tries", function()
    for _, seed in ipairs { "1", "2", "3" } do
      assert.is_truthy(refuted(seed, "return not walk.accepted"):find('ipconn = "SHOPWEB1"', 1, true))
    end
  end)

  it("finds that two certificates get one ipconn", function()
    refuted("1", [[
      if not walk.accepted then return true end
      first = first or walk.facts.certificate.sha256
      return first == walk.facts.certificate.sha256]])
  end)
end)

describe("sallyport check --invariants", function()
  it("finds a claim that does not hold", function()
    local hole = holes[1]
    local service = { ssl = "clientauth", certificate = "CICSA", urm = "s", certify = "s", bind = "s" }
    local region = support.region { scripts = { s = hole.script, s_invariant = hole.invariant }, tcpipservices = { TLS = service },
      ipconns = { GUEST = { template = "only", receivecount = 5 } } }
    region:define(region.given)
    local function check(...) return support.sallyport("check", "--region", region:path "region.lua", ...) end
    assert.equal(0, (check()))
    local status, _, err = check("--invariants")
    assert.equal(1, status)
    assert.is_truthy(err:find('"' .. hole.name .. '" does not hold', 1, true), err)
    support.write(region:path "policies/s.lua", hole.repaired)
    assert.equal(0, (check("--invariants")))
    support.remove(region.dir)
  end)
end)
