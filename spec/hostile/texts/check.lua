-- SPDX-License-Identifier: Apache-2.0
-- Checks with everything in them.
-- ends: not_you
local policy = require "policy"
local x = ("\0\r\n\xc3\x28"):rep(200 * 1024):gsub("%z", "%%")

return {
  bind = function(facts)
    policy.check("a\r\nb\27", false, x)
    policy.check(x, true, "\0\0\r\n\xff")
    return policy.refuse "not_you"
  end,
}
