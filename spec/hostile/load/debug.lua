-- SPDX-License-Identifier: Apache-2.0
-- debug is not there: it would take the hook away.
-- ends: policy_error there is no global 'debug'
local policy = require "policy"

return {
  bind = function(facts)
    debug.sethook()
    return policy.accept()
  end,
}
