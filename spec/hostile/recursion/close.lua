-- SPDX-License-Identifier: Apache-2.0
-- __close that opens the next.
-- ends: policy_limit,policy_error
local policy = require "policy"

return {
  bind = function(facts)
    local function down()
      local _ <close> = setmetatable({}, { __close = down })
      error "again"
    end
    down()
    return policy.accept()
  end,
}
