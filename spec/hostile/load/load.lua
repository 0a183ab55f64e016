-- SPDX-License-Identifier: Apache-2.0
-- load is not there.
-- ends: policy_error nil value .%a+ 'load'
local policy = require "policy"

return {
  bind = function(facts)
    load("return policy")()
    return policy.accept()
  end,
}
