-- SPDX-License-Identifier: Apache-2.0
-- A text cut inside a character, and bytes that are none.
-- ends: not_you
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("not_you", ("\u{10348}"):rep(60) .. "\xff\xfe\xc3")
  end,
}
