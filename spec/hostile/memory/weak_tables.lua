-- SPDX-License-Identifier: Apache-2.0
-- Weak tables, whose chains the collector follows in the square of their number.
-- ends: policy_error '__mode' is not available
local policy = require "policy"

return {
  bind = function(facts)
    setmetatable({}, { __mode = "k" })
    return policy.accept()
  end,
}
