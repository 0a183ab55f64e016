-- SPDX-License-Identifier: Apache-2.0
--[[
clock: sets what time it is for a region (spec/support/clock.c is preloaded). How long it waits for anything does not change.

  local clock = clock.new()              region.new { wrapper = clock.wrapper, … }
  clock:set(weekday, hour)               from now on it is that day (0 Sunday … 6) of this week or the next, that hour, UTC
  clock:add(seconds)                     from now on it is so much later than it is
  clock:free()
]]
local process = require "spec.support.process"
local text = require "spec.support.text"

local clock = {}
local Clock = {}
Clock.__index = Clock

clock.LIBRARY = "build/clock.so"

local DAY = 86400

function clock.new()
  local dir = process.directory()
  local options = ("%s:verify_asan_link_order=0"):format(os.getenv("ASAN_OPTIONS") or "")
  local self = setmetatable({ dir = dir, file = dir .. "/seconds" }, Clock)
  text.write(self.file, "0")
  self.wrapper = { "env", "LD_PRELOAD=./" .. clock.LIBRARY, "CLOCK=" .. self.file, "ASAN_OPTIONS=" .. options }
  return self
end

-- The file is replaced whole: the region reads it all the time.
function Clock:add(seconds)
  text.write(self.file .. ".new", tostring(seconds))
  assert(os.rename(self.file .. ".new", self.file))
end

-- 1970 began on a Thursday.
function Clock:set(weekday, hour)
  local now = os.time()
  local today = now // DAY
  local then_ = (today + (weekday - (today + 4)) % 7) * DAY + hour * 3600
  self:add(then_ - now)
end

function Clock:free()
  process.remove(self.dir)
end

return clock
