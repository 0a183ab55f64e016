-- SPDX-License-Identifier: Apache-2.0
-- ip.set built for every asking.
-- ends: policy_limit
local policy = require "policy"
local ip = require "policy.ip"
local list = {}
for i = 0, 9999 do list[#list + 1] = ("10.%d.%d.0/24"):format(i // 256, i % 256) end

return {
  bind = function(facts)
    while true do ip.set(list) end
    return policy.accept()
  end,
}
