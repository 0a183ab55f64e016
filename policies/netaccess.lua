-- SPDX-License-Identifier: Apache-2.0
-- netaccess (admit): the network in zones, like z/OS's NETACCESS statement (IPIC.md 7.2). The longest prefix names the
-- zone. The region's own user needs READ to EZB.NETACCESS.system.stack.zone in class SERVAUTH.
--
-- For whom: a region with a known network and a saf that says which zones this region may talk to.
-- Lets in: addresses of zones that the region's user may read; addresses without a zone, which are not checked.
-- Never lets in: an address of a zone without a profile or without READ; without a saf, an address of any zone.
-- It asks whether the region may talk to the zone, not who the partner is: add a certify script.

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
    local by = mapped and zone .. " by " .. prefix or facts.peer.ip
    if not policy.check("address is mapped to a zone", mapped, by) then return policy.accept() end
    local profile = ("EZB.NETACCESS.%s.%s.%s"):format(SYSTEM, STACK, zone)
    local may, why = saf.check("SERVAUTH", profile, REGION_USER, "read")
    if policy.check(REGION_USER .. " may read " .. profile, may, why.by) then return policy.accept() end
    return policy.refuse("zone", REGION_USER .. " may not talk to zone " .. zone .. ": " .. why.by)
  end,
}
