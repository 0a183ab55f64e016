-- SPDX-License-Identifier: Apache-2.0
-- A word.
-- ends: policy_error answered a string
local policy = require "policy"

return {
  bind = function(facts)
    return "accept"
  end,
}
