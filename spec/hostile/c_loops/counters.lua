-- SPDX-License-Identifier: Apache-2.0
-- Counters without end.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    for i = 1, math.huge do policy.counter("X" .. i):next() end
    return policy.accept()
  end,
}
