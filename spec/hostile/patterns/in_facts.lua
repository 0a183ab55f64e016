-- SPDX-License-Identifier: Apache-2.0
-- A slow pattern over what the peer said.
-- ends: policy_limit 1000000 instructions|CPU time
local policy = require "policy"

return {
  bind = function(facts)
    facts.capex.applid:rep(1000):find(("(%w*)"):rep(30) .. "!")
    return policy.accept()
  end,
}
