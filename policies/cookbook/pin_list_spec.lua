-- SPDX-License-Identifier: Apache-2.0

local ONE = ("00112233445566778899aabbccddeeff"):rep(2)
local NEXT = ("ffeeddccbbaa99887766554433221100"):rep(2)

local function certify(sha256, ok)
  return { stage = "tls", way = "in", certificate = { sha256 = sha256, subject = { printed = "CN=test" },
    chain = ok == false and { ok = false, text = "certificate has expired" } or { ok = true } } }
end

return {
  { name = "accepts a pinned certificate", door = "certify", facts = certify(ONE), expect = { verdict = "accept" } },
  { name = "accepts the partner's next certificate", door = "certify", facts = certify(NEXT), expect = { verdict = "accept" } },
  { name = "refuses another certificate", door = "certify", facts = certify(("0"):rep(64)),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a pinned certificate that has expired", door = "certify", facts = certify(ONE, false),
    expect = { verdict = "refuse", code = "chain", text = "certificate has expired" } },
  { name = "refuses a partner without a certificate", door = "certify", facts = { stage = "tls", way = "in" },
    expect = { verdict = "refuse", code = "no_certificate" } },
}
