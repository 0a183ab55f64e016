-- SPDX-License-Identifier: Apache-2.0
-- _ENV, written to.
-- ends: policy_error assignment to global
local policy = require "policy"

return {
  bind = function(facts)
    _ENV.policy = nil
    return policy.accept()
  end,
}
