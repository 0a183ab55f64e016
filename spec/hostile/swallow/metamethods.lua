-- SPDX-License-Identifier: Apache-2.0
-- Metamethods that loop, each caught.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local loop = function() while true do end end
    local t = setmetatable({}, { __index = loop, __newindex = loop, __eq = loop, __lt = loop, __len = loop })
    pcall(function() return t.x end)
    pcall(function() t.x = 1 end)
    pcall(function() return #t end)
    pcall(function() return t < t end)
    return policy.accept()
  end,
}
