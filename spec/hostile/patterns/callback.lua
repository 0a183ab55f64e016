-- SPDX-License-Identifier: Apache-2.0
-- gsub with a function that does not return.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(300000)

return {
  bind = function(facts)
    x:gsub("a", function() while true do end end)
    return policy.accept()
  end,
}
