-- SPDX-License-Identifier: Apache-2.0
-- Coroutines, which would each bring a hook of their own.
-- ends: policy_error there is no global 'coroutine'
local policy = require "policy"

return {
  bind = function(facts)
    coroutine.wrap(function() while true do end end)()
    return policy.accept()
  end,
}
