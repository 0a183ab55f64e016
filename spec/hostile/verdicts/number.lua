-- SPDX-License-Identifier: Apache-2.0
-- A number.
-- ends: policy_error answered a number
local policy = require "policy"

return {
  bind = function(facts)
    return 0
  end,
}
