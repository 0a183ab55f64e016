-- SPDX-License-Identifier: Apache-2.0
-- partners (bind): a partner may call itself what its certificate calls it, and nothing else. IPIC itself ties no certificate to an
-- APPLID (IPIC.md 7.3): without such a rule every holder of a good certificate may say it is any other.
--
-- For whom: a region with ssl = "clientauth" whose partners' certificates name NETWORKID.APPLID.
-- Lets in: a partner whose certificate verified and names NETWORKID.APPLID of its CAPEX, as its one CN or as a dNSName or URI SAN.
-- Never lets in: no certificate, one that did not verify, a blank APPLID, another's name, a name cut short by a NUL, one of several CNs.

local policy = require "policy"
local cert = require "policy.cert"
local capex = require "policy.capex"

return {
  bind = function(facts)
    local certificate, name = facts.certificate, capex.name(facts.capex)
    if not policy.check("certificate given", certificate ~= nil) then
      return policy.refuse("no_certificate", name .. " came without a certificate")
    end
    if not policy.check("chain verified", certificate.chain.ok, certificate.chain.text) then
      return policy.refuse("chain", "a certificate that did not verify names nobody")
    end
    if capex.is_blank(facts.capex) then
      return policy.refuse("no_applid", "no APPLID, so no name a certificate could bear")
    end
    local named, how = cert.named(certificate, name)
    if policy.check("certificate names " .. name, named, how) then return policy.accept() end
    return policy.refuse("other_name", certificate.subject.printed .. " does not name " .. name .. ": " .. how)
  end,
}
