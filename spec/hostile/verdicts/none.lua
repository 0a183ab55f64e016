-- SPDX-License-Identifier: Apache-2.0
-- A forgotten return.
-- ends: policy_error answered nothing
local policy = require "policy"

return {
  bind = function(facts)
    policy.accept()
  end,
}
