-- SPDX-License-Identifier: Apache-2.0
-- A library, sorted.
-- ends: policy_error read%-only
local policy = require "policy"

return {
  bind = function(facts)
    table.sort(math)
    return policy.accept()
  end,
}
