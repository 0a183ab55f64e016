-- SPDX-License-Identifier: Apache-2.0
-- package is not there.
-- ends: policy_error there is no global 'package'
local policy = require "policy"

return {
  bind = function(facts)
    package.loaded.policy = nil
    return policy.accept()
  end,
}
