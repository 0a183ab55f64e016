-- SPDX-License-Identifier: Apache-2.0
-- process: programs run to their end, and programs beside the test. Those die with the test run, however that ends.
local lfs = require "lfs"

local text = require "spec.support.text"
local wait = require "spec.support.wait"

local process = {}
local Process = {}
Process.__index = Process

-- The job's own temporary directory (spec/support/job) as a path relative to the current directory; build/tmp without a job.
local here = lfs.currentdir() .. "/"
local own = os.getenv "TMPDIR" or ""
local root = own:sub(1, #here) == here and own:sub(#here + 1) or "build/tmp"

-- A new empty directory, closed to other users.
function process.directory()
  lfs.mkdir("build")
  lfs.mkdir("build/tmp")
  local pipe = assert(io.popen(("mktemp -d %s/XXXXXX"):format(root)))
  local path = assert(pipe:read("l"))
  pipe:close()
  return path
end

local function remove_tree(path)
  if lfs.symlinkattributes(path, "mode") ~= "directory" then return os.remove(path) end
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then remove_tree(path .. "/" .. name) end
  end
  return lfs.rmdir(path)
end

function process.remove(path)
  assert(path:find("^build/tmp/%w+$") or path:find("^build/tmp/%w+/%w+$"), path)
  remove_tree(path)
end

-- By status, 128 + the signal.
local CRASHES = { [132] = "ILL", [133] = "TRAP", [134] = "ABRT", [135] = "BUS", [136] = "FPE", [139] = "SEGV" }

-- Prints a crash into the job's output, also when the spec expects it: such a job does not run again (spec/support/suite.lua).
local function tell_crash(words, status, err)
  if CRASHES[status] or err:find "%u%a+Sanitizer" or err:find "runtime error:" then
    io.stderr:write(("%s\na program ended with status %d: %s\n"):format(err, status, text.words(words)))
  end
end

local scratch -- the files of process.run: one directory for all calls, since each call of mktemp and rm is a process

-- Runs a list of words to its end (at most `seconds`, 30): exit status (or 128 + signal), stdout, stderr.
function process.run(words, input, seconds)
  if not scratch then scratch = process.directory() end
  text.write(scratch .. "/in", input or "")
  local limit = math.ceil((seconds or 30) * wait.patience)
  local command = ("exec timeout --foreground -k 5 %d %s <%s/in >%s/out 2>%s/err"):format(limit, text.words(words), scratch, scratch,
    scratch)
  local _, how, status = os.execute(command)
  if how == "signal" then status = status + 128 end
  local out, err = text.read(scratch .. "/out"), text.read(scratch .. "/err")
  tell_crash(words, status, err)
  return status, out, err
end

--[[
The keeper: starts the program with none of the test's descriptors (a socket it inherited would never close), writes its pid, and
leaves its status in a file when it ends. Its standard input is a pipe from the test run: when that closes, the program is killed.
]]
local KEEPER = [[
dir=$1; shift
exec 3<&0 </dev/null
for fd in /proc/self/fd/*; do
  fd=${fd##*/}
  [ "$fd" -le 3 ] || eval "exec $fd>&-"
done
"$@" >>"$dir/out" 2>>"$dir/err" 3<&- &
pid=$!
(read -r -u 3 _; kill -KILL $pid) >/dev/null 2>&1 &
guard=$!
echo $pid >"$dir/pid.new"; mv "$dir/pid.new" "$dir/pid"
wait $pid; status=$?
kill $guard 2>/dev/null
echo $status >"$dir/status.new"; mv "$dir/status.new" "$dir/status"
]]

local alone = {} -- those with a directory of their own

-- Starts a list of words beside the test. dir holds out, err, pid and status; without one it gets its own, until process.sweep.
function process.start(words, dir)
  local self = setmetatable({ dir = dir or process.directory(), words = words }, Process)
  if not dir then alone[#alone + 1] = self end
  os.remove(self.dir .. "/status")
  os.remove(self.dir .. "/pid")
  local command = ("exec bash -c %s keeper %s %s 2>/dev/null"):format(text.quote(KEEPER), text.quote(self.dir), text.words(words))
  self.keeper = assert(io.popen(command, "w"))
  self.pid = wait.wait_until(function()
    return tonumber(text.read(self.dir .. "/pid") or "")
  end, 10, "a process: " .. text.words(words))
  return self
end

-- The exit status once it has ended (128 + n for signal n), else nil.
function Process:status()
  return tonumber(text.read(self.dir .. "/status") or "")
end

function Process:stdout()
  return text.read(self.dir .. "/out") or ""
end

function Process:stderr()
  return text.read(self.dir .. "/err") or ""
end

function Process:signal(name)
  if not self:status() then os.execute(("kill -%s %d 2>/dev/null"):format(name, self.pid)) end
end

-- Waits for its end and returns the status; an error after `seconds` (10).
function Process:wait(seconds)
  local status = wait.wait_until(function() return self:status() end, seconds, "the end of process " .. self.pid)
  if self.keeper then
    self.keeper:close()
    self.keeper = nil
    tell_crash(self.words, status, self:stderr())
  end
  return status
end

-- TERM, and after `seconds` (10) KILL. The status.
function Process:stop(seconds)
  self:signal("TERM")
  local ended, status = pcall(self.wait, self, seconds)
  if ended then return status end
  self:signal("KILL")
  return self:wait(10)
end

-- Ends those that were started without a directory, and removes what they left.
function process.sweep()
  local left = alone
  alone = {}
  for _, p in ipairs(left) do
    p:stop()
    process.remove(p.dir)
  end
  if scratch then process.remove(scratch) end
  scratch = nil
end

return process
