-- SPDX-License-Identifier: Apache-2.0
--[[
store: servers of Redis on the loopback, each a process of its own with an empty directory.

  local server = store.start { "--appendonly", "yes" }   -- options of redis-server; it answers when this returns
  server.port, server.dir                                -- the port is the same after stop and again
  server:cli("SET", "KEY", "1")                          -- the words of redis-cli: its output without the last newline
  server:pause() server:go_on()                          -- SIGSTOP, SIGCONT
  server:kill() server:again()                           -- SIGKILL; a start with the same port and directory
  store.sentinel(master, "NAME", "requirepass x\n")      -- a sentinel that watches the server under that name; further lines
]]
local socket = require "socket"

local process = require "spec.support.process"
local text = require "spec.support.text"
local wait = require "spec.support.wait"

local store = {}
local Server = {}
Server.__index = Server

local function free_port()
  local s = assert(socket.bind("127.0.0.1", 0))
  local _, port = s:getsockname()
  s:close()
  return port
end

function Server:cli(...)
  local words = { "redis-cli" }
  for _, word in ipairs(self.client) do words[#words + 1] = word end
  for _, word in ipairs { ... } do words[#words + 1] = tostring(word) end
  local _, out, err = process.run(words)
  return ((out .. err):gsub("\n$", ""))
end

local function answers(self)
  if self.process:status() then error("redis-server ended:\n" .. self.process:stdout(), 0) end
  return not self:cli("PING"):find "refused"
end

function Server:again()
  self.process = process.start(self.words)
  wait.wait_until(function() return answers(self) end, 10, "redis-server to answer")
  return self
end

function Server:pause() self.process:signal "STOP" end
function Server:go_on() self.process:signal "CONT" end

function Server:kill()
  self.process:signal "KILL"
  self.process:wait(10)
end

local function start(words, client)
  local self = setmetatable({ port = free_port(), dir = process.directory() }, Server)
  self.words = { "redis-server" }
  for _, word in ipairs(words) do self.words[#self.words + 1] = word end
  for _, word in ipairs { "--dir", self.dir, "--bind", "127.0.0.1", client.bind } do self.words[#self.words + 1] = word end
  for _, word in ipairs { client.tls and "--tls-port" or "--port", tostring(self.port) } do self.words[#self.words + 1] = word end
  self.client = { "-p", tostring(self.port), table.unpack(client) }
  return self:again()
end

-- client: further words of redis-cli; client.tls: the server speaks TLS alone; client.bind: one more address.
function store.start(options, client)
  local words = { "--save", "", "--maxmemory-policy", "noeviction" }
  for _, word in ipairs(options or {}) do words[#words + 1] = word end
  return start(words, client or {})
end

function store.sentinel(master, name, more)
  local dir = process.directory()
  text.write(dir .. "/sentinel.conf", ("sentinel monitor %s 127.0.0.1 %d 1\nsentinel down-after-milliseconds %s 500\n%s"):format(name,
    master.port, name, more or ""))
  local self = start({ dir .. "/sentinel.conf", "--sentinel" }, {})
  return self
end

return store
