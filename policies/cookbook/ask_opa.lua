-- SPDX-License-Identifier: Apache-2.0
-- ask_opa (bind): an Open Policy Agent beside the region decides.
--
-- For whom: a site with an OPA, and a region with policy_http = { "127.0.0.1:8181" }. The rule partners.allow has
--   input.ip, input.networkid, input.applid and, with TLS, input.subject. The question waits; other partners do not.
-- Lets in: a partner for which the rule is true.
-- Never lets in: a partner for which it is false or undefined, or while OPA gives no answer within half a second
--   (service_down). A reload has the answers of the time when the partner came, so that a new rule of OPA disconnects
--   nobody.

local policy = require "policy"

local OPA = "http://127.0.0.1:8181/v1/data/partners/allow"

return {
  bind = function(facts)
    local input = { ip = facts.peer.ip, networkid = facts.capex.networkid, applid = facts.capex.applid,
      subject = facts.certificate and facts.certificate.subject.printed }
    local answer = policy.http { url = OPA, json = { input = input }, timeout = 0.5, down = "refuse" }
    if not policy.check("OPA answers", answer.status == 200 and answer.json ~= nil, answer.status) then
      return policy.refuse("service_down", "OPA answered with status " .. answer.status)
    end
    if policy.check("partners.allow", answer.json.result == true) then return policy.accept() end
    return policy.refuse "not_allowed"
  end,
}
