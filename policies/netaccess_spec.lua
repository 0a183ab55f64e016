-- SPDX-License-Identifier: Apache-2.0

-- The part of policies/saf.lua that this policy asks.
local MOCK = { saf = {
  users = { CICSA = {} },
  classes = { SERVAUTH = {
    ["EZB.NETACCESS.SYS1.TCPIP.LOOPBACK"] = { permit = { CICSA = "read" } },
    ["EZB.NETACCESS.SYS1.TCPIP.OFFICE"] = { permit = { CICSA = "read" } },
    ["EZB.NETACCESS.*.*.GUESTS"] = { uacc = "none" },
  } },
} }

local function from(ip)
  return { stage = "tcp", way = "in", peer = { ip = ip, port = 50000 } }
end

local ACCEPT = { verdict = "accept" }
local REFUSE = { verdict = "refuse", code = "zone" }

return {
  { name = "accepts a zone the region's user may read", door = "admit", facts = from "127.0.0.1", mock = MOCK, expect = ACCEPT },
  { name = "accepts the same zone by IPv6", door = "admit", facts = from "::1", mock = MOCK, expect = ACCEPT },
  { name = "accepts the office", door = "admit", facts = from "10.1.2.3", mock = MOCK, expect = ACCEPT },
  { name = "accepts the last address of the office before the guests", door = "admit", facts = from "10.65.255.255",
    mock = MOCK, expect = ACCEPT },
  { name = "does not check an address that no prefix maps", door = "admit", facts = from "192.0.2.1", mock = MOCK, expect = ACCEPT },
  { name = "refuses the guests, because the longest prefix names the zone", door = "admit", facts = from "10.66.0.1",
    mock = MOCK, expect = REFUSE },
  { name = "refuses a zone without a profile", door = "admit", facts = from "192.168.1.1", mock = MOCK,
    expect = { verdict = "refuse", code = "zone", text = "CICSA may not talk to zone LAB: no profile" } },
  { name = "refuses every zone while the saf is empty", door = "admit", facts = from "127.0.0.1", mock = { saf = {} }, expect = REFUSE },
  { name = "refuses every zone while the region's user is revoked", door = "admit", facts = from "127.0.0.1",
    mock = { saf = { users = { CICSA = { revoked = true } }, classes = { SERVAUTH = { ["EZB.**"] = { uacc = "read" } } } } },
    expect = REFUSE },
}
