-- SPDX-License-Identifier: Apache-2.0
-- Recursion through __index.
-- ends: policy_limit,policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local t
    t = setmetatable({}, { __index = function(_, key) return t[key] .. "" end })
    local _ = t.x
    return policy.accept()
  end,
}
