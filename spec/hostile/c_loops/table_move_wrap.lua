-- SPDX-License-Identifier: Apache-2.0
-- table.move over half of all integers.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    table.move({}, math.mininteger, -2, math.mininteger + 1)
    return policy.accept()
  end,
}
