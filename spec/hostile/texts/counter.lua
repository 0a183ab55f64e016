-- SPDX-License-Identifier: Apache-2.0
-- A counter named by 1 MiB.
-- ends: policy_error
local policy = require "policy"
local x = ("c\r\n"):rep(350 * 1024)

return {
  bind = function(facts)
    policy.counter(x):next()
    return policy.accept()
  end,
}
