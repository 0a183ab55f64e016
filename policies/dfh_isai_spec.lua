-- SPDX-License-Identifier: Apache-2.0
-- IPIC.md 11, rows 21 to 23, and the limits of the numbers.

local function install(networkid, applid)
  return { stage = "capex", way = "in", capex = { applid = applid, networkid = networkid, suggested_applid = "00000001", port = -1 } }
end

local function world(counter, ipconns)
  ipconns = ipconns or {}
  ipconns.NETX = ipconns.NETX or { applid = "CTGAPP", networkid = "NETA", template = "only" }
  return { ipconns = ipconns, counters = { NETX = counter } }
end

local function all_taken()
  local taken = {}
  for i = 1, 99 do taken["CTGAPP" .. i] = { networkid = "NETX" } end
  return taken
end

return {
  { name = "numbers the first client 1", door = "install", facts = install("NETX", "CTGAPP"), mock = world(),
    expect = { verdict = "install", ipconn = "CTGAPP1", applid = "CTGAPP1", template = "NETX" } },
  { name = "numbers the next client on", door = "install", facts = install("NETX", "CTGAPP"), mock = world(7),
    expect = { verdict = "install", ipconn = "CTGAPP8", applid = "CTGAPP8", template = "NETX" } },
  { name = "skips a number in use", door = "install", facts = install("NETX", "CTGAPP"),
    mock = world(7, { CTGAPP8 = { networkid = "NETX" } }),
    expect = { verdict = "install", ipconn = "CTGAPP9", template = "NETX" } },
  { name = "begins again after the last number that fits", door = "install", facts = install("NETX", "CTGAPP"), mock = world(99),
    expect = { verdict = "install", ipconn = "CTGAPP1" } },
  { name = "refuses when every number is in use", door = "install", facts = install("NETX", "CTGAPP"), mock = world(1, all_taken()),
    expect = { verdict = "refuse", code = "exhausted" } },
  { name = "refuses a network id without a template", door = "install", facts = install("NETY", "CTGAPP"), mock = world(),
    expect = { verdict = "refuse", code = "no_template" } },
  { name = "refuses another APPLID than the template's", door = "install", facts = install("NETX", "OTHER"), mock = world(),
    expect = { verdict = "refuse", code = "other_applid" } },
  { name = "refuses a blank APPLID", door = "install", facts = install("NETX", ""), mock = world(),
    expect = { verdict = "refuse", code = "other_applid" } },
  { name = "refuses to copy an autoinstalled ipconn", door = "install", facts = install("NETX", "CTGAPP"),
    mock = world(nil, { NETX = { applid = "CTGAPP", networkid = "EVIL", autoinstalled = true } }),
    expect = { verdict = "refuse", code = "no_template" } },
  { name = "refuses an APPLID that leaves no room for a number", door = "install", facts = install("NETX", "CTGAPPLI"),
    mock = world(nil, { NETX = { applid = "CTGAPPLI", networkid = "NETA", template = "only" } }),
    expect = { verdict = "refuse", code = "no_room" } },
}
