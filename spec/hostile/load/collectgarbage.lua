-- SPDX-License-Identifier: Apache-2.0
-- collectgarbage is not there.
-- ends: policy_error there is no global 'collectgarbage'
local policy = require "policy"

return {
  bind = function(facts)
    collectgarbage "stop"
    return policy.accept()
  end,
}
