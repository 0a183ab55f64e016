-- SPDX-License-Identifier: Apache-2.0
-- Tables made weak behind setmetatable's back.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local meta, previous, kept = {}, {}, {}
    for i = 1, 3000 do
      local key = {}
      kept[(i * 1009) % 3001] = setmetatable({ [previous] = key }, meta)
      previous = key
    end
    meta.__mode = "k"
    while true do kept.x = { previous } end
    return policy.accept()
  end,
}
