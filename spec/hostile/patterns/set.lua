-- SPDX-License-Identifier: Apache-2.0
-- A set with a hundred thousand members.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(300000)

return {
  bind = function(facts)
    x:find("[" .. ("b"):rep(100000) .. "]")
    return policy.accept()
  end,
}
