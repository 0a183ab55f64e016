-- SPDX-License-Identifier: Apache-2.0
-- No opinion.
-- ends: policy_error answered pass
local policy = require "policy"

return {
  bind = function(facts)
    return policy.pass()
  end,
}
