-- SPDX-License-Identifier: Apache-2.0
-- rate (admit): a bound on the sockets from one address in a minute.
--
-- For whom: a region with few partners that connect seldom, and a port in reach of others.
-- Lets in: the first sockets of an address in a minute that begins with its first one; a partner has up to two for each connection.
-- Never lets in: the next ones, until that minute is over; a new address while there are as many counters as a region keeps.
-- The counters expire; else addresses that connected once would fill the region's counters for good. A reload counts nothing: it repeats
-- the answers of the door.

local policy = require "policy"

local SOCKETS, SECONDS = 20, 60

return {
  admit = function(facts)
    local counter = policy.counter("rate " .. facts.peer.ip, { expires = SECONDS })
    local number, reason = counter:next { max = SOCKETS }
    if policy.check("within the rate", number ~= nil, number or reason) then return policy.accept() end
    if reason == "exhausted" then return policy.refuse("too_often", ("%d sockets in %d s are enough"):format(SOCKETS, SECONDS)) end
    return policy.refuse("not_counted", reason)
  end,
}
