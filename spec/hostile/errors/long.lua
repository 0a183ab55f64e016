-- SPDX-License-Identifier: Apache-2.0
-- A message of 1 MiB.
-- ends: policy_error
local policy = require "policy"
local x = ("\27[31mSP0020 I door opened\r\n\0"):rep(40000)

return {
  bind = function(facts)
    error(x)
    return policy.accept()
  end,
}
