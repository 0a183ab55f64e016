-- SPDX-License-Identifier: Apache-2.0
-- Tables in a table.
-- ends: policy_limit 4096 KiB|1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local t = {}
    while true do t[#t + 1] = {} end
    return policy.accept()
  end,
}
