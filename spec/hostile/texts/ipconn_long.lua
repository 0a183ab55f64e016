-- SPDX-License-Identifier: Apache-2.0
-- An ipconn's name with nine characters.
-- ends: bad_name
-- door: install
local policy = require "policy"

return {
  install = function(facts)
    return policy.install { ipconn = "HOSTILE99" }
  end,
}
