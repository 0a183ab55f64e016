-- SPDX-License-Identifier: Apache-2.0
-- A code that is the engine's.
-- ends: policy_error is the engine's own
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("policy_limit", "not mine to say")
  end,
}
