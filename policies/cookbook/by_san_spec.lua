-- SPDX-License-Identifier: Apache-2.0

local function bind(san, applid, ok)
  return { stage = "capex", way = "in", capex = { networkid = "SHOP", applid = applid or "WEB1" },
    certificate = { subject = { { type = "CN", value = "SHOP.WEB1" }, printed = "CN=SHOP.WEB1" }, san = san,
      chain = { ok = ok ~= false } } }
end

local ACCEPT = { verdict = "accept" }
local OTHER = { verdict = "refuse", code = "other_name" }

return {
  { name = "accepts the URI", door = "bind", facts = bind { uri = { "ipic://SHOP/WEB1" } }, expect = ACCEPT },
  { name = "accepts the DNS name", door = "bind", facts = bind { dns = { "web1.shop.partners.example" } }, expect = ACCEPT },
  { name = "accepts one of several DNS names", door = "bind",
    facts = bind { dns = { "web2.shop.partners.example", "web1.shop.partners.example" } }, expect = ACCEPT },
  { name = "refuses the name of another partner", door = "bind", facts = bind { dns = { "web2.shop.partners.example" } }, expect = OTHER },
  { name = "refuses a wildcard", door = "bind", facts = bind { dns = { "*.shop.partners.example" } }, expect = OTHER },
  { name = "refuses a name with a NUL inside", door = "bind", facts = bind { dns = { "web1.shop.partners.example\0.evil" } },
    expect = OTHER },
  { name = "refuses the URI as a DNS name", door = "bind", facts = bind { dns = { "ipic://SHOP/WEB1" } }, expect = OTHER },
  { name = "refuses a certificate without a SAN, whatever its subject", door = "bind", facts = bind {}, expect = OTHER },
  { name = "refuses a blank APPLID", door = "bind", facts = bind({ uri = { "ipic://SHOP/" } }, ""),
    expect = { verdict = "refuse", code = "no_applid" } },
  { name = "refuses a certificate that did not verify", door = "bind", facts = bind({ uri = { "ipic://SHOP/WEB1" } }, nil, false),
    expect = { verdict = "refuse", code = "no_certificate" } },
  { name = "refuses a partner without a certificate", door = "bind", facts = { capex = { networkid = "SHOP", applid = "WEB1" } },
    expect = { verdict = "refuse", code = "no_certificate" } },
}
