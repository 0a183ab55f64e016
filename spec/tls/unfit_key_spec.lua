-- SPDX-License-Identifier: Apache-2.0
-- Keys that no suite and no signature algorithm can use: both sides report the key, not a missing certificate.
local support = require "spec.support"

describe("a key that TLS cannot use", function()
  local dir

  -- A ring with its own certificate, self-signed, on that curve.
  local function ring(name, curve)
    local path = dir .. "/" .. name
    os.execute(("mkdir -p %s/signers && chmod 700 %s"):format(path, path))
    assert.equal(0, (support.run { "openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", path .. "/OWN.key" }))
    os.execute("chmod 600 " .. path .. "/OWN.key")
    assert.equal(0, (support.run { "openssl", "req", "-new", "-x509", "-key", path .. "/OWN.key", "-subj", "/O=X/CN=NETX.OWN", "-days", "9",
      "-addext", "subjectAltName=DNS:localhost", "-out", path .. "/OWN.pem" }))
    support.write(path .. "/signers/first.pem", support.read "certs/rings/CICSA/signers/first.pem")
    return path
  end

  setup(function() dir = support.directory() end)
  teardown(function() support.remove(dir) end)

  it("is reported by connect", function()
    local region = support.region { tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA" } } }
    region:start()
    local port = region:port "SEC"
    local answer, status, err = support.connect { to = support.here .. ":" .. port, ring = ring("brainpool", "brainpoolP256r1"),
      ["tls1.3"] = true }
    assert.same({ 3, "tls", "certificate_required" }, { status, answer.stage, answer.alert })
    assert.is_truthy(answer.detail:find("its key (brainpoolP256r1) suits no signature algorithm that the peer accepts", 1, true), err)
    -- other cases: another curve that is not offered; no certificate; a usable key with an untrusted certificate
    answer = support.connect { to = support.here .. ":" .. port, ring = ring("k1", "secp256k1"), ["tls1.3"] = true }
    assert.is_truthy(answer.detail:find("its key (secp256k1) suits no signature", 1, true))
    answer = support.connect { to = support.here .. ":" .. port, ring = "none", ["tls1.3"] = true }
    assert.equal("certificate_required", answer.alert)
    assert.is_nil(answer.detail:find("its key", 1, true))
    answer = support.connect { to = support.here .. ":" .. port, ring = ring("p256", "prime256v1"), ["tls1.3"] = true }
    assert.are_not.equal("certificate_required", answer.alert)
    assert.is_nil(answer.detail:find("its key", 1, true))
    assert.equal(3, region:count_log("code=no_certificate .*it has none, or its key suits no signature algorithm that is offered", 3))
    region:stop()
  end)

  it("is reported by the region for its own key", function()
    local region = support.region { region = { ring = ring("own", "brainpoolP384r1") }, tcpipservices = { SEC = { ssl = "yes" } } }
    region:start()
    local where = "127.0.0.1:" .. region:port "SEC"
    local line = "DFHSO0123 .*the own key %(brainpoolP384r1%) suits no suite and signature algorithm that the peer accepts"
    support.s_client({ "-connect", where, "-tls1_3" }, "")
    assert.equal(1, region:count_log(line, 1))
    support.s_client({ "-connect", where, "-tls1_2", "-sigalgs", "RSA+SHA256" }, "")
    assert.equal(2, region:count_log(line, 2))
    support.s_client({ "-connect", where, "-tls1", "-cipher", "ALL:@SECLEVEL=0" }, "")
    region:wait_log "DFHSO0123 .*unsupported protocol"
    assert.equal(2, region:count_log(line))
    region:stop()
  end)
end)
