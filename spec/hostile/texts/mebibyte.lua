-- SPDX-License-Identifier: Apache-2.0
-- A text of 1 MiB.
-- ends: not_you
local policy = require "policy"
local x = ("\r\n"):rep(512 * 1024)

return {
  bind = function(facts)
    return policy.refuse("not_you", x)
  end,
}
