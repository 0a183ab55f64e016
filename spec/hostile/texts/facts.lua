-- SPDX-License-Identifier: Apache-2.0
-- Facts, changed, and kept. Their metatable is not for scripts to change.
-- ends: not_you
local policy = require "policy"
local seen

return {
  bind = function(facts)
    facts.capex.applid = "OTHER"
    facts.capex = nil
    facts.peer.ip = "\r\n"
    if pcall(setmetatable, facts, { __index = function() while true do end end }) then return policy.accept() end
    seen = seen or facts
    return policy.refuse("not_you", tostring(seen.generation))
  end,
}
