-- SPDX-License-Identifier: Apache-2.0
-- rate (admit): at most so many sockets from one address in a minute.
--
-- For whom: a region with few partners that connect seldom, on a port that others can reach.
-- Lets in: the first 20 sockets of an address in a minute. The minute begins with the first socket. A connection has up
--   to two sockets.
-- Never lets in: further sockets until the minute is over; a new address while there is no room for another counter.
-- The counters expire. Otherwise addresses that connected once would fill the region. A reload counts nothing.

local policy = require "policy"

local SOCKETS, SECONDS = 20, 60

return {
  admit = function(facts)
    local counter = policy.counter("rate " .. facts.peer.ip, { expires = SECONDS })
    local number, reason = counter:next { max = SOCKETS }
    if policy.check("within the rate", number ~= nil, number or reason) then return policy.accept() end
    if reason == "exhausted" then return policy.refuse("too_often", ("more than %d sockets in %s s"):format(SOCKETS, SECONDS)) end
    return policy.refuse("not_counted", reason)
  end,
}
