-- SPDX-License-Identifier: Apache-2.0
-- policy.ipconns without end.
-- ends: policy_limit
local policy = require "policy"

return {
  bind = function(facts)
    while true do policy.ipconns { networkid = "NETX" } end
    return policy.accept()
  end,
}
