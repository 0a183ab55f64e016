-- SPDX-License-Identifier: Apache-2.0

local function bind(host)
  return { stage = "capex", way = "in", peer = { ip = "192.0.2.7" }, capex = { networkid = "SHOP", applid = "WEB1", host = host } }
end

local MOCK = { resolve = { ["web1.example"] = { "2001:db8::7", "192.0.2.7" }, ["web2.example"] = { "192.0.2.8" } } }

return {
  { name = "accepts a host with the peer's address", door = "bind", facts = bind "web1.example", mock = MOCK,
    expect = { verdict = "accept" } },
  { name = "refuses the host of another machine", door = "bind", facts = bind "web2.example", mock = MOCK,
    expect = { verdict = "refuse", code = "other_host", text = "web2.example is not 192.0.2.7" } },
  { name = "refuses a host without an answer", door = "bind", facts = bind "gone.example", mock = MOCK,
    expect = { verdict = "refuse", code = "service_down" } },
  { name = "refuses a partner without a host", door = "bind", facts = bind "", mock = MOCK,
    expect = { verdict = "refuse", code = "no_host" } },
}
