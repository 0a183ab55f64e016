-- SPDX-License-Identifier: Apache-2.0
-- host_is_peer (bind): the host of the CAPEX resolves to the address that the partner comes from.
--
-- For whom: a region whose partners send the name of their host, and whose names come from a server that the partners
--   do not write. The question waits for the resolver of the system (file hosts, DNS); other partners do not.
-- Lets in: a partner whose host has the address of its socket.
-- Never lets in: a partner without a host, with the host of another machine, or while there is no answer
--   (service_down). A reload has the answers of the time when the partner came.

local policy = require "policy"
local ip = require "policy.ip"

return {
  bind = function(facts)
    local host = facts.capex.host
    if not policy.check("host said", host ~= nil and host ~= "", host) then return policy.refuse "no_host" end
    for _, address in ipairs(policy.resolve(host, { timeout = 0.5, down = "refuse" })) do
      if policy.check("host is the peer", ip.within(facts.peer.ip, address), address) then return policy.accept() end
    end
    return policy.refuse("other_host", host .. " is not " .. facts.peer.ip)
  end,
}
