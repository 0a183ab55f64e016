-- SPDX-License-Identifier: Apache-2.0
-- policy.check without end, with long words.
-- ends: policy_limit
local policy = require "policy"
local name, detail = ("n"):rep(100000), ("\r\n\27[2J"):rep(10000)

return {
  bind = function(facts)
    while true do policy.check(name, true, detail) end
    return policy.accept()
  end,
}
