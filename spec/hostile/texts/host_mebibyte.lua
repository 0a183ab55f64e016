-- SPDX-License-Identifier: Apache-2.0
-- A host of 1 MiB.
-- ends: bad_name
-- door: install
local policy = require "policy"
local x = ("h"):rep(1024 * 1024)

return {
  install = function(facts)
    return policy.install { ipconn = "HOSTILE", host = x }
  end,
}
