-- SPDX-License-Identifier: Apache-2.0
-- policy.capex: reading what a partner said in its capability exchange. All take facts.capex (IPIC.md 2.1).

local host = require "sallyport.host"

host.library()

local capex = {}

local function capex_of(who, said)
  if type(said) ~= "table" then host.misuse(who .. ": takes facts.capex, not a " .. type(said) .. " (known from the bind door on)") end
  return said
end

-- capex.is_blank(capex) -> boolean: the partner gave no APPLID; the engine suggests one (IPIC.md 6.2, ISAIC_SUGGESTED_APPLID).
function capex.is_blank(said)
  return capex_of("capex.is_blank", said).applid == ""
end

-- capex.applid(capex) -> the APPLID the ipconn would get: the partner's own, or the suggested one when it gave none.
function capex.applid(said)
  if capex.is_blank(said) then return said.suggested_applid end
  return said.applid
end

-- capex.name(capex) -> "NETWORKID.APPLID", the partner's full name, as DFHIS3000 prints it (IPIC.md 6.8); "NETWORKID." with a blank APPLID,
--   which no certificate should name.
function capex.name(said)
  capex_of("capex.name", said)
  return said.networkid .. "." .. said.applid
end

-- capex.last_four(applid) -> the last four characters, or all of a shorter one: how DFHISAIP names an ipconn (IPIC.md 6.5).
function capex.last_four(applid)
  if type(applid) ~= "string" then host.misuse("capex.last_four: takes an APPLID, not a " .. type(applid)) end
  return applid:sub(-4)
end

-- capex.wants_callback(capex) -> boolean: the partner gave a port to be called back on; -1 is a client (IPIC.md 2.2, ISAIC_PORT).
function capex.wants_callback(said)
  return capex_of("capex.wants_callback", said).port ~= -1
end

-- capex.wants_sessions(capex) -> how many sessions the partner wants to send on: the URM's ISAIC_RECEIVECOUNT (IPIC.md 6.2).
function capex.wants_sessions(said)
  return capex_of("capex.wants_sessions", said).sendcount
end

return host.strict(capex, "capex")
