-- SPDX-License-Identifier: Apache-2.0
-- Requires while a door is asked.
-- ends: policy_error require it at the top
local policy = require "policy"

return {
  bind = function()
    require "require/never_loaded"
    return policy.accept()
  end,
}
