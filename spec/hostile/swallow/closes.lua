-- SPDX-License-Identifier: Apache-2.0
-- Several __close, each a loop.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local meta = { __close = function() while true do end end }
    local a <close>, b <const> = setmetatable({}, meta), 1
    local c <close> = setmetatable({}, meta)
    local d <close> = setmetatable({}, meta)
    while a and b and c and d do end
    return policy.accept()
  end,
}
