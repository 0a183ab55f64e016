-- SPDX-License-Identifier: Apache-2.0
-- 40 lazy repetitions.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", ("a"):rep(40):gsub(("a-"):rep(40) .. "b", ""))
  end,
}
