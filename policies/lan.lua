-- SPDX-License-Identifier: Apache-2.0
-- lan (admit): private networks only.
--
-- For whom: a region whose partners are all on private networks. Others do not even get a TLS handshake.
-- Lets in: the loopback, the private networks of RFC 1918, the unique local addresses of IPv6.
-- Never lets in: any other address, including link-local addresses and the shared space of RFC 6598 (100.64.0.0/10).
-- An address proves no identity: add a certify script.

local policy = require "policy"
local ip = require "policy.ip"

local near = ip.set {
  ["127.0.0.0/8"] = "loopback", ["::1/128"] = "loopback",
  ["10.0.0.0/8"] = "private", ["172.16.0.0/12"] = "private", ["192.168.0.0/16"] = "private", ["fc00::/7"] = "private",
}

return {
  admit = function(facts)
    local holds, prefix = near:holds(facts.peer.ip)
    if policy.check("on a near network", holds, prefix) then return policy.accept() end
    return policy.refuse("not_near", facts.peer.ip .. " is not on a private network")
  end,
}
