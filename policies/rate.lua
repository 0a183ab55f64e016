-- SPDX-License-Identifier: Apache-2.0
-- rate (admit): so many sockets from one address in a minute, and no more.
--
-- For whom: a region whose partners are few and calm, and whose port is seen by others too.
-- Lets in: the first sockets of an address in a minute that begins with its first one; a partner has up to two for each connection.
-- Never lets in: the next ones, until that minute is over; a new address while there are as many counters as a region keeps.
-- The counters expire, or addresses that came once would fill the region's counters for good. A reload counts nothing: it repeats what
-- was answered then.

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
