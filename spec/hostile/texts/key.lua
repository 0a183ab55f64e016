-- SPDX-License-Identifier: Apache-2.0
-- A key of 1 MiB.
-- ends: policy_error no key
-- door: install
local policy = require "policy"
local x = ("\r\n\27"):rep(350 * 1024)

return {
  install = function(facts)
    return policy.install { ipconn = "HOSTILE", [x] = 1 }
  end,
}
