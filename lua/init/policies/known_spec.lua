-- SPDX-License-Identifier: Apache-2.0
-- The decision table of known.lua. `sallyport test` runs each row.

-- A certificate with that CN; flaw: the reason why it did not verify, or nil.
local function certificate(cn, flaw)
  return { subject = { { type = "CN", value = cn }, printed = "CN=" .. cn }, chain = { ok = flaw == nil, text = flaw } }
end

local SHOPWEB1 = { networkid = "SHOP", applid = "SHOPWEB1" }

return {
  { name = "a partner of the list, under its name", door = "bind",
    facts = { certificate = certificate "SHOP.SHOPWEB1", capex = SHOPWEB1 },
    expect = { verdict = "accept" } },
  { name = "the name of a partner of the list, with another certificate", door = "bind",
    facts = { certificate = certificate "EVIL.EVILAPP", capex = SHOPWEB1 },
    expect = { verdict = "refuse", code = "other_name" } },
  { name = "a certificate that did not verify", door = "bind",
    facts = { certificate = certificate("SHOP.SHOPWEB1", "certificate has expired"), capex = SHOPWEB1 },
    expect = { verdict = "refuse", code = "chain" } },
  { name = "a good certificate of a stranger", door = "bind",
    facts = { certificate = certificate "EVIL.EVILAPP", capex = { networkid = "EVIL", applid = "EVILAPP" } },
    expect = { verdict = "refuse", code = "not_known" } },
  { name = "a partner of the list is installed", door = "install", facts = { capex = SHOPWEB1 },
    expect = { verdict = "install", ipconn = "SHOPWEB1", template = "KNOWN" } },
  { name = "a partner of the list gets in through all doors", walk = true,
    certificate = "../rings/SHOP.SHOPWEB1/SHOP.SHOPWEB1.pem",
    facts = { tcpipservice = "IPICSEC", capex = SHOPWEB1 },
    expect = { verdict = "accept", ipconn = "SHOPWEB1", doors = { "admit", "certify", "bind", "install" } } },
  { name = "a stranger is not installed", door = "install",
    facts = { capex = { networkid = "EVIL", applid = "EVILAPP" } },
    expect = { verdict = "refuse", code = "not_known" } },
}
