-- SPDX-License-Identifier: Apache-2.0
-- A frontier with a long set.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(300000)

return {
  bind = function(facts)
    while true do x:find("%f[" .. ("%w"):rep(1000) .. "]b") end
    return policy.accept()
  end,
}
