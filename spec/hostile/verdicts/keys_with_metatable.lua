-- SPDX-License-Identifier: Apache-2.0
-- Keys that loop when printed, hidden by __pairs.
-- ends: policy_error
local policy = require "policy"

return {
  bind = function(facts)
    return policy.accept(setmetatable({ [setmetatable({}, { __tostring = function() while true do end end })] = 1 }, { __pairs = function() return function() end end }))
  end,
}
