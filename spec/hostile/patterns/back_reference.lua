-- SPDX-License-Identifier: Apache-2.0
-- Back references over a long text.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(300000)

return {
  bind = function(facts)
    x:find("(a*)(a*)%1%2b")
    return policy.accept()
  end,
}
