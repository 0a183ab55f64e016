-- SPDX-License-Identifier: Apache-2.0
-- _G is not there.
-- ends: policy_error there is no global '_G'
local policy = require "policy"

return {
  bind = function(facts)
    _G.policy = nil
    return policy.accept()
  end,
}
