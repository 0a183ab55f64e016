-- SPDX-License-Identifier: Apache-2.0
-- An ipconn's name with 1 MiB.
-- ends: bad_name
-- door: install
local policy = require "policy"
local x = ("N"):rep(1024 * 1024)

return {
  install = function(facts)
    return policy.install { ipconn = x }
  end,
}
