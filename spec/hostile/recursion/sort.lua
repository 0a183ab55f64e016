-- SPDX-License-Identifier: Apache-2.0
-- Recursion through sort.
-- ends: policy_error C stack overflow
local policy = require "policy"

return {
  bind = function(facts)
    local function down() table.sort({ 1, 2 }, down) end
    down()
    return policy.accept()
  end,
}
