-- SPDX-License-Identifier: Apache-2.0
-- listed (certify, bind, urm): the partners of a CSV file, each with the user ID and the template of its row.
--
-- For whom: a region with ssl = "clientauth" and many partners, whose list another program writes. An ipconn with
--   linkauth = "certuser" runs their requests as the user ID. The key of the file is NETWORKID.APPLID.
-- Lets in: a partner with a verified certificate, whose only CN is its NETWORKID.APPLID and is in the file, and whose
--   only OU is the parameter `ou`.
-- Never lets in: a name without a row, the name of another certificate, another OU; at a reload, a row that is gone.

local policy = require "policy"
local cert = require "policy.cert"
local capex = require "policy.capex"

local partners = policy.data("cookbook/listed.csv", { key = "name" })

return {
  params = { ou = { type = "string", default = "PARTNERS" } },

  certify = function(facts, params) -- before the CAPEX: the only name is that of the certificate
    local certificate = facts.certificate
    local verified, flaw = cert.verified(certificate)
    if not policy.check("certificate verified", verified, flaw) then return policy.refuse("not_verified", flaw) end
    local ou, no_ou = cert.ou(certificate)
    if not policy.check("OU is " .. params.ou, ou == params.ou, ou or no_ou) then
      return policy.refuse("other_ou", "the certificate needs OU=" .. params.ou)
    end
    local cn, no_cn = cert.cn(certificate)
    local row = cn and partners:find(cn)
    if not policy.check("CN is listed", row ~= nil, cn or no_cn) then
      return policy.refuse("not_listed", (cn or no_cn) .. " is not in listed.csv")
    end
    return policy.accept { userid = row.userid }
  end,

  bind = function(facts)
    local cn, name = cert.cn(facts.certificate), capex.name(facts.capex)
    if policy.check("CN is " .. name, cn == name, cn) then return policy.accept() end
    return policy.refuse("other_name", "the certificate is that of another partner than " .. name)
  end,

  install = function(facts)
    local name = capex.name(facts.capex)
    local row = partners:find(name)
    if not policy.check("partner is listed", row ~= nil, name) then return policy.refuse("not_listed", name .. " is not in listed.csv") end
    return policy.install { ipconn = facts.capex.applid, template = row.template }
  end,
}
