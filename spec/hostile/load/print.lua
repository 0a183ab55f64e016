-- SPDX-License-Identifier: Apache-2.0
-- print is not there.
-- ends: policy_error there is no global 'print'
local policy = require "policy"

return {
  bind = function(facts)
    print "x"
    return policy.accept()
  end,
}
