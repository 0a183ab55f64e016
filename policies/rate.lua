-- SPDX-License-Identifier: Apache-2.0
-- rate (admit): at most so many sockets from one address in a time.
--
-- For whom: a region with few partners that connect seldom, on a port that others can reach.
-- Lets in: 20 sockets of an address at once, then one every 3 seconds (20 in a minute). A connection has up to two
--   sockets.
-- Never lets in: further sockets until then; a new address while there is no room for another rate.
-- A reload takes nothing: it repeats the answer that the socket got.

local policy = require "policy"

local SOCKETS, SECONDS = 20, 60

return {
  admit = function(facts)
    local taken, why = policy.rate("sockets of " .. facts.peer.ip, { count = SOCKETS, per = SECONDS }):take()
    if policy.check("within the rate", taken == true, why) then return policy.accept() end
    if taken == nil then return policy.refuse("not_counted", why) end
    return policy.refuse("too_often", ("more than %d sockets in %s s; the next in %.1f s"):format(SOCKETS, SECONDS, why))
  end,
}
