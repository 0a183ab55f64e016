-- SPDX-License-Identifier: Apache-2.0
-- utf8.len of a long text.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("x"):rep(100000)

return {
  bind = function(facts)
    while true do utf8.len(x) end
    return policy.accept()
  end,
}
