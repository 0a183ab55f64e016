-- SPDX-License-Identifier: Apache-2.0
-- quarantine (urm): unknown partners are installed with the rights of one restricted template.
--
-- For whom: a region whose operators want to see unknown partners before they decide about them.
-- Lets in: any unknown partner, as a copy of the template QUARANT (IPIC.md 6.3). The name of the ipconn is the APPLID
--   or the suggested APPLID.
-- Never lets in: anyone while QUARANT is missing, out of service, was autoinstalled, or accepts users without a
--   password; a partner that asks for a call-back; a second partner of the same APPLID.

local policy = require "policy"
local capex = require "policy.capex"

local TEMPLATE = "QUARANT"
local TIGHT = { VERIFY = true, DEFAULTUSER = true }

-- The reason why the template cannot be used; nil when it can be used.
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
