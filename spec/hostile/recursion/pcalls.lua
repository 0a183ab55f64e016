-- SPDX-License-Identifier: Apache-2.0
-- pcall in pcall.
-- ends: policy_limit,policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local function down() return pcall(down) end
    down()
    error "deep"
    return policy.accept()
  end,
}
