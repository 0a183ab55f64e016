-- SPDX-License-Identifier: Apache-2.0
--[[
plex: the regions of one sysplex PLEXA, and partners of the network NETX that come to them. Each region has a listener IPIC, whose URM
names an ipconn by the first four letters of the APPLID, and a program ECHO.

  local all = plex.open(server)                     of spec/support/store.lua; all:close() ends the partners and the regions
  local a = all:region("CICSA", { lease = 9 }, { ipconns = … })   attributes over the defaults below, and members of support.region
  local a = all:start("CICSA", …)                   the same, started and ACTIVE
  all:wait_grants(a)                                the store grants nothing new in its first lease
  all:wait_epoch()                                  the same by the store, for regions of claim_down = "local", which accept meanwhile
  local answer, p = all:ask(a, "ONE1"); all:reason(a, "ONE1")     a CAPEX: the partner twice; "OK" or the reason of its refusal
  plex.state(a); plex.wait_state(a, "FENCED"); plex.refusal(a, "pair_elsewhere")
]]
local peer = require "spec.support.peer"
local region = require "spec.support.region"
local wait = require "spec.support.wait"

local plex = {}
local Plex = {}
Plex.__index = Plex

plex.URM = [[
local policy = require "policy"
return {
  install = function(facts) return policy.install { ipconn = facts.capex.applid:sub(1, 4) } end,
  delete = function() end,
}]]

local function over(defaults, given)
  for key, value in pairs(given or {}) do defaults[key] = value end
  return defaults
end

function plex.open(server)
  return setmetatable({ server = server, regions = {}, peers = {} }, Plex)
end

function Plex:close()
  for _, p in ipairs(self.peers) do p:close() end
  for _, r in ipairs(self.regions) do r:stop() end
end

function Plex:region(applid, attributes, more)
  local given = over({ applid = applid, heartbeat = 0, sysplex = "PLEXA", lease = 3, claim_down = "refuse", claim_lost = "release",
    store = "redis://127.0.0.1:" .. self.server.port }, attributes)
  local r = region.new(over({ region = given, tcpipservices = { IPIC = { urm = "rules" } }, scripts = { rules = plex.URM },
    programs = { ECHO = {} } }, more))
  self.regions[#self.regions + 1] = r
  return r
end

-- The port of the region's listener IPIC; a new start changes it.
function plex.port(r)
  if r.opened ~= r.process then r.opened, r.ipic = r.process, r:port "IPIC" end
  return r.ipic
end

function plex.state(r) return r:inquire "sysplex"[1].state end

function plex.wait_state(r, expected)
  wait.wait_until(function() return plex.state(r) == expected end, 15, function() return expected .. "; it is " .. plex.state(r) end)
end

function Plex:start(...)
  local r = self:region(...):start()
  plex.wait_state(r, "ACTIVE")
  return r
end

function Plex:ask(r, applid, more)
  local p = peer.raw(plex.port(r), r.host)
  self.peers[#self.peers + 1] = p
  return p:capex(over({ applid = applid, networkid = "NETX" }, more)), p
end

function Plex:reason(r, applid, more)
  local m = self:ask(r, applid, more):read_message()
  return m.body.response == "OK" and "OK" or m.body.reason
end

function Plex:wait_grants(r)
  wait.wait_until(function()
    local m, p = self:ask(r, "PROB")
    m = m:read_message()
    p:close()
    return m.body.response == "OK"
  end, 15, "the store to grant claims")
  wait.wait_until(function() return r:row("ipconn", "PROB") == nil end, 10, "the end of the probe")
end

function Plex:wait_epoch()
  wait.wait_until(function()
    local now, ends = self.server:cli("TIME"):match "%d+", self.server:cli("HGET", "sallyport:plex:PLEXA:epoch", "ends")
    return tonumber(ends) and tonumber(now) * 1000 > tonumber(ends)
  end, 20, "the store to grant claims")
end

function plex.refusal(r, code)
  r:wait_log(("SP0031 .*code=%s "):format(code))
end

return plex
