-- SPDX-License-Identifier: Apache-2.0
-- The metatable of ip sets, changed.
-- ends: policy_error index a boolean
local policy = require "policy"
local set = require "policy.ip".set { "10.0.0.0/8" }

return {
  bind = function(facts)
    getmetatable(set).__gc = nil
    return policy.accept()
  end,
}
