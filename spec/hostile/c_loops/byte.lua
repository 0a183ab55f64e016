-- SPDX-License-Identifier: Apache-2.0
-- string.byte of a long text.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("x"):rep(50000)

return {
  bind = function(facts)
    while true do x:byte(1, 50000) end
    return policy.accept()
  end,
}
