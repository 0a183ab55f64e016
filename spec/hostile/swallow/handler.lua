-- SPDX-License-Identifier: Apache-2.0
-- A message handler that loops as well.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    xpcall(function() while true do end end, function() while true do end end)
    return policy.accept()
  end,
}
