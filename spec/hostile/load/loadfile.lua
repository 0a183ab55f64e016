-- SPDX-License-Identifier: Apache-2.0
-- loadfile is not there.
-- ends: policy_error there is no global 'loadfile'
local policy = require "policy"

return {
  bind = function(facts)
    loadfile "/etc/passwd"
    return policy.accept()
  end,
}
