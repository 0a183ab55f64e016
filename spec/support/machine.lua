-- SPDX-License-Identifier: Apache-2.0
--[[
machine: a machine with a systemd of its own (spec/support/machine), for the units of a region.

  machine.possible()               whether this process may make one: it needs root, namespaces and a control group
  local m = machine.new { units = { NAME = "text" }, etc = function(dir) … end }     etc: fills /etc/sallyport
  m:run(word, …)                   a program in it: exit status, stdout, stderr
  m:stop()
]]
local lfs = require "lfs"

local process = require "spec.support.process"
local region = require "spec.support.region"
local text = require "spec.support.text"
local wait = require "spec.support.wait"

local machine = {}
local Machine = {}
Machine.__index = Machine

local SCRIPT = lfs.currentdir() .. "/spec/support/machine"

local function remove_group(pid)
  local command = [[find "$(findmnt -n -t cgroup2 -o TARGET | head -n 1)/sallyport-$1" -depth -type d -exec rmdir {} \; 2>/dev/null]]
  process.run { "sh", "-c", command, "sh", tostring(pid) }
end

function machine.possible()
  local _, out = process.run { "id", "-u" }
  if out ~= "0\n" then return false end
  local trial = process.start { SCRIPT, "--try" }
  local status = trial:wait(20)
  remove_group(trial.pid)
  return status == 0
end

-- The child that is systemd; the script has had others before.
local function first_process(pid)
  for child in (text.read(("/proc/%d/task/%d/children"):format(pid, pid)) or ""):gmatch "%d+" do
    if text.read(("/proc/%s/comm"):format(child)) == "systemd\n" then return child end
  end
end

function machine.new(t)
  local self = setmetatable({ dir = process.directory() }, Machine)
  local function run(...) assert(process.run { ... } == 0) end
  run("mkdir", "-p", self.dir .. "/units", self.dir .. "/etc", self.dir .. "/program/bin", self.dir .. "/program/share/sallyport")
  run("cp", region.binary, self.dir .. "/program/bin/sallyport")
  run("cp", "-R", "lua", self.dir .. "/program/share/sallyport/")
  for name, unit in pairs(t.units) do text.write(self.dir .. "/units/" .. name, unit) end
  t.etc(self.dir .. "/etc")
  self.process = process.start({ SCRIPT, lfs.currentdir() .. "/" .. self.dir }, self.dir)
  wait.wait_until(function()
    if self.process:status() then error("the machine ended:\n" .. self.process:stderr(), 0) end
    self.init = first_process(self.process.pid)
    if not self.init then return false end
    return self:run("systemctl", "is-active", "machine.target") == 0
  end, 20, function() return "systemd to start; it said:\n" .. self.process:stdout() .. self.process:stderr() end)
  return self
end

function Machine:run(...)
  return process.run { "nsenter", "-t", self.init, "-m", "-p", "-u", "-i", "-n", "-C", "--", ... }
end

function Machine:stop()
  self.process:signal "KILL"
  self.process:wait(20)
  remove_group(self.process.pid)
  process.remove(self.dir)
end

return machine
