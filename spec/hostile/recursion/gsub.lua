-- SPDX-License-Identifier: Apache-2.0
-- Recursion through gsub.
-- ends: policy_error C stack overflow
local policy = require "policy"

return {
  bind = function(facts)
    local function down() return (("a"):gsub("a", down)) end
    down()
    return policy.accept()
  end,
}
