-- SPDX-License-Identifier: Apache-2.0
-- string.find of a long text in a longer one.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = ("a"):rep(10000)

return {
  bind = function(facts)
    local s, t = x:rep(40), x:rep(20) .. "b"
    while true do s:find(t, 1, true) end
    return policy.accept()
  end,
}
