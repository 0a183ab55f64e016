-- SPDX-License-Identifier: Apache-2.0
--[[
starve: lets a chosen allocation of a region's fail (spec/support/starve.c is preloaded).

  local hunger = starve.new()            region.new { wrapper = hunger.wrapper, … }
  hunger:fail(n, many)                   the nth from now on fails, and the many - 1 behind it (1)
  hunger:stop()                          none fails any more; how many did
]]
local process = require "spec.support.process"
local text = require "spec.support.text"

local starve = {}
local Hunger = {}
Hunger.__index = Hunger

starve.LIBRARY = "build/starve.so"

function starve.new()
  local dir = process.directory()
  local file = dir .. "/order"
  text.write(file, ("\0"):rep(24))
  local options = ("%s:verify_asan_link_order=0:allocator_may_return_null=1"):format(os.getenv("ASAN_OPTIONS") or "")
  local self = setmetatable({ dir = dir, file = assert(io.open(file, "r+b")) }, Hunger)
  self.file:setvbuf "no"
  self.wrapper = { "env", "LD_PRELOAD=./" .. starve.LIBRARY, "STARVE=" .. file, "ASAN_OPTIONS=" .. options }
  return self
end

local function say(self, at, number)
  self.file:seek("set", at)
  self.file:write(("<i8"):pack(number))
end

function Hunger:fail(n, many)
  say(self, 0, 0)
  say(self, 16, 0)
  say(self, 8, many or 1)
  say(self, 0, n)
end

function Hunger:stop()
  say(self, 0, 0)
  self.file:seek("set", 16)
  return (("<i8"):unpack(self.file:read(8)))
end

function Hunger:free()
  self.file:close()
  process.remove(self.dir)
end

return starve
