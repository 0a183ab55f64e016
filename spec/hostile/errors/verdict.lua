-- SPDX-License-Identifier: Apache-2.0
-- A verdict, thrown.
-- ends: policy_error error object is a userdata
local policy = require "policy"

return {
  bind = function(facts)
    error(policy.accept())
    return policy.accept()
  end,
}
