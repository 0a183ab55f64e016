-- SPDX-License-Identifier: Apache-2.0
--[[
gate: the script of a listener, for specs of candidates that differ from it: it refuses the address 127.0.0.9 at admit, the
APPLID BAD at bind and the APPLID NONE at install; others are autoinstalled by their APPLID from the template TEMPL.
]]
return [[
local policy = require "policy"
return {
  admit = function(facts)
    if facts.peer.ip == "127.0.0.9" then return policy.refuse("stranger") end
    return policy.accept()
  end,
  bind = function(facts)
    if facts.capex.applid == "BAD" then return policy.refuse("bad_applid", "not that one") end
    return policy.accept()
  end,
  install = function(facts)
    if facts.capex.applid == "NONE" then return policy.refuse "no_place" end
    return policy.install { ipconn = facts.capex.applid, template = "TEMPL" }
  end,
}]]
