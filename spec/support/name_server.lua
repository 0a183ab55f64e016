-- SPDX-License-Identifier: Apache-2.0
--[[
name_server: the name server of /etc/resolv.conf, taken over in a network of the job's own.

  name_server.possible()         whether the job has a network of its own, and may give its loopback an address
  local s = name_server.silent() takes each question and answers none
  s:stop()
]]
local socket = require "socket"

local process = require "spec.support.process"
local text = require "spec.support.text"

local name_server = {}
local Server = {}
Server.__index = Server

local function address()
  return (text.read "/etc/resolv.conf" or ""):match "%f[^\n\0]nameserver%s+([%d.]+)" or "127.0.0.1"
end

local function is_loopback(ip)
  return ip:find "^127%." ~= nil
end

function name_server.possible()
  local status, links = process.run { "ip", "-o", "link" }
  if status ~= 0 or links:find "\n." or not links:find "lo:" then return false end
  local ip = address()
  return is_loopback(ip) or process.run { "ip", "address", "replace", ip .. "/32", "dev", "lo" } == 0
end

function name_server.silent()
  local own = assert(socket.udp4())
  assert(own:setsockname(address(), 53))
  return setmetatable({ socket = own }, Server)
end

function Server:stop()
  self.socket:close()
end

return name_server
