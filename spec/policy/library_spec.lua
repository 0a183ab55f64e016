-- SPDX-License-Identifier: Apache-2.0
-- The Lua library in a plain Lua: verdicts, chains, checks, address sets, certificates, CAPEX, the region's mock.

local policy = require "policy"
local ip = require "policy.ip"
local cert = require "policy.cert"
local capex = require "policy.capex"
local fails = require "spec.support.fails"

-- The line of the caller.
local function here()
  return debug.getinfo(2, "l").currentline
end

describe("a verdict", function()
  it("says what it is", function()
    local verdict = policy.accept { userid = "CTGUSER" }
    assert.are.equal("accept", verdict.verdict)
    assert.are.equal("accept", verdict.kind)
    assert.are.equal("CTGUSER", verdict.userid)
    assert.is_false(verdict.sysplex)
    assert.is_nil(verdict.code)
  end)

  it("has no other fields", function()
    local line = here() + 1
    local message = fails("a verdict has no 'knid'; is 'kind' meant?", function() return policy.accept().knid end)
    assert.is_truthy(message:find("^[^:]*library_spec%.lua:" .. line .. ": "))
  end)

  it("carries what is to be installed, and nothing that was not said", function()
    local verdict = policy.install { ipconn = "00000027", template = "T$@#", applid = "A", host = "client.example", port = -1 }
    assert.are.equal("install", verdict.kind)
    assert.are.same({ "00000027", "T$@#", "A", "client.example", -1 },
      { verdict.ipconn, verdict.template, verdict.applid, verdict.host, verdict.port })
    local short = policy.install { ipconn = "APPL" }
    assert.are.same({}, { short.template, short.applid, short.host, short.port })
  end)

  it("cannot be changed, and shows no metatable", function()
    local verdict = policy.pass()
    fails("cannot be changed", function() verdict.kind = "accept" end)
    assert.is_false(getmetatable(verdict))
    assert.is_false((pcall(setmetatable, verdict, {})))
  end)

  it("cites the line of a tail call", function()
    local line = here() + 1
    local function refuses() return policy.refuse("no", "because") end
    local verdict = refuses()
    assert.are.equal(line, verdict.line)
    assert.is_truthy(verdict.file:find "library_spec%.lua$")
  end)

  it("prints as one line for people", function()
    assert.is_truthy(tostring(policy.refuse("not_near", "far away")):find("^refuse not_near: far away %(.*library_spec%.lua:%d+%)$"))
  end)

  it("keeps the end of a path too long to cite", function()
    local chunk = assert(load("return require('policy').refuse()", "@" .. ("d/"):rep(100) .. "end.lua"))
    assert.are.equal(127, #chunk().file)
    assert.is_truthy(chunk().file:find "d/end%.lua$")
  end)
end)

describe("policy.refuse", function()
  it("says refused without a code", function()
    assert.are.equal("refused", policy.refuse().code)
    assert.are.equal("why", policy.refuse(nil, "why").text)
  end)

  it("takes codes of 32 characters and no more", function()
    assert.are.equal(("a"):rep(32), policy.refuse(("a"):rep(32)).code)
    fails("a code is 1 to 32", policy.refuse, ("a"):rep(33))
  end)

  for _, bad in ipairs { "", "Bad", "two words", "é", "a\0b" } do
    it("takes no code such as " .. ("%q"):format(bad), function() fails("a code is 1 to 32", policy.refuse, bad) end)
  end

  it("leaves the engine's own two codes to the engine", function()
    fails("is the engine's own", policy.refuse, "policy_error")
    fails("is the engine's own", policy.refuse, "policy_limit")
  end)

  it("takes strings only", function()
    fails("the code must be a string", policy.refuse, 7)
    fails("the text must be a string", policy.refuse, "no", 7)
    fails("the text must be a string", policy.refuse, "no", setmetatable({}, { __tostring = function() return "x" end }))
  end)

  it("cuts a text at 200 bytes, not within a character", function()
    assert.are.equal(200, #policy.refuse("no", ("x"):rep(300)).text)
    assert.are.equal(("x"):rep(199), policy.refuse("no", ("x"):rep(199) .. "é").text)
  end)

  it("takes no NUL", function() fails("holds a NUL", policy.refuse, "no", "a\0b") end)
end)

describe("policy.accept", function()
  it("refuses by a user id that is no name", function()
    for _, bad in ipairs { "", "lower", "NINECHARS", "A B", "A\0" } do
      local verdict = policy.accept { userid = bad }
      assert.are.equal("refuse", verdict.kind)
      assert.are.equal("bad_name", verdict.code)
      assert.is_nil(verdict.userid)
    end
  end)

  it("names the key that was meant", function() fails("no key 'userId'; is 'userid' meant?", policy.accept, { userId = "A" }) end)

  it("takes true or false for sysplex", function()
    assert.is_true(policy.accept({ sysplex = true }).sysplex)
    fails("sysplex must be true or false", policy.accept, { sysplex = "yes" })
  end)
end)

describe("a verdict's constructor", function()
  it("lists the keys there are", function()
    fails("policy.install: no key 'receivecount'; there are ipconn, template, applid, host and port", policy.install, { receivecount = 2 })
    fails("policy.accept: no key 'ipconn'; there are userid and sysplex", policy.accept, { ipconn = "A" })
    fails("policy.install: no key 'tempalte'; is 'template' meant?", policy.install, { tempalte = "A" })
  end)

  it("takes no more than it uses", function()
    fails("policy.refuse: takes a code and a text and no more", policy.refuse, "no", "%s is not near", "10.0.0.1")
  end)
end)

describe("policy.install", function()
  it("takes a blank template or applid for none given (IPIC.md 6.2)", function()
    local verdict = policy.install { ipconn = "APPL", template = "", applid = "" }
    assert.are.equal("install", verdict.kind)
    assert.is_nil(verdict.template)
    assert.is_nil(verdict.applid)
  end)

  for field, bad in pairs { ipconn = "appl", template = "lower", applid = "NINECHARS" } do
    it("refuses by a bad " .. field .. ", naming it", function()
      local answer = { ipconn = "APPL" }
      answer[field] = bad
      local verdict = policy.install(answer)
      assert.are.equal("refuse", verdict.kind)
      assert.are.equal("bad_name", verdict.code)
      assert.is_truthy(verdict.text:find("^" .. field))
      assert.is_nil(verdict.ipconn)
    end)
  end

  it("refuses without a name", function()
    assert.are.equal("bad_name", policy.install({}).code)
    assert.are.equal("bad_name", policy.install({ ipconn = "" }).code)
  end)

  it("judges the host", function()
    assert.are.equal(116, #policy.install({ ipconn = "A", host = ("h"):rep(116) }).host)
    for _, bad in ipairs { ("h"):rep(117), "two words", "a\nb", "é" } do
      assert.are.equal("bad_name", policy.install({ ipconn = "A", host = bad }).code)
    end
  end)

  it("judges the port", function()
    assert.are.equal(65535, policy.install({ ipconn = "A", port = 65535 }).port)
    for _, bad in ipairs { 0, -2, 65536, 1.5, math.huge } do fails("port must be", policy.install, { ipconn = "A", port = bad }) end
    fails("port must be a number", policy.install, { ipconn = "A", port = "1491" })
  end)

  it("takes known keys of the right type only", function()
    fails("no key 'templat'; is 'template' meant?", policy.install, { ipconn = "A", templat = "T" })
    fails("ipconn must be a string", policy.install, { ipconn = 7 })
    fails("a key that is a number", policy.install, { "A" })
    fails("takes a table", policy.install, nil)
  end)

  it("reads the table raw", function()
    local sly = setmetatable({}, { __index = function() return "APPL" end })
    assert.are.equal("bad_name", policy.install(sly).code)
  end)
end)

describe("policy.rate", function()
  after_each(function() policy.mock(nil) end)

  it("gives its burst at once and then its rate", function()
    local now = 1000
    policy.mock { clock = function() return now end }
    local rate = policy.rate("R", { count = 2, per = 60, burst = 3 })
    assert.are.same({ true, true, true }, { rate:take(), rate:take(2) , policy.rate("other", { count = 1, per = 1 }):take() })
    assert.are.same({ false, 30 }, { rate:take() })
    now = 1030
    assert.are.same({ true }, { rate:take() })
  end)

  it("is the same for each holder of its name, and no counter of that name", function()
    policy.mock { counters = { R = 5 }, rates = { R = 1 } }
    local terms = { count = 1, per = 3600 }
    assert.is_true((policy.rate("R", terms):take()))
    assert.is_false((policy.rate("R", terms):take()))
    assert.are.equal(6, policy.counter("R"):next())
  end)

  it("takes terms only", function()
    fails("takes a name and a table", policy.rate, "R")
    fails("no key 'seconds'; there are count, per, burst, scope, timeout and down", policy.rate, "R", { count = 1, seconds = 1 })
    fails("count must be a whole number from 1 to 1000000, not nil", policy.rate, "R", { per = 1 })
    fails("count must be a whole number from 1 to 1000000, not 0.5", policy.rate, "R", { count = 0.5, per = 1 })
    fails("burst must be a whole number from 1 to 1000000, not 0", policy.rate, "R", { count = 1, per = 1, burst = 0 })
    for _, bad in ipairs { 0, -1, 2e9, 0 / 0, "60" } do
      fails("per must be a number of seconds from 0.001 to 1e9, not " .. tostring(bad), policy.rate, "R", { count = 1, per = bad })
    end
    fails("the name must be a string of 1 to 64 bytes", policy.rate, ("x"):rep(65), { count = 1, per = 1 })
  end)

  it("takes no more than its burst at a time", function()
    policy.mock {}
    local rate = policy.rate("R", { count = 1, per = 1, burst = 5 })
    fails("rate:take: call it with a colon on what policy.rate returned", rate.take)
    local counter = policy.counter "C"
    fails("counter:next: call it with a colon on what policy.counter returned", counter.next, { max = 5 })
    fails("counter:peek: call it with a colon on what policy.counter returned", counter.peek)
    for _, bad in ipairs { 0, 6, 1.5, "1", {} } do fails("rate:take: takes a whole number from 1 to the burst 5", rate.take, rate, bad) end
  end)

  it("has no impossible terms after a script writes into it", function()
    policy.mock {}
    local rate = policy.rate("R", { count = 1, per = 1 })
    rate.count = 0
    fails("impossible", rate.take, rate)
  end)

  it("is mocked by the tokens that are left", function()
    fails("rates are { NAME = the tokens left", policy.mock, { rates = { R = -1 } })
    fails("rates are { NAME = the tokens left", policy.mock, { rates = { R = "1" } })
    fails("rates are { NAME = the tokens left", policy.mock, { rates = { 1 } })
    fails("rates must be a table", policy.mock, { rates = 1 })
  end)
end)

describe("policy.check", function()
  it("returns its value, whatever it is", function()
    local t = {}
    assert.are.equal(t, policy.check("a table", t))
    assert.are.equal(nil, policy.check("nil", nil, "why"))
    assert.are.equal(1, select("#", policy.check("one", 1, {})))
  end)

  it("wants a name", function()
    fails("the name must be a string", policy.check, nil, true)
    fails("must not be empty", policy.check, "", true)
  end)
end)

describe("a chain", function()
  local function says(verdict) return function() return verdict end end
  local yes, no, pass = policy.accept(), policy.refuse "no", policy.pass()
  local never = function() error "asked too late" end

  it("first answers with the first opinion", function()
    assert.are.equal(no, policy.first { says(pass), says(no), never }())
    assert.are.equal(yes, policy.first { says(yes), never }())
  end)

  it("first refuses when no rule has a verdict, and names the line where it was built", function()
    local line = here() + 1
    local chain = policy.first { says(pass), says(pass) }
    local verdict = chain()
    assert.are.same({ "refuse", "no_rule", line }, { verdict.kind, verdict.code, verdict.line })
    assert.are.equal("no_rule", policy.first {}().code)
  end)

  it("all answers with the first refusal, or the last answer", function()
    assert.are.equal(no, policy.all { says(yes), says(no), never }())
    local last = policy.accept { userid = "A" }
    assert.are.equal(last, policy.all { says(yes), says(last) }())
  end)

  it("all refuses by a rule without an opinion", function()
    assert.are.equal("no_rule", policy.all { says(yes), says(pass), never }().code)
    fails("needs at least one rule", policy.all, {})
  end)

  it("hands the facts to each rule", function()
    local facts, seen = {}, {}
    local function look(f) seen[#seen + 1] = f return pass end
    policy.first { look, policy.when(function(f) seen[#seen + 1] = f return true end, look) }(facts)
    assert.are.same({ true, true, true }, { seen[1] == facts, seen[2] == facts, seen[3] == facts })
  end)

  it("takes a forgotten return for what it is", function()
    fails("rule 2 returned a nil, not a verdict", policy.first { says(pass), function() end })
    fails("rule 1 returned a boolean", policy.all { function() return true end })
    fails("rule 1 returned a table", policy.first { function() return { kind = "accept" } end })
  end)

  it("takes functions only, without gaps", function()
    fails("rule 2 is a boolean", policy.first, { says(yes), true })
    fails("rule 2 is missing", policy.first, { [1] = says(pass), [3] = says(no) })
    fails("rule 2 is missing", policy.all, { says(yes), x = says(no) })
    fails("takes a list", policy.all, says(yes))
  end)

  it("is not changed by what happens to its list", function()
    local list = { says(no) }
    local chain = policy.first(list)
    list[1] = says(yes)
    assert.are.equal(no, chain())
  end)

  it("when asks the rule only when its predicate holds", function()
    assert.are.equal(no, policy.when(function() return true end, says(no))())
    assert.are.equal("pass", policy.when(function() return false end, never)().kind)
  end)

  it("when takes true and false for an answer, nothing else", function()
    for _, value in ipairs { 1, "true", {} } do
      fails("not true or false", policy.when(function() return value end, says(yes)))
    end
    fails("returned a nil", policy.when(function() end, says(yes)))
    fails("the predicate must be a function", policy.when, true, says(yes))
    fails("the rule must be a function", policy.when, never, yes)
  end)

  it("errors begin with the script's place, not the library's", function()
    local message = fails("policy.first", function() policy.first { 1 } end)
    assert.is_truthy(message:find "library_spec%.lua:%d+: policy%.first")
  end)
end)

describe("policy.ip", function()
  local set = ip.set { "10.0.0.0/8", ["10.1.0.0/16"] = "lab", ["192.0.2.7"] = 7, ["2001:db8::/32"] = false }

  it("finds the longest prefix and its value", function()
    assert.are.same({ true, "10.1.0.0/16", "lab" }, { set:holds "10.1.2.3" })
    assert.are.same({ true, "10.0.0.0/8", true }, { set:holds "10.2.2.3" })
    assert.are.same({ true, "192.0.2.7/32", 7 }, { set:holds "192.0.2.7" })
    assert.are.same({ true, "2001:db8::/32", false }, { set:holds "2001:db8:1::1" })
  end)

  it("says false alone for the rest", function()
    assert.are.same({ false }, { set:holds "11.0.0.0" })
    assert.are.same({ false }, { set:holds "192.0.2.8" })
    assert.are.same({ false }, { set:holds "2001:db9::" })
    assert.are.same({ false }, { ip.set {}:holds "10.0.0.1" })
  end)

  it("takes a v4-mapped address for the IPv4 address it is", function()
    assert.is_true((set:holds "::ffff:10.9.9.9"))
    assert.is_true(ip.within("::ffff:10.9.9.9", "10.0.0.0/8"))
  end)

  it("never takes what is no address for an address outside", function()
    fails("not a numeric IP address", set.holds, set, "client.example")
    fails("not a numeric IP address", set.holds, set, "10.0.0.1\0")
    fails("an address is a string", set.holds, set, nil)
    fails("not a numeric IP address", ip.within, "010.0.0.1", "10.0.0.0/8")
    fails("with a colon", set.holds, {}, "10.0.0.1")
  end)

  it("refuses entries that are no prefixes", function()
    fails("10.0.0.0/8", ip.set, { "10.0.0.1/8" })
    fails("ip.set", ip.set, { "10.0.0.0/33" })
    fails("ip.set", ip.set, { lan = "10.0.0.0/8" })
    fails("a prefix is a string", ip.set, { 7 })
    fails("the value of 10.0.0.0/8 is a table", ip.set, { ["10.0.0.0/8"] = {} })
    fails("takes a table", ip.set, "10.0.0.0/8")
  end)

  it("within answers for one prefix", function()
    assert.is_true(ip.within("fd00::1", "fc00::/7"))
    assert.is_false(ip.within("fe80::1", "fc00::/7"))
    assert.is_false(ip.within("10.0.0.1", "::/0"))
  end)

  it("is_address tells an address from a name", function()
    assert.is_true(ip.is_address "::1")
    assert.is_false(ip.is_address "localhost")
    assert.is_false(ip.is_address(7))
  end)

  it("sets show no metatable", function() assert.is_false(getmetatable(set)) end)
end)

describe("policy.cert", function()
  local function named(...)
    local subject = {}
    for i, cn in ipairs { ... } do subject[i] = { type = "CN", value = cn } end
    return { subject = subject, san = {} }
  end

  it("cn is the one CN", function()
    assert.are.equal("A", cert.cn(named "A"))
    assert.are.same({ nil, "no CN" }, { cert.cn(named()) })
    assert.are.same({ nil, "2 CNs" }, { cert.cn(named("A", "B")) })
    assert.are.same({ nil, "2 CNs" }, { cert.cn(named("A", "A")) })
  end)

  it("ou is the one OU", function()
    local function in_units(...)
      local subject = { { type = "CN", value = "A" } }
      for _, ou in ipairs { ... } do subject[#subject + 1] = { type = "OU", value = ou } end
      return { subject = subject }
    end
    assert.are.equal("Pay", cert.ou(in_units "Pay"))
    assert.are.same({ nil, "no OU" }, { cert.ou(in_units()) })
    assert.are.same({ nil, "2 OUs" }, { cert.ou(in_units("Pay", "Shop")) })
    fails("cert.ou: takes facts.certificate, not a nil", cert.ou, nil)
  end)

  it("verified is true for a chain that verified, and for no other value", function()
    assert.are.same({ true }, { cert.verified { chain = { ok = true } } })
    assert.are.same({ false, "expired" }, { cert.verified { chain = { ok = false, text = "expired" } } })
    assert.are.same({ false, "not verified" }, { cert.verified { chain = { ok = false } } })
    assert.are.same({ false, "not verified" }, { cert.verified { chain = { ok = "yes" } } })
    assert.are.same({ false, "not verified" }, { cert.verified {} })
    assert.are.same({ false, "no certificate" }, { cert.verified(nil) })
    fails("cert.verified: takes facts.certificate, not a string", cert.verified, "CN=A")
  end)

  it("named looks at the CN, dNSNames and URIs", function()
    local certificate = named "A"
    certificate.san = { dns = { "B" }, uri = { "C" }, email = { "D" }, ip = { "10.0.0.1" } }
    assert.are.same({ true, "cn" }, { cert.named(certificate, "A") })
    assert.are.same({ true, "dns" }, { cert.named(certificate, "B") })
    assert.are.same({ true, "uri" }, { cert.named(certificate, "C") })
    assert.is_false((cert.named(certificate, "D")))
    assert.is_false((cert.named(certificate, "10.0.0.1")))
  end)

  it("named compares whole names, byte by byte", function()
    assert.is_false((cert.named(named "NETX.CTGAPP\0.evil", "NETX.CTGAPP")))
    assert.is_false((cert.named(named "netx.ctgapp", "NETX.CTGAPP")))
    assert.is_false((cert.named(named "*.CTGAPP", "NETX.CTGAPP")))
    assert.are.same({ false, "2 CNs" }, { cert.named(named("A", "B"), "A") })
    fails("the name is empty", cert.named, named "", "")
  end)

  it("pins fingerprints as openssl prints them", function()
    local hex = ("ab"):rep(32)
    local pins = cert.pins { ("AB:"):rep(31) .. "AB", [("cd"):rep(32)] = "the other" }
    assert.are.same({ true, true }, { cert.pinned({ sha256 = hex }, pins) })
    assert.are.same({ true, "the other" }, { cert.pinned({ sha256 = ("cd"):rep(32) }, pins) })
    assert.is_false((cert.pinned({ sha256 = ("ef"):rep(32) }, pins)))
    assert.is_false((cert.pinned({ sha256 = hex }, cert.pins {})))
    fails("not a SHA-256 fingerprint", cert.pins, { "AB:CD" })
    fails("not a SHA-256 fingerprint", cert.pins, { ("xy"):rep(32) })
  end)

  it("issued_by wants a chain that verified, and each type exactly once", function()
    local certificate = { chain = { ok = true }, issuer = { { type = "O", value = "Demo" }, { type = "CN", value = "CA" } } }
    assert.is_true(cert.issued_by(certificate, { CN = "CA" }))
    assert.is_true(cert.issued_by(certificate, { CN = "CA", O = "Demo" }))
    assert.is_false(cert.issued_by(certificate, { CN = "CA", O = "Other" }))
    assert.is_false(cert.issued_by(certificate, { CN = "CA", OU = "x" }))
    certificate.issuer[3] = { type = "CN", value = "CA" }
    assert.is_false(cert.issued_by(certificate, { CN = "CA" }))
    certificate.issuer[3] = nil
    certificate.chain.ok = false
    assert.is_false(cert.issued_by(certificate, { CN = "CA" }))
    local ca, root = ("ab"):rep(32), ("cd"):rep(32)
    local leaf = { sha256 = ("ef"):rep(32) }
    certificate.chain = { ok = true, certificates = { leaf, { sha256 = ca }, { sha256 = root } }, anchor = { sha256 = root } }
    certificate.issuer = { { type = "CN", value = "CA" } }
    assert.is_true(cert.issued_by(certificate, { CN = "CA", anchor = root, issuer = ("AB:"):rep(31) .. "AB" }))
    assert.is_false(cert.issued_by(certificate, { CN = "CA", anchor = ca }))
    assert.is_false(cert.issued_by(certificate, { issuer = root }))
    assert.is_false(cert.issued_by(certificate, { CN = "other", anchor = root }))
    assert.is_false(cert.issued_by(certificate, { CN = "CA", anchor = true })) -- an authority between them
    certificate.chain.certificates = { leaf, { sha256 = root } }
    assert.is_true(cert.issued_by(certificate, { CN = "CA", anchor = true }))
    assert.is_false(cert.issued_by(certificate, { CN = "other", anchor = true }))
    certificate.chain.anchor = nil
    assert.is_false(cert.issued_by(certificate, { anchor = root }))
    assert.is_false(cert.issued_by(certificate, { anchor = true }))
    -- a self-signed one that is a signer
    certificate.chain = { ok = true, certificates = { { sha256 = root } }, anchor = { sha256 = root } }
    assert.is_true(cert.issued_by(certificate, { issuer = root, anchor = root }))
    assert.is_true(cert.issued_by(certificate, { anchor = true }))
    certificate.chain.ok = false
    assert.is_false(cert.issued_by(certificate, { anchor = root }))
    assert.is_false(cert.issued_by(certificate, { anchor = true }))
    fails("anchor must be a string", cert.issued_by, certificate, { anchor = false })
    fails("anchor is not a SHA-256 fingerprint", cert.issued_by, certificate, { anchor = "AB" })
    fails("issuer must be a string", cert.issued_by, certificate, { issuer = 1 })
    fails("takes a table", cert.issued_by, certificate, {})
    fails("'organizationName' is not an attribute type here; write O", cert.issued_by, certificate, { organizationName = "Demo" })
    certificate.chain.ok = true
    assert.is_true(cert.issued_by(certificate, { cn = "CA" }))
  end)

  it("expires_within counts days from now", function()
    local certificate = { not_after = 1000000 + 10 * 86400 }
    assert.is_false(cert.expires_within(certificate, 1000000, 10))
    assert.is_true(cert.expires_within(certificate, 1000001, 10))
    assert.is_true(cert.expires_within({ not_after = 1 }, 1000000, 0))
  end)

  it("san lists the names of a kind", function()
    assert.are.same({ "B" }, cert.san({ san = { dns = { "B" } } }, "dns"))
    assert.are.same({}, cert.san({ san = {} }, "uri"))
    fails("no kind 'dn'", cert.san, { san = {} }, "dn")
  end)

  it("takes no missing certificate for an empty one", function()
    for name, f in pairs(cert) do
      if name ~= "pins" and name ~= "verified" then fails("cert." .. name, f, nil, name == "san" and "dns" or {}) end
    end
  end)
end)

describe("policy.capex", function()
  local said = { applid = "CTGAPP", networkid = "NETX", suggested_applid = "00000027", port = -1, sendcount = 100 }
  local blank = { applid = "", networkid = "NETX", suggested_applid = "00000027", port = 1491, sendcount = 1 }

  it("reads names", function()
    assert.are.equal("NETX.CTGAPP", capex.name(said))
    assert.are.equal("CTGAPP", capex.applid(said))
    assert.is_false(capex.is_blank(said))
    assert.is_true(capex.is_blank(blank))
    assert.are.equal("00000027", capex.applid(blank))
  end)

  it("last_four takes the last four", function()
    assert.are.same({ "APPL", "ZCFY", "AB", "" },
      { capex.last_four "MYAPPL", capex.last_four "IYCWZCFY", capex.last_four "AB", capex.last_four "" })
  end)

  it("reads what the partner wants", function()
    assert.is_false(capex.wants_callback(said))
    assert.is_true(capex.wants_callback(blank))
    assert.are.equal(100, capex.wants_sessions(said))
  end)

  it("errors before there is a CAPEX", function() fails("the first door that has it is bind", capex.name, nil) end)
end)

describe("policy.mock", function()
  after_each(function() policy.mock(nil) end)

  it("gives ipconns the attributes they would have in a region", function()
    policy.mock { ipconns = { NETX = { applid = "CTGAPP", networkid = "NETA", receivecount = 10, userauth = "verify" } } }
    local ipconn = policy.ipconn "NETX"
    assert.are.same({ "NETX", "CTGAPP", "NETA", 10, "VERIFY", "INSERVICE", "RELEASED", false },
      { ipconn.ipconn, ipconn.applid, ipconn.networkid, ipconn.receivecount, ipconn.userauth, ipconn.servstatus, ipconn.connstatus,
        ipconn.autoinstalled })
    policy.mock { ipconns = { A = {} } }
    assert.are.same({ "A", "LOCAL" }, { policy.ipconn("A").applid, policy.ipconn("A").userauth })
    assert.is_nil(policy.ipconn "NETX")
  end)

  it("gives copies", function()
    policy.mock { ipconns = { NETX = {} } }
    policy.ipconn("NETX").userauth = "IDENTIFY"
    assert.are.equal("LOCAL", policy.ipconn("NETX").userauth)
  end)

  it("lists ipconns by applid and networkid", function()
    policy.mock { ipconns = {
      C = { applid = "X", networkid = "N1" }, A = { applid = "X", networkid = "N2" }, B = { applid = "Y", networkid = "N1" } } }
    local function names(filter)
      local list = {}
      for i, ipconn in ipairs(policy.ipconns(filter)) do list[i] = ipconn.ipconn end
      return table.concat(list, " ")
    end
    assert.are.equal("A B C", names())
    assert.are.equal("A C", names { applid = "X" })
    assert.are.equal("C", names { applid = "X", networkid = "N1" })
    assert.are.equal("", names { applid = "Z" })
    fails("no key 'aplid'", policy.ipconns, { aplid = "X" })
  end)

  it("lists 1000 ipconns and no more", function()
    local many = {}
    for i = 1, 1001 do many["A" .. i] = {} end
    policy.mock { ipconns = many }
    assert.are.equal(1000, #policy.ipconns())
    many.A1 = nil
    many.A2 = nil
    policy.mock { ipconns = many }
    assert.are.equal(999, #policy.ipconns())
  end)

  it("counts from the last answer", function()
    policy.mock { counters = { NETX = 7 } }
    local counter = policy.counter "NETX"
    assert.are.equal(7, counter:peek())
    assert.are.equal(8, counter:next())
    assert.are.equal(9, policy.counter("NETX"):next())
    assert.is_nil(policy.counter("NEW"):peek())
    assert.are.equal(5, policy.counter("NEW"):next { min = 5 })
  end)

  it("stops or wraps at max", function()
    policy.mock { counters = { NETX = 9 } }
    local counter = policy.counter "NETX"
    assert.are.same({ nil, "exhausted" }, { counter:next { max = 9 } })
    assert.are.equal(9, counter:peek())
    assert.are.equal(3, counter:next { min = 3, max = 9, wrap = true })
  end)

  it("names what is wrong with it", function()
    fails("ipconn NETX: no attribute 'aplid'", policy.mock, { ipconns = { NETX = { aplid = "A" } } })
    fails("ipconn NETX: ", policy.mock, { ipconns = { NETX = { receivecount = 1000 } } })
    fails("ipconn netx: not a name", policy.mock, { ipconns = { netx = {} } })
    fails("no key 'ipconn'", policy.mock, { ipconn = {} })
    fails("counters are", policy.mock, { counters = { NETX = "7" } })
  end)

  it("without it there are no ipconns and no counters", function()
    assert.is_nil(policy.ipconn "NETX")
    assert.are.same({}, policy.ipconns())
    assert.are.same({ nil, "no store" }, { policy.counter("NETX"):next() })
  end)
end)

describe("policy.facts", function()
  it("prints a certificate's name that has no printed form, as the engine does: the leaf first, escaped", function()
    local function printed(names) return policy.facts({ certificate = { subject = names } }).certificate.subject.printed end
    assert.are.equal("CN=\\#x\\ +OU=Pay,O=A\\, B", printed {
      { type = "O", value = "A, B" }, { type = "OU", value = "Pay", shared = true }, { type = "CN", value = "#x ", shared = true } })
    assert.are.equal("CN=a\\00\\C3\\A9", printed { { type = "CN", value = "a\0\xc3\xa9" } })
    assert.are.equal("", printed {})
    assert.are.equal("CN=other", printed { { type = "CN", value = "x" }, printed = "CN=other" })
  end)
end)

describe("policy.counter", function()
  it("takes names of 1 to 64 bytes", function()
    for _, bad in ipairs { "", ("x"):rep(65), "a\0b" } do fails("1 to 64 bytes", policy.counter, bad) end
    fails("1 to 64 bytes", policy.counter, 7)
  end)

  it("expires so many seconds after its first next, by the mock's clock", function()
    local now = 100
    policy.mock { clock = function() return now end, counters = { OLD = 7 } }
    local counter = policy.counter("from 192.0.2.1", { expires = 60 })
    assert.are.same({ 1, 2 }, { counter:next(), counter:next() })
    assert.are.equal(8, policy.counter("OLD", { expires = 60 }):next())
    now = 159.5
    assert.are.same({ 3, 3 }, { counter:next(), counter:peek() })
    now = 160
    assert.is_nil(counter:peek())
    assert.are.equal(1, counter:next())
    assert.is_nil(policy.counter("OLD", { expires = 60 }):peek())
    policy.mock { clock = 7 }
    assert.are.equal(1, counter:next())
    fails("clock is a number of seconds, or a function", policy.mock, { clock = "now" })
    policy.mock { clock = function() return "later" end }
    fails("clock must answer a number of seconds", counter.next, counter)
  end)

  it("keeps what its first use says of expires", function()
    policy.mock {}
    local hour, never = policy.counter("RATE", { expires = 3600 }), policy.counter "RATE"
    assert.are.equal(1, hour:next())
    for _, ask in ipairs { never.next, never.peek } do
      fails("counter RATE: since its first use it expires after 3600 s, and here it never expires; a counter with another `expires` " ..
        "needs another name", ask, never)
    end
    assert.are.equal(2, hour:next())
  end)

  it("takes an expires that is one", function()
    for _, bad in ipairs { 0, -1, "60", 0 / 0, 1 / 0, true } do
      fails("expires must be a number of seconds above 0", policy.counter, "RATE", { expires = bad })
    end
    fails("no key 'expire'", policy.counter, "RATE", { expire = 60 })
    fails("takes a table { expires = seconds }", policy.counter, "RATE", 60)
  end)

  it("takes a range that is one", function()
    local counter = policy.counter "NETX"
    fails("no key 'maximum'", counter.next, counter, { maximum = 9 })
    fails("min must be a whole number", counter.next, counter, { min = "1" })
    fails("max must be a whole number", counter.next, counter, { max = 1.5 })
    fails("min 5 is above max 4", counter.next, counter, { min = 5, max = 4 })
    fails("wrap must be true or false", counter.next, counter, { wrap = 1 })
  end)

  it("shows no metatable", function() assert.is_false(getmetatable(policy.counter "NETX")) end)
end)

describe("policy.ipconn", function()
  it("takes a string", function() fails("must be a string", policy.ipconn, nil) end)
end)
