-- SPDX-License-Identifier: Apache-2.0
-- policy.capex: the values of a partner's capability exchange. Each function but last_four takes facts.capex (IPIC.md
-- 2.1), known from the door `bind` on, and raises for a value that is no table. `local capex = require "policy.capex"`;
-- lua/README.md has examples.

local host = require "sallyport.host"

host.library()

local capex = {}

local function capex_of(caller, said)
  if type(said) ~= "table" then
    host.misuse(caller .. ": takes facts.capex, not a " .. type(said) .. " (the first door that has it is bind)")
  end
  return said
end

-- capex.is_blank(capex) -> boolean: true when the partner gave no APPLID. Then capex.suggested_applid is there (IPIC.md
--   6.2, ISAIC_SUGGESTED_APPLID).
function capex.is_blank(said)
  return capex_of("capex.is_blank", said).applid == ""
end

-- capex.applid(capex) -> the partner's APPLID, or the suggested one when the partner gave none.
function capex.applid(said)
  if capex.is_blank(said) then return said.suggested_applid end
  return said.applid
end

-- capex.name(capex) -> "NETWORKID.APPLID", the partner's full name as DFHIS3000 prints it (IPIC.md 6.8). With a blank
--   APPLID it is "NETWORKID.": check capex.is_blank first, since no certificate should have that name.
function capex.name(said)
  capex_of("capex.name", said)
  return said.networkid .. "." .. said.applid
end

-- capex.last_four(applid) -> the last four characters of a string, or all of a shorter one: DFHISAIP's name for an
--   ipconn (IPIC.md 6.5). Raises when applid is no string.
function capex.last_four(applid)
  if type(applid) ~= "string" then host.misuse("capex.last_four: takes an APPLID, not a " .. type(applid)) end
  return applid:sub(-4)
end

-- capex.wants_callback(capex) -> boolean: true when the partner gave a port for a call-back; a client gives -1 (IPIC.md
--   2.2, ISAIC_PORT).
function capex.wants_callback(said)
  return capex_of("capex.wants_callback", said).port ~= -1
end

-- capex.wants_sessions(capex) -> the number of sessions on which the partner wants to send, 0 to 999:
--   ISAIC_RECEIVECOUNT of the URM (IPIC.md 6.2).
function capex.wants_sessions(said)
  return capex_of("capex.wants_sessions", said).sendcount
end

return host.strict(capex, "capex")
