-- SPDX-License-Identifier: Apache-2.0
-- An error without a message.
-- ends: policy_error
local policy = require "policy"

return {
  bind = function(facts)
    error()
    return policy.accept()
  end,
}
