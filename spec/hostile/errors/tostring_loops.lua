-- SPDX-License-Identifier: Apache-2.0
-- An error object whose __tostring does not return.
-- ends: policy_error error object is a table
local policy = require "policy"

return {
  bind = function(facts)
    error(setmetatable({}, { __tostring = function() while true do end end }))
    return policy.accept()
  end,
}
