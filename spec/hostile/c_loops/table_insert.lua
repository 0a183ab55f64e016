-- SPDX-License-Identifier: Apache-2.0
-- table.insert in front of a long list.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local t = {}
for i = 1, 50000 do t[i] = i end

return {
  bind = function(facts)
    while true do table.insert(t, 1, 0) table.remove(t) end
    return policy.accept()
  end,
}
