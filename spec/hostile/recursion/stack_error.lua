-- SPDX-License-Identifier: Apache-2.0
-- Recursion in Lua, its error raised anew.
-- ends: policy_limit,policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local function down(n) return n + down(n + 1) end
    local ok, why = pcall(down, 1)
    error(why, 0)
    return policy.accept()
  end,
}
