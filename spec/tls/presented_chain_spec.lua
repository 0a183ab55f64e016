-- SPDX-License-Identifier: Apache-2.0
-- The chain that a peer presents, both ways: its cost, the end of its verification, the facts at that end.
local support = require "spec.support"

local outgoing = require "spec.support.outgoing"
local pkis = require "spec.support.pki"

local VERSIONS = { "1.2", "1.3" }

local SEES = [[
local policy = require "policy"
return { certify = function(facts)
  local chain = facts.certificate.chain
  policy.check("complete", chain.complete == true)
  for _, e in ipairs(chain.errors) do policy.check("error " .. e.code .. "@" .. e.depth, false, e.text) end
  return policy.accept()
end }]]

local ONLY18 = [[
local policy = require "policy"
return { certify = function(facts)
  local chain = facts.certificate.chain
  if chain.ok or #chain.errors == 1 and chain.code == 18 then return policy.accept() end
  return policy.refuse("more_than_18", tostring(#chain.errors))
end }]]

local function repeated(stem, n)
  local all = {}
  for i = 1, n do all[i] = stem .. i end
  return table.concat(all, ",")
end

describe("a chain that is presented:", function()
  local pki, region, rings

  -- A leaf under four authorities with an expensive key; `top` signs the highest of them.
  local function dear_chain(name, key, top)
    local above, chain = top, {}
    for i = 1, 4 do
      local ca = name .. i
      -- an authority with the same name and a cheap key signs the next level
      pki:issue(ca .. "good", "/O=Tests/CN=" .. ca, above, { authority = true, names_only = true })
      pki:issue(ca, "/O=Tests/CN=" .. ca, above, { authority = true, names_only = true, key = key })
      above = ca .. "good"
      table.insert(chain, 1, ca)
    end
    pki:issue(name, "/O=Tests/CN=NETX.CTGAPP", above, { ended = true, names_only = true })
    return pki:ring("ring-" .. name, { own = name, chain = chain, signers = { "ca" } })
  end

  setup(function()
    pki = pkis.new(support.directory())
    pki:root("ca", "/O=Tests/CN=CA")
    pki:root("impostor", "/O=Tests/CN=CA")
    pki:root("stranger", "/O=Tests/CN=Stranger")
    pki:issue("region", "/O=Tests/CN=NETA.CICSA", "ca")
    pki:issue("good", "/O=Tests/CN=NETX.CTGAPP", "ca")
    local key = pki:dear_key("dear", 3072, 3071)
    rings = {
      region = pki:ring("ring-region", { own = "region", signers = { "ca" } }),
      good = pki:ring("ring-good", { own = "good", signers = { "ca" } }),
      dear = dear_chain("dear", key, "stranger"),
      named = dear_chain("named", key, "impostor"),
      forged = dear_chain("forged", nil, "impostor"),
    }
    region = support.region {
      region = { ring = rings.region },
      tcpipservices = {
        DEFAULT = { ssl = "clientauth", urm = "dfhisaip" },
        SEES = { ssl = "clientauth", certify = "sees", urm = "dfhisaip" },
        ONLY18 = { ssl = "clientauth", certify = "only18", urm = "dfhisaip" },
      },
      policies = { "dfhisaip" },
      scripts = { sees = SEES, only18 = ONLY18 },
    }
    region:start()
  end)
  teardown(function() region:stop() end)

  local function come(service, ring, version)
    local t = { port = region:port(service), ring = ring }
    if version then t["tls" .. version] = true end
    local answer, status, err = support.connect(t)
    assert.is_truthy(answer, err)
    return answer, region:explain { last = 1 }[1], status
  end

  -- The errors of the chain as code@depth: "18@0 10@0".
  local function errors(record)
    local all = {}
    for i, e in ipairs(record.facts.certificate.chain.errors) do all[i] = e.code .. "@" .. e.depth end
    return table.concat(all, " ")
  end

  local function one(name, subject, t)
    t = t or {}
    t.extensions = t.extensions or { "basicConstraints = critical,CA:FALSE" }
    pki:root(name, subject, t)
    return pki:ring("ring-" .. name, { own = name, signers = { "ca" } })
  end

  for _, version in ipairs(VERSIONS) do
    it("a valid chain is complete, TLS " .. version, function()
      local answer, record = come("DEFAULT", rings.good, version)
      assert.is_true(answer.accepted)
      local chain = record.facts.certificate.chain
      assert.are.same({ true, true, 0 }, { chain.ok, chain.complete, #chain.errors })
    end)

    it("expensive keys are not used, TLS " .. version, function()
      for _, name in ipairs { "dear", "named" } do
        local answer, record = come("DEFAULT", rings[name], version)
        assert.are.same({ "tls", "handshake_failure" }, { answer.stage, answer.alert })
        assert.are.equal("chain", record.code)
        local chain = record.facts.certificate.chain
        assert.are.same({ false, false }, { chain.ok, chain.complete })
        assert.matches("exponent of more than 64 bits", chain.text)
        assert.are.equal("50@1 50@2 50@3 50@4 10@0", errors(record))
      end
    end)

    it("a name of an anchor without its signature ends the walk, TLS " .. version, function()
      local answer, record = come("DEFAULT", rings.forged, version)
      assert.are.same({ "tls", "decrypt_error", "chain" }, { answer.stage, answer.alert, record.code })
      assert.are.equal("7@4 10@0", errors(record))
      assert.is_false(record.facts.certificate.chain.complete)
    end)
  end

  it("explain prints the early end of a chain, and the anchor of a complete chain", function()
    come("DEFAULT", rings.forged)
    local _, out = region:command("explain", "--last", "1")
    assert.matches("chain        certificate signature failure %(code 7%); verifying it ended early\n", out)
    assert.is_nil(out:find "anchor  ")
    come("DEFAULT", rings.good)
    _, out = region:command("explain", "--last", "1")
    assert.matches("anchor       " .. pki:sha256 "ca", out)
  end)

  it("the script gets the place of the early end", function()
    local _, record = come("SEES", rings.forged)
    local door
    for _, d in ipairs(record.doors) do door = d.door == "certify" and d or door end
    assert.are.same({ "complete", false }, { door.checks[1].name, door.checks[1].value })
    assert.are.equal("error 10@0", door.checks[3].name)
  end)

  it("a rule for self-signed certificates accepts no expired and no forged certificate", function()
    local alone = one("alone", "/O=Tests/CN=ALONE")
    assert.is_true((come("ONLY18", alone)).accepted)
    pki:issue("old", "/O=Tests/CN=ALONE", "alone", { ended = true, names_only = true })
    pki:issue("old2", "/O=Tests/CN=ALONE", "old", { names_only = true }) -- its issuer has its own name, and another key
    for name, expected in pairs { old = "18@0 7@0 10@0", old2 = "18@0 7@0" } do
      local ring = pki:ring("ring-" .. name, { own = name, signers = { "ca" } })
      local answer, record = come("ONLY18", ring)
      assert.are.same({ "bad_certificate", "more_than_18", expected }, { answer.alert, record.code, errors(record) })
    end
  end)

  it("lists the purpose and the key of the leaf beside a missing anchor", function()
    local server = one("server", "/O=Tests/CN=SERVER", { extensions = { "extendedKeyUsage = serverAuth" } })
    local p384 = one("p384", "/O=Tests/CN=P384", { curve = "P-384" })
    assert.are.equal("18@0 26@0", errors(select(2, come("DEFAULT", server))))
    assert.are.equal("18@0 50@0", errors(select(2, come("DEFAULT", p384))))
  end)

  describe("limits:", function()
    local function named(name, san, subject)
      pki:issue(name, subject or "/O=Tests/CN=NETX.CTGAPP", "ca", { extensions = { san and "subjectAltName = " .. san or nil } })
      return pki:ring("ring-" .. name, { own = name, signers = { "ca" } })
    end

    local function is_above(ring, words)
      for _, version in ipairs(VERSIONS) do
        local answer, record = come("SEES", ring, version)
        assert.are.same({ "tls", "bad_certificate", "certificate_limit" }, { answer.stage, answer.alert, record.code })
        assert.matches(words, region:wait_log("DFHSO0123 .*connection=" .. record.connection:gsub("%-", "%%-") .. " .*certificate_limit"))
        for _, d in ipairs(record.doors) do assert.are_not.equal("certify", d.door) end
      end
    end

    it("a certificate below them is a usual question to the script", function()
      local rings_below = {
        named("dns", repeated("DNS:partner", 1000)), named("uri", "URI:spiffe://example/" .. ("x"):rep(2026)),
        named("ips", repeated("IP:10.0.0.", 65)), named("parts", nil, ("/OU=x"):rep(66) .. "/CN=NETX.CTGAPP"),
      }
      for _, ring in ipairs(rings_below) do
        local answer, record = come("SEES", ring)
        assert.is_true(answer.accepted)
        assert.is_true(record.facts.certificate.chain.ok)
      end
    end)

    it("a certificate above them has its own code and text", function()
      is_above(named("dns1001", repeated("DNS:p", 1001)), "more than 1000 alternative names of one kind")
      is_above(named("uri8193", "URI:" .. ("x"):rep(8193)), "8193 bytes; at most 8192")
      is_above(named("total", repeated("URI:" .. ("x"):rep(900), 74)), "more than 65536 bytes in all")
    end)

    it("too many certificates are not decoded", function()
      local chain = {}
      for i = 1, 10 do chain[i] = "ca" end
      local ring = pki:ring("ring-many", { own = "good", chain = chain, signers = { "ca" } })
      for _, version in ipairs(VERSIONS) do
        local answer, record = come("SEES", ring, version)
        assert.are.same({ "decode_error", "certificate_limit" }, { answer.alert, record.code })
        region:wait_log("DFHSO0123 .*the peer presents more than 10 certificates; alert sent: decode_error")
      end
      assert.is_true((come("SEES", rings.good)).accepted)
    end)

    it("too many constraints are not parsed", function()
      local subtrees = "nameConstraints = " .. repeated("excluded;DNS:n", 1001)
      pki:issue("narrow", "/O=Tests/CN=Narrow", "ca", { extensions = { "basicConstraints = critical,CA:TRUE", subtrees } })
      pki:issue("below", "/O=Tests/CN=NETX.CTGAPP", "narrow")
      is_above(pki:ring("ring-below", { own = "below", chain = { "narrow" }, signers = { "ca" } }), "more than 1000 name constraints")
    end)
  end)

  -- A ring trusts two authorities; an authority below the second has the name of the first.
  describe("an issuer's name:", function()
    local own

    setup(function()
      pki:root("second", "/O=Tests/CN=Second")
      pki:issue("mimic", "/O=Tests/CN=CA", "second", { authority = true })
      pki:issue("false", "/O=Tests/CN=NETX.CTGAPP", "mimic")
      rings.mimic = pki:ring("ring-mimic", { own = "false", chain = { "mimic" }, signers = { "ca" } })
      local ring = pki:ring("ring-two", { own = "region", signers = { "ca", "second" } })
      support.write(ring .. "/maps.lua", ([[return {
        { userid = "TRUE", subject = "CN=NETX.CTGAPP,O=Tests", issuer = "CN=CA,O=Tests", anchor = "%s" },
        { userid = "NAMED", subject = "CN=NETX.CTGAPP,O=Tests", issuer = "CN=CA,O=Tests" },
      }]]):format(pki:sha256 "ca"))
      own = support.region {
        region = { ring = ring },
        tcpipservices = { NAME = { ssl = "clientauth", certify = "name" }, ANCHOR = { ssl = "clientauth", certify = "anchor" },
          SIGNER = { ssl = "clientauth", certify = "signer" }, ISSUER = { ssl = "clientauth", certify = "issuer" },
          FILTER = { ssl = "clientauth", certify = "filter" },
          MAP = { ssl = "clientauth" } },
        scripts = {
          name = [[ local policy, cert = require "policy", require "policy.cert"
            return { certify = function(f)
              return cert.issued_by(f.certificate, { CN = "CA" }) and policy.accept() or policy.refuse "other" end }]],
          anchor = ([[ local policy, cert = require "policy", require "policy.cert"
            return { certify = function(f)
              return cert.issued_by(f.certificate, { CN = "CA", anchor = "%s" }) and policy.accept() or policy.refuse "other" end }]])
            :format(pki:sha256 "ca"),
          signer = [[ local policy, cert = require "policy", require "policy.cert"
            return { certify = function(f)
              return cert.issued_by(f.certificate, { CN = "CA", anchor = true }) and policy.accept() or policy.refuse "other" end }]],
          issuer = ([[ local policy, cert = require "policy", require "policy.cert"
            return { certify = function(f)
              return cert.issued_by(f.certificate, { issuer = "%s" }) and policy.accept() or policy.refuse "other" end }]])
            :format(pki:sha256 "mimic"),
          filter = ([[ local policy, cert = require "policy", require "policy.cert"
            local user = cert.filter { { userid = "TRUE", subject = "O=Tests", anchor = "%s" } }
            return { certify = function(f) return policy.accept { userid = user(f.certificate) or "NOBODY" } end }]])
            :format(pki:sha256 "ca"),
        },
      }
      own:start()
    end)
    teardown(function() own:stop() end)

    local function facts_of(service, ring)
      support.connect { port = own:port(service), ring = ring }
      local record = own:explain { last = 1 }[1]
      return record.facts.certificate, record
    end

    it("is a name of every authority whose signer allows it", function()
      assert.are_not.equal("other", select(2, facts_of("NAME", rings.good)).code)
      assert.are_not.equal("other", select(2, facts_of("NAME", rings.mimic)).code)
    end)

    it("is a name of one authority with the anchor's fingerprint", function()
      assert.are_not.equal("other", select(2, facts_of("ANCHOR", rings.good)).code)
      assert.are.equal("other", select(2, facts_of("ANCHOR", rings.mimic)).code)
      assert.are.equal("other", select(2, facts_of("ANCHOR", rings.forged)).code)
    end)

    it("is a name of one authority where the signer is the issuer, without a fingerprint", function()
      assert.are_not.equal("other", select(2, facts_of("SIGNER", rings.good)).code)
      assert.are.equal("other", select(2, facts_of("SIGNER", rings.mimic)).code)
      assert.are.equal("other", select(2, facts_of("SIGNER", rings.forged)).code)
    end)

    it("can be checked with the fingerprint of the issuing certificate", function()
      assert.are.equal("other", select(2, facts_of("ISSUER", rings.good)).code)
      assert.are_not.equal("other", select(2, facts_of("ISSUER", rings.mimic)).code)
    end)

    it("is checked with the chain by filters of a script and of maps.lua", function()
      assert.are.equal("TRUE", (facts_of("FILTER", rings.good)).userid)
      assert.are.equal("NOBODY", (facts_of("FILTER", rings.mimic)).userid)
      assert.are.equal("TRUE", (facts_of("MAP", rings.good)).userid)
      assert.are.equal("NAMED", (facts_of("MAP", rings.mimic)).userid)
    end)

    it("is in the chain, a fact from the leaf to the anchor", function()
      local chain = facts_of("MAP", rings.mimic).chain
      local sums = {}
      for i, c in ipairs(chain.certificates) do sums[i] = c.sha256 end
      assert.are.same({ pki:sha256 "false", pki:sha256 "mimic", pki:sha256 "second" }, sums)
      assert.are.equal("Second", chain.certificates[2].issuer[2].value)
      assert.are.same({ pki:sha256 "second", "Second" }, { chain.anchor.sha256, chain.anchor.subject[2].value })
      local forged = facts_of("MAP", rings.forged).chain
      assert.is_nil(forged.anchor)
      assert.are.equal(5, #forged.certificates) -- the presented certificates, without the anchor that they name
    end)

    it("is reported by check when an anchor is not a signer", function()
      local ring = pki:ring("ring-three", { own = "region", signers = { "ca" } })
      support.write(ring .. "/maps.lua", ('return { { userid = "A", subject = "CN=x", anchor = "%s" } }'):format(pki:sha256 "second"))
      local other = support.region { region = { ring = ring }, tcpipservices = { A = { ssl = "clientauth" } } }
      local status, out, err = support.sallyport("check", "--region", other.dir .. "/region.lua")
      assert.are.equal(0, status)
      assert.matches("maps.lua: warning: %[1%]: no signer of the ring has the fingerprint that anchor gives", out .. err)
    end)
  end)

  describe("way out:", function()
    local listener, dialling

    local function dial(ring, script)
      listener = support.listen { ring = ring }
      dialling = support.region { region = { ring = rings.region }, scripts = { sees = SEES },
        ipconns = { A = { applid = "CICSB", networkid = "NETA", host = "127.0.0.1", port = listener.port, sendcount = 1, ssl = "yes",
          certify = script } } }
      dialling:start()
      outgoing.acquire(dialling, "A")
      assert(not listener:accept())
      dialling:wait_log "DFHIS1011 .*ipconn=A .*SECURITY_VIOLATION"
      return outgoing.record_of(dialling)
    end

    after_each(function()
      dialling:stop()
      listener:close()
    end)

    it("the server's chain is verified in the same way", function()
      local record = dial(rings.dear)
      assert.are.same({ "chain", false }, { record.code, record.facts.certificate.chain.complete })
      assert.are.equal("50@1 50@2 50@3 50@4 10@0", errors(record))
    end)

    it("the server's chain has the same limits", function()
      pki:issue("wide", "/O=Tests/CN=NETA.CICSB", "ca", { extensions = { "subjectAltName = " .. repeated("DNS:p", 1001) } })
      local record = dial(pki:ring("ring-wide", { own = "wide", signers = { "ca" } }), "sees")
      assert.are.equal("certificate_limit", record.code)
    end)
  end)
end)
