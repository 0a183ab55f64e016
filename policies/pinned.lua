-- SPDX-License-Identifier: Apache-2.0
-- pinned (certify): the certificates on a list, and no others, however good their chain.
--
-- For whom: a region with a handful of known partners, whose CA also signs for people who are none.
-- Lets in: a certificate that verified and is pinned by its SHA-256 fingerprint, or bears one of the names below as its one CN and comes
--   from the CA below. A name may stand for a user (LINKAUTH(CERTUSER), IPIC.md 7.4).
-- Never lets in: no certificate, one that did not verify, one that is on neither list, one with several CNs (unless
--   its fingerprint is listed).

local policy = require "policy"
local cert = require "policy.cert"

-- Fingerprints: `openssl x509 -in LABEL.pem -noout -fingerprint -sha256`. Empty here, since `make certs` makes new keys each time:
--   ["1A:2B:…"] = "the gateway in Hursley",
local pins = cert.pins {}

-- The partners of the demo rings, by name. Their issuer is a signer of the ring itself (anchor = true): an authority below any signer may
-- call itself First CA. Partners of such an authority need `anchor = "FINGERPRINT"` of the signer and `issuer = "FINGERPRINT"` of the
-- authority: `openssl x509 -in signers/first.pem -noout -fingerprint -sha256`.
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
      return policy.refuse("not_pinned", certificate.subject.printed .. " is on no list")
    end
    if not policy.check("issuer pinned", cert.issued_by(certificate, issuer), certificate.issuer.printed) then
      return policy.refuse("other_issuer", cn .. " comes from " .. certificate.issuer.printed)
    end
    return policy.accept { userid = user }
  end,
}
