-- SPDX-License-Identifier: Apache-2.0
-- by_network_and_ou (bind): a NETWORKID belongs to a network of addresses and to one OU of the certificate.
--
-- For whom: a region with ssl = "clientauth", whose authority writes the partner's department into the certificate as
--   OU. With several authorities in the ring check cert.issued_by too: each could use the same OU.
-- Lets in: a partner from a prefix of its NETWORKID's row, with a verified certificate whose only OU is the row's.
-- Never lets in: a NETWORKID without a row, another address, another OU, two OUs, no certificate or no verified one.

local policy = require "policy"
local ip = require "policy.ip"
local cert = require "policy.cert"

local NETWORKS = {
  SHOP = { ou = "Web shop", from = ip.set { "10.20.0.0/16", "2001:db8:20::/48" } },
  BANK = { ou = "Payments", from = ip.set { "10.30.0.0/16" } },
}

return {
  bind = function(facts)
    local networkid, certificate = facts.capex.networkid, facts.certificate
    local network = NETWORKS[networkid]
    if not policy.check("network known", network ~= nil, networkid) then
      return policy.refuse("other_network", "no row for NETWORKID " .. networkid)
    end
    if not policy.check("address of the network", network.from:holds(facts.peer.ip), facts.peer.ip) then
      return policy.refuse("other_address", facts.peer.ip .. " is no address of " .. networkid)
    end
    if not policy.check("certificate verified", cert.verified(certificate)) then
      return policy.refuse("no_certificate", "no certificate, or its chain did not verify")
    end
    local ou, reason = cert.ou(certificate)
    if policy.check("OU of the network", ou == network.ou, ou or reason) then return policy.accept() end
    return policy.refuse("other_ou", networkid .. " needs OU=" .. network.ou)
  end,
}
