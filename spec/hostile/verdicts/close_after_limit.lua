-- SPDX-License-Identifier: Apache-2.0
-- A limit, and a __close that throws a yes.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local _ <close> = setmetatable({}, { __close = function() error(policy.accept()) end })
    while true do end
  end,
}
