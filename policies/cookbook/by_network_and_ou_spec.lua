-- SPDX-License-Identifier: Apache-2.0

local function bind(networkid, from, ous, ok)
  local subject = { printed = "CN=test" }
  for i, ou in ipairs(ous) do subject[i] = { type = "OU", value = ou } end
  subject[#subject + 1] = { type = "CN", value = "test" }
  return { stage = "capex", way = "in", peer = { ip = from, port = 50000 }, capex = { networkid = networkid, applid = "A" },
    certificate = { subject = subject, chain = { ok = ok ~= false } } }
end

local function refuses(code)
  return { verdict = "refuse", code = code }
end

return {
  { name = "accepts the shop from its network with its OU", door = "bind", facts = bind("SHOP", "10.20.3.4", { "Web shop" }),
    expect = { verdict = "accept" } },
  { name = "accepts the shop's IPv6 network", door = "bind", facts = bind("SHOP", "2001:db8:20::7", { "Web shop" }),
    expect = { verdict = "accept" } },
  { name = "refuses a network without a row", door = "bind", facts = bind("OTHER", "10.20.3.4", { "Web shop" }),
    expect = refuses "other_network" },
  { name = "refuses the shop from the bank's network", door = "bind", facts = bind("SHOP", "10.30.3.4", { "Web shop" }),
    expect = refuses "other_address" },
  { name = "refuses the bank's OU for the shop", door = "bind", facts = bind("SHOP", "10.20.3.4", { "Payments" }),
    expect = refuses "other_ou" },
  { name = "refuses a certificate without an OU", door = "bind", facts = bind("SHOP", "10.20.3.4", {}), expect = refuses "other_ou" },
  { name = "refuses two OUs, one of them right", door = "bind", facts = bind("SHOP", "10.20.3.4", { "Web shop", "Payments" }),
    expect = refuses "other_ou" },
  { name = "refuses an OU with another case", door = "bind", facts = bind("SHOP", "10.20.3.4", { "web shop" }),
    expect = refuses "other_ou" },
  { name = "refuses a certificate that did not verify", door = "bind", facts = bind("SHOP", "10.20.3.4", { "Web shop" }, false),
    expect = refuses "no_certificate" },
  { name = "refuses a partner without a certificate", door = "bind",
    facts = { peer = { ip = "10.20.3.4" }, capex = { networkid = "SHOP", applid = "A" } }, expect = refuses "no_certificate" },
}
