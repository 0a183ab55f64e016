-- SPDX-License-Identifier: Apache-2.0
-- saf_attach (attach): each request by the profiles of its users: READ to the transaction in class TCICSTRN, and to the
-- program in class MCICSPPT where a profile covers it. It does the work of sec = "yes"; add your own rules here.
--
-- For whom: a region with a saf whose transactions tell too little: most program links run under the mirror's
--   transaction, CPMI.
-- Lets in: a request when all users of facts.request.users (the flowed, link or default user, IPIC.md 7.4) have READ to
--   both. A program without a profile is free for each user who may attach its transaction.
-- Never lets in: a transaction without a profile, a program whose profile does not permit every user, more data than
--   the program takes; any request without a saf.

local policy = require "policy"
local saf = require "policy.saf"

-- The maximum length of a program's data in bytes. A program without a row has no maximum.
local BYTES = { PAYROLL = 4096 }

-- True when no profile of the class covers the resource.
local function uncovered(why)
  return why.by == "no profile" or why.by == "no class"
end

local function may_attach(userid, tran)
  local may, why = saf.check("TCICSTRN", tran, userid, "read")
  return policy.check(userid .. " may attach " .. tran, may, why.profile or why.by)
end

local function may_run(userid, program)
  local may, why = saf.check("MCICSPPT", program, userid, "read")
  return policy.check(userid .. " may run " .. program, may or uncovered(why), why.profile or why.by)
end

return {
  attach = function(facts)
    local request = facts.request
    if not policy.check("has a user", #request.users > 0) then
      return policy.refuse("no_user", "the request has no user")
    end
    for _, userid in ipairs(request.users) do
      if not may_attach(userid, request.tran) then
        return policy.refuse("transaction", userid .. " may not attach " .. request.tran)
      end
      if not may_run(userid, request.program) then
        return policy.refuse("program", userid .. " may not run " .. request.program)
      end
    end
    local most = BYTES[request.program]
    if not policy.check("not too much data", most == nil or request.bytes <= most, tostring(request.bytes)) then
      return policy.refuse("too_long", request.program .. " takes at most " .. most .. " bytes")
    end
    return policy.accept()
  end,
}
