-- SPDX-License-Identifier: Apache-2.0
-- table.unpack of nothing, by the hundred thousand.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    while true do table.unpack({}, 1, 100000) end
    return policy.accept()
  end,
}
