-- SPDX-License-Identifier: Apache-2.0
-- outgoing: shared by the specs of the way out: an ipconn is acquired, a partner answers, an operator explains.
local wait = require "spec.support.wait"

local outgoing = { CAPEX = "1 cmd; name=capex" }

-- A script with one door.
function outgoing.door(name, ...)
  return "local policy = require 'policy'\n" .. ("return { %s = function(facts) %s end }\n"):format(name, table.concat({ ... }, "\n"))
end

function outgoing.status_of(region, name)
  local row = region:row("ipconn", name)
  return row and row.connstatus
end

function outgoing.becomes(region, name, status)
  wait.wait_until(function() return outgoing.status_of(region, name) == status end, 10, function()
    return name .. " to be " .. status .. "; it is " .. tostring(outgoing.status_of(region, name)) .. "; the log:\n" .. region:log()
  end)
end

function outgoing.acquire(region, name)
  local status, _, err = region:command("set", "ipconn", name, "acquired")
  if status ~= 0 then error(err, 2) end
end

-- The last record of the way out.
function outgoing.record_of(region)
  local list = region:explain { last = 20 }
  for n = #list, 1, -1 do
    if list[n].facts.way == "out" then return list[n] end
  end
end

-- The body of a 200, as NETA.CICSB gives it; t's members replace the usual ones.
function outgoing.ok(t)
  local all = { response = "OK", ipconn = "CICSA", applid = "CICSB", networkid = "NETA", sendcount = 0, receivecount = 5, sockets = 1 }
  for key, value in pairs(t or {}) do all[key] = value end
  return all
end

return outgoing
