-- SPDX-License-Identifier: Apache-2.0
-- select at the end of a long list.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    local function last(...)
      while true do select(-1, ...) end
    end
    last(table.unpack({}, 1, 60000))
    return policy.accept()
  end,
}
