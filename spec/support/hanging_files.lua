-- SPDX-License-Identifier: Apache-2.0
--[[
hanging_files: lets a region's calls about chosen files hang, as on a network file system whose server is gone
(spec/support/hanging_files.c is preloaded).

  local disk = hanging_files.new()       region.new { wrapper = disk.wrapper, … }
  disk:hold "maps.lua"                   from now on; "fsync": every fsync;
                                         "rename NAME", "unlink NAME": renameat to a name, unlinkat
  disk:release()                         the calls that hang go on
  disk:held()                            how many calls have begun to hang
]]
local process = require "spec.support.process"
local text = require "spec.support.text"

local hanging_files = {}
local Disk = {}
Disk.__index = Disk

hanging_files.LIBRARY = "build/hanging_files.so"

function hanging_files.new()
  local dir = process.directory()
  local options = ("%s:verify_asan_link_order=0"):format(os.getenv("ASAN_OPTIONS") or "")
  local self = setmetatable({ dir = dir, file = dir .. "/hanging_files" }, Disk)
  self.wrapper = { "env", "LD_PRELOAD=./" .. hanging_files.LIBRARY, "HANGING_FILES=" .. self.file, "ASAN_OPTIONS=" .. options }
  return self
end

function Disk:hold(part)
  text.write(self.file, part)
end

function Disk:release()
  os.remove(self.file)
end

function Disk:held()
  return #(text.read(self.file .. ".seen") or "")
end

return hanging_files
