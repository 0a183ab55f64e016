-- SPDX-License-Identifier: Apache-2.0
-- A refusal, changed raw.
-- ends: policy_error table expected
local policy = require "policy"

return {
  bind = function(facts)
    rawset(policy.refuse "no", "kind", "accept")
    return policy.accept()
  end,
}
