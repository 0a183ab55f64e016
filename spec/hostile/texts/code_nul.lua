-- SPDX-License-Identifier: Apache-2.0
-- A code with a NUL.
-- ends: policy_error a code is
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("no\0", "x")
  end,
}
