-- SPDX-License-Identifier: Apache-2.0

local function certificate(cns, san, ok)
  local subject = { printed = "CN=…" }
  for i, cn in ipairs(cns) do subject[i] = { type = "CN", value = cn } end
  return { subject = subject, san = san or {}, chain = { ok = ok ~= false } }
end

local function bind(with, applid)
  return { stage = "capex", way = "in", certificate = with, capex = { applid = applid or "CTGAPP", networkid = "NETX", port = -1 } }
end

local ACCEPT = { verdict = "accept" }
local OTHER = { verdict = "refuse", code = "other_name" }

return {
  { name = "accepts the one CN", door = "bind", facts = bind(certificate { "NETX.CTGAPP" }), expect = ACCEPT },
  { name = "accepts a dNSName", door = "bind",
    facts = bind(certificate({ "gateway 7" }, { dns = { "a", "NETX.CTGAPP" } })), expect = ACCEPT },
  { name = "accepts a URI", door = "bind", facts = bind(certificate({}, { uri = { "NETX.CTGAPP" } })), expect = ACCEPT },
  { name = "refuses another partner's certificate", door = "bind", facts = bind(certificate { "MYQUAL.MYAPPL" }), expect = OTHER },
  { name = "refuses the right APPLID of another network", door = "bind", facts = bind(certificate { "NETY.CTGAPP" }), expect = OTHER },
  { name = "refuses another case", door = "bind", facts = bind(certificate { "netx.ctgapp" }), expect = OTHER },
  { name = "refuses one of two CNs", door = "bind", facts = bind(certificate { "NETX.CTGAPP", "MYQUAL.MYAPPL" }), expect = OTHER },
  { name = "refuses the same CN twice", door = "bind", facts = bind(certificate { "NETX.CTGAPP", "NETX.CTGAPP" }), expect = OTHER },
  { name = "refuses a name with a NUL inside", door = "bind",
    facts = bind(certificate({}, { dns = { "NETX.CTGAPP\0.evil" } })), expect = OTHER },
  { name = "refuses an e-mail address that looks like the name", door = "bind",
    facts = bind(certificate({}, { email = { "NETX.CTGAPP" } })), expect = OTHER },
  { name = "refuses a certificate without a name", door = "bind", facts = bind(certificate {}), expect = OTHER },
  { name = "refuses the right name in a certificate that did not verify", door = "bind",
    facts = bind(certificate({ "NETX.CTGAPP" }, nil, false)), expect = { verdict = "refuse", code = "chain" } },
  { name = "refuses a blank APPLID", door = "bind", facts = bind(certificate { "NETX." }, ""),
    expect = { verdict = "refuse", code = "no_applid" } },
  { name = "refuses a partner without a certificate", door = "bind", facts = bind(nil),
    expect = { verdict = "refuse", code = "no_certificate" } },
}
