-- SPDX-License-Identifier: Apache-2.0
-- Scripts with one hole each, a claim that finds it, and the repaired script: for the search of counterexamples.
local HEAD = [[
local policy = require "policy"
local cert = require "policy.cert"
local ip = require "policy.ip"

local function first_cn(facts)
  for _, part in ipairs(facts.certificate.subject) do
    if part.type == "CN" then return part.value end
  end
  return ""
end

local function verified(facts)
  if facts.certificate and facts.certificate.chain.ok then return policy.accept() end
  return policy.refuse("chain", "no verified certificate")
end

local function guest() return policy.install { ipconn = "PARTNER", template = "GUEST" } end

local function when(good)
  if good then return policy.accept() end
  return policy.refuse("stranger", "another name")
end
]]

-- The script with these functions of doors; certify and install are given when they are absent.
local function script(doors)
  local all = { certify = "verified", install = "guest" }
  for door, body in pairs(doors) do all[door] = "function(facts)\n" .. body .. "\nend" end
  local lines = {}
  for door, body in pairs(all) do lines[#lines + 1] = ("  %s = %s,"):format(door, body) end
  table.sort(lines)
  return HEAD .. "return {\n" .. table.concat(lines, "\n") .. "\n}\n"
end

local function invariant(name, body)
  return ([[
local function cns(facts)
  local all = {}
  for _, part in ipairs(facts.certificate and facts.certificate.subject or {}) do
    if part.type == "CN" then all[#all + 1] = part.value end
  end
  return all
end
return { { name = %q, holds = function(walk)
%s
end } }
]]):format(name, body)
end

local ONLY = 'return not walk.accepted or cns(walk.facts)[1] == "SHOP.SHOPWEB1"'
local WHOLE = 'return when(first_cn(facts) == "SHOP.SHOPWEB1")'

local holes = {
  { name = "a suffix in place of the whole name", claim = ONLY,
    bad = { bind = 'return when(first_cn(facts):sub(-8) == "SHOPWEB1")' }, good = { bind = WHOLE } },
  { name = "names of another case", claim = ONLY,
    bad = { bind = 'return when(first_cn(facts):upper() == "SHOP.SHOPWEB1")' }, good = { bind = WHOLE } },
  { name = "a pattern without ^ and $", claim = [[return not walk.accepted or cns(walk.facts)[1]:match("^SHOP%.SHOPWEB%d$") ~= nil]],
    bad = { bind = 'return when(first_cn(facts):find("SHOP%.SHOPWEB%d") ~= nil)' },
    good = { bind = 'return when(first_cn(facts):find("^SHOP%.SHOPWEB%d$") ~= nil)' } },
  { name = "a network one bit too wide", claim = [[return not walk.accepted or walk.facts.peer.ip:match("^192%.0%.2%.") ~= nil]],
    bad = { admit = 'return when((ip.set { "192.0.2.0/23" }):holds(facts.peer.ip))' },
    good = { admit = 'return when((ip.set { "192.0.2.0/24" }):holds(facts.peer.ip))' } },
  { name = "an IPv4 address as IPv6",
    claim = 'return not walk.accepted or not walk.facts.capex.host:find("203.0.113.66", 1, true)',
    bad = { bind = 'return when(facts.capex.host ~= "203.0.113.66")' },
    good = { bind = 'return when(not facts.capex.host:find("203.0.113.66", 1, true))' } },
  { name = "a blank APPLID", claim = 'return not walk.accepted or walk.facts.capex.applid ~= ""',
    bad = { bind = 'return when(facts.capex.applid == "" or first_cn(facts) == facts.capex.networkid .. "." .. facts.capex.applid)' },
    good = { bind = 'return when(facts.capex.applid ~= "" and first_cn(facts) == facts.capex.networkid .. "." .. facts.capex.applid)' } },
  { name = "a NUL in a name", claim = ONLY,
    bad = { bind = [[return when(first_cn(facts):match("^[^\0]*") == "SHOP.SHOPWEB1")]] }, good = { bind = WHOLE } },
  { name = "one of several CNs", claim = [[
      for _, cn in ipairs(cns(walk.facts)) do
        if walk.accepted and cn ~= "SHOP.SHOPWEB1" then return false end
      end
      return true]],
    bad = { bind = [[
      for _, part in ipairs(facts.certificate.subject) do
        if part.type == "CN" and part.value == "SHOP.SHOPWEB1" then return policy.accept() end
      end
      return policy.refuse("stranger", "another name")]] },
    good = { bind = 'return when(cert.cn(facts.certificate) == "SHOP.SHOPWEB1")' } },
  { name = "a refusal that is not returned", claim = 'return not walk.accepted or walk.facts.capex.networkid ~= "EVIL"',
    bad = { bind = 'if facts.capex.networkid == "EVIL" then policy.refuse("evil", "no") end return policy.accept()' },
    good = { bind = 'if facts.capex.networkid == "EVIL" then return policy.refuse("evil", "no") end return policy.accept()' } },
  { name = "a chain that nobody looks at", claim = "return not walk.accepted or walk.facts.certificate.chain.ok",
    bad = { certify = "return when(facts.certificate ~= nil)" }, good = { certify = "return verified(facts)" } },
  { name = "a template that the peer names", claim = 'return not walk.accepted or walk.ipconn.template ~= "ADMIN"',
    bad = { install = [[
      local named = policy.ipconn(facts.capex.networkid) and facts.capex.networkid
      return policy.install { ipconn = "PARTNER", template = named or "GUEST" }]] },
    good = { install = "return guest()" } },
  { name = "the identity of a second socket", claim = [[
      for _, door in ipairs(walk.doors) do
        if door.door == "bind" and door.verdict == "accept" and cns(walk.facts)[1] ~= "SHOP.SHOPWEB1" then return false end
      end
      return true]],
    bad = { bind = 'if facts.socket == 2 then return policy.accept() end ' .. WHOLE }, good = { bind = WHOLE } },
}

for _, hole in ipairs(holes) do
  hole.invariant = invariant(hole.name, hole.claim)
  hole.script, hole.repaired = script(hole.bad), script(hole.good)
  hole.doors = {}
  for _, door in ipairs { "admit", "certify", "bind" } do
    if hole.bad[door] or door == "certify" then hole.doors[door] = "s" end
  end
end

return holes
