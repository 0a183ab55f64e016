-- SPDX-License-Identifier: Apache-2.0
-- %b that opens everywhere and never closes.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("("):rep(300000)

return {
  bind = function(facts)
    x:find("%b()")
    return policy.accept()
  end,
}
