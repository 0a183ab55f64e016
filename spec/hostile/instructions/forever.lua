-- SPDX-License-Identifier: Apache-2.0
-- A loop that does nothing.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    while true do end
    return policy.accept()
  end,
}
