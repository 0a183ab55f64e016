-- SPDX-License-Identifier: Apache-2.0

local function from(ip)
  return { stage = "tcp", way = "in", peer = { ip = ip, port = 50000 } }
end

local ACCEPT = { verdict = "accept" }
local REFUSE = { verdict = "refuse", code = "not_near" }

return {
  { name = "accepts the loopback", door = "admit", facts = from "127.0.0.1", expect = ACCEPT },
  { name = "accepts IPv6's loopback", door = "admit", facts = from "::1", expect = ACCEPT },
  { name = "accepts 10.0.0.0/8", door = "admit", facts = from "10.255.255.255", expect = ACCEPT },
  { name = "accepts the end of 172.16.0.0/12", door = "admit", facts = from "172.31.255.255", expect = ACCEPT },
  { name = "accepts 192.168.0.0/16", door = "admit", facts = from "192.168.0.1", expect = ACCEPT },
  { name = "accepts a unique local address", door = "admit", facts = from "fd12:3456:789a::1", expect = ACCEPT },
  { name = "refuses the address after 172.16.0.0/12", door = "admit", facts = from "172.32.0.0", expect = REFUSE },
  { name = "refuses the address before 10.0.0.0/8", door = "admit", facts = from "9.255.255.255", expect = REFUSE },
  { name = "refuses shared address space", door = "admit", facts = from "100.64.0.1", expect = REFUSE },
  { name = "refuses link-local addresses", door = "admit", facts = from "169.254.1.1", expect = REFUSE },
  { name = "refuses IPv6's link-local addresses", door = "admit", facts = from "fe80::1", expect = REFUSE },
  { name = "refuses a public address", door = "admit", facts = from "192.0.2.1", expect = REFUSE },
  { name = "refuses a public IPv6 address", door = "admit", facts = from "2001:db8::1", expect = REFUSE },
}
