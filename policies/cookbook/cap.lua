-- SPDX-License-Identifier: Apache-2.0
-- cap (urm): a partner network has at most so many connections at the same time.
--
-- For whom: a region whose clients are autoinstalled, and where one network must not take all the room.
-- Lets in: a client of a network in the table, as a copy of the template GUEST, while the network has fewer
--   autoinstalled ipconns than its row allows.
-- Never lets in: a network without a row, a connection above the cap, a second connection of an APPLID (name_taken).
-- An ipconn counts until its client disconnects. A reload with a smaller cap releases no client (facts.recheck).

local policy = require "policy"
local capex = require "policy.capex"

local CAPS = { SHOP = 20, BANK = 2 }

-- The number of autoinstalled ipconns of the network. Predefined ipconns do not count.
local function connections(networkid)
  local count = 0
  for _, one in ipairs(policy.ipconns { networkid = networkid }) do
    if one.autoinstalled then count = count + 1 end
  end
  return count
end

return {
  install = function(facts)
    local said = facts.capex
    local cap = CAPS[said.networkid]
    if not policy.check("network known", cap ~= nil, said.networkid) then
      return policy.refuse("other_network", "no row for NETWORKID " .. said.networkid)
    end
    local count = connections(said.networkid)
    if not policy.check("below the cap", facts.recheck or count < cap, ("%d of %d"):format(count, cap)) then
      return policy.refuse("cap", ("%s has %d connections and may have %d"):format(said.networkid, count, cap))
    end
    local applid = capex.applid(said)
    return policy.install { ipconn = applid, applid = applid, template = "GUEST" }
  end,
}
