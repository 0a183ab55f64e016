-- SPDX-License-Identifier: Apache-2.0
-- quarantine (urm): unknown partners come in, but into a small room.
--
-- For whom: a region that wants to see who calls before it decides what they may do.
-- Lets in: any unknown partner, as a copy of the template QUARANT, named by its whole APPLID (or by the suggested one). What a partner
--   may do is the template's business: few sessions, users verified (IPIC.md 6.3: the choice of template is the security decision).
-- Never lets in: anybody while QUARANT is missing, out of service, itself autoinstalled, or trusts users it has not verified; a partner
--   that wants to be called back; a second partner of the same APPLID.

local policy = require "policy"
local capex = require "policy.capex"

local TEMPLATE = "QUARANT"
local TIGHT = { VERIFY = true, DEFAULTUSER = true }

-- Why the template cannot be used; nil when it can.
local function trouble(template)
  if not template then return "is not installed" end
  if template.autoinstalled then return "was autoinstalled itself" end
  if template.servstatus ~= "INSERVICE" then return "is out of service" end
  if not TIGHT[template.userauth] then return "has userauth " .. template.userauth end
end

return {
  install = function(facts)
    local said = facts.capex
    local wrong = trouble(policy.ipconn(TEMPLATE))
    if not policy.check("template usable", wrong == nil, wrong) then
      return policy.refuse("no_quarantine", TEMPLATE .. " " .. wrong)
    end
    if policy.check("wants a call-back", capex.wants_callback(said), said.port) then
      return policy.refuse("callback", "unknown partners are not called back")
    end
    local applid = capex.applid(said)
    return policy.install { ipconn = applid, applid = applid, template = TEMPLATE }
  end,
}
