-- SPDX-License-Identifier: Apache-2.0
-- string.pack: two gigabytes of padding.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", string.pack("c2147483647", ""))
  end,
}
