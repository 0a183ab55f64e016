-- SPDX-License-Identifier: Apache-2.0
-- Claims about every connection: `sallyport test --invariants --region FILE` looks for one by which a claim is false.
local cert = require "policy.cert"
local capex = require "policy.capex"

local owner = {} -- by the name of the ipconn: NETWORKID.APPLID of its partner

return {
  { name = "without a verified certificate nobody is installed",
    holds = function(walk)
      return not walk.accepted or (cert.verified(walk.facts.certificate))
    end },
  { name = "a certificate names the partner whose ipconn it gets, and no other partner gets that ipconn",
    holds = function(walk)
      if not walk.accepted then return true end
      local name, ipconn = capex.name(walk.facts.capex), walk.ipconn.ipconn
      owner[ipconn] = owner[ipconn] or name
      return owner[ipconn] == name and (cert.named(walk.facts.certificate, name))
    end },
}
