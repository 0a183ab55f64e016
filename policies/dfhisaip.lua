-- SPDX-License-Identifier: Apache-2.0
-- dfhisaip (urm): CICS's default autoinstall program DFHISAIP (IPIC.md 6.5).
--
-- For whom: a user who tries the region out, or wants to see the behaviour of a region without its own program.
-- Lets in: every partner. The name of the ipconn is the last four characters of the APPLID, or the suggested APPLID
--   when the APPLID is blank. There is no template: user and link user are the default user.
-- Never lets in: a second partner whose APPLID ends in the same four characters. No other partner is refused. IBM
--   advises against this program in production, and `sallyport check` warns where it is named.

local policy = require "policy"
local capex = require "policy.capex"

return {
  install = function(facts)
    local said = facts.capex
    if capex.is_blank(said) then
      return policy.install { ipconn = said.suggested_applid, applid = said.suggested_applid }
    end
    return policy.install { ipconn = capex.last_four(said.applid) }
  end,
}
