-- SPDX-License-Identifier: Apache-2.0
-- partners (bind): the name of a partner is the name in its certificate. IPIC itself ties no certificate to an APPLID
-- (IPIC.md 7.3): without such a rule each holder of a good certificate may use the name of any other.
--
-- For whom: a region with ssl = "clientauth" whose partners' certificates name NETWORKID.APPLID.
-- Lets in: a partner whose certificate verified and names the NETWORKID.APPLID of its CAPEX, as the only CN or as a
--   DNS name or URI of the SAN.
-- Never lets in: no certificate, a certificate that did not verify, a blank APPLID, the name of another partner, a name
--   that a NUL cuts short, one of several CNs.

local policy = require "policy"
local cert = require "policy.cert"
local capex = require "policy.capex"

return {
  bind = function(facts)
    local certificate, name = facts.certificate, capex.name(facts.capex)
    if not policy.check("certificate given", certificate ~= nil) then
      return policy.refuse("no_certificate", name .. " sent no certificate")
    end
    if not policy.check("chain verified", certificate.chain.ok, certificate.chain.text) then
      return policy.refuse("chain", "the chain of the certificate did not verify")
    end
    if capex.is_blank(facts.capex) then
      return policy.refuse("no_applid", "a blank APPLID is not the name of a certificate")
    end
    local named, how = cert.named(certificate, name)
    if policy.check("certificate names " .. name, named, how) then return policy.accept() end
    return policy.refuse("other_name", certificate.subject.printed .. " does not name " .. name .. ": " .. how)
  end,
}
