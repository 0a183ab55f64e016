-- SPDX-License-Identifier: Apache-2.0
-- An ipconn's name with a NUL.
-- ends: bad_name
-- door: install
local policy = require "policy"

return {
  install = function(facts)
    return policy.install { ipconn = "A\0B" }
  end,
}
