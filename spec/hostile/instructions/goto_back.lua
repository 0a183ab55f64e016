-- SPDX-License-Identifier: Apache-2.0
-- A jump backwards.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    ::back::
    goto back
    return policy.accept()
  end,
}
