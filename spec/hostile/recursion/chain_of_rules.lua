-- SPDX-License-Identifier: Apache-2.0
-- Rules in rules, twelve thousand deep.
-- ends: policy_limit,policy_error
local policy = require "policy"
local chain = policy.when(function() return 7 end, policy.pass)
for _ = 1, 12000 do chain = policy.first { chain } end

return {
  bind = function(facts)
    return chain(facts)
  end,
}
