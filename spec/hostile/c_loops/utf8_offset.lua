-- SPDX-License-Identifier: Apache-2.0
-- utf8.offset over continuation bytes.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = "a" .. ("\x80"):rep(100000)

return {
  bind = function(facts)
    while true do utf8.offset(x, 0, #x) end
    return policy.accept()
  end,
}
