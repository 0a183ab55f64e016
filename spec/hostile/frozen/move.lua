-- SPDX-License-Identifier: Apache-2.0
-- table.move into the policy library.
-- ends: policy_error read%-only
local policy = require "policy"

return {
  bind = function(facts)
    table.move({ policy.accept }, 1, 1, 1, policy)
    return policy.accept()
  end,
}
