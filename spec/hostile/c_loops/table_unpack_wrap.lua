-- SPDX-License-Identifier: Apache-2.0
-- table.unpack of all integers.
-- ends: policy_error too many results
local policy = require "policy"

return {
  bind = function(facts)
    table.unpack({}, math.mininteger, math.maxinteger)
    return policy.accept()
  end,
}
