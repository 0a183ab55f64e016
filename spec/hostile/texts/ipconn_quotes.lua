-- SPDX-License-Identifier: Apache-2.0
-- An ipconn's name with JSON.
-- ends: bad_name
-- door: install
local policy = require "policy"

return {
  install = function(facts)
    return policy.install { ipconn = "\"}]," }
  end,
}
