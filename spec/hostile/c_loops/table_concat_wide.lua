-- SPDX-License-Identifier: Apache-2.0
-- table.concat with a separator that is longer than the list.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local t = {}
for i = 1, 1000 do t[i] = "" end

return {
  bind = function(facts)
    table.concat({}, "", 1, 0)
    table.concat(setmetatable({}, { __len = function() return 1 << 60 end, __index = function() return "" end }), "")
    while true do table.concat(t, ("-"):rep(1000)) end
    return policy.accept()
  end,
}
