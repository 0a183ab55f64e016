-- SPDX-License-Identifier: Apache-2.0

local function install(networkid, recheck)
  return { stage = "capex", way = "in", recheck = recheck == true,
    capex = { networkid = networkid, applid = "CLIENT9", suggested_applid = "00000001", port = -1 } }
end

-- A region with that many clients of the bank, a predefined ipconn of the bank and the template.
local function clients(number)
  local ipconns = { GUEST = { template = "only" }, BANKHQ = { networkid = "BANK" } }
  for i = 1, number do ipconns["CLIENT" .. i] = { networkid = "BANK", autoinstalled = true, template = "GUEST" } end
  return { ipconns = ipconns }
end

local INSTALL = { verdict = "install", ipconn = "CLIENT9", template = "GUEST" }

return {
  { name = "installs the first client", door = "install", facts = install "BANK", mock = clients(0), expect = INSTALL },
  { name = "installs the last client below the cap", door = "install", facts = install "BANK", mock = clients(1), expect = INSTALL },
  { name = "refuses the client above the cap", door = "install", facts = install "BANK", mock = clients(2),
    expect = { verdict = "refuse", code = "cap", text = "BANK has 2 connections and may have 2" } },
  { name = "does not count the bank's clients for the shop", door = "install", facts = install "SHOP", mock = clients(2),
    expect = INSTALL },
  { name = "keeps a client when a reload brings a smaller cap", door = "install", facts = install("BANK", true), mock = clients(5),
    expect = INSTALL },
  { name = "refuses a network without a row", door = "install", facts = install "OTHER", mock = clients(0),
    expect = { verdict = "refuse", code = "other_network" } },
  { name = "names a client with a blank APPLID by the suggested one", door = "install",
    facts = { capex = { networkid = "SHOP", applid = "", suggested_applid = "00000007", port = -1 } }, mock = clients(0),
    expect = { verdict = "install", ipconn = "00000007", applid = "00000007" } },
}
