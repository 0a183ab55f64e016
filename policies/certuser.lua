-- SPDX-License-Identifier: Apache-2.0
-- certuser (certify): a user ID for a certificate, by filters on its names, as RACF keeps them in class DIGTNMAP (IPIC.md 7.8). The user
-- ID is the link user of an ipconn with linkauth = "certuser"; with userauth = "local" every request runs as it.
--
-- For whom: a region with ssl = "clientauth" whose partners are told apart by what their certificates say. (Where no rule is needed
-- besides, the ring's maps.lua gives the same user IDs without a script.)
-- Lets in: every certificate whose chain verified; with a user ID when a filter fits, without one otherwise (the default user stands in).
-- Never lets in: a chain that did not verify, and whom the filter that says most of the name marks as not to be trusted.

local policy = require "policy"
local cert = require "policy.cert"

-- In place of a user ID: RACF's NOTRUST.
local NOTRUST = "NOTRUST"

-- The signer of the ring that a chain must end in for a filter that names an issuer:
-- `openssl x509 -in signers/first.pem -noout -fingerprint -sha256`. Not given here, since `make certs` makes new keys each time. Give it:
-- without it every authority below any signer of the ring may call itself First CA. (Filters of the second CA would have its own.)
local ANCHOR = nil

local user_of = cert.filter {
  { userid = "CTGUSER", subject = "CN=NETX.CTGAPP,O=Sallyport demo", issuer = "CN=First CA,O=Sallyport demo", anchor = ANCHOR },
  { userid = "CICSBUSR", subject = "CN=NETA.CICSB,O=Sallyport demo", issuer = "CN=First CA,O=Sallyport demo", anchor = ANCHOR },
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
    local userid = user_of(certificate)
    policy.check("a filter fits", userid ~= nil, userid or certificate.subject.printed)
    if not policy.check("trusted", userid ~= NOTRUST) then
      return policy.refuse("not_trusted", "the filter that fits best has no trust")
    end
    return policy.accept { userid = userid }
  end,
}
