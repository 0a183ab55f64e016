-- SPDX-License-Identifier: Apache-2.0
-- policy.saf: who may what, by the RACF-like model that region { saf = "FILE" } names: classes of profiles, users, groups, access. Names
-- count in upper case. Without a saf, and for whoever or whatever it does not know, every answer is no. What is asked goes into the
-- decision's record. Under busted, and in a row's mock, { saf = {…} } is the table such a file returns.

local host = require "sallyport.host"

host.library()

local saf = {}

-- saf.check(class, profile, userid, access) -> boolean, { profile =, held =, by = }. May userid have that access to the resource called
--   profile in the class? access: "execute", "read" (when nil), "update", "control" or "alter"; each holds those before it. The second
--   value says why: the profile that decided (nil: none covers it), what the user holds by it ("NONE" … "ALTER"), and by what: "user",
--   "group", "id(*)", "uacc", or "no saf", "no class", "no profile", "unknown user", "revoked user". What is no string is an error.
saf.check = host.saf_check

-- saf.user(userid) -> { revoked = false, groups = { "PAYROLL" } }, or nil when it is unknown or there is no saf.
saf.user = host.saf_user

return host.strict(saf, "saf")
