-- SPDX-License-Identifier: Apache-2.0
-- certuser (certify): a user ID for a certificate, by filters on its names, as RACF keeps them in class DIGTNMAP (IPIC.md 7.8). The user
-- ID is the link user of an ipconn with linkauth = "certuser"; with userauth = "local" every request runs as it.
--
-- For whom: a region with ssl = "clientauth" whose partners are told apart by what their certificates say. (Where no rule is needed
-- besides, the ring's maps.lua gives the same user IDs without a script.)
-- Lets in: every certificate that a signer of the ring itself signed; with a user ID when a filter fits, without one otherwise (the
--   default user stands in).
-- Never lets in: a chain that did not verify, a certificate of an authority below a signer, and a name whose best filter is NOTRUST.

local policy = require "policy"
local cert = require "policy.cert"

-- In place of a user ID: RACF's NOTRUST.
local NOTRUST = "NOTRUST"

-- A filter may take the fingerprint of the signer that the chain must end in: anchor = "1A:2B:…"
-- (`openssl x509 -in signers/first.pem -noout -fingerprint -sha256`). `make certs` makes new keys each time, so no filter here has one; the
-- rule "issued by a signer" below keeps authorities out that only call themselves First CA.
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
      return policy.refuse("no_certificate", "nothing to map to a user")
    end
    if not policy.check("chain verified", certificate.chain.ok, certificate.chain.text) then
      return policy.refuse("chain", certificate.chain.text or "the chain did not verify")
    end
    if not policy.check("issued by a signer", cert.issued_by(certificate, { anchor = true }), certificate.issuer.printed) then
      return policy.refuse("other_issuer", "the certificate comes from an authority below a signer of the ring")
    end
    local userid = user_of(certificate)
    policy.check("a filter fits", userid ~= nil, userid or certificate.subject.printed)
    if not policy.check("trusted", userid ~= NOTRUST) then
      return policy.refuse("not_trusted", "the filter that fits best has no trust")
    end
    return policy.accept { userid = userid }
  end,
}
