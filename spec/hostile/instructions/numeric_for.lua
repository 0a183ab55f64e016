-- SPDX-License-Identifier: Apache-2.0
-- A counted loop with an end beyond reach.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local n = 0
    for i = 1, math.huge do n = n + i end
    return policy.accept()
  end,
}
