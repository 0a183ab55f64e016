-- SPDX-License-Identifier: Apache-2.0
-- pin_list (certify): exactly the certificates whose SHA-256 fingerprints are listed.
--
-- For whom: a region with ssl = "clientauth" and a few known partners.
-- Lets in: a certificate that verified and is in the list. During a change of certificates a partner has two rows.
-- Never lets in: another certificate, even with the same name and authority; a listed one that expired or was revoked.

local policy = require "policy"
local cert = require "policy.cert"

-- Examples: replace them. `openssl x509 -in LABEL.pem -noout -fingerprint -sha256` prints a fingerprint.
local PINS = cert.pins {
  ["00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"] = "gateway 1",
  ["FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00:FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00"] = "gateway 1, next year",
}

return {
  certify = function(facts)
    local certificate = facts.certificate
    if not policy.check("certificate given", certificate ~= nil) then
      return policy.refuse("no_certificate", "the partner sent no certificate")
    end
    if not policy.check("chain verified", certificate.chain.ok, certificate.chain.text) then
      return policy.refuse("chain", certificate.chain.text)
    end
    local pinned, label = cert.pinned(certificate, PINS)
    if policy.check("pinned", pinned, label or certificate.sha256) then return policy.accept() end
    return policy.refuse("not_pinned", certificate.subject.printed .. " is not in the list")
  end,
}
