-- SPDX-License-Identifier: Apache-2.0
-- The saf: what a policy may ask it, the file it is read from, hashes for it, and a region that has one.

local cert = require "policy.cert"
local policy = require "policy"
local fails = require "spec.support.fails"
local saf = require "policy.saf"
local support = require "spec.support"

local FRED = "scrypt:10:8:1:AAECAwQFBgcICQoLDA0ODw:g5YbxIhECK5MqxhkZl6hQMVIe0TZBURcdF1-xqA7LeU" -- opensesame

local MODEL = [[{
  users = {
    FRED = { password = "]] .. FRED .. [[", groups = { "PAYROLL", "AUDIT" } },
    ANNA = { groups = { "PAYROLL" } },
    GONE = { groups = { "PAYROLL" }, revoked = true },
  },
  classes = {
    TCICSTRN = {
      ["PAY*"] = { permit = { PAYROLL = "read", ANNA = "update" } },
      PAY1 = { uacc = "none" },
      ["**"] = { uacc = "read" },
    },
    FACILITY = { ["DFHAPPL.CICSB"] = { permit = { ANNA = "read" } } },
  },
}]]

local function model() return assert(load("return " .. MODEL))() end

describe("saf.check", function()
  before_each(function() policy.mock { saf = model() } end)
  after_each(function() policy.mock(nil) end)

  local ROWS = {
    { "the most specific profile decides alone", { "TCICSTRN", "PAY1", "FRED" }, false, "PAY1", "NONE", "uacc" },
    { "a group's permit", { "TCICSTRN", "PAYX", "FRED" }, true, "PAY*", "READ", "group" },
    { "a permit of one's own before it", { "TCICSTRN", "PAYX", "ANNA", "update" }, true, "PAY*", "UPDATE", "user" },
    { "more than is held", { "TCICSTRN", "PAYX", "FRED", "update" }, false, "PAY*", "READ", "group" },
    { "what is left over", { "TCICSTRN", "CPMI", "ANNA", "READ" }, true, "**", "READ", "uacc" },
    { "any case", { "tcicstrn", "cpmi", "anna", "Execute" }, true, "**", "READ", "uacc" },
    { "a user that is revoked", { "TCICSTRN", "CPMI", "GONE" }, false, "**", "NONE", "revoked user" },
    { "a user nobody knows", { "TCICSTRN", "CPMI", "NOBODY" }, false, "**", "NONE", "unknown user" },
    { "a resource nothing covers", { "FACILITY", "DFHAPPL.CICSC", "ANNA" }, false, nil, "NONE", "no profile" },
    { "a class that is not there", { "SERVAUTH", "X", "ANNA" }, false, nil, "NONE", "no class" },
  }
  for _, row in ipairs(ROWS) do
    it("decides by " .. row[1], function()
      local yes, why = saf.check(table.unpack(row[2]))
      assert.are.equal(row[3], yes)
      assert.are.same({ profile = row[4], held = row[5], by = row[6] }, why)
    end)
  end

  it("takes strings and the words for access", function()
    fails("the class must be a string", saf.check, nil, "X", "FRED")
    fails("the profile must be a string", saf.check, "C", 7, "FRED")
    fails("the userid must be a string, not a nil", saf.check, "C", "X", nil)
    fails("the userid holds a NUL", saf.check, "C", "X", "FRED\0")
    fails("not 'write'", saf.check, "C", "X", "FRED", "write")
    fails("not 'none'", saf.check, "C", "X", "FRED", "none")
    local said = fails("the access must be a string", function() saf.check("C", "X", "FRED", true) end)
    assert.is_truthy(said:find "saf_spec%.lua:%d+: saf%.check", said)
  end)

  it("says no without a saf, whatever is asked", function()
    policy.mock {}
    assert.are.same({ false, { held = "NONE", by = "no saf" } }, { saf.check("TCICSTRN", "CPMI", "ANNA") })
    policy.mock(nil)
    assert.are.same({ false, { held = "NONE", by = "no saf" } }, { saf.check("TCICSTRN", "CPMI", "ANNA") })
  end)
end)

describe("saf.user", function()
  before_each(function() policy.mock { saf = model() } end)
  after_each(function() policy.mock(nil) end)

  it("tells groups and whether one is revoked, never a password", function()
    assert.are.same({ revoked = false, groups = { "AUDIT", "PAYROLL" } }, saf.user "fred")
    assert.are.same({ revoked = true, groups = { "PAYROLL" } }, saf.user "GONE")
    assert.is_nil(saf.user "NOBODY")
    policy.mock(nil)
    assert.is_nil(saf.user "FRED")
  end)

  it("takes a string", function() fails("the userid must be a string", saf.user, nil) end)
end)

describe("policy.mock", function()
  after_each(function() policy.mock(nil) end)

  it("names what is wrong with a saf by its path", function()
    fails("mock: saf: users.FRED.groups: must be a list", policy.mock, { saf = { users = { FRED = { groups = 7 } } } })
    fails("mock: saf: classes.C.P.uacc: 'rea' is not none", policy.mock, { saf = { classes = { C = { P = { uacc = "rea" } } } } })
    fails("mock: saf: must be one table", policy.mock, { saf = "policies/saf.lua" })
    assert.are.equal("no saf", select(2, saf.check("C", "P", "FRED")).by)
  end)
end)

-- What `check` says of a region whose saf's file holds this; fields: of region { } in place of the saf.
local function check(content, fields)
  local dir = support.directory()
  support.write(dir .. "/region.lua", ('region { applid = "CICSA", networkid = "NETA", %s }'):format(fields or 'saf = "saf.lua"'))
  if content then support.write(dir .. "/saf.lua", content) end
  return support.sallyport("check", "--region", dir .. "/region.lua")
end

-- A list with holes whose length, as Lua counts it, is the largest integer.
local function endless()
  local keys = { "[" .. math.maxinteger .. "] = 'A'" }
  for i = 62, 0, -1 do keys[#keys + 1] = ("[%d] = 'A%d'"):format(1 << i, i) end
  return "{ " .. table.concat(keys, ", ") .. " }"
end

describe("the saf's file", function()
  local FAULTS = {
    { "return { users = { FRED = { groups = " .. endless() .. " } } }", "users%.FRED%.groups: must be a list" },
    { "return { users = { FRED = { password = 'secret' } } }", "users%.FRED%.password: not of the form scrypt:.*sallyport passwd" },
    { "return { users = { FRED = { password = 'scrypt:18:8:1:AAECAwQFBgcICQoLDA0ODw:" .. FRED:sub(-43) .. "' } } }",
      "users%.FRED%.password: LN is 18; it must be 10 to 17" },
    { "return { users = { FRED = { groups = { 'A', x = 'B' } } } }", "users%.FRED%.groups: must be a list" },
    { "return { users = { FRED = { groups = { 'A', 'a' } } } }", "users%.FRED%.groups%[2%]: A occurs twice" },
    { "return { users = { FRED = { groups = { 7 } } } }", "users%.FRED%.groups%[1%]: must be the name of a group, not a number" },
    { "return { users = { FRED = {}, ANNA = { groups = { 'FRED' } } } }",
      "users%.ANNA: is in a group FRED, and there is a user of that name" },
    { "return { users = { FRED = {}, fred = {} } }", "a user FRED exists already" },
    { "return { users = { FREDERICK = {} } }", "users%.FREDERICK: 'FREDERICK' is not the name of a user" },
    { "return { users = { FRED = { revokd = true } } }", "users%.FRED: has no key 'revokd'; did you mean revoked%?" },
    { "return { users = { FRED = { revoked = 'yes' } } }", "users%.FRED%.revoked: must be true or false, not a string" },
    { "return { users = { FRED = { revoked = yes } } }", "saf%.lua:1: fault: this file is data: there is nothing named 'yes'" },
    { "return { classes = { C = { ['A*B'] = {} } } }", "classes%.C%.A%*B: is not the name of a profile: %* is allowed at the end" },
    { "return { classes = { C = { A = {}, a = {} } } }", "a profile A exists already" },
    { "return { classes = { C = { A = { permit = { FRED = 'write' } } } } }",
      "classes%.C%.A%.permit%.FRED: 'write' is not none, execute, read" },
    { "return { classes = { C = { A = { permit = { 'FRED' } } } } }", "classes%.C%.A%.permit: has a key that is a number" },
    { "return { revoke = 'often' }", "revoke: must be a whole number from 0" },
    { "return { user = {} }", "has no key 'user'; did you mean users%?" },
    { "users = {}", "this file is data" },
    { "return", "must be one table" },
    { "return { users = { FRED = { revoked = true },\nFRED = {} } }", "saf%.lua:2: fault: FRED occurs twice in one table" },
    { "return {{", "saf%.lua:1: fault: the file ends inside a table; a } is missing" },
    { "while true do end", "stopped at its limit of 10000000 instructions" },
    { "return { users = { FRED = { groups = { ('x'):rep(1e9) } } } }", "fault: attempt to index" },
    { nil, "region%.lua:1: fault: region: saf: /[^\n]*/saf%.lua: No such file" },
  }
  for _, row in ipairs(FAULTS) do
    it("is refused when it says " .. tostring(row[1]):sub(1, 60), function()
      local status, out, err = check(row[1])
      assert.are.equal(1, status, out .. err)
      assert.is_truthy(err:find(row[2]), err)
    end)
  end

  it("may name an unknown user in a permit, with a warning", function()
    local status, _, err = check("return { users = { FRED = {} }, classes = { C = { A = { permit = { FERD = 'read' } } } } }")
    assert.are.equal(0, status, err)
    assert.is_truthy(err:find "warning: classes%.C%.A%.permit%.FERD is neither a user nor a group", err)
  end)

  it("without class TCICSTRN refuses every request, and is told so; not where scripts judge them all", function()
    local function said(class, more)
      local dir = support.directory()
      local region = support.region {
        region = { saf = dir .. "/saf.lua" }, tcpipservices = { IPIC = more or {} }, programs = { ECHO = {} },
        scripts = { judge = "return { attach = function() return require 'policy'.accept() end }" },
      }
      support.write(dir .. "/saf.lua", ("return { classes = { %s = { ['**'] = { uacc = 'read' } } } }"):format(class))
      local status, _, err = support.sallyport("check", "--region", region:path "region.lua")
      assert.are.equal(0, status, err)
      return err
    end
    assert.is_truthy(said("TCICSTRM"):find "saf%.lua: warning: there is no class TCICSTRN, .*tcpipservice IPIC")
    assert.is_nil(said("TCICSTRN"):find "TCICSTRN")
    assert.is_nil(said("TCICSTRM", { attach = "judge" }):find "TCICSTRN")
  end)

  it("must be named when sec is yes", function()
    local status, _, err = check(nil, 'sec = "yes"')
    assert.are.equal(1, status)
    assert.is_truthy(err:find "region%.lua:1: fault: sec.*saf = \"FILE\"", err)
  end)
end)

describe("the sample of the documents", function()
  it("of a saf is one", function()
    local sample = support.read("engine/config/README.md"):match("\n## The saf\n.-```lua\n(.-)```")
    local status, _, err = check((sample:gsub("scrypt:14:8:1:…", FRED)))
    assert.are.equal(0, status, err)
    assert.is_nil(err:find "saf%.lua", err)
  end)

  it("of maps is one", function()
    local sample = support.read("certs/README.md"):match("\n## Users for certificates\n.-```lua\n(.-)```")
    local filter = cert.filter(load((sample:gsub("AB:CD:…", ("AB:"):rep(32))))())
    local subject = { { type = "O", value = "Shop" }, { type = "OU", value = "Pay" } }
    assert.are.equal("PAYUSER", filter { subject = subject, chain = { ok = true } })
  end)
end)

describe("sallyport passwd", function()
  local function passwd(line, ...)
    return support.run({ support.binary, "passwd", ... }, line)
  end

  it("prints a hash that the saf's file takes, never the same twice", function()
    local status, one = passwd("tulip\n", "--ln", "10")
    local _, two = passwd("tulip\n", "--ln", "10")
    assert.are.equal(0, status)
    assert.is_truthy(one:find "^scrypt:10:8:1:[%w_-]+:[%w_-]+\n$", one)
    assert.are_not.equal(one, two)
    local checked, _, err = check(("return { users = { FRED = { password = %q } } }"):format(one:sub(1, -2)))
    assert.are.equal(0, checked, err)
  end)

  it("takes 2^14 rounds unless told, and no number that is none", function()
    assert.is_truthy(select(2, passwd "tulip\n"):find "^scrypt:14:8:1:")
    for _, bad in ipairs { "9", "18", "x", "+12", "" } do
      local status, out = passwd("tulip\n", "--ln", bad)
      assert.are.same({ 2, "" }, { status, out })
    end
  end)

  local NONE = { ["an empty line"] = { "\n", "empty" }, ["no line"] = { "", "no line" }, ["a NUL"] = { "a\0b\n", "NUL" },
    ["101 bytes"] = { ("x"):rep(101) .. "\n", "100 bytes" } }
  for name, row in pairs(NONE) do
    it("takes no " .. name, function()
      local status, out, err = passwd(row[1])
      assert.are.same({ 1, "" }, { status, out })
      assert.is_truthy(err:find(row[2]), err)
    end)
  end
end)

describe("cert.filter", function()
  local SUM = ("ab"):rep(32)
  local function certificate(fields)
    local c = { subject = { { type = "C", value = "DE" }, { type = "O", value = "Shop" }, { type = "CN", value = "fred" } },
      issuer = { { type = "O", value = "Trust" } }, sha256 = SUM, chain = { ok = true } }
    for key, value in pairs(fields or {}) do c[key] = value end
    return c
  end

  it("gives the user ID of the most specific filter that fits", function()
    local filter = cert.filter { { userid = "DE", subject = "C=DE" }, { userid = "SHOP", subject = "o=Shop, C=DE" },
      { userid = "TRUST", issuer = "O=Trust" } }
    assert.are.equal("SHOP", filter(certificate()))
    assert.are.equal("DE", filter(certificate { subject = { { type = "C", value = "DE" } } }))
    assert.are.equal("TRUST", filter(certificate { subject = {} }))
    assert.is_nil(filter(certificate { subject = {}, issuer = {} }))
  end)

  it("believes names of a verified chain only, and a fingerprint always", function()
    local filter = cert.filter { { userid = "SHOP", subject = "O=Shop,C=DE" }, { userid = "PINNED", sha256 = SUM:upper() } }
    assert.are.equal("PINNED", filter(certificate { chain = { ok = false } }))
    assert.is_nil(filter(certificate { chain = { ok = false }, sha256 = ("cd"):rep(32) }))
    assert.are.equal("SHOP", filter(certificate { sha256 = ("cd"):rep(32) }))
  end)

  it("lets no NUL stand for an end", function()
    local filter = cert.filter { { userid = "SHOP", subject = "O=Shop" } }
    assert.is_nil(filter(certificate { subject = { { type = "O", value = "Shop\0.example" } } }))
    assert.are.equal("SHOP", filter(certificate { subject = { { type = "O", value = "Shop" } } }))
  end)

  it("takes no part of several values for several parts", function()
    local filter = cert.filter { { userid = "PAY", subject = "OU=Pay,O=Shop" } }
    local function named(shared)
      return certificate { subject = { { type = "O", value = "Shop" }, { type = "OU", value = "Pay", shared = shared },
        { type = "CN", value = "fred", shared = shared } } }
    end
    assert.is_nil(filter(named(true)))
    assert.are.equal("PAY", filter(named()))
  end)

  -- What a policy's own spec may write for a certificate.
  it("matches no malformed name", function()
    local filter = cert.filter { { userid = "SHOP", subject = "O=Shop" } }
    for _, name in ipairs { 7, "O=Shop", { "O=Shop" }, { { type = "O" } }, { { value = "Shop" } }, { { type = 7, value = "Shop" } } } do
      assert.is_nil(filter(certificate { subject = name }))
    end
    assert.is_nil(filter { chain = { ok = true } })
  end)

  it("refuses an unknown attribute type, and names the nearest one", function()
    local function wrong(subject, says) fails(says, cert.filter, { { userid = "A", subject = subject } }) end
    wrong("organizationalUnitName=Pay", "[1]: subject: 'organizationalUnitName' is not an attribute type here; write OU")
    wrong("S=Bavaria", "write ST")
    wrong("UO=Pay", "write OU")
    wrong("CN=NETX.PART1.OU=Pay.O=Shop", "parts are separated by commas")
    wrong("C = DE, O = Shop, CN = fred", "write the leaf first")
    fails("write CN", cert.filter, { { userid = "A", subject = "C=DE", issuer = "commonName=CA" } })
  end)

  it("takes filters and nothing else", function()
    fails("cert.filter: [1]: a filter names a certificate by", cert.filter, { { userid = "A" } })
    fails("[1]: sha256 cannot be given", cert.filter, { { userid = "A", sha256 = SUM, subject = "C=DE" } })
    fails("[2]: subject: a name is TYPE=VALUE", cert.filter, { { userid = "A", subject = "C=DE" }, { userid = "A", subject = "DE" } })
    fails("[2]: the same filter exists already, for A", cert.filter,
      { { userid = "A", subject = "C=DE" }, { userid = "B", subject = "c=DE" } })
    fails("[1]: has no userid", cert.filter, { { subject = "C=DE" } })
    fails("'not a name' is not the name of a user", cert.filter, { { userid = "not a name", subject = "C=DE" } })
    fails("has no key 'subj'", cert.filter, { { userid = "A", subj = "C=DE" } })
    fails("without keys", cert.filter, { userid = "A", subject = "C=DE" })
    fails("[1]: must be a filter { userid", cert.filter, { "CN=a" })
    fails("takes a list of filters, not a nil", cert.filter)
    fails("not a SHA-256 fingerprint", cert.filter, { { userid = "A", sha256 = "ab" } })
    fails("takes facts.certificate, not a nil", cert.filter { { userid = "A", subject = "C=DE" } })
  end)
end)

describe("a ring's maps.lua", function()
  local region
  local function ring()
    local dir = support.directory()
    assert.are.equal(0, (support.run { "cp", "-R", "certs/rings/CICSA/.", dir }))
    return dir
  end
  local SEES = "return { bind = function(f) return require('policy').refuse('seen', f.certificate.userid or 'nobody') end }"

  local function begin(maps)
    local dir = ring()
    support.write(dir .. "/maps.lua", maps)
    region = support.region { region = { ring = dir }, scripts = { sees = SEES },
      tcpipservices = { IPIC = { ssl = "clientauth", bind = "sees", certificate = "CICSA" } } }
    region:start()
    return dir
  end

  -- The user ID that the door after certify heard of, and that is on record.
  local function seen()
    local out = support.connect { port = region:port "IPIC", ring = "MYQUAL.MYAPPL", applid = "MYAPPL", networkid = "MYQUAL" }
    local record = region:explain(out.connection)[1]
    local doors = record.doors
    assert.are.same({ "seen", record.facts.certificate.userid }, { record.code, doors[#doors].text })
    return doors[#doors].text
  end

  -- The partner's certificate is CN=MYQUAL.MYAPPL,O=Sallyport demo of CN=First CA,O=Sallyport demo.
  local ISSUER, SUBJECT = "CN=First CA,O=Sallyport demo", "CN=MYQUAL.MYAPPL,O=Sallyport demo"
  local BOTH = ([[return {
  { userid = "ENDISSUE", issuer = "O=Sallyport demo" }, { userid = "ISSUER", issuer = %q },
  { userid = "END", subject = "O=Sallyport demo" }, { userid = "SUBJECT", subject = %q },
  { userid = "ENDBOTH", subject = "O=Sallyport demo", issuer = %q }, { userid = "PARTIAL", subject = %q, issuer = "O=Sallyport demo" },
}]]):format(ISSUER, SUBJECT, ISSUER, SUBJECT)

  it("prefers the end of a subject with its whole issuer to a whole subject, as cert.filter does", function()
    local dir = ring()
    support.write(dir .. "/maps.lua", BOTH)
    region = support.region { region = { ring = dir },
      scripts = { both = BOTH, sees = [[
local policy, filter = require "policy", require("policy.cert").filter(require "both")
return { bind = function(f) return policy.refuse("seen", f.certificate.userid .. " " .. filter(f.certificate)) end }]] },
      tcpipservices = { IPIC = { ssl = "clientauth", bind = "sees", certificate = "CICSA" } } }
    region:start()
    local out = support.connect { port = region:port "IPIC", ring = "MYQUAL.MYAPPL", applid = "MYAPPL", networkid = "MYQUAL" }
    local doors = region:explain(out.connection)[1].doors
    assert.are.equal("ENDBOTH ENDBOTH", doors[#doors].text)
    region:stop()
  end)

  it("is a fault with an unknown type, as is a script's filter, when it is loaded and when it runs", function()
    local dir = ring()
    local where = support.region { region = { ring = dir },
      tcpipservices = { IPIC = { ssl = "clientauth", certificate = "CICSA", certify = "late", bind = "early" } },
      scripts = {
        early = "return { bind = function() end, filter = require('policy.cert').filter { { userid = 'A', subject = 'UO=Pay' } } }",
        late = "local cert = require 'policy.cert' " ..
          "return { certify = function(f) cert.filter { { userid = 'A', subject = 'S=x' } }(f.certificate) end }",
      } }
    support.write(dir .. "/maps.lua",
      "return { { userid = 'A', issuer = 'CN=a' },\n { userid = 'B', subject = 'organizationalUnitName=Pay' } }")
    local status, _, err = support.sallyport("check", "--region", where:path "region.lua")
    assert.are.equal(1, status)
    local said = "maps.lua: fault: [2]: subject: 'organizationalUnitName' is not an attribute type here; write OU"
    assert.is_truthy(err:find(said, 1, true), err)
    assert.is_truthy(err:find("early.lua:1: ", 1, true) and err:find("'UO' is not an attribute type here; write OU", 1, true), err)
    support.write(dir .. "/maps.lua", "return {}")
    where:script("early", "return { bind = function() end }")
    where:start()
    local out = support.connect { port = where:port "IPIC", ring = "MYQUAL.MYAPPL", applid = "MYAPPL", networkid = "MYQUAL" }
    assert.is_falsy(out.accepted)
    where:wait_log "SP0022 .*late%.lua:1.*'S' is not an attribute type here; write ST"
    where:stop()
  end)

  it("or a certify script must be there for linkauth = certuser", function()
    local dir = ring()
    local function checked(certify)
      local where = support.region { region = { ring = dir }, programs = { ECHO = {} }, ipconns = { C = { linkauth = "certuser" } },
        scripts = { names = "return { certify = function() return require('policy').accept { userid = 'A' } end }" },
        tcpipservices = { IPIC = { ssl = "clientauth", certificate = "CICSA", certify = certify } } }
      local status, _, err = support.sallyport("check", "--region", where:path "region.lua")
      return status, err
    end
    local status, err = checked()
    assert.are.equal(1, status)
    assert.is_truthy(err:find("ipconn C: linkauth is certuser and nothing gives a certificate a user, so it has no effect; " ..
      "give tcpipservice IPIC a certify script", 1, true), err)
    assert.are.equal(0, (checked "names"))
    support.write(dir .. "/maps.lua", "return { { userid = 'A', subject = 'O=Shop' } }")
    assert.are.equal(0, (checked()))
  end)

  it("draws a warning for an issuer that is no certificate of the ring", function()
    local function said(filter)
      local dir = ring()
      support.write(dir .. "/maps.lua", ("return { { userid = 'A', sha256 = '%s' }, { userid = 'B', %s } }"):format(("ab"):rep(32), filter))
      local where = support.region { region = { ring = dir }, tcpipservices = { IPIC = { ssl = "clientauth", certificate = "CICSA" } } }
      local status, _, err = support.sallyport("check", "--region", where:path "region.lua")
      assert.are.equal(0, status, err)
      return err:match "maps%.lua: warning: ([^\n]*)"
    end
    assert.is_truthy(said("subject = 'C=DE', issuer = 'CN=First CA,O=Elsewhere'"):find(
      "[2]: no signer and no intermediate of the ring is named CN=First CA,O=Elsewhere", 1, true))
    assert.is_truthy(said("subject = 'C=DE', issuer = 'O=Sallyport demo'"):find("exactly this name", 1, true))
    assert.is_truthy(said("issuer = 'O=Elsewhere'"):find("a name that ends so", 1, true))
    assert.is_nil(said("issuer = 'O=Sallyport demo'"))
    assert.is_nil(said("subject = 'C=DE', issuer = 'CN=First CA,O=Sallyport demo'"))
  end)

  it("gives a certificate its user ID, and another after a reload", function()
    local dir = begin 'return { { userid = "DEMOUSER", subject = "O=Sallyport demo" } }'
    assert.are.equal("DEMOUSER", seen())
    support.write(dir .. "/maps.lua", 'return { { userid = "OTHER", subject = "O=Sallyport demo" } }')
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("OTHER", seen())
    support.write(dir .. "/maps.lua", 'return { { userid = "OTHER", subject = "O=A",\nsubject = "O=B" } }')
    assert.is_truthy(select(3, region:command "reload"):find "maps%.lua:2: fault: subject occurs twice in one table")
    support.write(dir .. "/maps.lua", 'return { { userid = "OTHER", subjet = "O=Sallyport demo" } }')
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.is_truthy(err:find "maps%.lua: fault: %[1%]: has no key 'subjet'; did you mean subject%?", err)
    region:stop()
  end)
end)

describe("a region with a saf", function()
  local DOOR = [[
local policy = require "policy"
local saf = require "policy.saf"
return { bind = function(facts)
  if not saf.check("FACILITY", "DFHAPPL." .. facts.capex.applid, "ANNA", "read") then return policy.refuse("no_access") end
  return policy.accept()
end }]]
  local region

  lazy_setup(function()
    region = support.region { tcpipservices = { IPIC = { bind = "mro", urm = "yes" } }, scripts = { mro = DOOR,
      yes = "return { install = function(f) return require('policy').install { ipconn = f.capex.applid } end }" } }
    region:define { region = { saf = region:path "saf.lua" }, tcpipservices = { IPIC = { bind = "mro", urm = "yes" } } }
    support.write(region:path "saf.lua", "return " .. MODEL)
    region:start()
  end)
  lazy_teardown(function() region:stop() end)

  local function capex(applid)
    return support.raw(region:port "IPIC"):capex { applid = applid }:read_message()
  end

  it("lets its policies ask, and shows what they heard", function()
    local yes, no = capex "CICSB", capex "CICSC"
    assert.are.equal(200, yes.status)
    assert.are.equal(403, no.status)
    local record = region:explain(no.body.connection)[1]
    assert.are.equal("no_access", record.code)
    local said
    for _, door in ipairs(record.doors) do
      for _, c in ipairs(door.checks or {}) do
        if c.name == "saf ANNA READ FACILITY DFHAPPL.CICSC" then said = c end
      end
    end
    assert.are.same({ false, "no profile" }, { said.value, said.detail })
  end)

  it("keeps it when a reload brings a broken one, and takes a whole one on", function()
    local whole = "return { users = { ANNA = {} }, classes = { FACILITY = { ['DFHAPPL.*'] = { uacc = 'read' } } } }"
    support.write(region:path "saf.lua", (whole:gsub("'read'", "'rea'")))
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.is_truthy(err:find "classes%.FACILITY%.DFHAPPL%.%*%.uacc: 'rea'", err)
    assert.are.equal(403, capex("CICSC").status)
    support.write(region:path "saf.lua", whole)
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal(200, capex("CICSC").status)
  end)

  it("knows which users an operator may give a new start", function()
    local function sentence(...) return select(3, region:command("set", "user", ...)) end
    support.write(region:path "saf.lua", "return { users = { ANNA = {}, GONE = { revoked = true } } }")
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal(0, (region:command("set", "user", "anna", "unrevoke")))
    assert.is_truthy(sentence("NOBODY", "unrevoke"):find "no user named NOBODY")
    assert.is_truthy(sentence("GONE", "unrevoke"):find "revoked by the saf's file")
    assert.are.equal(2, (region:command("set", "user", "ANNA", "revoke")))
  end)
end)

describe("run --watch", function()
  it("takes on a saf that has changed", function()
    local region = support.region { arguments = { "--watch" } }
    support.write(region:path "saf.lua", "return {}")
    region:define { region = { saf = region:path "saf.lua" } }
    region:start()
    support.write(region:path "saf.lua", "return { revoke = 3 }")
    region:wait_log "SP0010 .*generation=2"
    support.write(region:path "saf.lua", "return { revoke = -3 }")
    region:wait_log "SP0011 .*revoke: must be a whole number"
    region:stop()
  end)
end)

describe("check --specs", function()
  it("gives a row's mock to policy.saf", function()
    local region = support.region { tcpipservices = { IPIC = { bind = "asks" } }, scripts = {
      asks = "local p, s = require 'policy', require 'policy.saf' " ..
        "return { bind = function() return s.check('C', 'R', 'FRED') and p.accept() or " ..
        "p.refuse((select(2, s.check('C', 'R', 'FRED')).by:gsub('[^a-z]', '_'))) end }",
      asks_spec = [[return {
        { name = "may", door = "bind", facts = {}, mock = { saf = { users = { FRED = {} }, classes = { C = { R = { uacc = "read" } } } } },
          expect = { verdict = "accept" } },
        { name = "nobody known", door = "bind", facts = {}, mock = { saf = { classes = { C = { R = { uacc = "read" } } } } },
          expect = { verdict = "refuse", code = "unknown_user" } },
        { name = "none", door = "bind", facts = {}, expect = { verdict = "refuse", code = "no_saf" } },
        { name = "broken", door = "bind", facts = {}, mock = { saf = { users = 7 } }, expect = { verdict = "accept" } },
      }]],
    } }
    local status, out, err = support.sallyport("check", "--region", region:path "region.lua", "--specs")
    assert.are.equal(1, status, err)
    assert.is_truthy(out:find "4 rows, 1 failed", out .. err)
    assert.is_truthy(err:find 'row 4 "broken": .*saf: users: must be a table', err)
  end)
end)
