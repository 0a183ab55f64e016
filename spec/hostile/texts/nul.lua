-- SPDX-License-Identifier: Apache-2.0
-- A text with a NUL.
-- ends: policy_error holds a NUL
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("not_you", "no\0yes")
  end,
}
