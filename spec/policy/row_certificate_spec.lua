-- SPDX-License-Identifier: Apache-2.0
-- Rows with a real certificate: of a file, or made from names, so that odd names are those of a certificate.
local lfs = require "lfs"

local support = require "spec.support"

-- Refuses with the facts of the certificate in its text, so that a row can compare them.
local SCRIPT = [[
local policy = require "policy"
local cert = require "policy.cert"

local function names(list)
  local all = {}
  for i, part in ipairs(list) do all[i] = part.type .. "=" .. part.value:gsub("%c", "?") end
  return table.concat(all, ",")
end

return {
  certify = function(facts)
    local c = facts.certificate
    if not c then return policy.refuse "none" end
    local cn, why = cert.cn(c)
    return policy.refuse(c.chain.ok and "verified" or "unverified",
      ("%s|%s|%s|%d,%d,%d,%d|%s"):format(names(c.subject), ((cn or why):gsub("%c", "?")), names(c.issuer),
        #c.san.dns, #c.san.ip, #c.san.uri, #c.san.email, c.chain.ok and names(c.chain.anchor.subject) or c.chain.text))
  end,
  bind = function(facts)
    return policy.refuse("user", tostring(facts.certificate.userid))
  end,
  admit = function(facts) return policy.refuse(facts.certificate == nil and "absent" or "there") end,
}
]]

describe("a row with a certificate", function()
  local dir

  local function test(...)
    support.write(dir .. "/s.lua", SCRIPT)
    support.write(dir .. "/s_spec.lua", "return {\n" .. table.concat({ ... }, ",\n") .. "\n}\n")
    local status, out, err = support.sallyport("test", dir)
    return status, out, err
  end

  local function row(certificate, expect, more)
    local text = "{ door = 'certify', certificate = %s, facts = { %s }, expect = { verdict = 'refuse', %s } }"
    return text:format(certificate, more or "", expect)
  end

  local function holds(...)
    local status, out, err = test(...)
    assert.equal(0, status, out .. err)
  end

  local function objects(words, ...)
    local status, out = test(...)
    assert.equal(1, status, out)
    assert.is_truthy(out:find(words, 1, true), out)
  end

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  it("has its names, an issuer, and a chain that verified", function()
    holds(row("{ cn = 'SHOP.A', ou = 'Web', o = 'Shop', dns = { 'a.example', 'b.example' }, ip = '192.0.2.1', uri = 'x:y' }",
      "code = 'verified', text = 'O=Shop,OU=Web,CN=SHOP.A|SHOP.A|CN=Test authority|2,1,1,0|CN=Test authority'"))
  end)

  it("has odd names as they are: NUL, several CNs, UTF-8, an empty one", function()
    holds(row([[{ cn = "EVIL\0.good" }]], "text = 'CN=EVIL?.good|EVIL?.good|CN=Test authority|0,0,0,0|CN=Test authority'"),
      row("{ cn = { 'A', 'B' } }", "text = 'CN=A,CN=B|2 CNs|CN=Test authority|0,0,0,0|CN=Test authority'"),
      row("{ cn = 'Zo\u{eb}' }", "text = 'CN=Zo\u{eb}|Zo\u{eb}|CN=Test authority|0,0,0,0|CN=Test authority'"),
      row("{ cn = '' }", "text = 'CN=||CN=Test authority|0,0,0,0|CN=Test authority'"))
  end)

  it("has the issuer of its name, and is unverified when it says so", function()
    holds(row("{ cn = 'A', issuer = 'First CA' }", "text = 'CN=A|A|CN=First CA|0,0,0,0|CN=First CA'"),
      row("{ cn = 'A', verified = false }",
        "code = 'unverified', text = 'CN=A|A|CN=Test authority|0,0,0,0|unable to get local issuer certificate'"))
  end)

  it("has an issuer of several parts, by which the shipped script pinned accepts", function()
    holds(row("{ cn = 'A', issuer = { cn = 'CA', o = 'Shop', c = 'DE' } }", "text = 'CN=A|A|C=DE,O=Shop,CN=CA|0,0,0,0|C=DE,O=Shop,CN=CA'"))
    objects("certificate.issuer: must have a part", row("{ cn = 'A', issuer = {} }", "code = 'verified'"))
    objects('certificate.issuer has no key "dns"', row("{ cn = 'A', issuer = { dns = 'x' } }", "code = 'verified'"))
    objects("certificate.issuer.o: must be a string", row("{ cn = 'A', issuer = { o = 1 } }", "code = 'verified'"))
    support.write(dir .. "/pinned.lua", support.read "policies/pinned.lua")
    support.write(dir .. "/pinned_spec.lua", [[return {
      { name = "by its name and issuer", door = "certify", facts = {},
        certificate = { cn = "NETX.CTGAPP", issuer = { o = "Sallyport demo", cn = "First CA" } },
        expect = { verdict = "accept", userid = "CTGUSER" } },
      { name = "not by another issuer", door = "certify", facts = {}, certificate = { cn = "NETX.CTGAPP", issuer = "First CA" },
        expect = { verdict = "refuse", code = "other_issuer" } },
    }]])
    local status, out, err = support.sallyport("test", dir, "--filter", "issuer")
    assert.equal(0, status, out .. err)
  end)

  it("is verified at the time of the row", function()
    holds(row("{ cn = 'A' }", "code = 'verified'", "now = 1000"), row("{ cn = 'A' }", "code = 'verified'", "now = 4e9"),
      row("{ cn = 'A', not_before = 0, not_after = 500 }", "code = 'unverified'", "now = 1000"))
  end)

  it("can be a file beside the table, which counts as verified", function()
    support.write(dir .. "/partner.pem", support.read "certs/rings/NETX.CTGAPP/NETX.CTGAPP.pem")
    holds(row("'partner.pem'", "code = 'verified'"), row("{ file = 'partner.pem', verified = false }", "code = 'unverified'"),
      row("'" .. lfs.currentdir() .. "/certs/rings/NETX.CTGAPP/NETX.CTGAPP.pem'", "code = 'verified'"))
  end)

  it("has a user where certify gave one, and a certificate only where the door has it", function()
    holds("{ door = 'bind', certificate = { cn = 'A', userid = 'FRED' }, facts = {}, expect = { verdict = 'refuse', text = 'FRED' } }",
      "{ door = 'bind', certificate = { cn = 'A' }, facts = {}, expect = { verdict = 'refuse', text = 'nil' } }",
      "{ door = 'admit', certificate = { cn = 'A' }, facts = {}, expect = { verdict = 'refuse', code = 'absent' } }")
  end)

  it("objects to names that no certificate has", function()
    objects('certificate has no key "isuer"; is "issuer" meant?', row("{ isuer = 'A' }", "code = 'verified'"))
    objects("certificate.cn: must be a string or a list of strings", row("{ cn = { 1 } }", "code = 'verified'"))
    objects("certificate: ip: 'nowhere' is no address", row("{ ip = 'nowhere' }", "code = 'verified'"))
    objects(dir .. "/none.pem: cannot be read: No such file", row("'none.pem'", "code = 'verified'"))
    objects("certificate must be the name of a file or a table", row("7", "code = 'verified'"))
    objects("certificate.not_after: must be a number of seconds", row("{ cn = 'A', not_after = -1 }", "code = 'verified'"))
    objects("certificate and facts.certificate exclude each other",
      row("{ cn = 'A' }", "code = 'verified'", "certificate = { sha256 = 'x' }"))
    objects("certificate.verified: must be true or false", row("{ cn = 'A', verified = 1 }", "code = 'verified'"))
  end)
end)
