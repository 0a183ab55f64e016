-- SPDX-License-Identifier: Apache-2.0

-- The part of policies/saf.lua that this policy asks.
local MOCK = { saf = {
  users = {
    FRED = { groups = { "TELLERS" } }, ANNA = { groups = { "TELLERS", "PAYROLL" } }, LEAVER = { revoked = true, groups = { "TELLERS" } },
    CICSBUSR = { groups = { "REGIONS" } }, CTGUSER = { groups = { "GATEWAYS" } },
  },
  classes = {
    TCICSTRN = {
      CPMI = { permit = { TELLERS = "read", PAYROLL = "read", REGIONS = "read", GATEWAYS = "read" } },
      ["PAY*"] = { permit = { PAYROLL = "read", REGIONS = "read" } },
    },
    MCICSPPT = { ["PAY*"] = { permit = { PAYROLL = "read", REGIONS = "read" } } },
  },
} }

local function request(tran, program, users, bytes)
  return { stage = "request", way = "in", ipconn = { ipconn = "CICSB", applid = "CICSB", networkid = "NETA" },
    request = { tran = tran, program = program, userid = users[1], linkuser = users[2], taskuser = users[1], users = users,
      bytes = bytes or 5 } }
end

local ACCEPT = { verdict = "accept" }
local TRANSACTION = { verdict = "refuse", code = "transaction" }
local PROGRAM = { verdict = "refuse", code = "program" }

return {
  { name = "accepts a teller", door = "attach", facts = request("CPMI", "ECHO", { "FRED" }), mock = MOCK, expect = ACCEPT },
  { name = "accepts a teller through a region that also may", door = "attach", facts = request("CPMI", "ECHO", { "FRED", "CICSBUSR" }),
    mock = MOCK, expect = ACCEPT },
  { name = "accepts a user of the payroll for the payroll", door = "attach", facts = request("PAY1", "PAYROLL", { "ANNA", "CICSBUSR" }),
    mock = MOCK, expect = ACCEPT },
  { name = "accepts a program of the payroll under the mirror", door = "attach", facts = request("CPMI", "PAYROLL", { "ANNA" }),
    mock = MOCK, expect = ACCEPT },
  { name = "refuses a teller the transaction of the payroll", door = "attach", facts = request("PAY1", "ECHO", { "FRED" }), mock = MOCK,
    expect = TRANSACTION },
  { name = "refuses a teller the program of the payroll", door = "attach", facts = request("CPMI", "PAYROLL", { "FRED" }),
    mock = MOCK, expect = PROGRAM },
  { name = "refuses when only the user may", door = "attach",
    facts = request("PAY1", "PAYROLL", { "ANNA", "CTGUSER" }),
    mock = MOCK, expect = TRANSACTION },
  { name = "refuses when only the link user may", door = "attach",
    facts = request("PAY1", "PAYROLL", { "FRED", "CICSBUSR" }),
    mock = MOCK, expect = TRANSACTION },
  { name = "refuses a transaction without a profile", door = "attach", facts = request("ABCD", "ECHO", { "ANNA" }), mock = MOCK,
    expect = TRANSACTION },
  { name = "refuses a revoked user", door = "attach", facts = request("CPMI", "ECHO", { "LEAVER" }), mock = MOCK, expect = TRANSACTION },
  { name = "refuses an unknown user", door = "attach", facts = request("CPMI", "ECHO", { "NOBODY" }), mock = MOCK, expect = TRANSACTION },
  { name = "refuses more data than the program takes", door = "attach", facts = request("PAY1", "PAYROLL", { "ANNA" }, 4097), mock = MOCK,
    expect = { verdict = "refuse", code = "too_long" } },
  { name = "accepts the maximum of data", door = "attach", facts = request("PAY1", "PAYROLL", { "ANNA" }, 4096),
    mock = MOCK, expect = ACCEPT },
  { name = "refuses a request without a user", door = "attach", facts = request("CPMI", "ECHO", {}), mock = MOCK,
    expect = { verdict = "refuse", code = "no_user" } },
  { name = "refuses every user while the saf is empty", door = "attach", facts = request("CPMI", "ECHO", { "ANNA" }),
    mock = { saf = {} }, expect = TRANSACTION },
}
