-- SPDX-License-Identifier: Apache-2.0
-- Keeps everything in an upvalue, at every asking.
-- ends: policy_limit 4096 KiB|1000000 instructions|CPU time
local policy = require "policy"
local kept = {}

return {
  bind = function(facts)
    for i = 1, math.huge do kept[#kept + 1] = { i, #kept } end
    return policy.accept()
  end,
}
