-- SPDX-License-Identifier: Apache-2.0
-- pcall round a loop, round a loop.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    while true do pcall(function() while true do end end) end
    return policy.accept()
  end,
}
