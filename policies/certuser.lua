-- SPDX-License-Identifier: Apache-2.0
-- certuser (certify): a user ID for a certificate, by filters on its names, like RACF's class DIGTNMAP (IPIC.md 7.8).
--
-- For whom: a region with ssl = "clientauth" whose partners differ by their certificates. The user ID is the link user
--   of an ipconn with linkauth = "certuser". (A ring's maps.lua gives the same user IDs without a script.)
-- Lets in: a certificate that a signer of the ring itself issued, with the user ID of the best filter or without one.
-- Never lets in: a chain that did not verify, a certificate of an authority below a signer, a best filter of NOTRUST.

local policy = require "policy"
local cert = require "policy.cert"

local NOTRUST = "NOTRUST" -- RACF's word: this certificate is not trusted

-- A filter may also name the signer in which the chain must end: anchor = "1A:2B:…", its SHA-256 fingerprint.
local user_of = cert.filter {
  { userid = "CTGUSER", subject = "CN=NETX.CTGAPP,O=Sallyport demo", issuer = "CN=First CA,O=Sallyport demo" },
  { userid = "CICSBUSR", subject = "CN=NETA.CICSB,O=Sallyport demo", issuer = "CN=First CA,O=Sallyport demo" },
  { userid = NOTRUST, subject = "CN=MYQUAL.MYAPPL,O=Sallyport demo" },
  { userid = "PAYUSER", subject = "OU=Payroll,O=Sallyport demo" },
  { userid = "SECONDCA", issuer = "CN=Second CA,O=Sallyport demo" },
}

return {
  certify = function(facts)
    local certificate = facts.certificate
    if not policy.check("certificate given", certificate ~= nil) then
      return policy.refuse("no_certificate", "no certificate to map to a user")
    end
    if not policy.check("chain verified", certificate.chain.ok, certificate.chain.text) then
      return policy.refuse("chain", certificate.chain.text or "the chain did not verify")
    end
    if not policy.check("issued by a signer", cert.issued_by(certificate, { anchor = true }), certificate.issuer.printed) then
      return policy.refuse("other_issuer", "the certificate comes from an authority below a signer of the ring")
    end
    local userid = user_of(certificate)
    policy.check("a filter fits", userid ~= nil, userid or certificate.subject.printed)
    if policy.check("trusted", userid ~= NOTRUST) then return policy.accept { userid = userid } end
    return policy.refuse("not_trusted", "the best filter is NOTRUST")
  end,
}
