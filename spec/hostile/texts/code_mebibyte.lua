-- SPDX-License-Identifier: Apache-2.0
-- A code of 1 MiB.
-- ends: policy_error a code is
local policy = require "policy"
local x = ("n"):rep(1024 * 1024)

return {
  bind = function(facts)
    return policy.refuse(x, x)
  end,
}
