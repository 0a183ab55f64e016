-- SPDX-License-Identifier: Apache-2.0
-- Recursion through __tostring.
-- ends: policy_error C stack overflow
local policy = require "policy"

return {
  bind = function(facts)
    local t
    t = setmetatable({}, { __tostring = function() return tostring(t) end })
    tostring(t)
    return policy.accept()
  end,
}
