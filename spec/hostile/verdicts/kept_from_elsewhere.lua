-- SPDX-License-Identifier: Apache-2.0
-- A verdict kept from another asking, at a door it does not suit.
-- ends: policy_error answered install
local policy = require "policy"
local kept

return {
  bind = function(facts)
    kept = kept or policy.install { ipconn = "HOSTILE" }
    return kept
  end,
}
