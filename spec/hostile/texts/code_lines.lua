-- SPDX-License-Identifier: Apache-2.0
-- A code with a line feed.
-- ends: policy_error a code is
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("no\r\nSP0020", "x")
  end,
}
