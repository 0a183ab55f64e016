-- SPDX-License-Identifier: Apache-2.0
-- A storm of small ip sets, some of them kept.
-- ends: policy_limit
local policy = require "policy"
local ip = require "policy.ip"

return {
  bind = function(facts)
    local kept = {}
    for i = 1, math.huge do kept[i % 400] = ip.set { "10.0.0.0/8", "192.0.2.0/24", "fe80::/10" } end
    return policy.accept()
  end,
}
