-- SPDX-License-Identifier: Apache-2.0
-- Two answers.
-- ends: policy_error 2 values
local policy = require "policy"

return {
  bind = function(facts)
    return policy.accept(), policy.accept()
  end,
}
