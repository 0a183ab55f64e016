-- SPDX-License-Identifier: Apache-2.0
-- An unknown key.
-- ends: policy_error no key 'user'
local policy = require "policy"

return {
  bind = function(facts)
    return policy.accept { user = "CICSUSER" }
  end,
}
