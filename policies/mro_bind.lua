-- SPDX-License-Identifier: Apache-2.0
-- mro_bind (bind): profiles DFHAPPL.applid in class FACILITY say which user may be which region and connect to which,
-- as MRO checks between regions of one machine (IPIC.md 7.3). IPIC itself lets any trusted certificate use any APPLID.
--
-- For whom: a region with ssl = "clientauth", a saf, and a certify script (certuser) or maps.lua that gives users.
-- Lets in: a partner whose user has UPDATE to the profile of the partner's APPLID and READ to the profile of this
--   region, when this region's user has READ to the profile of the partner.
-- Never lets in: a partner without a user or APPLID; a missing profile (MRO itself accepts without a profile).

local policy = require "policy"
local capex = require "policy.capex"
local saf = require "policy.saf"

local APPLID, REGION_USER = "CICSA", "CICSA"

local function has(userid, access, applid)
  local may, why = saf.check("FACILITY", "DFHAPPL." .. applid, userid, access)
  return policy.check(("%s has %s to DFHAPPL.%s"):format(userid, access:upper(), applid), may, why.by)
end

return {
  bind = function(facts)
    local userid = facts.certificate and facts.certificate.userid
    if not policy.check("the certificate has a user", userid ~= nil, userid) then
      return policy.refuse("no_user", "no user to check the partner's profile for")
    end
    if not policy.check("an APPLID", not capex.is_blank(facts.capex)) then
      return policy.refuse("no_applid", "a blank APPLID has no profile")
    end
    local applid = facts.capex.applid
    if not has(userid, "update", applid) then
      return policy.refuse("logon", userid .. " may not be " .. applid)
    end
    if not has(userid, "read", APPLID) then
      return policy.refuse("connect", userid .. " may not connect to " .. APPLID)
    end
    if not has(REGION_USER, "read", applid) then
      return policy.refuse("connect_back", REGION_USER .. " may not connect to " .. applid)
    end
    return policy.accept()
  end,
}
