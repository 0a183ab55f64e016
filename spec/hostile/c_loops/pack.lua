-- SPDX-License-Identifier: Apache-2.0
-- string.pack of many values.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local f, t = ("i16"):rep(1000), {}
for i = 1, 1000 do t[i] = i end

return {
  bind = function(facts)
    while true do string.pack(f, table.unpack(t)) end
    return policy.accept()
  end,
}
