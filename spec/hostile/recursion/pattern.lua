-- SPDX-License-Identifier: Apache-2.0
-- A pattern that recurses.
-- ends: policy_error pattern too complex
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("never", ("a"):rep(300):match(("a?"):rep(300)))
  end,
}
