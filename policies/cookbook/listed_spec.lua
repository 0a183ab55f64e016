-- SPDX-License-Identifier: Apache-2.0

local function certificate(cn, ou, flaw)
  return { subject = { { type = "OU", value = ou }, { type = "CN", value = cn } }, chain = { ok = flaw == nil, text = flaw } }
end

local WEB1 = certificate("SHOP.WEB1", "PARTNERS")
local function refuse(code) return { verdict = "refuse", code = code } end

return {
  { name = "accepts a partner of the file, with its user", door = "certify", facts = { certificate = WEB1 },
    expect = { verdict = "accept", userid = "WEBUSER" } },
  { name = "refuses a certificate that did not verify", door = "certify",
    facts = { certificate = certificate("SHOP.WEB1", "PARTNERS", "certificate has expired") },
    expect = { verdict = "refuse", code = "not_verified", text = "certificate has expired" } },
  { name = "refuses a partner without a certificate", door = "certify", facts = {}, expect = refuse "not_verified" },
  { name = "refuses another OU", door = "certify", facts = { certificate = certificate("SHOP.WEB1", "Staff") },
    expect = refuse "other_ou" },
  { name = "takes the OU of its parameter", door = "certify", facts = { certificate = certificate("SHOP.WEB1", "Staff") },
    params = { ou = "Staff" }, expect = { verdict = "accept" } },
  { name = "refuses a certificate that the file does not have", door = "certify",
    facts = { certificate = certificate("SHOP.WEB9", "PARTNERS") }, expect = refuse "not_listed" },
  { name = "refuses a certificate without a CN", door = "certify",
    facts = { certificate = { subject = { { type = "OU", value = "PARTNERS" } }, chain = { ok = true } } }, expect = refuse "not_listed" },
  { name = "accepts the name of the certificate", door = "bind",
    facts = { certificate = WEB1, capex = { networkid = "SHOP", applid = "WEB1" } }, expect = { verdict = "accept" } },
  { name = "refuses the name of another partner of the file", door = "bind",
    facts = { certificate = WEB1, capex = { networkid = "SHOP", applid = "WEB2" } }, expect = refuse "other_name" },
  { name = "installs by the template of the row", door = "install", facts = { capex = { networkid = "BANK", applid = "PAY1" } },
    expect = { verdict = "install", ipconn = "PAY1", template = "LARGE" } },
  { name = "installs no partner whose row is gone", door = "install", facts = { capex = { networkid = "SHOP", applid = "WEB9" } },
    expect = refuse "not_listed" },
}
