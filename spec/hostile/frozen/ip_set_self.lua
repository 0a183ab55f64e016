-- SPDX-License-Identifier: Apache-2.0
-- An ip set's method on something else.
-- ends: policy_error call it with a colon
local policy = require "policy"
local set = require "policy.ip".set { "10.0.0.0/8" }

return {
  bind = function(facts)
    set.holds({}, "10.0.0.1")
    return policy.accept()
  end,
}
