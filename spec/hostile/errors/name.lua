-- SPDX-License-Identifier: Apache-2.0
-- An error object with a name of 20,000 bytes.
-- ends: policy_error error object is a table
local policy = require "policy"

return {
  bind = function(facts)
    error(setmetatable({}, { __name = ("\r\n"):rep(10000), __concat = function() while true do end end, __len = function() error "x" end }))
    return policy.accept()
  end,
}
