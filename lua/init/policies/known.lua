-- SPDX-License-Identifier: Apache-2.0
-- known (bind, urm): the partners of a list, each with a certificate of its name.
--
-- For whom: a region with ssl = "clientauth" whose operators know their partners.
-- Lets in: a partner of the list whose certificate verified and names its NETWORKID.APPLID. The ipconn has the APPLID
--   as its name, and is a copy of the template of the list.
-- Never lets in: any other name, a certificate of another name, a partner that is no longer in the list at a reload.

local policy = require "policy"
local cert = require "policy.cert"
local capex = require "policy.capex"

local KNOWN = { -- NETWORKID.APPLID = the template of its ipconn
  ["SHOP.SHOPWEB1"] = "KNOWN",
}

return {
  bind = function(facts)
    local name = capex.name(facts.capex)
    local verified, reason = cert.verified(facts.certificate)
    if not policy.check("certificate verified", verified, reason) then
      return policy.refuse("chain", "the certificate of " .. name .. ": " .. reason)
    end
    local named, place = cert.named(facts.certificate, name)
    if not policy.check("certificate names " .. name, named, place) then
      return policy.refuse("other_name", facts.certificate.subject.printed .. " does not name " .. name)
    end
    if policy.check("partner is known", KNOWN[name] ~= nil, name) then return policy.accept() end
    return policy.refuse("not_known", name .. " is not in the list of known.lua")
  end,

  install = function(facts)
    local name = capex.name(facts.capex)
    local template = KNOWN[name]
    if not policy.check("partner is known", template ~= nil, name) then
      return policy.refuse("not_known", name .. " is not in the list of known.lua")
    end
    return policy.install { ipconn = facts.capex.applid, template = template }
  end,
}
