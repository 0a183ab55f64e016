-- SPDX-License-Identifier: Apache-2.0
-- A finalizer.
-- ends: policy_error '__gc' is not available
local policy = require "policy"

return {
  bind = function(facts)
    setmetatable({}, { __gc = function() while true do end end })
    return policy.accept()
  end,
}
