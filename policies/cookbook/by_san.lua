-- SPDX-License-Identifier: Apache-2.0
-- by_san (bind): a subject alternative name (SAN) of the certificate must be the partner's own name.
--
-- For whom: a region with ssl = "clientauth", whose authority gives each partner a DNS name or a URI.
-- Lets in: a partner with a verified certificate that has the SAN URI ipic://NETWORKID/APPLID, or the SAN DNS name
--   applid.networkid.partners.example (lower case). Names are compared byte by byte and whole.
-- Never lets in: another name, a wildcard, a name only in the subject, a blank APPLID, no verified certificate.

local policy = require "policy"
local cert = require "policy.cert"
local capex = require "policy.capex"

local DOMAIN = "partners.example"

local function has(list, name)
  for _, value in ipairs(list) do
    if value == name then return true end
  end
  return false
end

return {
  bind = function(facts)
    local certificate, said = facts.certificate, facts.capex
    if not policy.check("certificate verified", certificate ~= nil and certificate.chain.ok) then
      return policy.refuse("no_certificate", "no certificate, or its chain did not verify")
    end
    if not policy.check("APPLID given", not capex.is_blank(said)) then
      return policy.refuse("no_applid", "a blank APPLID has no SAN")
    end
    local uri = ("ipic://%s/%s"):format(said.networkid, said.applid)
    local dns = ("%s.%s.%s"):format(said.applid, said.networkid, DOMAIN):lower()
    if policy.check("SAN is " .. uri, has(cert.san(certificate, "uri"), uri)) then return policy.accept() end
    if policy.check("SAN is " .. dns, has(cert.san(certificate, "dns"), dns)) then return policy.accept() end
    return policy.refuse("other_name", ("no SAN of the certificate is %s or %s"):format(uri, dns))
  end,
}
