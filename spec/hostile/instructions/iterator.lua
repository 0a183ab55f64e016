-- SPDX-License-Identifier: Apache-2.0
-- A generic for whose iterator never says nil.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    for _ in function() return 1 end do end
    return policy.accept()
  end,
}
