-- SPDX-License-Identifier: Apache-2.0
-- A limit caught, then yes.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    pcall(function() while true do end end)
    return policy.accept()
  end,
}
