-- SPDX-License-Identifier: Apache-2.0
-- A handler that fails in a handler that fails.
-- ends: policy_limit,policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local function down() return xpcall(down, down) end
    down()
    error "deep"
    return policy.accept()
  end,
}
