-- SPDX-License-Identifier: Apache-2.0
-- The string library as a list.
-- ends: policy_error read%-only
local policy = require "policy"

return {
  bind = function(facts)
    table.insert(string, 1, "x")
    return policy.accept()
  end,
}
