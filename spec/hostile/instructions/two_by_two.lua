-- SPDX-License-Identifier: Apache-2.0
-- Two functions that call each other.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local even, odd
    function even() return odd() end
    function odd() return even() end
    even()
    return policy.accept()
  end,
}
