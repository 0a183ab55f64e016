-- SPDX-License-Identifier: Apache-2.0
-- netaccess (admit): the network in zones, as z/OS's NETACCESS statement does it (IPIC.md 7.2): the longest prefix names an address's
-- zone, and the region's own user needs READ to EZB.NETACCESS.system.stack.zone in class SERVAUTH.
--
-- For whom: a region whose network is known, with a saf that says which parts of it this region may talk to.
-- Lets in: addresses of zones the region's user may read, and addresses that no prefix maps: those are not checked.
-- Never lets in: an address of a zone without a profile, or whose profile does not permit it; nobody at all from a mapped zone without a
-- saf.
-- It asks whether this region may talk to that zone, not who calls: put a certificate's door behind it.

local policy = require "policy"
local ip = require "policy.ip"
local saf = require "policy.saf"

local SYSTEM, STACK = "SYS1", "TCPIP"
local REGION_USER = "CICSA"

local zones = ip.set {
  ["127.0.0.0/8"] = "LOOPBACK", ["::1/128"] = "LOOPBACK",
  ["10.0.0.0/8"] = "OFFICE", ["10.66.0.0/16"] = "GUESTS", ["192.168.0.0/16"] = "LAB",
}

return {
  admit = function(facts)
    local mapped, prefix, zone = zones:holds(facts.peer.ip)
    if not mapped then
      policy.check("address is mapped to a zone", false, facts.peer.ip)
      return policy.accept()
    end
    policy.check("address is mapped to a zone", true, zone .. " by " .. prefix)
    local profile = ("EZB.NETACCESS.%s.%s.%s"):format(SYSTEM, STACK, zone)
    local may, why = saf.check("SERVAUTH", profile, REGION_USER, "read")
    if policy.check(REGION_USER .. " may read " .. profile, may, why.by) then return policy.accept() end
    return policy.refuse("zone", REGION_USER .. " may not talk to zone " .. zone .. ": " .. why.by)
  end,
}
