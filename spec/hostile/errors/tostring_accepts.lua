-- SPDX-License-Identifier: Apache-2.0
-- An error object that claims to be a yes.
-- ends: policy_error error object is a table
local policy = require "policy"

return {
  bind = function(facts)
    error(setmetatable({}, { __tostring = function() return policy.accept() end, __index = policy.accept() }))
    return policy.accept()
  end,
}
