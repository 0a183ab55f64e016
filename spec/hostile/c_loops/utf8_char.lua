-- SPDX-License-Identifier: Apache-2.0
-- utf8.char of many codes.
-- ends: policy_limit
local policy = require "policy"
local t = {}
for i = 1, 20000 do t[i] = 0x7FFFFFFF end

return {
  bind = function(facts)
    while true do utf8.char(table.unpack(t)) end
    return policy.accept()
  end,
}
