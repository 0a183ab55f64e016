-- SPDX-License-Identifier: Apache-2.0
-- Calls without a stack.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local function again() return again() end
    again()
    return policy.accept()
  end,
}
