-- SPDX-License-Identifier: Apache-2.0
-- A string that doubles.
-- ends: policy_limit 4096 KiB|1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    local s = "x"
    while true do s = s .. s end
    return policy.accept()
  end,
}
