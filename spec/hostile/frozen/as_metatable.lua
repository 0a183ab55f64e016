-- SPDX-License-Identifier: Apache-2.0
-- A library as a metatable.
-- ends: policy_error read%-only
local policy = require "policy"

return {
  bind = function(facts)
    setmetatable({}, string)
    return policy.accept()
  end,
}
