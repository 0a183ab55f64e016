-- SPDX-License-Identifier: Apache-2.0
-- __close inside pcall, after a limit.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    pcall(function()
      local _ <close> = setmetatable({}, { __close = function() while true do end end })
      while true do end
    end)
    return policy.accept()
  end,
}
