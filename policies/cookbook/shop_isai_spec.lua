-- SPDX-License-Identifier: Apache-2.0

local function install(networkid, applid)
  return { stage = "capex", way = "in", capex = { networkid = networkid, applid = applid, suggested_applid = "00000001", port = -1 } }
end

-- A region with both templates, those ipconns too, and the last number of the web group.
local function region(more, last)
  local ipconns = { TWEB = { template = "only" }, TPAY = { template = "only" } }
  for name, attributes in pairs(more or {}) do ipconns[name] = attributes end
  return { ipconns = ipconns, counters = { ["shop WEB"] = last } }
end

local function taken(from, to)
  local ipconns = {}
  for i = from, to do ipconns[("WEB%04d"):format(i)] = { networkid = "SHOP", autoinstalled = true } end
  return ipconns
end

local NO_TEMPLATE = { verdict = "refuse", code = "no_template" }
local NO_GROUP = { verdict = "refuse", code = "no_group" }

return {
  { name = "numbers the first web gateway", door = "install", facts = install("SHOP", "WEBGATE"), mock = region(),
    expect = { verdict = "install", ipconn = "WEB0001", applid = "WEB0001", template = "TWEB" } },
  { name = "gives the pay gateways their own template and numbers", door = "install", facts = install("SHOP", "PAYGATE"),
    mock = region(nil, 7), expect = { verdict = "install", ipconn = "PAY0001", template = "TPAY" } },
  { name = "goes on with the next number", door = "install", facts = install("SHOP", "WEBGATE"), mock = region(nil, 7),
    expect = { verdict = "install", ipconn = "WEB0008" } },
  { name = "skips numbers in use", door = "install", facts = install("SHOP", "WEBGATE"), mock = region(taken(8, 9), 7),
    expect = { verdict = "install", ipconn = "WEB0010" } },
  { name = "begins again after the last number", door = "install", facts = install("SHOP", "WEBGATE"), mock = region(nil, 9999),
    expect = { verdict = "install", ipconn = "WEB0001" } },
  { name = "refuses after 100 numbers in use", door = "install", facts = install("SHOP", "WEBGATE"), mock = region(taken(1, 100)),
    expect = { verdict = "refuse", code = "exhausted" } },
  { name = "refuses an APPLID without a group", door = "install", facts = install("SHOP", "PAYROLL"), mock = region(), expect = NO_GROUP },
  { name = "refuses the APPLID of a group from another network", door = "install", facts = install("EVIL", "WEBGATE"), mock = region(),
    expect = NO_GROUP },
  { name = "refuses a blank APPLID", door = "install", facts = install("SHOP", ""), mock = region(), expect = NO_GROUP },
  { name = "refuses without the template", door = "install", facts = install("SHOP", "WEBGATE"), expect = NO_TEMPLATE },
  { name = "refuses while the template is out of service", door = "install", facts = install("SHOP", "WEBGATE"),
    mock = region { TWEB = { template = "only", servstatus = "OUTSERVICE" } }, expect = NO_TEMPLATE },
  { name = "refuses a template that was autoinstalled", door = "install", facts = install("SHOP", "WEBGATE"),
    mock = region { TWEB = { networkid = "EVIL", autoinstalled = true } }, expect = NO_TEMPLATE },
}
