-- SPDX-License-Identifier: Apache-2.0
--[[
region: a region of a test's own: its directory, definition and scripts, the process, and the operator's commands.

  local r = support.region {
    region = { applid = "CICSA", heartbeat = 0.2 },          -- over the defaults below; false leaves one out
    tcpipservices = { IPIC = { urm = "yes" } },              -- host 127.0.0.1, portnumber 0, ssl "no" unless said
    ipconns = { NETX = { applid = "CTGAPP" } },
    programs = { ECHO = {} }, transactions = { PAY1 = { program = "ECHO" } },
    scripts = { yes = "return { install = … }" },            -- written to its script directory
    saf = "return { users = … }",                            -- written beside region.lua, and named there
    policies = { "dfhisaip" },                               -- copies of the shipped ones
    text = "…",                                              -- in place of all these: the whole region.lua
    dir = "/tmp/x",                                          -- an empty directory that the test has made and removes
    arguments = { "--watch" }, wrapper = { "prlimit", "--nofile=64" },
  }

Paths in `region` are relative to the current directory, as everywhere in specs; those in `text` to region.lua, as the engine takes them.
]]
local dkjson = require "dkjson"
local lfs = require "lfs"

local process = require "spec.support.process"
local text = require "spec.support.text"
local wait = require "spec.support.wait"

local region = {}
local Region = {}
Region.__index = Region

region.binary = os.getenv("SALLYPORT") or "./sallyport"

-- drain is short: at the end of most tests partners are connected that never close.
local REGION = { applid = "CICSA", networkid = "NETA", ring = "certs/rings/CICSA", dfltuser = "CICSUSER", drain = 0.2 }
local TCPIPSERVICE = { host = "127.0.0.1", portnumber = 0, ssl = "no" }

-- Every region of this file, and those that ran in the test under way with how long their logs were when it began.
local all, lately = {}, {}

local function over(defaults, given)
  local out = {}
  for key, value in pairs(defaults) do out[key] = value end
  for key, value in pairs(given or {}) do out[key] = value or nil end
  return out
end

-- What a spec says from the current directory, as a definition anywhere has to say it.
local function absolute(given)
  local out = {}
  for key, value in pairs(given) do out[key] = value end
  for _, key in ipairs { "ring", "control", "policies", "saf", "recovery" } do
    local path = out[key]
    if path and path:sub(1, 1) ~= "/" then out[key] = lfs.currentdir() .. "/" .. path end
  end
  return out
end

local function definition(t)
  if t.text then return t.text end
  local own = { control = "control.sock", policies = "policies", saf = t.saf and "saf.lua" or nil }
  local out = { "region " .. text.lua(over(over(absolute(REGION), own), absolute(t.region or {}))) }
  for _, name in ipairs(text.sorted(t.tcpipservices or {})) do
    out[#out + 1] = ("tcpipservice %q %s"):format(name, text.lua(over(TCPIPSERVICE, t.tcpipservices[name])))
  end
  for _, name in ipairs(text.sorted(t.ipconns or {})) do
    out[#out + 1] = ("ipconn %q %s"):format(name, text.lua(t.ipconns[name]))
  end
  for _, name in ipairs(text.sorted(t.programs or {})) do
    out[#out + 1] = ("program %q %s"):format(name, text.lua(t.programs[name]))
  end
  for _, name in ipairs(text.sorted(t.transactions or {})) do
    out[#out + 1] = ("transaction %q %s"):format(name, text.lua(t.transactions[name]))
  end
  return table.concat(out, "\n") .. "\n"
end

function region.new(t)
  local dir = t.dir or process.directory()
  local control = t.region and t.region.control or dir .. "/control.sock"
  local self = setmetatable({ dir = dir, control = control, given = t }, Region)
  assert(lfs.mkdir(dir .. "/policies"))
  self:define(t)
  if t.saf then text.write(dir .. "/saf.lua", t.saf) end
  for name, source in pairs(t.scripts or {}) do self:script(name, source) end
  for _, name in ipairs(t.policies or {}) do
    self:script(name, assert(text.read("policies/" .. name .. ".lua")))
  end
  all[#all + 1] = self
  return self
end

-- Writes region.lua anew (for the next start, or a reload).
function Region:define(t)
  text.write(self.dir .. "/region.lua", definition(t))
end

-- Writes or replaces a script of its directory.
function Region:script(name, source)
  local folder = name:match("^(.*)/")
  if folder then lfs.mkdir(self.dir .. "/policies/" .. folder) end
  text.write(self.dir .. "/policies/" .. name .. ".lua", source)
end

function Region:path(name)
  return self.dir .. "/" .. name
end

local function words_of(self)
  local words = {}
  for _, word in ipairs(self.given.wrapper or {}) do words[#words + 1] = word end
  for _, word in ipairs { region.binary, "run", "--region", self.dir .. "/region.lua" } do words[#words + 1] = word end
  for _, word in ipairs(self.given.arguments or {}) do words[#words + 1] = word end
  return words
end

local function answers(self)
  if self.process:status() then
    error(("the region ended with status %d:\n%s"):format(self.process:status(), self:log()), 0)
  end
  if lfs.attributes(self.control, "mode") ~= "socket" then return false end
  return self:command("inquire", "region") == 0
end

-- Starts it and returns once it answers its operator. A region that ends instead is an error with its log.
function Region:start()
  self.process = process.start(words_of(self), self.dir)
  lately[self] = 0
  wait.wait_until(function() return answers(self) end, 10, function()
    return "the region to answer; its log:\n" .. self:log()
  end)
  return self
end

-- Starts one that is expected to end by itself: its status and log.
function Region:start_and_end(seconds)
  self.process = process.start(words_of(self), self.dir)
  lately[self] = 0
  local status = self.process:wait(seconds)
  self.process = nil
  return status, self:log()
end

-- SIGTERM, and the end of it: anything but status 0 is an error (a leak, a crash, a hang), with the log. No harm when it has ended.
function Region:stop()
  if not self.process then return end
  local own = self.process
  self.process = nil
  local status = own:stop(10)
  self.stopped = status
  if status ~= 0 then error(("the region ended with status %d:\n%s"):format(status, self:log()), 2) end
end

function Region:signal(name)
  self.process:signal(name)
end

-- Waits for it to end by itself; the status.
function Region:wait(seconds)
  local status = self.process:wait(seconds)
  self.process = nil
  return status
end

-- Everything it has said so far, on stderr and stdout. While it runs, the last lines may be on their way: a spec that needs one asks
-- wait_log or count_log.
function Region:log()
  return (text.read(self.dir .. "/err") or "") .. (text.read(self.dir .. "/out") or "")
end

-- Waits for a line that matches the Lua pattern; returns that line.
function Region:wait_log(pattern, seconds)
  return wait.wait_until(function()
    for line in self:log():gmatch("[^\n]+") do
      if line:find(pattern) then return line end
    end
  end, seconds, function() return ("a log line like %q; there is:\n%s"):format(pattern, self:log()) end)
end

-- Waits for a line with the pattern; returns the seconds of the day of the last one.
function Region:log_time(pattern, seconds)
  local last = self:wait_log(pattern, seconds)
  for line in self:log():gmatch("[^\n]+") do
    if line:find(pattern) then last = line end
  end
  local h, m, s = last:match " (%d+):(%d+):([%d.]+)Z"
  return h * 3600 + m * 60 + tonumber(s)
end

local function count(self, pattern)
  local n = 0
  for line in self:log():gmatch("[^\n]+") do
    if line:find(pattern) then n = n + 1 end
  end
  return n
end

-- Waits until each line of the past is in the log, by a command whose own line comes after them. For a count before an event.
function Region:settle_log()
  self.settled = (self.settled or 0) + 1
  local name = ("settle%d"):format(self.settled)
  self:command("set", "ipconn", name, "inservice")
  self:wait_log('SP0009 .*refused="no ipconn named ' .. name .. " is installed")
end

-- How many of its log's lines match the Lua pattern. Lines are written beside the loop, so an answer may come before its line does:
-- `expected` waits until there are at least so many (or as long as for anything else).
function Region:count_log(pattern, expected)
  if expected then
    pcall(wait.wait_until, function() return count(self, pattern) >= expected end)
  end
  return count(self, pattern)
end

-- An operator's command: exit status, stdout, stderr.
function Region:command(...)
  local words = { region.binary, ... }
  words[#words + 1] = "--control"
  words[#words + 1] = self.control
  return process.run(words)
end

local function rows(status, out, err)
  if status ~= 0 then return nil, err, status end
  local value, _, why = dkjson.decode(out)
  assert(type(value) == "table", ("not JSON (%s): %s"):format(why, out))
  return value, nil, status
end

-- `inquire WHAT [NAME] --json`: the array of rows; or nil, the message and the status.
function Region:inquire(what, name, ...)
  local words = { "inquire", what }
  if name then words[#words + 1] = name end
  words[#words + 1] = "--json"
  for _, word in ipairs { ... } do words[#words + 1] = word end
  return rows(self:command(table.unpack(words)))
end

-- The one row of that name; nil when there is none.
function Region:row(what, name)
  local list = self:inquire(what, name)
  return list and list[1]
end

-- `explain --json`: explain{ last = 1, refused = true }, explain{ peer = "127.0.0.1" }, explain "ID": the array of records.
function Region:explain(t)
  if type(t) == "string" then return rows(self:command("explain", t, "--json")) end
  local words = { "explain" }
  for _, key in ipairs { "last", "peer" } do
    if t[key] then
      words[#words + 1] = "--" .. key
      words[#words + 1] = tostring(t[key])
    end
  end
  if t.refused then words[#words + 1] = "--refused" end
  words[#words + 1] = "--json"
  return rows(self:command(table.unpack(words)))
end

-- The real port of a tcpipservice.
function Region:port(service)
  local row = self:row("tcpipservice", service)
  local port = assert(row and row.port, "no port for " .. tostring(service))
  return port
end

-- For spec/support/init.lua: what a failed test shows, and the end of a spec file.
function region.test_begins()
  lately = {}
  for _, r in ipairs(all) do
    if r.process then lately[r] = #r:log() end
  end
end

function region.dump()
  for r, from in pairs(lately) do
    local definition_now = text.read(r.dir .. "/region.lua") or ""
    io.stderr:write(("\n--- %s\n%s--- its log in this test\n%s---\n"):format(r.dir, definition_now, r:log():sub(from + 1)))
  end
end

-- Ends what a spec left running, and removes the directories; one that ended badly is an error.
function region.sweep()
  local left, bad = all, nil
  all, lately = {}, {}
  for _, r in ipairs(left) do
    local ok, why = pcall(r.stop, r)
    if not ok then bad = why end
    if not r.given.dir then process.remove(r.dir) end
  end
  if bad then error(bad, 0) end
end

return region
