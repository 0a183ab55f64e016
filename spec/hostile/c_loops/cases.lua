-- SPDX-License-Identifier: Apache-2.0
-- string.upper, lower, reverse and sub.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("x"):rep(300000)

return {
  bind = function(facts)
    while true do x:upper() x:lower() x:reverse() x:sub(2) end
    return policy.accept()
  end,
}
