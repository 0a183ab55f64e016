-- SPDX-License-Identifier: Apache-2.0
-- string.format: text that quotes to four times its size.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("\1"):rep(100000)

return {
  bind = function(facts)
    while true do ("%q"):format(x) end
    return policy.accept()
  end,
}
