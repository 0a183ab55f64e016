-- SPDX-License-Identifier: Apache-2.0
-- A table whose every reading does not return.
-- ends: policy_error bind answered a table
local policy = require "policy"

return {
  bind = function(facts)
    return setmetatable({}, { __index = function() while true do end end, __tostring = function() while true do end end, __len = function() while true do end end })
  end,
}
