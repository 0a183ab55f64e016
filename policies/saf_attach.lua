-- SPDX-License-Identifier: Apache-2.0
-- saf_attach (attach): each request by its users' profiles: READ to the transaction in class TCICSTRN, and to the program in class
-- MCICSPPT where a profile covers it. It does what sec = "yes" does by itself, and is the place for rules of your own.
--
-- For whom: a region with a saf, whose transactions say too little: nearly every program link comes under the mirror's transaction, CPMI.
-- Lets in: requests all of whose users (facts.request.users: the flowed, link or default user, as IPIC.md 7.4 has it) may both.
-- Never lets in: a transaction without a profile, a program whose profile does not permit every user, more data than a program takes;
-- nothing without a saf.
-- A program that no profile covers is free to whoever may attach its transaction.

local policy = require "policy"
local saf = require "policy.saf"

-- The most bytes a program is sent, where it matters.
local BYTES = { PAYROLL = 4096 }

-- No profile of the class covers it: nobody has said who may.
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
    if not policy.check("somebody answers for it", #request.users > 0) then
      return policy.refuse("no_user", "nobody answers for this request")
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
