-- SPDX-License-Identifier: Apache-2.0
-- Recursion in Lua.
-- ends: policy_limit,policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local function down() return 1 + down() end
    down()
    return policy.accept()
  end,
}
