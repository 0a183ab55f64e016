-- SPDX-License-Identifier: Apache-2.0
--[[
service_manager: starts a region as a service manager does (spec/support/service_manager.c).

  local manager = service_manager.new { listen = { "IPIC=127.0.0.1:0" }, watchdog = 200000, abstract = true, … }
  region.new { wrapper = manager.wrapper, … }
  manager:messages()               the messages so far: tables of their variables, and `at` in microseconds of the monotonic clock
  manager:wait(name, value, n)     waits until n messages (1) have this value of this variable; the last of them
  manager:free()

Keys: listen, bound, datagram, file (lists of NAME=…), pid, names, watchdog; abstract: the socket has an abstract name.
]]
local process = require "spec.support.process"
local text = require "spec.support.text"
local wait = require "spec.support.wait"

local service_manager = {}
local Manager = {}
Manager.__index = Manager

service_manager.BINARY = "build/service_manager"

function service_manager.new(t)
  local self = setmetatable({ dir = process.directory() }, Manager)
  local words = { service_manager.BINARY }
  local function add(...)
    for _, word in ipairs { ... } do words[#words + 1] = tostring(word) end
  end
  for _, kind in ipairs { "listen", "bound", "datagram", "file" } do
    for _, value in ipairs(t[kind] or {}) do add("--" .. kind, value) end
  end
  for _, option in ipairs { "pid", "names", "watchdog" } do
    if t[option] then add("--" .. option, t[option]) end
  end
  self.socket = t.abstract and "@sallyport-" .. self.dir:gsub("/", "-") or self.dir .. "/notify"
  self.said = self.dir .. "/said"
  if self.socket:sub(1, 1) ~= "@" then self.socket = require "lfs".currentdir() .. "/" .. self.socket end
  if t.notify ~= false then add("--notify", self.socket, self.said) end
  add "--"
  self.wrapper = words
  return self
end

function Manager:messages()
  local list = {}
  for line in (text.read(self.said) or ""):gmatch "([^\n]*)\n" do
    local name, value = line:match "^([A-Z_]+)=(.*)$"
    if name then
      list[#list][name] = value
    else
      list[#list + 1] = { at = tonumber(line) }
    end
  end
  return list
end

function Manager:wait(name, value, n)
  return wait.wait_until(function()
    local count = 0
    for _, message in ipairs(self:messages()) do
      if message[name] == value then count = count + 1 end
      if count == (n or 1) then return message end
    end
  end, nil, function() return ("a message %s=%s; there is:\n%s"):format(name, value, text.read(self.said) or "none") end)
end

function Manager:free()
  process.remove(self.dir)
end

return service_manager
