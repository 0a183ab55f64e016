-- SPDX-License-Identifier: Apache-2.0
-- attach_by_group (attach): which groups of the saf may run which program.
--
-- For whom: a region with a saf whose users have groups, and a short list of programs.
-- Lets in: a request to a program in the table, when every user of the request (the user and the link user) is in one
--   of the groups of the program's row. The group "*" stands for every known user.
-- Never lets in: a program without a row, a user without such a group, an unknown or revoked user, or no user.

local policy = require "policy"
local saf = require "policy.saf"

local PROGRAMS = {
  ECHO = { ["*"] = true },
  PAYROLL = { PAYROLL = true, REGIONS = true },
}

-- The group that lets the user run the program; nil and a reason when there is none.
local function group_of(userid, groups)
  local user = saf.user(userid)
  if not user then return nil, "unknown user" end
  if user.revoked then return nil, "revoked user" end
  if groups["*"] then return "*" end
  for _, group in ipairs(user.groups) do
    if groups[group] then return group end
  end
  return nil, "no group of the program"
end

return {
  attach = function(facts)
    local request = facts.request
    local groups = PROGRAMS[request.program]
    if not policy.check("program listed", groups ~= nil, request.program) then
      return policy.refuse("program", "no row for program " .. request.program)
    end
    if not policy.check("has a user", #request.users > 0) then return policy.refuse("no_user", "the request has no user") end
    for _, userid in ipairs(request.users) do
      local group, reason = group_of(userid, groups)
      if not policy.check(userid .. " has a group", group ~= nil, group or reason) then
        return policy.refuse("group", ("%s may not run %s: %s"):format(userid, request.program, reason))
      end
    end
    return policy.accept()
  end,
}
