-- SPDX-License-Identifier: Apache-2.0

-- The time in seconds after midnight, UTC, of the day that many days after Thursday 1970-01-01.
local function at(days, seconds, recheck)
  return { stage = "tcp", way = "in", now = days * 86400.0 + seconds, recheck = recheck == true, peer = { ip = "192.0.2.1" } }
end

local ACCEPT, CLOSED = { verdict = "accept" }, { verdict = "refuse", code = "closed" }

return {
  { name = "accepts on Thursday at noon", door = "admit", facts = at(0, 43200), expect = ACCEPT },
  { name = "accepts from seven o'clock on", door = "admit", facts = at(0, 25200), expect = ACCEPT },
  { name = "refuses a second before", door = "admit", facts = at(0, 25199.5), expect = CLOSED },
  { name = "accepts until nineteen o'clock", door = "admit", facts = at(0, 68399.5), expect = ACCEPT },
  { name = "refuses from nineteen o'clock on", door = "admit", facts = at(0, 68400), expect = CLOSED },
  { name = "accepts on Friday", door = "admit", facts = at(1, 43200), expect = ACCEPT },
  { name = "refuses on Saturday", door = "admit", facts = at(2, 43200), expect = CLOSED },
  { name = "refuses on Sunday", door = "admit", facts = at(3, 43200), expect = CLOSED },
  { name = "accepts on Monday, many years later", door = "admit", facts = at(7 * 3000 + 4, 43200), expect = ACCEPT },
  { name = "keeps a connected partner at night", door = "admit", facts = at(3, 3600, true), expect = ACCEPT },
}
