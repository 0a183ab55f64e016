-- SPDX-License-Identifier: Apache-2.0
-- A global.
-- ends: policy_error assignment to global 'accept'
local policy = require "policy"

return {
  bind = function(facts)
    accept = policy.accept
    return policy.accept()
  end,
}
