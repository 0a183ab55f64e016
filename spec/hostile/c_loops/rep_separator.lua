-- SPDX-License-Identifier: Apache-2.0
-- string.rep with an empty separator.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", (""):rep(1 << 50, ""))
  end,
}
