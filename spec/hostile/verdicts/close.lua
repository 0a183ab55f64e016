-- SPDX-License-Identifier: Apache-2.0
-- A yes, and a __close that does not return.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local _ <close> = setmetatable({}, { __close = function() while true do end end })
    return policy.accept()
  end,
}
