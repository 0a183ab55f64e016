-- SPDX-License-Identifier: Apache-2.0
-- The string library, written to.
-- ends: policy_error read%-only
local policy = require "policy"

return {
  bind = function(facts)
    string.rep = nil
    return policy.accept()
  end,
}
