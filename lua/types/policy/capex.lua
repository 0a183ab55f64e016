---@meta policy.capex
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.library.capex
local capex = {}

---capex.applid(capex) -> the partner's APPLID, or the suggested one when the partner gave none.
---@param capex sallyport.capex
---@return string
function capex.applid(capex) end

---capex.is_blank(capex) -> boolean: true when the partner gave no APPLID. Then capex.suggested_applid is there (IPIC.md
---6.2, ISAIC_SUGGESTED_APPLID).
---@param capex sallyport.capex
---@return boolean
function capex.is_blank(capex) end

---capex.last_four(applid) -> the last four characters of a string, or all of a shorter one: DFHISAIP's name for an
---ipconn (IPIC.md 6.5). Raises when applid is no string.
---@param applid string
---@return string
function capex.last_four(applid) end

---capex.name(capex) -> "NETWORKID.APPLID", the partner's full name as DFHIS3000 prints it (IPIC.md 6.8). With a blank
---APPLID it is "NETWORKID.": check capex.is_blank first, since no certificate should have that name.
---@param capex sallyport.capex
---@return string
function capex.name(capex) end

---capex.wants_callback(capex) -> boolean: true when the partner gave a port for a call-back; a client gives -1 (IPIC.md
---2.2, ISAIC_PORT).
---@param capex sallyport.capex
---@return boolean
function capex.wants_callback(capex) end

---capex.wants_sessions(capex) -> the number of sessions on which the partner wants to send, 0 to 999:
---ISAIC_RECEIVECOUNT of the URM (IPIC.md 6.2).
---@param capex sallyport.capex
---@return integer
function capex.wants_sessions(capex) end

return capex
