-- SPDX-License-Identifier: Apache-2.0
-- string.gsub that doubles.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(100000)

return {
  bind = function(facts)
    while true do x:gsub("a", "%0%0") end
    return policy.accept()
  end,
}
