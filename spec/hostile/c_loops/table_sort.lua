-- SPDX-License-Identifier: Apache-2.0
-- table.sort there and back.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local t = {}
for i = 1, 30000 do t[i] = i end

return {
  bind = function(facts)
    while true do
      table.sort(t)
      table.sort(t, function(a, b) return a > b end)
    end
    return policy.accept()
  end,
}
