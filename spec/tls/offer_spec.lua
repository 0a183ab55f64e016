-- SPDX-License-Identifier: Apache-2.0
-- The TLS offers both ways beside suites: names of signers, signature algorithms; and the strict check of chains.
local mime = require "mime"

local support = require "spec.support"

local outgoing = require "spec.support.outgoing"
local pkis = require "spec.support.pki"

local VERSIONS = { "1.2", "1.3" }
local BELOW = { "SHA1", "SHA224", "DSA", "MD5" }

-- Writes n roots that differ in their names alone. Their signatures are wrong; the signature of a trust anchor is not
-- verified.
local function many_roots(pki, path, n)
  pki:root("many", "/O=Tests/CN=Trust anchor number 0000 of a long list of authorities in here")
  local status, der = support.run { "openssl", "x509", "-in", pki:file "many.pem", "-outform", "DER" }
  assert.are.equal(0, status)
  local all = {}
  for i = 1, n do
    local one = der:gsub("number 0000", ("number %04d"):format(i))
    all[i] = "-----BEGIN CERTIFICATE-----\n"
      .. mime.b64(one):gsub(("."):rep(64), "%0\n"):gsub("%s*$", "") .. "\n-----END CERTIFICATE-----\n"
  end
  support.write(path, table.concat(all))
end

describe("the TLS offers:", function()
  local pki, dir

  setup(function()
    dir = support.directory()
    pki = pkis.new(dir)
    pki:root("ca", "/O=Tests/CN=CA")
    pki:issue("region", "/O=Tests/CN=NETA.CICSA", "ca")
    pki:issue("good", "/O=Tests/CN=NETX.CTGAPP", "ca")
    pki:ring("partner", { own = "good", signers = { "ca" } })
  end)

  describe("more signers than a request for a certificate can name", function()
    local region

    setup(function()
      local ring = pki:ring("ring-many", { own = "region", signers = { "ca" } })
      many_roots(pki, ring .. "/signers/many.pem", 740)
      region = support.region { region = { ring = ring }, tcpipservices = { A = { ssl = "clientauth" }, B = { ssl = "yes" } } }
      region:start()
    end)
    teardown(function() region:stop() end)

    for _, version in ipairs(VERSIONS) do
      it("are not named, and partners are verified too, TLS " .. version, function()
        local _, out = support.s_client { "-connect", "127.0.0.1:" .. region:port "A", "-tls" .. version:gsub("%.", "_"),
          "-cert", pki:file "good.pem", "-key", pki:file "good.key", "-CAfile", pki:file "ca.pem" }
        assert.matches("No client certificate CA names sent", out)
        local answer = support.connect { port = region:port "A", ring = pki:file "partner", ["tls" .. version] = true }
        assert.are.equal("AUTOINSTALL_FAILED", answer.reason)
        assert.is_true(region:explain({ last = 1 })[1].facts.certificate.chain.ok)
      end)
    end

    it("are a warning of check and of reload for the listener with clientauth", function()
      local _, out, err = support.sallyport("check", "--region", region.dir .. "/region.lua")
      local _, n = (out .. err):gsub("warning: tcpipservice %u: the names of the signers [^\n]* more than 65,535 bytes", "")
      assert.are.equal(1, n)
      assert.are.equal(0, (region:command "reload"))
      region:wait_log "SP0012 .*tcpipservice A: the names of the signers"
    end)
  end)

  it("the largest list of signers that fits is named", function()
    local ring = pki:ring("ring-some", { own = "region", signers = { "ca" } })
    many_roots(pki, ring .. "/signers/many.pem", 600)
    local region = support.region { region = { ring = ring }, tcpipservices = { A = { ssl = "clientauth" } } }
    region:start()
    local _, out = support.s_client { "-connect", "127.0.0.1:" .. region:port "A", "-cert", pki:file "good.pem",
      "-key", pki:file "good.key" }
    assert.matches("Acceptable client certificate CA names", out)
    assert.matches("Trust anchor number 0600 of", out)
    region:stop()
  end)

  it("a partner is offered no signature below the security level", function()
    local region = support.region { tcpipservices = { A = { ssl = "clientauth" } } }
    region:start()
    local files = support.ring "NETX.CTGAPP"
    for _, version in ipairs(VERSIONS) do
      local _, out = support.s_client { "-connect", "127.0.0.1:" .. region:port "A", "-tls" .. version:gsub("%.", "_"),
        "-cert", files.certificate, "-key", files.key, "-cipher", "ALL:@SECLEVEL=0" }
      local asked = assert(out:match "\nRequested Signature Algorithms: ([^\n]+)")
      for _, below in ipairs(BELOW) do assert.is_nil(asked:find("%f[%w]" .. below .. "%f[%W]"), asked) end
      assert.matches("ECDSA%+SHA256", asked)
      assert.matches("RSA%-PSS%+SHA256", asked)
    end
    region:stop()
  end)

  it("a dialled partner is offered no signature below it", function()
    local listener = support.listen {}
    local region = support.region { ipconns = { A = { applid = "CICSB", networkid = "NETA", host = "127.0.0.1", port = listener.port,
      sendcount = 1, ssl = "yes" } } }
    region:start()
    outgoing.acquire(region, "A")
    local p = assert(listener:accept())
    p.socket:settimeout(10)
    local hello = assert(p.socket:receive(5))
    hello = assert(p.socket:receive((string.unpack(">I2", hello, 4))))
    local at = assert(hello:find "\0\13..") -- signature_algorithms
    while true do -- the extension: its length is the length of its list and 2
      local size, list = string.unpack(">I2I2", hello, at + 2)
      if size == list + 2 then break end
      at = assert(hello:find("\0\13..", at + 1))
    end
    local list = string.unpack(">s2", hello, at + 4)
    assert.is_true(#list >= 20)
    for pair in list:gmatch ".." do
      local first, second = pair:byte(1, 2)
      assert.is_true(first >= 4 and first <= 8 and (first == 8 or second ~= 2), ("%02x%02x"):format(first, second))
    end
    p:close()
    listener:close()
    region:stop()
  end)

  it("explain names the sender of the alert", function()
    local region = support.region { tcpipservices = { A = { ssl = "clientauth" } } }
    region:start()
    support.s_client { "-connect", "127.0.0.1:" .. region:port "A", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0" }
    local _, out = region:command("explain", "--last", "1")
    assert.matches("alert sent: protocol_version", out)
    assert.matches("This region sent it%.", out)
    assert.is_nil(out:find "other side")
    local files = support.ring "NETX.CTGAPP"
    support.s_client { "-connect", "127.0.0.1:" .. region:port "A", "-tls1_2", "-verify_return_error", "-cert", files.certificate,
      "-key", files.key, "-CAfile", pki:file "ca.pem" }
    _, out = region:command("explain", "--last", "1")
    assert.matches("alert received: unknown_ca", out)
    assert.matches("The other side sent it", out)
    region:stop()
  end)

  describe("strict checking", function()
    local BARE = { "basicConstraints = critical,CA:TRUE" } -- without keyUsage, which strict checking requires of an authority
    local ring, partner

    setup(function()
      pki:root("bare", "/O=Tests/CN=Bare CA", { extensions = BARE })
      pki:issue("bareregion", "/O=Tests/CN=NETA.CICSA", "bare")
      pki:issue("barepartner", "/O=Tests/CN=NETX.CTGAPP", "bare")
      ring = pki:ring("ring-bare", { own = "bareregion", signers = { "bare" } })
      partner = pki:ring("ring-barepartner", { own = "barepartner", signers = { "bare" } })
    end)

    local function come(strict)
      local region = support.region { region = { ring = ring, x509strict = strict }, tcpipservices = { A = { ssl = "clientauth" } } }
      region:start()
      local answer = support.connect { port = region:port "A", ring = partner }
      local record = region:explain({ last = 1 })[1]
      region:stop()
      return answer, record.facts.certificate.chain, record
    end

    it("is off unless x509strict is yes", function()
      local answer, chain = come(nil)
      assert.are.same({ "AUTOINSTALL_FAILED", true }, { answer.reason, chain.ok })
    end)

    it("is on with x509strict, and its errors are usual errors", function()
      local answer, chain, record = come "yes"
      assert.are.same({ "tls", "chain" }, { answer.stage, record.code })
      assert.are.same({ false, true }, { chain.ok, chain.complete })
      assert.are.same({ 92, 1 }, { chain.code, chain.depth }) -- CA cert does not include key usage extension
      assert.is_truthy(chain.anchor)
    end)

    it("is used by check for the ring's own certificates", function()
      local region = support.region { region = { ring = ring }, tcpipservices = { A = { ssl = "clientauth" } } }
      local status, out, err = support.sallyport("check", "--region", region.dir .. "/region.lua")
      assert.are.equal(0, status)
      assert.matches("OWN.pem:1: warning: [^\n]* refuses this chain because of CN=Bare CA,O=Tests: CA cert does not include key usage",
        out .. err)
      local good = support.region { region = { ring = pki:file "partner" } }
      out, err = select(2, support.sallyport("check", "--region", good.dir .. "/region.lua"))
      assert.is_nil((out .. err):find "strictly")
    end)

    it("is used by a region that dials, too", function()
      local listener = support.listen { ring = partner }
      local region = support.region { region = { ring = ring, x509strict = "yes" }, ipconns = { A = { applid = "CTGAPP", networkid = "NETX",
        host = "127.0.0.1", port = listener.port, sendcount = 1, ssl = "yes" } } }
      region:start()
      outgoing.acquire(region, "A")
      assert(not listener:accept())
      region:wait_log "DFHIS1011 .*ipconn=A .*SECURITY_VIOLATION"
      assert.are.equal(92, outgoing.record_of(region).facts.certificate.chain.code)
      listener:close()
      region:stop()
    end)
  end)
end)
