-- SPDX-License-Identifier: Apache-2.0

local NOON, NIGHT = 43200, 3600 -- of Thursday 1970-01-01, UTC

local function from(ip, now)
  return { stage = "tcp", way = "in", now = now, peer = { ip = ip, port = 50000 } }
end

local function refuses(code)
  return { verdict = "refuse", code = code }
end

local FULL = { rates = { ["sockets of 10.1.2.3"] = 0, ["sockets of 127.0.0.1"] = 0 } }

return {
  { name = "accepts a neighbour at noon", door = "admit", facts = from("10.1.2.3", NOON), expect = { verdict = "accept" } },
  { name = "accepts the loopback at night and above the rate", door = "admit", facts = from("127.0.0.1", NIGHT), mock = FULL,
    expect = { verdict = "accept" } },
  { name = "refuses a neighbour at night", door = "admit", facts = from("10.1.2.3", NIGHT), expect = refuses "closed" },
  { name = "refuses a neighbour above the rate", door = "admit", facts = from("10.1.2.3", NOON), mock = FULL,
    expect = refuses "too_often" },
  { name = "refuses an address outside at noon", door = "admit", facts = from("192.0.2.1", NOON), expect = refuses "not_near" },
}
