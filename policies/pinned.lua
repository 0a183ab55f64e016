-- SPDX-License-Identifier: Apache-2.0
-- pinned (certify): the certificates of a list, by fingerprint or by name.
--
-- For whom: a region with a few known partners, whose authority also signs for others.
-- Lets in: a certificate that verified and whose SHA-256 fingerprint is listed, or whose only CN is listed and which
--   comes from the authority below. A name may give a user ID (LINKAUTH(CERTUSER), IPIC.md 7.4).
-- Never lets in: no certificate, a certificate that did not verify, a certificate in neither list, one with several CNs
--   (unless its fingerprint is listed).

local policy = require "policy"
local cert = require "policy.cert"

-- Fingerprints, as `openssl x509 -in LABEL.pem -noout -fingerprint -sha256` prints them. The list is empty, because
-- `make certs` makes new keys each time:
--   ["1A:2B:…"] = "the gateway in Hursley",
local pins = cert.pins {}

-- The partners of the demo rings, by name. A signer of the ring itself must have issued their certificates (anchor =
-- true), because an authority below a signer may also use the name First CA. For partners of such an authority write
-- anchor = "FINGERPRINT" of the signer and issuer = "FINGERPRINT" of the authority.
local issuer = { O = "Sallyport demo", CN = "First CA", anchor = true }
local users = {
  ["NETX.CTGAPP"] = "CTGUSER",
  ["NETX.RSAAPP"] = "CTGUSER",
  ["MYQUAL.MYAPPL"] = "MYUSER",
  ["NETA.CICSB"] = "CICSBUSR",
}

return {
  certify = function(facts)
    local certificate = facts.certificate
    if not policy.check("certificate given", certificate ~= nil) then return policy.refuse "no_certificate" end
    if not policy.check("chain verified", certificate.chain.ok, certificate.chain.text) then
      return policy.refuse("chain", certificate.chain.text)
    end
    if policy.check("fingerprint pinned", cert.pinned(certificate, pins), certificate.sha256) then return policy.accept() end
    local cn, reason = cert.cn(certificate)
    local user = cn and users[cn]
    if not policy.check("name pinned", user ~= nil and user ~= false, cn or reason) then
      return policy.refuse("not_pinned", certificate.subject.printed .. " is in no list")
    end
    if not policy.check("issuer pinned", cert.issued_by(certificate, issuer), certificate.issuer.printed) then
      return policy.refuse("other_issuer", cn .. " was issued by " .. certificate.issuer.printed)
    end
    return policy.accept { userid = user }
  end,
}
