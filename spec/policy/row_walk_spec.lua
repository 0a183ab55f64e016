-- SPDX-License-Identifier: Apache-2.0
-- Rows with walk = true: one connection through all doors of a definition, as `ask` walks it.
local json = require "dkjson"
local lfs = require "lfs"

local support = require "spec.support"

local SCRIPT = [[
local policy = require "policy"
local capex = require "policy.capex"

return {
  bind = function(facts)
    policy.note("load", facts.load.from_peer)
    if not policy.check("a name is given", not capex.is_blank(facts.capex)) then return policy.refuse("blank", "no name") end
    return policy.accept()
  end,
  install = function(facts)
    if not policy.check("the network is SHOP", facts.capex.networkid == "SHOP", facts.capex.networkid) then
      return policy.refuse("other", "not SHOP")
    end
    local port = facts.notes.load > 0 and facts.notes.load or nil
    return policy.install { ipconn = "S" .. facts.capex.applid, template = "GUEST", host = facts.peer.ip, port = port }
  end,
  attach = function(facts)
    if facts.request.userid == "FRED" then return policy.accept() end
    return policy.refuse("user", "not FRED")
  end,
}
]]
local SHOP = 'facts = { tcpipservice = "PLAIN", capex = { networkid = "SHOP", applid = "A" } }'

describe("a row with walk = true", function()
  local region

  local function define(rows, more)
    region = support.region {
      region = more, scripts = { s = SCRIPT, s_spec = "return {\n" .. rows .. "\n}\n" },
      tcpipservices = { PLAIN = { bind = "s", urm = "s", attach = "s" },
        TLS = { ssl = "clientauth", certificate = "CICSA", bind = "s", urm = "s" } },
      ipconns = { GUEST = { template = "only", receivecount = 5 },
        NEAR = { networkid = "NETB", host = "192.0.2.9", port = 1490, sendcount = 5 } },
      programs = { ECHO = {} },
    }
    region:define(region.given)
  end

  local function test(rows, ...)
    if region then support.remove(region.dir) end
    define(rows)
    local status, out, err = support.sallyport("test", "--region", region:path "region.lua", ...)
    return status, out, err
  end

  local function holds(rows)
    local status, out, err = test(rows)
    assert.equal(0, status, out .. err)
  end

  local function objects(words, rows)
    local status, out, err = test(rows)
    assert.equal(1, status)
    assert.is_truthy(out:find(words, 1, true), out .. err)
  end

  after_each(function()
    if region and region.process then region:stop() end
    if region then support.remove(region.dir) end
    region = nil
  end)

  it("asks all doors in order, and compares each that it names", function()
    holds("{ walk = true, " .. SHOP .. [[, expect = { verdict = "accept", ipconn = "SA", code = false,
      doors = { "admit", "bind", "install" },
      bind = { verdict = "accept" }, install = { verdict = "install", ipconn = "SA", template = "GUEST", userid = false },
      certify = false } }]])
  end)

  it("ends at a refusal, of a door or of the engine", function()
    holds([[
      { walk = true, facts = { tcpipservice = "PLAIN", capex = { networkid = "EVIL", applid = "A" } },
        expect = { verdict = "refuse", code = "other", ipconn = false, install = { verdict = "refuse", code = "other" } } },
      { walk = true, facts = { tcpipservice = "PLAIN", capex = { networkid = "SHOP" } },
        expect = { verdict = "refuse", code = "blank", install = false } },
      { walk = true, facts = { tcpipservice = "TLS", tls = false },
        expect = { verdict = "refuse", code = "plain_text", bind = false } },
      { walk = true, facts = { tcpipservice = "TLS" }, expect = { verdict = "refuse", code = "no_certificate" } },
    ]])
  end)

  it("takes the address, the counts, the time, TLS and a request from its facts", function()
    holds([[
      { walk = true, facts = { tcpipservice = "PLAIN", peer = { ip = "192.0.2.7", port = 4000 }, load = { from_peer = 77 },
          capex = { networkid = "SHOP", applid = "A", port = 1490 } },
        expect = { verdict = "accept", install = { verdict = "install", host = "192.0.2.7", port = 77 } } },
      { walk = true, facts = { tcpipservice = "TLS", tls = { version = "TLSv1.2", sni = "a.example" },
          capex = { networkid = "SHOP", applid = "A" } }, certificate = { cn = "A" }, expect = { verdict = "accept" } },
      { walk = true, facts = { tcpipservice = "PLAIN", capex = { networkid = "SHOP", applid = "A" },
          request = { program = "ECHO", userid = "FRED", bytes = 10 } },
        expect = { verdict = "refuse", attach = false, code = "userid_given" } },
      { walk = true, facts = { tcpipservice = "PLAIN", capex = { networkid = "SHOP", applid = "A" }, request = { program = "ECHO" } },
        expect = { verdict = "refuse", code = "user", attach = { verdict = "refuse", code = "user" } } },
      { walk = true, facts = { way = "out", ipconn = { ipconn = "NEAR" } },
        expect = { verdict = "accept", ipconn = "NEAR", doors = { "admit" } } },
    ]])
  end)

  it("has a certificate that the ring verifies, or one that is made", function()
    local ring = lfs.currentdir() .. "/certs/rings/"
    local facts = 'facts = { tcpipservice = "TLS", capex = { networkid = "SHOP", applid = "A" } }'
    holds(([[
      { walk = true, certificate = "R/NETX.CTGAPP/NETX.CTGAPP.pem", F, expect = { verdict = "accept", certify = { verdict = "accept" } } },
      { walk = true, certificate = { cn = "A" }, F, expect = { verdict = "accept" } },
      { walk = true, certificate = { cn = "A", verified = false }, F, expect = { verdict = "refuse", code = "chain", bind = false } },
      { walk = true, certificate = { cn = "A", not_before = 0, not_after = 1 }, F, expect = { verdict = "refuse", code = "chain" } },
      { walk = true, certificate = { file = "R/NETX.CTGAPP/NETX.CTGAPP.pem", verified = false }, F, expect = { verdict = "refuse" } },
    ]]):gsub("R/", ring):gsub(" F,", " " .. facts .. ",") .. "")
  end)

  it("shows the doors when it does not hold", function()
    local status, out = test("{ name = 'n', walk = true, " .. SHOP .. [[, expect = { verdict = "refuse", ipconn = "SB", doors = { "admit" },
      install = { verdict = "install", template = "OTHER" }, certify = { verdict = "accept" }, bind = false } }]], "--json")
    local failure = assert(json.decode(out)).failures[1]
    assert.equal(1, status)
    local said = table.concat(failure.text, "\n")
    for _, words in ipairs { "verdict: expected refuse, got accept", "ipconn: expected SB, got SA",
      "doors: expected admit, got admit, bind, install", "install: template: expected OTHER, got GUEST",
      "certify: expected to be asked, and was not", "bind: expected not to be asked, and was asked" } do
      assert.is_truthy(said:find(words, 1, true), words .. "\n" .. said)
    end
    assert.equal("admit", failure.doors[1].door)
    assert.equal("a name is given", failure.doors[2].checks[1].name)
  end)

  it("names facts that the walk makes itself, and keys that it does not have", function()
    objects('facts of a walk has no key "notes"', "{ walk = true, facts = { notes = {} }, expect = { verdict = 'accept' } }")
    objects('a row with walk = true has no key "mock"', "{ walk = true, mock = {}, facts = {}, expect = { verdict = 'accept' } }")
    objects('facts.capex of a walk has no key "callback"',
      "{ walk = true, facts = { capex = { callback = true } }, expect = { verdict = 'accept' } }")
    objects("facts.capex.applid: 'NINECHARS' is not 1 to 8",
      "{ walk = true, facts = { capex = { applid = 'NINECHARS' } }, expect = { verdict = 'accept' } }")
    objects('expect has no key "instal"; is "install" meant?',
      "{ walk = true, facts = {}, expect = { verdict = 'accept', instal = false } }")
    objects("no tcpipservice named NONE", "{ walk = true, facts = { tcpipservice = 'NONE' }, expect = { verdict = 'accept' } }")
    objects("walk must be true", "{ walk = 1, facts = {}, expect = { verdict = 'accept' } }")
  end)

  it("needs a definition that can be loaded", function()
    define("{ walk = true, " .. SHOP .. ", expect = { verdict = 'accept' } }")
    os.remove(region:path "region.lua")
    local status, out = support.sallyport("test", region:path "policies")
    assert.equal(1, status)
    assert.is_truthy(out:find("needs the definition of a region: name it by --region FILE", 1, true), out)
    support.write(region:path "region.lua", 'region { applid = "A", networkid = "B", ring = "nowhere" }\n')
    status, out = support.sallyport("test", "--region", region:path "region.lua")
    assert.equal(1, status)
    assert.is_truthy(out:find("the walk has no region: ", 1, true), out)
    assert.is_truthy(out:find("nowhere", 1, true), out)
  end)

  it("goes through the scripts of another directory", function()
    define("")
    local other = region:path "other"
    lfs.mkdir(other)
    support.write(other .. "/s.lua", (SCRIPT:gsub('"SHOP"', '"EVIL"')))
    support.write(other .. "/s_spec.lua", [[return { { walk = true,
      facts = { tcpipservice = "PLAIN", capex = { networkid = "EVIL", applid = "A" } }, expect = { verdict = "accept" } } }]])
    local status, out = support.sallyport("test", other, "--region", region:path "region.lua")
    assert.equal(0, status, out)
  end)

  it("counts for the coverage of the scripts", function()
    local _, out = test("{ walk = true, " .. SHOP .. ", expect = { verdict = 'accept' } },", "--json")
    local s = assert(json.decode(out)).cover.s
    assert.same({ 12, 18, 19 }, s.missing, out)
  end)

  it("is run by check --specs, and refuses a reload when it does not hold", function()
    define("{ name = 'n', walk = true, " .. SHOP .. ", expect = { verdict = 'accept' } }")
    local status, out = support.sallyport("check", "--specs", "--region", region:path "region.lua")
    assert.equal(0, status, out)
    assert.is_truthy(out:find("1 rows, 0 failed", 1, true), out)
    region:start()
    assert.equal(0, (region:command "reload"))
    region:script("s", (SCRIPT:gsub('"SHOP"', '"MALL"')))
    local code, said, err = region:command "reload"
    assert.equal(1, code)
    said = said .. err
    assert.is_truthy(said:find('row 1 "n": verdict: expected accept, got refuse', 1, true), said)
  end)
end)
