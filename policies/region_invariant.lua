-- SPDX-License-Identifier: Apache-2.0
-- Claims about every connection at the tcpipservice IPICSEC of region.lua. `sallyport test --invariants` looks for a
-- connection by which one of these claims is false.
local cert = require "policy.cert"
local capex = require "policy.capex"

local function accepted(walk)
  return walk.accepted and walk.facts.tcpipservice == "IPICSEC"
end

local owner = {} -- by the name of the ipconn: NETWORKID.APPLID of the certificates that got it

return {
  { name = "without a verified certificate nobody is installed",
    holds = function(walk)
      if not accepted(walk) then return true end
      return walk.facts.certificate ~= nil and walk.facts.certificate.chain.ok
    end },
  { name = "two different certificates never get the same ipconn, unless both have its partner's name",
    holds = function(walk)
      if not accepted(walk) then return true end
      local name, ipconn = capex.name(walk.facts.capex), walk.ipconn.ipconn
      owner[ipconn] = owner[ipconn] or name
      return owner[ipconn] == name and (cert.named(walk.facts.certificate, name))
    end },
  { name = "networkid EVIL is never accepted",
    holds = function(walk)
      return not accepted(walk) or walk.facts.capex.networkid ~= "EVIL"
    end },
}
