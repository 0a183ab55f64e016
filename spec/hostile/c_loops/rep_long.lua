-- SPDX-License-Identifier: Apache-2.0
-- string.rep: a terabyte.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", ("x"):rep(1 << 40))
  end,
}
