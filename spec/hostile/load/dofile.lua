-- SPDX-License-Identifier: Apache-2.0
-- dofile is not there.
-- ends: policy_error there is no global 'dofile'
local policy = require "policy"

return {
  bind = function(facts)
    dofile "/etc/passwd"
    return policy.accept()
  end,
}
