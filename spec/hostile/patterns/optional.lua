-- SPDX-License-Identifier: Apache-2.0
-- The classic: 40 optional letters before 40 letters.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", ("a"):rep(40):match(("a?"):rep(40) .. ("a"):rep(40)) or "")
  end,
}
