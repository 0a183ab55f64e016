---@meta policy.saf
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.library.saf
local saf = {}

---saf.check(class, profile, userid, access) -> boolean, { profile =, held =, by = }: true when the user has that access
---to the resource of that name in the class. access: "execute", "read" (when nil), "update", "control" or "alter";
---each one includes those before it. The second value is the reason. profile: the profile that decided (nil: no
---profile covers the resource). held: the user's access, "NONE" to "ALTER". by: "user", "group", "id(*)", "uacc", or
---"no saf", "no class", "no profile", "unknown user", "revoked user". Raises for an argument that is no string, for a
---NUL in it, and for another access.
---@param class string
---@param profile string
---@param userid string
---@param access? "execute"|"read"|"update"|"control"|"alter"
---@return boolean
---@return sallyport.saf_decision
function saf.check(class, profile, userid, access) end

---saf.user(userid) -> { revoked = false, groups = { "PAYROLL" } }, or nil when the user is unknown or there is no saf.
---Raises when userid is no string.
---@param userid string
---@return sallyport.saf_user?
function saf.user(userid) end

return saf
