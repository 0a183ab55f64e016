-- SPDX-License-Identifier: Apache-2.0
-- Closures that hold each other.
-- ends: policy_limit 4096 KiB|1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local f = function() end
    while true do
      local g = f
      f = function() return g end
    end
    return policy.accept()
  end,
}
