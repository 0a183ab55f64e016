-- SPDX-License-Identifier: Apache-2.0
-- A table that prints as a verdict.
-- ends: policy_error bind answered a table
local policy = require "policy"

return {
  bind = function(facts)
    return setmetatable({}, { __tostring = function() return "accept" end })
  end,
}
