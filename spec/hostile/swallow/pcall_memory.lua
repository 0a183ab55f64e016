-- SPDX-License-Identifier: Apache-2.0
-- Memory's end caught, then yes.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    pcall(function()
      local t = {}
      while true do t[#t + 1] = { t } end
    end)
    return policy.accept()
  end,
}
