-- SPDX-License-Identifier: Apache-2.0
-- pcall as an iterator.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    for _ in pcall, string.rep, "" do pcall(string.rep, "", 1 << 50) end
    return policy.accept()
  end,
}
