-- SPDX-License-Identifier: Apache-2.0
-- os is not there.
-- ends: policy_error there is no global 'os'
local policy = require "policy"

return {
  bind = function(facts)
    os.exit(0)
    return policy.accept()
  end,
}
