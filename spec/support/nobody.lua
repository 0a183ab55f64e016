-- SPDX-License-Identifier: Apache-2.0
-- nobody: a script that installs each partner under its APPLID by the template TMPL, and refuses NOBODY.
return [[
local policy = require "policy"
return {
  install = function(facts)
    if facts.capex.applid == "NOBODY" then return policy.refuse("nobody", "no") end
    return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
  end,
}
]]
