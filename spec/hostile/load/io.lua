-- SPDX-License-Identifier: Apache-2.0
-- io is not there.
-- ends: policy_error there is no global 'io'
local policy = require "policy"

return {
  bind = function(facts)
    io.open "/etc/passwd"
    return policy.accept()
  end,
}
