-- SPDX-License-Identifier: Apache-2.0
-- table.sort of a list whose length is a guess.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local t = { 1 }
    for k = 1, 30 do t[1 << k] = 1 end
    table.sort(t, function() return false end)
    for _ = 1, math.huge do table.sort(t, function() return true end) end
    return policy.accept()
  end,
}
