-- SPDX-License-Identifier: Apache-2.0
--[[
failing_malloc: lets a chosen allocation of a region's fail (spec/support/failing_malloc.c is preloaded).

  local memory = failing_malloc.new()    region.new { wrapper = memory.wrapper, … }
  memory:fail(n, many)                   the nth from now on fails, and the many - 1 behind it (1)
  memory:stop()                          none fails any more; how many did
]]
local process = require "spec.support.process"
local text = require "spec.support.text"

local failing_malloc = {}
local Memory = {}
Memory.__index = Memory

failing_malloc.LIBRARY = "build/failing_malloc.so"

function failing_malloc.new()
  local dir = process.directory()
  local file = dir .. "/order"
  text.write(file, ("\0"):rep(24))
  local options = ("%s:verify_asan_link_order=0:allocator_may_return_null=1"):format(os.getenv("ASAN_OPTIONS") or "")
  local self = setmetatable({ dir = dir, file = assert(io.open(file, "r+b")) }, Memory)
  self.file:setvbuf "no"
  self.wrapper = { "env", "LD_PRELOAD=./" .. failing_malloc.LIBRARY, "FAILING_MALLOC=" .. file, "ASAN_OPTIONS=" .. options }
  return self
end

local function say(self, at, number)
  self.file:seek("set", at)
  self.file:write(("<i8"):pack(number))
end

function Memory:fail(n, many)
  say(self, 0, 0)
  say(self, 16, 0)
  say(self, 8, many or 1)
  say(self, 0, n)
end

function Memory:stop()
  say(self, 0, 0)
  self.file:seek("set", 16)
  return (("<i8"):unpack(self.file:read(8)))
end

function Memory:free()
  self.file:close()
  process.remove(self.dir)
end

return failing_malloc
