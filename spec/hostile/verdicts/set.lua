-- SPDX-License-Identifier: Apache-2.0
-- A refusal, changed.
-- ends: policy_error cannot be changed
local policy = require "policy"

return {
  bind = function(facts)
    local no = policy.refuse "no"
    no.kind = "accept"
    return no
  end,
}
