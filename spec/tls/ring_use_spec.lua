-- SPDX-License-Identifier: Apache-2.0
-- The warnings of check about a well-formed key ring without use; and the users of a ring (its file permit).
local authority = require "spec.support.authority"
local support = require "spec.support"

describe("the use of a key ring:", function()
  local home, ca, dir, ring

  setup(function()
    home = support.directory()
    ca = authority.new(home)
  end)
  teardown(function() support.remove(home) end)

  before_each(function()
    dir = support.directory()
    ring = dir .. "/ring"
  end)
  after_each(function() support.remove(dir) end)

  local function region_of(t)
    return support.region { region = t.region or { ring = ring }, tcpipservices = t.tcpipservices, ipconns = t.ipconns }
  end

  local function check(t)
    local region = region_of(t)
    local status, out, err = support.sallyport("check", "--region", region:path "region.lua")
    return status, out .. err, region
  end

  -- check prints n warnings, one of which has all of these words.
  local function warned(n, t, ...)
    local status, said = check(t)
    assert.equal(0, status, said)
    assert.matches((": 0 faults, %d warnings?\n"):format(n), said)
    local found = n == 0
    for line in said:gmatch "[^\n]*: warning: [^\n]*" do
      local all = true
      for _, word in ipairs { ... } do all = all and line:find(word, 1, true) ~= nil end
      found = found or all
    end
    assert.is_true(found, said)
  end

  local function certificate(t)
    ca:issue("OWN", t)
    ca:ring(ring, "OWN")
    support.run { "rmdir", ring .. "/crls" }
  end

  local LISTENER = { tcpipservices = { T = { ssl = "clientauth" } } }
  local DIALLED = { ipconns = { PART = { applid = "PART", ssl = "yes", host = "localhost", port = 1491, sendcount = 1 } } }
  local LEAF = "/OWN.pem:1: warning: the certificate of CN=OWN "

  describe("dates", function()
    it("of the ring expired", function()
      warned(1, { region = { ring = "certs/rings/expired" } }, "expired.pem:1: ", "expired on 2021-01-01T00:00:00Z")
    end)

    it("of the ring notyet", function()
      warned(1, { region = { ring = "certs/rings/notyet" } }, "notyet.pem:1: ", "not valid before 2090-01-01T00:00:00Z")
    end)

    it("that end within 30 days", function()
      certificate { days = 29 }
      warned(1, {}, LEAF, "in 2") -- 28 or 29 days, depending on the second
    end)

    it("that end after 30 days", function()
      certificate { days = 31 }
      warned(0, {})
    end)

    it("of an intermediate, with its line", function()
      certificate()
      local pem = support.read(ring .. "/OWN.pem")
      support.write(ring .. "/OWN.pem", pem .. support.read "certs/rings/expired/expired.pem")
      warned(1, {}, ("/OWN.pem:%d: "):format(select(2, pem:gsub("\n", "")) + 1), "CN=FLAW.EXPIRED", "expired on")
    end)

    it("of a signer, and of the last signer", function()
      certificate()
      local other = support.directory()
      local old = authority.new(other, { from = "20200101000000Z", to = "20210101000000Z" })
      support.write(ring .. "/signers/old.pem", support.read(old.certificate))
      support.remove(other)
      warned(1, {}, "/signers/old.pem:1: ", "expired on 2021-01-01T00:00:00Z")
      support.run { "rm", ring .. "/signers/ca.pem" }
      warned(2, {}, "/ring: ", "this ring can verify no partner")
    end)
  end)

  it("two signers of one name, as during a change of keys, count as one", function()
    certificate()
    local other = support.directory()
    support.write(ring .. "/signers/next.pem", support.read(authority.new(other).certificate))
    support.remove(other)
    warned(0, {})
  end)

  describe("purpose", function()
    for usage, warnings in pairs { ["serverAuth"] = { 0, 1 }, ["clientAuth"] = { 1, 0 }, ["serverAuth, clientAuth"] = { 0, 0 },
      ["emailProtection"] = { 1, 1 } } do
      it("of a certificate for " .. usage, function()
        certificate { usage = usage }
        warned(warnings[1], LISTENER, "region.lua:2: ", "tcpipservice T: the certificate ", "/OWN.pem is not for TLS servers")
        warned(warnings[2], DIALLED, "region.lua:2: ", "ipconn PART: the certificate ", "/OWN.pem is not for TLS clients")
        warned(0, {})
      end)
    end
  end)

  for usage, warnings in pairs { digitalSignature = 0, keyAgreement = 1, keyEncipherment = 1 } do
    it("a key usage of " .. usage .. " fits or does not", function()
      certificate { extensions = "keyUsage = critical, " .. usage }
      warned(warnings, LISTENER, "/OWN.pem is not for TLS servers")
      warned(warnings, DIALLED, "/OWN.pem is not for TLS clients")
    end)
  end

  describe("keys", function()
    it("that are too short, with an ipconn", function()
      local t = { region = { ring = "certs/rings/weak" }, ipconns = DIALLED.ipconns }
      warned(1, t, "ipconn PART: the certificate ", "weak.pem has a key of 1024 bits, which is too short")
    end)

    it("that no suite can use: brainpool", function()
      certificate { key = "brainpoolP256r1" }
      warned(1, LISTENER, "tcpipservice T: the certificate ", "/OWN.pem has a key on the curve brainpoolP256r1, which no suite of TLS 1.3")
      warned(1, DIALLED, "ipconn PART: the certificate ", "brainpoolP256r1")
    end)

    it("that the suites named cannot use", function()
      certificate { key = "rsa" }
      warned(0, LISTENER)
      warned(1, { tcpipservices = { T = { ssl = "yes", ciphers = "C02B" } } }, "has a key (RSA) that none of its suites can use")
      warned(0, { tcpipservices = { T = { ssl = "yes", ciphers = "C02F" } } })
      warned(0, { tcpipservices = { T = { ssl = "yes", ciphers = "C02B 1301" } } })
    end)

    for _, key in ipairs { "P-256", "P-384", "P-521", "ed25519" } do
      it("that suites use: " .. key, function()
        certificate { key = key }
        warned(0, LISTENER)
      end)
    end
  end)

  it("a start and a reload log the warnings", function()
    certificate { days = 10 }
    local region = region_of(LISTENER)
    region:start()
    local warning = "SP0012 W .*/OWN%.pem.* ends on "
    assert.equal(1, region:count_log(warning, 1))
    assert.equal(0, (region:command "reload"))
    assert.equal(2, region:count_log(warning, 2))
    region:stop()
  end)

  describe("the file permit", function()
    before_each(function()
      ca:issue "OWN"
      ca:ring(ring, "OWN")
    end)

    local function permit(text) support.write(ring .. "/permit", text) end

    -- The fault of check about the ring for this user, or nil.
    local function refusal(user)
      local status, said = check { region = { ring = ring, regionuser = user } }
      local text = said:match "region%.lua:1: fault: region: ring: ([^\n]*)"
      assert.equal(text and 1 or 0, status, said)
      return text
    end

    it("lets the owner read, and others with UPDATE use its keys", function()
      permit "# comment\n\nowner CICSB\nCICSB READ # its own\n  CICSC\tUPDATE  \r\n"
      assert.is_nil(refusal "CICSB")
      assert.is_nil(refusal "CICSC")
      local text = assert(refusal "CICSA")
      for _, part in ipairs { ring, "user CICSA", "UPDATE for the private keys of CICSB", "has no right", "add to ",
        "its file permit: CICSA UPDATE" } do
        assert.is_truthy(text:find(part, 1, true), text)
      end
    end)

    it("names the line to change where a right is too small", function()
      permit "owner CICSB\nCICSA READ\n* UPDATE\n"
      assert.matches("needs UPDATE for the private keys of CICSB, and has READ; write at line 2 of its file permit: CICSA UPDATE$",
        assert(refusal "CICSA"))
      assert.is_nil(refusal "OTHER")
    end)

    it("needs READ of the owner too, and of every user without an owner", function()
      permit "owner CICSA\n"
      assert.matches("needs READ, and has no right; add to its file permit: CICSA READ$", assert(refusal "CICSA"))
      permit "CICSA READ\n"
      assert.is_nil(refusal "CICSA")
      assert.is_truthy(refusal "CICSB")
      permit ""
      assert.is_truthy(refusal "CICSA")
    end)

    it("needs READ alone for a ring without private keys", function()
      support.run { "rm", ring .. "/OWN.pem", ring .. "/OWN.key" }
      permit "owner CICSB\n* READ\n"
      assert.is_nil(refusal "CICSA")
    end)

    it("is checked for the applid without a regionuser", function()
      permit "owner CICSB\nCICSA UPDATE\n"
      assert.equal(0, (check {}))
      permit "owner CICSB\nCICSB UPDATE\n"
      assert.equal(1, (check {}))
    end)

    it("is not checked by connect --ring", function()
      local region = support.region { tcpipservices = { T = { ssl = "clientauth", urm = "dfhisaip" } }, policies = { "dfhisaip" } }
      region:start()
      for _, name in ipairs { "permitted", "notpermitted" } do
        local answer, _, err = support.connect { port = region:port "T", ring = name, applid = "ANY" }
        assert.is_true(answer and answer.accepted, err)
      end
      region:stop()
    end)

    it("is checked at a start and at a reload: the rings permitted and notpermitted", function()
      local t = { region = { ring = "certs/rings/permitted" }, tcpipservices = { T = { ssl = "clientauth" } } }
      local region = region_of(t)
      region:start()
      t.region.ring = "certs/rings/notpermitted"
      region:define(t)
      local status, out, err = region:command "reload"
      assert.equal(1, status)
      assert.matches("user CICSA may not use this ring: it needs UPDATE for the private keys of CICSB", out .. err)
      assert.matches("/notpermitted: user CICSA [^\n]*add to its file permit: CICSA UPDATE", out .. err)
      local _, said = support.s_client { "-connect", "127.0.0.1:" .. region:port "T", "-CAfile", "certs/rings/none/signers/first.pem" }
      assert.matches("subject=[^\n]*NETA.CICSB", said) -- the old generation answers
      region:stop()
      local refused = region_of(t)
      local ran, log = refused:start_and_end()
      assert.equal(1, ran)
      assert.matches("user CICSA may not use this ring", log)
    end)

    for text, case in pairs {
      ["owner CICSA\nowner CICSB\n"] = { 2, "a second owner; the first is at line 1" },
      ["owner\n"] = { 1, "must be followed by a user ID" },
      ["owner TOOLONG99\n"] = { 1, "must be followed by a user ID" },
      ["CICSA READ\nCICSA UPDATE\n"] = { 2, "CICSA has READ already, at line 1" },
      ["* READ\n* READ\n"] = { 2, "* has READ already, at line 1" },
      ["CICSA ALTER\n"] = { 1, "CICSA must be followed by READ or UPDATE" },
      ["\nCICSA\n"] = { 2, "CICSA must be followed by READ or UPDATE" },
      ["CICSA READ UPDATE\n"] = { 1, "the line has more than two words" },
      ["CICS.A READ\n"] = { 1, "a user ID is 1 to 8 of" },
      ["CICSA READ\0\n"] = { 1, "holds a NUL" },
      ["Owner CICSA\n"] = { 1, "OWNER must be followed by READ or UPDATE" },
      ["\xef\xbb\xbfCICSA READ\n"] = { 1, "a user ID is 1 to 8 of" },
    } do
      it(("has a fault at its line: %q"):format(text), function()
        permit(text)
        local status, said = check {}
        assert.equal(1, status, said)
        assert.is_truthy(said:find(("/permit:%d: fault: "):format(case[1]), 1, true), said)
        assert.is_truthy(said:find(case[2], 1, true), said)
      end)
    end
  end)
end)
