-- SPDX-License-Identifier: Apache-2.0
-- Asking for an ipconn named by 1 MiB.
-- ends: not_you
local policy = require "policy"
local x = ("\r\n"):rep(512 * 1024)

return {
  bind = function(facts)
    policy.ipconn(x)
    policy.ipconns { applid = x, networkid = "\0\r\n" }
    return policy.refuse "not_you"
  end,
}
