-- SPDX-License-Identifier: Apache-2.0
-- policy.saf: users, groups and access, by the RACF-like model in the file of region { saf = "FILE" }. Names are folded
-- to upper case. Without a saf, and for an unknown user, class or resource, the answer is no. Each question goes into
-- the record of the decision. Under busted, and in the mock of a row, { saf = {…} } is the table that such a file
-- returns. `local saf = require "policy.saf"`; lua/README.md has examples.

local host = require "sallyport.host"

host.library()

local saf = {}

-- saf.check(class, profile, userid, access) -> boolean, { profile =, held =, by = }: true when the user has that access
--   to the resource of that name in the class. access: "execute", "read" (when nil), "update", "control" or "alter";
--   each one includes those before it. The second value is the reason. profile: the profile that decided (nil: no
--   profile covers the resource). held: the user's access, "NONE" to "ALTER". by: "user", "group", "id(*)", "uacc", or
--   "no saf", "no class", "no profile", "unknown user", "revoked user". Raises for an argument that is no string, for a
--   NUL in it, and for another access.
saf.check = host.saf_check

-- saf.user(userid) -> { revoked = false, groups = { "PAYROLL" } }, or nil when the user is unknown or there is no saf.
--   Raises when userid is no string.
saf.user = host.saf_user

return host.strict(saf, "saf")
