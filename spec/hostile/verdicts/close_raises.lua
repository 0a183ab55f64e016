-- SPDX-License-Identifier: Apache-2.0
-- A yes, and a __close that raises.
-- ends: policy_error too late
local policy = require "policy"

return {
  bind = function(facts)
    local _ <close> = setmetatable({}, { __close = function() error "too late" end })
    return policy.accept()
  end,
}
