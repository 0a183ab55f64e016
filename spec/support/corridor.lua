-- SPDX-License-Identifier: Apache-2.0
--[[
corridor: partners that end at each door and each rule of the engine, and the region that they call.

  support.region { scripts = corridor.SCRIPTS, tcpipservices = corridor.SERVICES, ipconns = corridor.IPCONNS }
  for _, name in ipairs(corridor.sorted(corridor.CASES)) do corridor.connect(region, corridor.CASES[name]) end
]]
local support = require "spec.support"

local corridor = {}

local function urm(fields)
  return ("local policy = require 'policy'\nreturn { install = function() return policy.install { %s } end }"):format(fields)
end

corridor.SCRIPTS = {
  no_admit = [[
local policy = require "policy"
return { admit = function(facts)
  policy.check("is a friend", false, facts.peer.ip)
  return policy.refuse("stranger", "friends only")
end }]],
  no_certify = [[
local policy = require "policy"
return { certify = function(facts)
  policy.check("chain", facts.certificate.chain.ok)
  return policy.refuse("not_you", "the guard does not know you")
end }]],
  user = [[
local policy = require "policy"
return { certify = function() return policy.accept { userid = "CERTUSER" } end }]],
  no_bind = [[
local policy = require "policy"
return { bind = function(facts)
  policy.check("owns the name", false, facts.capex.applid)
  return policy.refuse("not_owner", "that name is another's")
end }]],
  no_install = [[
local policy = require "policy"
return { install = function(facts)
  if not policy.check("network", facts.capex.networkid == "SHOP", facts.capex.networkid) then
    return policy.refuse("other_network", "SHOP only")
  end
  return policy.install { ipconn = "SHOP" }
end }]],
  counted = [[
local policy = require "policy"
local names = policy.counter "NAMES"
return {
  bind = function()
    names:next { min = 1, max = 9 }
    return policy.accept()
  end,
  install = function()
    return policy.install { ipconn = "N" .. names:next { min = 1, max = 9 } }
  end,
}]],
  told = [[
local policy = require "policy"
return {
  install = function() return policy.install { ipconn = "TOLD", template = "IDTEMPL" } end,
  delete = function(facts) policy.check("told of " .. facts.ipconn.ipconn, true) end,
}]],
  raises = "return { install = function(facts)\n  return facts.nothing.there\nend }",
  noted = [[
local policy = require "policy"
return {
  admit = function()
    policy.note("class", "guest")
    return policy.accept()
  end,
  bind = function(facts)
    policy.note("again", facts.notes.class .. "2")
    return policy.accept()
  end,
  install = function(facts) return policy.refuse("noted", facts.notes.again) end,
}]],
  renames = urm "ipconn = 'N3', applid = 'OTHER'",
  port = urm "ipconn = 'N4', port = 1500",
  taken = urm "ipconn = 'X'",
  pair = urm "ipconn = 'N9', applid = 'XAPPL'",
  tmplno = urm "ipconn = 'N1', template = 'NOPE'",
  tmplout = urm "ipconn = 'N2', template = 'OUT'",
  badname = urm "ipconn = 'lower'",
  good = urm "ipconn = 'GOOD'",
  templ = urm "ipconn = 'COPY', template = 'TEMPL'",
  named = urm "ipconn = 'BLANK'",
}

local TLS = { ssl = "clientauth", certificate = "CICSA" }

local function tls(more)
  local out = {}
  for key, value in pairs(TLS) do out[key] = value end
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

corridor.SERVICES = {
  ADMIT = { admit = "no_admit" }, BIND = { bind = "no_bind", urm = "good" }, INSTALL = { urm = "no_install" }, NOURM = {},
  GOOD = { urm = "good" }, TEMPL = { urm = "templ" }, BLANK = { urm = "named" }, COUNTED = { bind = "counted", urm = "counted" },
  RAISES = { urm = "raises" }, RENAMES = { urm = "renames", applid_change = "blank_only" }, PORT = { urm = "port" },
  TAKEN = { urm = "taken" }, PAIR = { urm = "pair" }, TMPLNO = { urm = "tmplno" }, TMPLOUT = { urm = "tmplout" },
  BADNAME = { urm = "badname" }, TOLD = { urm = "told" },
  CERTIFY = tls { certify = "no_certify" }, CHAIN = tls { urm = "good" }, USER = tls { certify = "user", urm = "good" },
  TLS12 = tls { urm = "good", ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384" },
  TLS13 = tls { urm = "good", ciphers = "TLS_AES_256_GCM_SHA384" }, ONEWAY = { ssl = "yes", certificate = "CICSA", urm = "good" },
  HA = { speciftcps = "GOOD" },
  NOTED = { admit = "noted", bind = "noted", urm = "noted" },
}

corridor.IPCONNS = {
  X = { applid = "XAPPL", networkid = "NETX", receivecount = 4, userauth = "verify" },
  OUT = { applid = "OUTAPPL", networkid = "NETX", inservice = "no" },
  ELSE = { applid = "ELSEAPPL", networkid = "NETX", tcpipservice = "GOOD" }, IDTEMPL = { template = "only", userauth = "identify" },
  TEMPL = { template = "only", receivecount = 3 },
  LOCALU = { applid = "LOCALU", networkid = "NETX", receivecount = 2 }, ASUSER = { applid = "ASUSER", networkid = "NETX", receivecount = 2,
    userauth = "identify" },
}

-- A partner: its listener, and the options of `connect` and `ask` alike; `ring` of certs/rings; `ask`: the options of ask only.
corridor.CASES = {
  ["refused at admit"] = { "ADMIT" },
  ["refused at certify by a script"] = { "CERTIFY", ring = "NETX.CTGAPP" },
  ["refused at bind"] = { "BIND", applid = "A" },
  ["refused at install"] = { "INSTALL", applid = "A" },
  ["without a urm"] = { "NOURM", applid = "A" },
  ["a script that raises"] = { "RAISES", applid = "A" },
  ["a text that is no name"] = { "BADNAME", applid = "A" },
  ["the URM names an ipconn that is there"] = { "TAKEN", applid = "A" },
  ["the URM names a pair that is there"] = { "PAIR", applid = "A" },
  ["a template that is not there"] = { "TMPLNO", applid = "A" },
  ["a template out of service"] = { "TMPLOUT", applid = "A" },
  ["an applid that must stay"] = { "RENAMES", applid = "A" },
  ["a port that must stay"] = { "PORT", applid = "A" },
  ["the trust rule after the install, and the notice"] = { "TOLD", applid = "A" },
  ["accepted, autoinstalled"] = { "GOOD", applid = "A" },
  ["accepted, from a template"] = { "TEMPL", applid = "A", sendcount = 7, sockets = 2 },
  ["accepted, a blank applid"] = { "BLANK" },
  ["accepted, defined"] = { "NOURM", applid = "XAPPL", networkid = "NETX", sendcount = 9 },
  ["accepted, a counter asked by two doors"] = { "COUNTED", applid = "A" },
  ["notes of earlier doors"] = { "NOTED", applid = "A" },
  ["an ipconn out of service"] = { "NOURM", applid = "OUTAPPL", networkid = "NETX" },
  ["an ipconn of another listener"] = { "NOURM", applid = "ELSEAPPL", networkid = "NETX" },
  ["no session left"] = { "NOURM", applid = "XAPPL", networkid = "NETX", sendcount = 0, receivecount = 5 },
  ["another region is called"] = { "GOOD", applid = "A", ["server-applid"] = "OTHER" },
  ["a CAPEX that cannot be read"] = { "GOOD", applid = "lower" },
  ["counts that are none"] = { "GOOD", applid = "A", sendcount = 1000 },
  ["HA at a listener that is not"] = { "NOURM", applid = "A", ha = true },
  ["no HA at a generic listener"] = { "HA", applid = "A" },
  ["TLS on a plain port"] = { "GOOD", applid = "A", ring = "NETX.CTGAPP" },
  ["plain text on a TLS port"] = { "CHAIN", applid = "A", ask = { tls = "no" } },
  ["no certificate"] = { "CHAIN", applid = "A", ring = "none", without = true },
  ["a TLS version that is not spoken"] = { "TLS13", applid = "A", ring = "NETX.CTGAPP", ["tls1.2"] = true, ask = { tls = "1.2" } },
  ["accepted, the best version of the listener"] = { "TLS12", applid = "A", ring = "NETX.CTGAPP" },
  ["accepted, TLS"] = { "CHAIN", applid = "A", ring = "NETX.CTGAPP" },
  ["accepted, TLS 1.2"] = { "CHAIN", applid = "A", ring = "NETX.CTGAPP", ["tls1.2"] = true, ask = { tls = "1.2" } },
  ["accepted, an RSA certificate"] = { "CHAIN", applid = "A", ring = "rsa" },
  ["accepted, a user of certify"] = { "USER", applid = "A", ring = "NETX.CTGAPP" },
  ["accepted, ssl = yes"] = { "ONEWAY", applid = "A", ring = "none", without = true, ask = { tls = "1.3" } },
}

for _, flaw in ipairs { "expired", "notyet", "selfsigned", "wrongca", "revoked", "noclientauth", "weak", "deep", "otherca" } do
  corridor.CASES["the flaw " .. flaw] = { "CHAIN", applid = "A", ring = flaw }
end

function corridor.sorted(t)
  local names = {}
  for name in pairs(t) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Connects as the partner of the case; returns as support.connect.
function corridor.connect(region, case)
  local t = { port = region:port(case[1]), networkid = case.networkid or "", applid = case.applid or "" }
  for key, value in pairs(case) do
    if type(key) == "string" and key ~= "ask" and key ~= "without" then t[key] = value end
  end
  return support.connect(t)
end

return corridor
