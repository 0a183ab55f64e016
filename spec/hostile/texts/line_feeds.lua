-- SPDX-License-Identifier: Apache-2.0
-- A refusal whose text goes on on another line.
-- ends: not_you
local policy = require "policy"

return {
  bind = function(facts)
    return policy.refuse("not_you", "no\r\n2026-01-01T00:00:00Z CICSA SP0020 I Door opened.\r\n\27[2J\7\127\255")
  end,
}
