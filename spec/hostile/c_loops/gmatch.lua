-- SPDX-License-Identifier: Apache-2.0
-- string.gmatch that never finds.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(100000)

return {
  bind = function(facts)
    while true do for _ in x:gmatch("a-b") do end end
    return policy.accept()
  end,
}
