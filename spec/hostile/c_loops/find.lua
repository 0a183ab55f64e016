-- SPDX-License-Identifier: Apache-2.0
-- string.find with a pattern.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(100000)

return {
  bind = function(facts)
    while true do x:find("b") end
    return policy.accept()
  end,
}
