-- SPDX-License-Identifier: Apache-2.0
-- hours (admit): only in business hours.
--
-- For whom: a region whose partners work by day, and whose operators want no new partners at night.
-- Lets in: any address from Monday to Friday, from 7 to 19 o'clock UTC. A reload keeps connected partners at any time:
--   facts.now is then the time of the reload, so the rule accepts when facts.recheck is true.
-- Never lets in: a new socket at another time. A further socket, and a socket after a loss, are new.
-- It checks the time, not the partner: use it together with a certify script.

local policy = require "policy"

local FROM, TO = 7, 19 -- o'clock, UTC
local WORKDAY = { [1] = "Monday", [2] = "Tuesday", [3] = "Wednesday", [4] = "Thursday", [5] = "Friday" }

-- Day of the week (0 is Sunday; 1970 began on a Thursday) and hour of a time in seconds since 1970.
local function day_and_hour(seconds)
  local hours = math.floor(seconds / 3600)
  return (hours // 24 + 4) % 7, hours % 24
end

return {
  admit = function(facts)
    local day, hour = day_and_hour(facts.now)
    local open = WORKDAY[day] ~= nil and hour >= FROM and hour < TO
    if facts.recheck or policy.check("business hours", open, ("day %d, %d h"):format(day, hour)) then return policy.accept() end
    return policy.refuse("closed", ("open from Monday to Friday, %d to %d o'clock UTC"):format(FROM, TO))
  end,
}
