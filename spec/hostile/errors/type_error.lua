-- SPDX-License-Identifier: Apache-2.0
-- What a typo does.
-- ends: policy_error attempt to index
local policy = require "policy"

return {
  bind = function(facts)
    local t = {}
    local _ = t.admit.bind
    return policy.accept()
  end,
}
