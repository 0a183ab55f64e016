-- SPDX-License-Identifier: Apache-2.0
-- A check whose name holds a NUL.
-- ends: policy_error nor hold a NUL
local policy = require "policy"

return {
  bind = function(facts)
    policy.check("a\0b", true)
    return policy.accept()
  end,
}
