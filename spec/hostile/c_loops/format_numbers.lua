-- SPDX-License-Identifier: Apache-2.0
-- string.format: the longest numbers there are.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local f, t = ("%99.99f"):rep(200), {}
for i = 1, 200 do t[i] = 1e308 end

return {
  bind = function(facts)
    while true do f:format(table.unpack(t)) end
    return policy.accept()
  end,
}
