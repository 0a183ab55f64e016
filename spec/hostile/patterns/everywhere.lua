-- SPDX-License-Identifier: Apache-2.0
-- Lazy, unanchored, over a long text: the square of its length.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(300000)

return {
  bind = function(facts)
    x:find(".-b")
    return policy.accept()
  end,
}
