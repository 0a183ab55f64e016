-- SPDX-License-Identifier: Apache-2.0
-- utf8.codes of bytes that are no UTF-8, its error caught, and of a long text.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"
local x = "a" .. ("\x80"):rep(100000) .. "b"
local y = ("\u{20ac}"):rep(100000)

local function walk(s)
  for _ in utf8.codes(s, true) do end
end

return {
  bind = function(facts)
    while true do
      pcall(walk, x)
      walk(y)
    end
    return policy.accept()
  end,
}
