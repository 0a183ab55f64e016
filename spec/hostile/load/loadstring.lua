-- SPDX-License-Identifier: Apache-2.0
-- loadstring is not there.
-- ends: policy_error there is no global 'loadstring'
local policy = require "policy"

return {
  bind = function(facts)
    loadstring("return 1")
    return policy.accept()
  end,
}
