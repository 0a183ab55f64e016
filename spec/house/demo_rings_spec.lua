-- SPDX-License-Identifier: Apache-2.0
-- The key rings of `make certs`: who is in them, and that each flaw is there, and no other.
local lfs = require "lfs"

local support = require "spec.support"

local RINGS = "certs/rings"

-- What `openssl verify` says, in the place of CICSA, of a certificate; nothing is what it says of a good one.
local FLAWS = {
  ["NETX.CTGAPP"] = "", ["MYQUAL.MYAPPL"] = "", rsa = "", twocns = "", nul = "",
  otherca = "20 unable to get local issuer certificate",
  expired = "10 certificate has expired",
  notyet = "9 certificate is not yet valid",
  wrongca = "7 certificate signature failure",
  revoked = "23 certificate revoked",
  noclientauth = "26 unsuitable certificate purpose",
  weak = "66 EE certificate key too weak",
  deep = "22 certificate chain too long",
}

local SUBJECTS = {
  CICSA = "CN=NETA.CICSA", CICSB = "CN=NETA.CICSB", permitted = "CN=NETA.CICSB", notpermitted = "CN=NETA.CICSB",
  ["NETX.CTGAPP"] = "CN=NETX.CTGAPP", ["MYQUAL.MYAPPL"] = "CN=MYQUAL.MYAPPL",
  rsa = "CN=NETX.RSAAPP", otherca = "CN=OTHER.OTHERCA", expired = "CN=FLAW.EXPIRED", notyet = "CN=FLAW.NOTYET",
  selfsigned = "CN=FLAW.SELFSIGN", wrongca = "CN=FLAW.WRONGCA", revoked = "CN=FLAW.REVOKED", noclientauth = "CN=FLAW.NOCLAUTH",
  weak = "CN=FLAW.WEAK", deep = "CN=FLAW.DEEP", twocns = "CN=MYQUAL.MYAPPL,CN=NETX.CTGAPP", nul = "OU=FLAW.NUL",
}

local function pem(ring)
  return ("%s/%s/%s.pem"):format(RINGS, ring, ring)
end

local function openssl(...)
  local status, out, err = support.run { "openssl", ... }
  return out .. err, status
end

local function crls()
  local all = {}
  for _, dir in ipairs { RINGS .. "/CICSA/crls/", RINGS .. "/deep/crls/" } do
    for name in lfs.dir(dir) do
      if name:find("%.pem$") then all[#all + 1] = support.read(dir .. name) end
    end
  end
  return table.concat(all)
end

describe("certs/rings", function()
  local dir
  lazy_setup(function()
    dir = support.directory()
    support.write(dir .. "/crls.pem", crls())
  end)
  lazy_teardown(function() support.remove(dir) end)

  local function complaints(ring, depth)
    local out = openssl("verify", "-purpose", "sslclient", "-auth_level", "2", "-verify_depth", depth or "4", "-crl_check_all",
      "-CAfile", RINGS .. "/CICSA/signers/first.pem", "-CRLfile", dir .. "/crls.pem", "-untrusted", pem(ring), pem(ring))
    local list = {}
    for number, words in out:gmatch("error (%d+) at %d+ depth lookup: ([^\n]+)") do list[#list + 1] = number .. " " .. words end
    return table.concat(list, ", ")
  end

  for ring, flaw in pairs(FLAWS) do
    it(ring .. (flaw == "" and " has a good certificate" or " has one flaw: " .. flaw), function()
      assert.equal(flaw, complaints(ring))
    end)
  end

  it("deep has no flaw but its depth", function()
    assert.equal("", complaints("deep", "6"))
  end)

  it("selfsigned is its own issuer", function()
    assert.matches("18 self%-signed certificate", complaints("selfsigned"))
  end)

  it("otherca is good to who trusts the second CA", function()
    local _, status = openssl("verify", "-purpose", "sslclient", "-CAfile", RINGS .. "/otherca/signers/second.pem", pem "otherca")
    assert.equal(0, status)
  end)

  it("CICSA and CICSB are servers named localhost, 127.0.0.1 and ::1, to every partner", function()
    for _, region in ipairs { "CICSA", "CICSB" } do
      for name, kind in pairs { localhost = "-verify_hostname", ["127.0.0.1"] = "-verify_ip", ["::1"] = "-verify_ip" } do
        local signer = RINGS .. "/none/signers/first.pem"
        local _, status = openssl("verify", "-purpose", "sslserver", kind, name, "-CAfile", signer, pem(region))
        assert.equal(0, status)
      end
    end
  end)

  for ring, subject in pairs(SUBJECTS) do
    it(ring .. " is " .. subject, function()
      local out = openssl("x509", "-in", pem(ring), "-noout", "-subject", "-nameopt", "RFC2253")
      assert.equal("subject=" .. subject .. ",O=Sallyport demo\n", out)
    end)

    it(ring .. "'s key fits its certificate and is its owner's alone", function()
      local key = pem(ring):gsub("pem$", "key")
      assert.equal(openssl("x509", "-in", pem(ring), "-noout", "-pubkey"), openssl("pkey", "-in", key, "-pubout"))
      assert.equal("rw-------", lfs.attributes(key, "permissions"))
    end)
  end

  it("nul carries a name that goes on behind a NUL", function()
    local out = openssl("asn1parse", "-in", pem "nul")
    assert.matches("82114E4554582E435447415050002E6576696C", out)
  end)

  it("none has signers and no certificate", function()
    assert.truthy(support.read(RINGS .. "/none/signers/first.pem"))
    assert.falsy(support.read(pem "none"))
  end)
end)

describe("the rings with a file permit", function()
  it("are two: both are CICSB's, and CICSA may use one of them", function()
    local found = {}
    for ring in lfs.dir(RINGS) do found[#found + 1] = support.read(("%s/%s/permit"):format(RINGS, ring)) and ring end
    table.sort(found)
    assert.same({ "notpermitted", "permitted" }, found)
    for ring, may in pairs { permitted = true, notpermitted = false } do
      local permit = support.read(("%s/%s/permit"):format(RINGS, ring))
      assert.matches("\nowner CICSB\n", permit)
      assert.equal(may, permit:find("\nCICSA UPDATE\n", 1, true) ~= nil)
    end
  end)
end)

describe("make-rings", function()
  local dir
  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  local function entries()
    local list = {}
    for name in lfs.dir(dir) do
      if name ~= "." and name ~= ".." and name ~= ".lock" then list[#list + 1] = name end
    end
    table.sort(list)
    return list
  end

  it("replaces all rings at once, and keeps those before for one run", function()
    local seen = {}
    for run = 1, 3 do
      assert.equal(0, (support.run { "certs/make-rings", dir .. "/rings" }))
      local key = support.read(dir .. "/rings/CICSA/CICSA.key")
      assert.falsy(seen[key])
      seen[key] = true
      assert.equal(math.min(run, 2) + 1, #entries())
    end
  end)

  it("never shows a reader a certificate without its key", function()
    assert.equal(0, (support.run { "certs/make-rings", dir .. "/rings" }))
    local maker = support.start { "certs/make-rings", dir .. "/rings" }
    local ring = dir .. "/rings/deep/deep"
    support.wait_until(function()
      assert.truthy(support.read(ring .. ".pem"))
      assert.truthy(support.read(ring .. ".key"))
      return maker:status()
    end, 30, "make-rings")
    assert.equal(0, maker:wait())
  end)

  it("leaves the old rings when it is interrupted", function()
    assert.equal(0, (support.run { "certs/make-rings", dir .. "/rings" }))
    local before = support.read(dir .. "/rings/CICSA/CICSA.key")
    local maker = support.start { "certs/make-rings", dir .. "/rings" }
    support.wait_until(function() return #entries() > 2 end, 10, "the new rings to be begun")
    maker:signal("TERM")
    assert.not_equal(0, maker:wait())
    assert.equal(before, support.read(dir .. "/rings/CICSA/CICSA.key"))
    assert.equal(2, #entries())
  end)

  it("says what stands in its way", function()
    lfs.mkdir(dir .. "/rings")
    local status, _, err = support.run { "certs/make-rings", dir .. "/rings" }
    assert.equal(1, status)
    assert.matches("rings", err)
    assert.same({ "rings" }, entries())
  end)
end)
