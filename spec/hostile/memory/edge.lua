-- SPDX-License-Identifier: Apache-2.0
-- At the edge of the limit, with garbage.
-- ends: policy_limit 4096 KiB|1000000 instructions|CPU time
local policy = require "policy"
local x = ("x"):rep(3000000)

return {
  bind = function(facts)
    local kept = x .. "y"
    local t = {}
    while true do
      t[#t % 20 + 1] = kept .. #t
    end
    return policy.accept()
  end,
}
