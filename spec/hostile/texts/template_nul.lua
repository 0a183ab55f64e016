-- SPDX-License-Identifier: Apache-2.0
-- A template named NUL.
-- ends: bad_name
-- door: install
local policy = require "policy"

return {
  install = function(facts)
    return policy.install { ipconn = "HOSTILE", template = "\0" }
  end,
}
