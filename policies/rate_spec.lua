-- SPDX-License-Identifier: Apache-2.0

local FACTS = { stage = "tcp", way = "in", peer = { ip = "192.0.2.1" } }
local ACCEPT = { verdict = "accept" }

return {
  { name = "accepts the first socket of an address", door = "admit", facts = FACTS, mock = {}, expect = ACCEPT },
  { name = "accepts the last one of its minute", door = "admit", facts = FACTS, mock = { counters = { ["rate 192.0.2.1"] = 19 } },
    expect = ACCEPT },
  { name = "refuses the next", door = "admit", facts = FACTS, mock = { counters = { ["rate 192.0.2.1"] = 20 } },
    expect = { verdict = "refuse", code = "too_often" } },
  { name = "counts each address by itself", door = "admit", facts = FACTS, mock = { counters = { ["rate 192.0.2.9"] = 20 } },
    expect = ACCEPT },
}
