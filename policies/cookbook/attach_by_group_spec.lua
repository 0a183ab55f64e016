-- SPDX-License-Identifier: Apache-2.0

local MOCK = { saf = { users = {
  ANNA = { groups = { "TELLERS", "PAYROLL" } }, FRED = { groups = { "TELLERS" } }, CICSBUSR = { groups = { "REGIONS" } },
  LEAVER = { revoked = true, groups = { "PAYROLL" } }, LONER = {},
} } }

local function attach(program, ...)
  return { stage = "request", way = "in", request = { tran = "CPMI", program = program, users = { ... }, bytes = 5 } }
end

local ACCEPT = { verdict = "accept" }
local GROUP = { verdict = "refuse", code = "group" }

return {
  { name = "accepts a user of the group", door = "attach", facts = attach("PAYROLL", "ANNA"), mock = MOCK, expect = ACCEPT },
  { name = "accepts the user and the link user", door = "attach", facts = attach("PAYROLL", "ANNA", "CICSBUSR"), mock = MOCK,
    expect = ACCEPT },
  { name = "accepts every known user for ECHO", door = "attach", facts = attach("ECHO", "LONER"), mock = MOCK, expect = ACCEPT },
  { name = "refuses a user of another group", door = "attach", facts = attach("PAYROLL", "FRED"), mock = MOCK,
    expect = { verdict = "refuse", code = "group", text = "FRED may not run PAYROLL: no group of the program" } },
  { name = "refuses when only the link user has the group", door = "attach", facts = attach("PAYROLL", "FRED", "CICSBUSR"), mock = MOCK,
    expect = GROUP },
  { name = "refuses when only the user has the group", door = "attach", facts = attach("PAYROLL", "ANNA", "FRED"), mock = MOCK,
    expect = GROUP },
  { name = "refuses a revoked user", door = "attach", facts = attach("PAYROLL", "LEAVER"), mock = MOCK, expect = GROUP },
  { name = "refuses an unknown user, also for ECHO", door = "attach", facts = attach("ECHO", "NOBODY"), mock = MOCK, expect = GROUP },
  { name = "refuses a program without a row", door = "attach", facts = attach("WHOAMI", "ANNA"), mock = MOCK,
    expect = { verdict = "refuse", code = "program" } },
  { name = "refuses a request without a user", door = "attach", facts = attach "ECHO", mock = MOCK,
    expect = { verdict = "refuse", code = "no_user" } },
  { name = "refuses without a saf", door = "attach", facts = attach("ECHO", "ANNA"), expect = GROUP },
}
