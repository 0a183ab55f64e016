-- SPDX-License-Identifier: Apache-2.0
-- Two tables that are each other's __index.
-- ends: policy_error loop
local policy = require "policy"

return {
  bind = function(facts)
    local a, b = {}, {}
    local ma, mb = { __index = b }, { __index = a }
    setmetatable(a, ma)
    setmetatable(b, mb)
    local _ = a.x
    return policy.accept()
  end,
}
