-- SPDX-License-Identifier: Apache-2.0
-- A limit inside a library function, caught, then yes.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    pcall(string.rep, "", 1 << 50)
    return policy.accept()
  end,
}
