-- SPDX-License-Identifier: Apache-2.0
-- 40 stars and no end.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", ("a"):rep(40):match(("a*"):rep(40) .. "b") or "")
  end,
}
