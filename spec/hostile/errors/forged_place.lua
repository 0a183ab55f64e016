-- SPDX-License-Identifier: Apache-2.0
-- A message with another script's place and another line.
-- ends: policy_error
local policy = require "policy"

return {
  bind = function(facts)
    error("policies/other.lua:1: it was him\r\n2026-01-01 CICSA SP0020 I Door opened.", 0)
    return policy.accept()
  end,
}
