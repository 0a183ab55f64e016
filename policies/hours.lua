-- SPDX-License-Identifier: Apache-2.0
-- hours (admit): only in business hours.
--
-- For whom: a region whose partners work by day, and whose operators want no new partners at night.
-- Lets in: any address from Monday to Friday, from 7 to 19 o'clock in the time zone ZONE. A reload keeps connected
--   partners at any time: facts.now is then the time of the reload, so the rule accepts when facts.recheck is true.
-- Never lets in: a new socket at another time. A further socket, and a socket after a loss, are new.
-- It checks the time, not the partner: use it together with a certify script.

local policy = require "policy"

local ZONE = "UTC" -- or "Europe/Berlin", with its summer time
local FROM, TO = 7, 19 -- o'clock
local FRIDAY = 5 -- Monday is 1

local zone = policy.zone(ZONE)

return {
  admit = function(facts)
    local here = zone:at(facts.now)
    local open = here.weekday <= FRIDAY and here.hour >= FROM and here.hour < TO
    if policy.check("business hours", open, ("day %d, %d h"):format(here.weekday, here.hour)) or facts.recheck then
      return policy.accept()
    end
    return policy.refuse("closed", ("open from Monday to Friday, %d to %d o'clock (%s)"):format(FROM, TO, ZONE))
  end,
}
