-- SPDX-License-Identifier: Apache-2.0
-- dfhisaip (urm): what CICS's default autoinstall program DFHISAIP does (IPIC.md 6.5).
--
-- For whom: somebody who tries things out, or wants to see what a region without a program of its own does.
-- Lets in: everybody. The ipconn is named by the last four characters of the APPLID, or by the suggested APPLID when there is none,
--   without a template: user and link user are the default user's.
-- Never lets in: nobody is kept out on purpose. Two partners whose APPLIDs end in the same four characters collide, and the
--   second is refused. IBM advises against it in production; `sallyport check` says so where it is named.

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
