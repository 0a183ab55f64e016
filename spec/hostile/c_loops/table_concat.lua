-- SPDX-License-Identifier: Apache-2.0
-- table.concat of many empty strings.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local t = {}
for i = 1, 60000 do t[i] = "" end

return {
  bind = function(facts)
    while true do table.concat(t) end
    return policy.accept()
  end,
}
