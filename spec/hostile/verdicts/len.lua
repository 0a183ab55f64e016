-- SPDX-License-Identifier: Apache-2.0
-- A table with a length.
-- ends: policy_error bind answered a table
local policy = require "policy"

return {
  bind = function(facts)
    return setmetatable({}, { __len = function() return 1 << 62 end, __eq = function() return true end, __call = policy.accept })
  end,
}
