-- SPDX-License-Identifier: Apache-2.0
-- A hash that grows.
-- ends: policy_limit 4096 KiB|1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local t = {}
    for i = 1, math.huge do t["k" .. i] = i end
    return policy.accept()
  end,
}
