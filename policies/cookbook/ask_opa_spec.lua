-- SPDX-License-Identifier: Apache-2.0

local URL = "http://127.0.0.1:8181/v1/data/partners/allow"
local BIND = { stage = "capex", way = "in", peer = { ip = "192.0.2.7" }, capex = { networkid = "SHOP", applid = "WEB1" } }

local function answers(one) return { http = { [URL] = one } } end

return {
  { name = "accepts when the rule is true", door = "bind", facts = BIND, mock = answers { json = { result = true } },
    expect = { verdict = "accept" } },
  { name = "refuses when the rule is false", door = "bind", facts = BIND, mock = answers { json = { result = false } },
    expect = { verdict = "refuse", code = "not_allowed" } },
  { name = "refuses when the rule is undefined", door = "bind", facts = BIND, mock = answers { json = {} },
    expect = { verdict = "refuse", code = "not_allowed" } },
  { name = "refuses when OPA fails", door = "bind", facts = BIND, mock = answers { status = 500, body = "broken" },
    expect = { verdict = "refuse", code = "service_down", text = "OPA answered with status 500" } },
  { name = "refuses without OPA", door = "bind", facts = BIND, mock = answers(false),
    expect = { verdict = "refuse", code = "service_down" } },
}
