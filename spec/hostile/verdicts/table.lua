-- SPDX-License-Identifier: Apache-2.0
-- A table that looks like a verdict.
-- ends: policy_error bind answered a table
local policy = require "policy"

return {
  bind = function(facts)
    return { kind = "accept", verdict = "accept", code = "", text = "" }
  end,
}
