-- SPDX-License-Identifier: Apache-2.0
-- combined (admit): several recipes at one door.
--
-- For whom: a region that needs more than one rule at a door, because a tcpipservice names one script for each door.
-- Lets in: a socket from the loopback; another socket that all of lan, hours and rate accept.
-- Never lets in: a socket from elsewhere that one of lan, hours and rate refuses.

local policy = require "policy"
local ip = require "policy.ip"

local hours, lan, rate = require "hours", require "lan", require "rate"

local function is_loopback(facts)
  return policy.check("loopback", ip.within(facts.peer.ip, "127.0.0.0/8"))
end

return {
  admit = policy.first {
    policy.when(is_loopback, function() return policy.accept() end),
    policy.all { lan.admit, hours.admit, rate.admit }, -- rate last: a refused socket is not counted
  },
}
