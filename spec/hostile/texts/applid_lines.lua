-- SPDX-License-Identifier: Apache-2.0
-- An APPLID of a line feed.
-- ends: bad_name
-- door: install
local policy = require "policy"

return {
  install = function(facts)
    return policy.install { ipconn = "HOSTILE", applid = "\r\n" }
  end,
}
