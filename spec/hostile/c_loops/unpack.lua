-- SPDX-License-Identifier: Apache-2.0
-- string.unpack of many values.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local f, x = ("b"):rep(100), ("x"):rep(100000)

return {
  bind = function(facts)
    while true do string.unpack(f, x) end
    return policy.accept()
  end,
}
