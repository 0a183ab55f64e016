-- SPDX-License-Identifier: Apache-2.0

-- The part of policies/saf.lua that this policy asks.
local MOCK = { saf = {
  users = { CICSA = {}, CICSBUSR = { groups = { "REGIONS" } }, CTGUSER = { groups = { "GATEWAYS" } } },
  classes = { FACILITY = {
    ["DFHAPPL.CICSA"] = { permit = { CICSA = "update", REGIONS = "read", GATEWAYS = "read" } },
    ["DFHAPPL.CICSB"] = { permit = { CICSBUSR = "update", CICSA = "read" } },
    ["DFHAPPL.CTG*"] = { permit = { CTGUSER = "update", CICSA = "read" } },
  } },
} }

local function bind(userid, applid)
  return { stage = "capex", way = "in", certificate = { userid = userid, subject = { printed = "…" }, chain = { ok = true } },
    capex = { applid = applid, networkid = "NETA", port = -1 } }
end

-- The same users with other profiles.
local function profiles(facility)
  return { saf = { users = { CICSA = {}, CICSBUSR = {} }, classes = { FACILITY = facility } } }
end

local OURS = { permit = { CICSA = "update", CICSBUSR = "read" } }

return {
  { name = "accepts a region under its own name", door = "bind", facts = bind("CICSBUSR", "CICSB"),
    mock = MOCK, expect = { verdict = "accept" } },
  { name = "accepts a gateway by a generic profile", door = "bind", facts = bind("CTGUSER", "CTGAPP"), mock = MOCK,
    expect = { verdict = "accept" } },
  { name = "refuses a gateway under the name of the region", door = "bind", facts = bind("CTGUSER", "CICSB"), mock = MOCK,
    expect = { verdict = "refuse", code = "logon" } },
  { name = "refuses a region under the name of this region", door = "bind", facts = bind("CICSBUSR", "CICSA"), mock = MOCK,
    expect = { verdict = "refuse", code = "logon" } },
  { name = "refuses an APPLID without a profile", door = "bind", facts = bind("CICSBUSR", "CICSC"), mock = MOCK,
    expect = { verdict = "refuse", code = "logon" } },
  { name = "refuses a region that may not connect here", door = "bind", facts = bind("CICSBUSR", "CICSB"),
    mock = profiles {
      ["DFHAPPL.CICSB"] = { permit = { CICSBUSR = "update", CICSA = "read" } }, ["DFHAPPL.CICSA"] = { permit = { CICSA = "update" } },
    },
    expect = { verdict = "refuse", code = "connect" } },
  { name = "refuses a region to which this region may not connect", door = "bind", facts = bind("CICSBUSR", "CICSB"),
    mock = profiles { ["DFHAPPL.CICSB"] = { permit = { CICSBUSR = "update" } }, ["DFHAPPL.CICSA"] = OURS },
    expect = { verdict = "refuse", code = "connect_back" } },
  { name = "refuses READ where UPDATE is needed", door = "bind", facts = bind("CICSBUSR", "CICSB"),
    mock = profiles { ["DFHAPPL.CICSB"] = { permit = { CICSBUSR = "read", CICSA = "read" } }, ["DFHAPPL.CICSA"] = OURS },
    expect = { verdict = "refuse", code = "logon" } },
  { name = "refuses a user the saf does not know", door = "bind", facts = bind("NOBODY", "CICSB"), mock = MOCK,
    expect = { verdict = "refuse", code = "logon" } },
  { name = "refuses a certificate without a user", door = "bind", facts = bind(nil, "CICSB"), mock = MOCK,
    expect = { verdict = "refuse", code = "no_user" } },
  { name = "refuses a partner without a certificate", door = "bind",
    facts = { stage = "capex", way = "in", capex = { applid = "CICSB", networkid = "NETA", port = -1 } }, mock = MOCK,
    expect = { verdict = "refuse", code = "no_user" } },
  { name = "refuses a blank APPLID", door = "bind", facts = bind("CICSBUSR", ""),
    mock = MOCK, expect = { verdict = "refuse", code = "no_applid" } },
  { name = "refuses every partner while the saf is empty", door = "bind", facts = bind("CICSBUSR", "CICSB"),
    mock = { saf = {} }, expect = { verdict = "refuse", code = "logon" } },
}
