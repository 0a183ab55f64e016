-- SPDX-License-Identifier: Apache-2.0
-- A finalizer slipped in later.
-- ends: policy_error bind answered nothing
local policy = require "policy"

return {
  bind = function(facts)
    local meta = {}
    local t = setmetatable({}, meta)
    meta.__gc = function() while true do end end
    t = nil
    for i = 1, 15000 do t = { i } end
  end,
}
