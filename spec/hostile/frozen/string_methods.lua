-- SPDX-License-Identifier: Apache-2.0
-- The metatable of strings, changed.
-- ends: policy_error index a boolean
local policy = require "policy"

return {
  bind = function(facts)
    getmetatable("").__index = {}
    return policy.accept()
  end,
}
