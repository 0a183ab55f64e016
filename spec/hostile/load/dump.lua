-- SPDX-License-Identifier: Apache-2.0
-- string.dump is not there.
-- ends: policy_error string has no 'dump'
local policy = require "policy"

return {
  bind = function(facts)
    string.dump(policy.first)
    return policy.accept()
  end,
}
