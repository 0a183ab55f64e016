-- SPDX-License-Identifier: Apache-2.0
-- table.move over nothing, for ever.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    table.move({}, 1, 1 << 50, 2)
    return policy.accept()
  end,
}
