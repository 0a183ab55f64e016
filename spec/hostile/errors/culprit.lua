-- SPDX-License-Identifier: Apache-2.0
-- Errors whose culprit Lua seeks through a long chain, caught again and again.
-- ends: policy_limit,policy_error
local policy = require "policy"
local t = {}
t.a = t

return {
  bind = function(facts)
    local function f(n)
      if n == 0 then return end
      return t.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.nothing.there
    end
    for _ = 1, 100000 do pcall(f, 1) end
    return policy.accept()
  end,
}
