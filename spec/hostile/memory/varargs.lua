-- SPDX-License-Identifier: Apache-2.0
-- Arguments that grow by one at each call.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local function more(...) return more(1, ...) end
    more()
    return policy.accept()
  end,
}
