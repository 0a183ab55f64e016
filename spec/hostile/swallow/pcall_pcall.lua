-- SPDX-License-Identifier: Apache-2.0
-- pcalls in a row.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    pcall(pcall, pcall, pcall, string.rep, "", 1 << 50)
    return policy.accept()
  end,
}
