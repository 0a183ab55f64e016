-- SPDX-License-Identifier: Apache-2.0
-- A rule that swallows a limit, and one that says yes.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    return policy.first { function()
      pcall(string.rep, "", 1 << 50)
      return policy.pass()
    end, policy.accept }(facts)
  end,
}
