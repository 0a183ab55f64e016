-- SPDX-License-Identifier: Apache-2.0
-- The vectors of IPIC.md 11. The program refuses no partner; in the row that refuses, the engine rejects the answer.

local function install(applid, suggested)
  return { stage = "capex", way = "in", capex = { applid = applid, networkid = "MYQUAL", suggested_applid = suggested, port = -1 } }
end

return {
  { name = "names the ipconn by the last four characters", door = "install", facts = install "MYAPPL",
    expect = { verdict = "install", ipconn = "APPL" } },
  { name = "takes the last four of eight", door = "install", facts = install "IYCWZCFY",
    expect = { verdict = "install", ipconn = "ZCFY" } },
  { name = "takes all of a shorter APPLID", door = "install", facts = install "AB",
    expect = { verdict = "install", ipconn = "AB" } },
  { name = "takes the suggested APPLID for a blank one", door = "install", facts = install("", "00000001"),
    expect = { verdict = "install", ipconn = "00000001", applid = "00000001" } },
  { name = "refuses without any name", door = "install", facts = install "",
    expect = { verdict = "refuse", code = "bad_name" } },
}
