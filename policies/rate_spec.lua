-- SPDX-License-Identifier: Apache-2.0

local FACTS = { stage = "tcp", way = "in", peer = { ip = "192.0.2.1" } }
local ACCEPT = { verdict = "accept" }

return {
  { name = "accepts the first socket of an address", door = "admit", facts = FACTS, mock = {}, expect = ACCEPT },
  { name = "accepts the last one that it has tokens for", door = "admit", facts = FACTS,
    mock = { rates = { ["sockets of 192.0.2.1"] = 1 } }, expect = ACCEPT },
  { name = "refuses the next", door = "admit", facts = FACTS, mock = { rates = { ["sockets of 192.0.2.1"] = 0 } },
    expect = { verdict = "refuse", code = "too_often" } },
  { name = "counts each address by itself", door = "admit", facts = FACTS, mock = { rates = { ["sockets of 192.0.2.9"] = 0 } },
    expect = ACCEPT },
}
