-- SPDX-License-Identifier: Apache-2.0
-- print is not there.
-- ends: policy_error nil value .%a+ 'print'
local policy = require "policy"

return {
  bind = function(facts)
    print "x"
    return policy.accept()
  end,
}
