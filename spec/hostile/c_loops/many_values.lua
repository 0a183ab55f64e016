-- SPDX-License-Identifier: Apache-2.0
-- math.max of a long list: stock, and looped over by Lua itself.
-- ends: policy_limit
local policy = require "policy"
local t = {}
for i = 1, 60000 do t[i] = i end

return {
  bind = function(facts)
    local function most(...)
      while true do math.max(...) end
    end
    most(table.unpack(t))
    return policy.accept()
  end,
}
