-- SPDX-License-Identifier: Apache-2.0
-- Round and round through the facts.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local key = next(facts)
    while key do key = next(facts, key) or next(facts) end
    return policy.accept()
  end,
}
