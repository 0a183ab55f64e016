-- SPDX-License-Identifier: Apache-2.0
-- The metatable of verdicts, changed.
-- ends: policy_error
local policy = require "policy"

return {
  bind = function(facts)
    getmetatable(policy.refuse "no").__index = policy.accept()
    return policy.accept()
  end,
}
