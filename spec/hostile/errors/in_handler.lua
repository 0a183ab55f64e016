-- SPDX-License-Identifier: Apache-2.0
-- A handler that throws objects.
-- ends: policy_error
local policy = require "policy"

return {
  bind = function(facts)
    xpcall(error, function() error(setmetatable({}, { __tostring = error })) end)
    error(setmetatable({}, { __tostring = error }), 2)
    return policy.accept()
  end,
}
