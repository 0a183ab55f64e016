-- SPDX-License-Identifier: Apache-2.0
--[[
small_disk: a directory on a disk that is soon full: a file system of its own where the test may mount one, else a limit of
the size of each file that the region writes.

  local disk = small_disk.new(kilobytes)   disk.path is the directory, disk.wrapper a wrapper for support.region, or nil
  disk:grow(region)                        the running region has room
  disk:drop()
]]
local lfs = require "lfs"

local process = require "spec.support.process"

local small_disk = {}
local Disk = {}
Disk.__index = Disk

function small_disk.new(kilobytes)
  local self = setmetatable({ directory = process.directory() }, Disk)
  self.path = lfs.currentdir() .. "/" .. self.directory
  self.mounted = process.run { "mount", "-t", "tmpfs", "-o", ("size=%dk,mode=700"):format(kilobytes), "tmpfs", self.path } == 0
  if not self.mounted then self.wrapper = { "prlimit", ("--fsize=%d:unlimited"):format(kilobytes * 1024) } end
  return self
end

function Disk:grow(region)
  local command = { "mount", "-o", "remount,size=256m", self.path }
  if not self.mounted then
    command = { "prlimit", "--pid", tostring(math.tointeger(region:row("region", "CICSA").pid)), "--fsize=unlimited" }
  end
  local status, _, err = process.run(command)
  assert(status == 0, err)
end

function Disk:drop()
  if self.mounted then process.run { "umount", "-l", self.path } end
  process.remove(self.directory)
end

return small_disk
