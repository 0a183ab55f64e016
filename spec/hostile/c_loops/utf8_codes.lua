-- SPDX-License-Identifier: Apache-2.0
-- utf8.codes of what is one character.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = "a" .. ("\x80"):rep(100000) .. "b"

return {
  bind = function(facts)
    while true do for _ in utf8.codes(x, true) do end end
    return policy.accept()
  end,
}
