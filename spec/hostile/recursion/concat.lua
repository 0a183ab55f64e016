-- SPDX-License-Identifier: Apache-2.0
-- Recursion through __concat.
-- ends: policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local t
    t = setmetatable({}, { __concat = function(a, b) return a .. b end })
    local _ = t .. "x"
    return policy.accept()
  end,
}
