-- SPDX-License-Identifier: Apache-2.0
-- A verdict for another door.
-- ends: policy_error answered install
local policy = require "policy"

return {
  bind = function(facts)
    return policy.install { ipconn = "HOSTILE" }
  end,
}
