-- SPDX-License-Identifier: Apache-2.0
-- A user with a line feed.
-- ends: bad_name
local policy = require "policy"

return {
  bind = function(facts)
    return policy.accept { userid = "\r\nROOT" }
  end,
}
