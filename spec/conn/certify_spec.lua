-- SPDX-License-Identifier: Apache-2.0
-- The certificate question: the certificates refused by default and their alerts, the facts of a script, its answers.
local support = require "spec.support"

local VERSIONS = { "1.2", "1.3" }
local SPOKEN = { ["1.2"] = "TLSv1.2", ["1.3"] = "TLSv1.3" }

-- Each ring of `make certs` with a flaw: the alert of RFC 8446 for it, the alert's number, and words of the refusal.
local FLAWED = {
  expired = { "certificate_expired", 45, "certificate has expired" },
  notyet = { "bad_certificate", 42, "certificate is not yet valid" },
  selfsigned = { "unknown_ca", 48, "self%-signed certificate" },
  wrongca = { "decrypt_error", 51, "certificate signature failure" },
  revoked = { "certificate_revoked", 44, "certificate revoked" },
  noclientauth = { "unsupported_certificate", 43, "unsuitable certificate purpose" },
  weak = { "bad_certificate", 42, "key too weak" },
  deep = { "unknown_ca", 48, "certificate chain too long" },
  otherca = { "unknown_ca", 48, "unable to get local issuer certificate" },
}

local SUBJECTS = { otherca = "CN=OTHER.OTHERCA", selfsigned = "CN=FLAW.SELFSIGN", noclientauth = "CN=FLAW.NOCLAUTH" }

local SCRIPTS = {
  says_no = [[
    local policy = require "policy"
    return { certify = function() return policy.refuse("not_you", "the guard does not know you") end } ]],
  raises = [[ return { certify = function(facts) return facts.nothing.there end } ]],
  forgets = [[ return { certify = function() end } ]],
  installs = [[
    local policy = require "policy"
    return { certify = function() return policy.install { ipconn = "X" } end } ]],
  runaway = [[ return { certify = function() while true do end end } ]],
  lenient = [[
    local policy = require "policy"
    return {
      certify = function(facts)
        policy.counter("ASKED"):next { min = 1, max = 999999 }
        local chain = facts.certificate.chain
        policy.check("chain", chain.ok, tostring(chain.code) .. " " .. tostring(chain.text))
        for _, e in ipairs(chain.errors) do policy.check("error " .. e.code, false, e.depth .. " " .. e.text) end
        return policy.accept { userid = "GUEST" }
      end,
      bind = function(facts)
        policy.check("userid", facts.certificate.userid == "GUEST", facts.certificate.userid)
        return policy.accept()
      end,
    } ]],
  bare = [[
    local policy = require "policy"
    return { certify = function(facts)
      policy.check("no certificate", facts.certificate == nil)
      policy.check("no CAPEX", facts.capex == nil)
      policy.check("version", facts.tls.version == "TLSv1.2" or facts.tls.version == "TLSv1.3", facts.tls.version)
      return policy.accept()
    end } ]],
  cipher = [[
    local policy = require "policy"
    return { certify = function(facts)
      policy.check("cipher", facts.tls.cipher:find("GCM", 1, true) ~= nil, facts.tls.cipher)
      return policy.refuse "seen"
    end } ]],
  ident = [[
    local policy = require "policy"
    return { install = function() return policy.install { ipconn = "IDNEW", template = "IDTEMPL" } end } ]],
}

describe("the certificate question", function()
  local region

  setup(function()
    region = support.region {
      region = { milliseconds = 200, instructions = 100000 },
      tcpipservices = {
        DEFAULT = { ssl = "clientauth", urm = "dfhisaip" },
        BOUND = { ssl = "clientauth", bind = "partners", urm = "dfhisaip" },
        SAYSNO = { ssl = "clientauth", certify = "says_no", urm = "dfhisaip" },
        RAISES = { ssl = "clientauth", certify = "raises", urm = "dfhisaip" },
        FORGETS = { ssl = "clientauth", certify = "forgets", urm = "dfhisaip" },
        INSTALLS = { ssl = "clientauth", certify = "installs", urm = "dfhisaip" },
        RUNAWAY = { ssl = "clientauth", certify = "runaway", urm = "dfhisaip" },
        LENIENT = { ssl = "clientauth", certify = "lenient", bind = "lenient", urm = "dfhisaip" },
        LENIENTI = { ssl = "clientauth", certify = "lenient", urm = "ident" },
        CIPHER = { ssl = "clientauth", certify = "cipher" },
        YES = { ssl = "yes", certify = "bare", urm = "dfhisaip" },
        YESNO = { ssl = "yes", certify = "says_no", urm = "dfhisaip" },
        YESRAISE = { ssl = "yes", certify = "raises", urm = "dfhisaip" },
        YESBARE = { ssl = "yes", urm = "dfhisaip" },
        PLAIN = { urm = "dfhisaip" },
      },
      ipconns = { IDTEMPL = { template = "only", userauth = "identify", receivecount = 10 } },
      policies = { "dfhisaip", "partners" },
      scripts = SCRIPTS,
    }
    region:start()
  end)
  teardown(function() region:stop() end)

  -- Connects our partner to that listener: the partner's output, and the region's record of the connection.
  local function come(service, ring, version, more)
    local t = { port = region:port(service), ring = ring }
    if version then t["tls" .. version] = true end
    for key, value in pairs(more or {}) do t[key] = value end
    local answer, status, err = support.connect(t)
    assert.is_truthy(answer, err)
    return answer, region:explain { last = 1 }[1], status
  end

  local function doors(record, name)
    local found = {}
    for _, door in ipairs(record.doors) do
      if door.door == name then found[#found + 1] = door end
    end
    return found
  end

  local function check(door, name)
    for _, c in ipairs(door.checks) do
      if c.name == name then return c end
    end
  end

  local function asked()
    local _, record = come("LENIENT", "NETX.CTGAPP")
    return tonumber(doors(record, "certify")[1].checks[1].detail:match "(%d+)")
  end

  local function s_client(service, ring, version, ...)
    local files = support.ring(ring)
    return support.s_client { "-connect", "127.0.0.1:" .. region:port(service), "-tls" .. version:gsub("%.", "_"), "-ign_eof",
      "-cert", files.certificate, "-key", files.key, "-CAfile", "certs/rings/none/signers/first.pem", ... }
  end

  for ring, expected in pairs(FLAWED) do
    local alert, number, words = table.unpack(expected)
    for _, version in ipairs(VERSIONS) do
      it(("refuses %s by default with %s, TLS %s"):format(ring, alert, version), function()
        local before = #region:explain { refused = true, last = 1000 }
        local answer, record, status = come("DEFAULT", ring, version)
        assert.are.same({ 3, false, "tls", alert }, { status, answer.accepted, answer.stage, answer.alert })
        assert.are.equal(before + 1, #region:explain { refused = true, last = 1000 })
        assert.are.same({ "refused", "tls", "chain" }, { record.outcome, record.stage, record.code })
        local asks = doors(record, "certify")
        assert.are.same({ 1, "refuse", "chain" }, { #asks, asks[1].verdict, asks[1].code })
        assert.matches(words, asks[1].text)
        local facts = record.facts
        assert.are.equal(SPOKEN[version], facts.tls.version)
        assert.matches(SUBJECTS[ring] or "CN=FLAW." .. ring:upper(), record.certificate.subject)
        assert.is_false(facts.certificate.chain.ok)
        assert.matches(words, facts.certificate.chain.text)
        assert.is_nil(facts.capex)
        assert.matches(words, region:wait_log("SP0021 .*connection=" .. record.connection:gsub("%-", "%%-") .. " "))
      end)

      it(("sends openssl's client the alert: %s, alert %d, TLS %s"):format(ring, number, version), function()
        local _, out, err = s_client("DEFAULT", ring, version, "-cipher", "ALL:@SECLEVEL=0")
        assert.matches("SSL alert number " .. number .. "\n", out .. err)
      end)
    end
  end

  for _, version in ipairs(VERSIONS) do
    for _, ring in ipairs { "NETX.CTGAPP", "MYQUAL.MYAPPL", "rsa", "CICSB", "twocns", "nul" } do
      it(("accepts %s by default, TLS %s"):format(ring, version), function()
        local answer, record, status = come("DEFAULT", ring, version)
        assert.are.same({ 0, true }, { status, answer.accepted })
        assert.is_true(record.facts.certificate.chain.ok)
        assert.are.equal(SPOKEN[version], record.facts.tls.version)
        assert.are.equal("accept", doors(record, "certify")[1].verdict)
      end)
    end

    for _, ring in ipairs { "twocns", "nul" } do
      it(("leaves %s to bind = partners, which gets no name from it, TLS %s"):format(ring, version), function()
        local answer, record, status = come("BOUND", ring, version)
        assert.are.same({ 3, "capex", 403, "SECURITY_VIOLATION" }, { status, answer.stage, answer.status, answer.reason })
        assert.are.same({ "refused", "other_name" }, { record.outcome, record.code })
        assert.are.equal(0, #doors(record, "install"))
      end)
    end

    it("refuses a partner without a certificate, TLS " .. version, function()
      local answer, record, status = come("DEFAULT", "none", version)
      local alert = version == "1.3" and "certificate_required" or "handshake_failure"
      assert.are.same({ 3, "tls", alert }, { status, answer.stage, answer.alert })
      assert.are.same({ "tls", "no_certificate" }, { record.stage, record.code })
      assert.are.equal(0, #doors(record, "certify"))
    end)

    it("is not asked of a script without a certificate, TLS " .. version, function()
      local answer, record = come("LENIENT", "none", version)
      assert.are.same({ "tls", "no_certificate", 0 }, { answer.stage, record.code, #doors(record, "certify") })
    end)

    it("gives bad_certificate for a script's own refusal, TLS " .. version, function()
      local answer, record = come("SAYSNO", "NETX.CTGAPP", version)
      assert.are.same({ "tls", "bad_certificate" }, { answer.stage, answer.alert })
      local door = doors(record, "certify")[1]
      assert.are.same({ "not_you", "the guard does not know you", "says_no" }, { record.code, door.text, door.policy })
      assert.are.same({ true, 2 }, { door.file:find("says_no.lua", 1, true) ~= nil, door.line })
    end)

    it("gives bad_certificate for that refusal with a bad chain too, TLS " .. version, function()
      assert.are.equal("bad_certificate", (come("SAYSNO", "expired", version).alert))
    end)

    for service, code in pairs { RAISES = "policy_error", FORGETS = "policy_error", INSTALLS = "policy_error", RUNAWAY = "policy_limit" } do
      it(("gives internal_error for a script that fails (%s), TLS %s"):format(service, version), function()
        local answer, record = come(service, "NETX.CTGAPP", version)
        assert.are.same({ "tls", "internal_error", code }, { answer.stage, answer.alert, record.code })
        region:wait_log("SP0022 .*connection=" .. record.connection:gsub("%-", "%%-") .. " .*code=" .. code)
      end)
    end

    it("accepts a bad chain when the script accepts it, TLS " .. version, function()
      for ring, expected in pairs(FLAWED) do
        local answer, record, status = come("LENIENT", ring, version)
        assert.are.same({ ring, 0, true }, { ring, status, answer.accepted })
        assert.is_false(record.facts.certificate.chain.ok)
        assert.matches(expected[3], check(doors(record, "certify")[1], "chain").detail)
      end
    end)

    it("does not trust such a chain for IDENTIFY, TLS " .. version, function()
      local answer, record = come("LENIENTI", "expired", version)
      assert.are.same({ "capex", "SECURITY_VIOLATION", "trust" }, { answer.stage, answer.reason, record.code })
      assert.is_true(come("LENIENTI", "NETX.CTGAPP", version).accepted)
    end)

    it("gives the script the cipher that was agreed, TLS " .. version, function()
      local _, record = come("CIPHER", "NETX.CTGAPP", version)
      local told = check(doors(record, "certify")[1], "cipher")
      assert.is_true(told.value, told.detail)
      assert.are.equal(told.detail, record.facts.tls.cipher)
    end)
  end

  it("is asked once per chain, also with several faults", function()
    local before = asked()
    for _, version in ipairs(VERSIONS) do
      for _, ring in ipairs { "otherca", "expired", "deep" } do
        local _, record = come("LENIENT", ring, version)
        assert.are.equal(1, #doors(record, "certify"))
      end
    end
    assert.are.equal(before + 2 * 3 + 1, asked())
  end)

  it("gives the script every error of the chain", function()
    local _, record = come("LENIENT", "otherca")
    local door = doors(record, "certify")[1]
    assert.matches("^0 unable to get local issuer certificate", check(door, "error 20").detail)
    assert.matches("^0 unable to verify the first certificate", check(door, "error 21").detail)
    local listed = {}
    for _, e in ipairs(record.facts.certificate.chain.errors) do listed[#listed + 1] = e.code end
    assert.are.same({ 20, 21 }, listed)
  end)

  it("puts the userid of the answer into the facts", function()
    local _, record = come("LENIENT", "NETX.CTGAPP")
    assert.are.equal("GUEST", record.facts.certificate.userid)
    assert.is_true(check(doors(record, "bind")[1], "userid").value)
    local p = assert(support.tls { port = region:port "LENIENT", ring = "MYQUAL.MYAPPL" })
    local connection = p:capex { applid = "HOLDER" }:read_message().body.connection
    local row
    for _, r in ipairs(region:inquire "socket") do
      if r.connection == connection then row = r end
    end
    assert.are.equal("GUEST", row.userid)
    p:close()
  end)

  it("sends curl the reason", function()
    local files = support.ring "revoked"
    for version, options in pairs { ["1.2"] = { "--tls-max", "1.2" }, ["1.3"] = { "--tlsv1.3" } } do
      local status, _, err = support.curl { options[1], options[2] or "--tlsv1.3", "--cert", files.certificate, "--key", files.key,
        "--cacert", files.cafile, ("https://127.0.0.1:%d/ipic"):format(region:port "DEFAULT") }
      assert.are_not.equal(0, status)
      assert.matches("certificate revoked", err, nil, version)
    end
  end)

  it("reaches a TLS 1.3 client after its handshake, a TLS 1.2 client in it", function()
    local old, why = support.tls { port = region:port "DEFAULT", ring = "expired", protocol = "tlsv1_2" }
    assert.is_nil(old)
    assert.matches("certificate expired", why)
    local new = assert(support.tls { port = region:port "DEFAULT", ring = "expired", protocol = "tlsv1_3" })
    assert.matches("certificate expired", new:closed())
  end)

  describe("under ssl = yes", function()
    it("asks the partner for no certificate", function()
      for _, version in ipairs(VERSIONS) do
        local answer, record = come("YESBARE", "NETX.CTGAPP", version)
        assert.is_true(answer.accepted)
        assert.is_nil(record.facts.certificate)
        assert.are.equal(0, #doors(record, "certify"))
      end
      local _, out = support.s_client { "-connect", "127.0.0.1:" .. region:port "YESBARE" }
      assert.matches("No client certificate CA names sent", out)
    end)

    it("asks the script after the handshake, without a certificate", function()
      for _, version in ipairs(VERSIONS) do
        local answer, record = come("YES", "NETX.CTGAPP", version)
        assert.is_true(answer.accepted)
        local asks = doors(record, "certify")
        assert.are.equal(1, #asks)
        for _, c in ipairs(asks[1].checks) do assert.is_true(c.value, c.name) end
        local at = {}
        for i, e in ipairs(record.events) do at[e.event] = i end
        assert.is_true(at["handshake done"] < at["certificate judged"] and at["certificate judged"] < at["CAPEX read"])
      end
    end)

    for service, code in pairs { YESNO = "not_you", YESRAISE = "policy_error" } do
      it("closes on the script's refusal before a byte of CAPEX is read (" .. code .. ")", function()
        for _, version in ipairs(VERSIONS) do
          local answer, record, status = come(service, "none", version)
          assert.are.same({ 3, "tls", false }, { status, answer.stage, answer.accepted })
          assert.are.same({ "refused", "tls", code }, { record.outcome, record.stage, record.code })
          assert.is_nil(record.facts.capex)
          for _, e in ipairs(record.events) do assert.are_not.equal("CAPEX read", e.event) end
        end
      end)
    end

    it("closes in order when the partner has sent its CAPEX already", function()
      local p = assert(support.tls { port = region:port "YESNO", ring = "none" })
      p:capex()
      assert.are.same({ nil, "closed" }, { p:read_message() })
    end)
  end)

  it("is not asked on a listener without TLS", function()
    local answer, record = come("PLAIN")
    assert.is_true(answer.accepted)
    assert.are.equal(0, #doors(record, "certify"))
  end)
end)
