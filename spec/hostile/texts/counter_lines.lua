-- SPDX-License-Identifier: Apache-2.0
-- A counter with a line feed.
-- ends: not_you
local policy = require "policy"

return {
  bind = function(facts)
    policy.counter("c\r\n\27"):next()
    return policy.refuse "not_you"
  end,
}
