-- SPDX-License-Identifier: Apache-2.0
-- A host with a header line in it.
-- ends: bad_name
-- door: install
local policy = require "policy"

return {
  install = function(facts)
    return policy.install { ipconn = "HOSTILE", host = "a\r\nIS: 1 cmd; name=release" }
  end,
}
