-- SPDX-License-Identifier: Apache-2.0
-- table.sort by an order that is none.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local t = {}
for i = 1, 5000 do t[i] = i % 7 end

return {
  bind = function(facts)
    local flip = false
    while true do
      table.sort(t, function()
        flip = not flip
        return flip
      end)
      table.sort(t, function() return true end)
    end
    return policy.accept()
  end,
}
