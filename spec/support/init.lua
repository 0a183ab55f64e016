-- SPDX-License-Identifier: Apache-2.0
--[[
support: what the specs drive regions and partners with: `local support = require "spec.support"`.

  support.region{…}         a region of the test's own (spec/support/region.lua)
  support.connect{…}        our own partner, run to its end: the JSON object it printed, its exit status, its stderr
  support.connecting{…}     the same beside the test: p:result() p:stop()
  support.raw(port)         bytes over TCP, support.tls{…} over TLS (spec/support/peer.lua)
  support.turned_away(port) whether a caller is accepted and reset
  support.listen{…}         a partner that is dialled: its port, and accept()
  support.curl(args)        curl -sS, support.s_client(args, input): exit status, stdout, stderr
  support.run(words, input) any program;  support.sallyport(…) ours
  support.here              "localhost", or the address where the machine has no such name
  support.lines_of(id)      a pattern for the log lines of a connection
  support.wait_until(fn, seconds, what)
  support.sanitized         whether the binary has a sanitizer, whose memory and times are no measure
]]
local busted = require "busted"
local dkjson = require "dkjson"
local socket = require "socket"

local peer = require "spec.support.peer"
local process = require "spec.support.process"
local region = require "spec.support.region"
local text = require "spec.support.text"
local wait = require "spec.support.wait"

local support = {
  binary = region.binary,
  region = region.new,
  raw = peer.raw,
  tls = peer.tls,
  wrapped = peer.wrapped,
  turned_away = peer.turned_away,
  listen = peer.listen,
  ring = peer.ring,
  run = process.run,
  start = process.start,
  directory = process.directory,
  remove = process.remove,
  read = text.read,
  write = text.write,
  lua = text.lua,
  wait_until = wait.wait_until,
  sanitized = wait.sanitized,
  now = wait.now,
}

-- A name of this machine; its address where it knows none (a container without /etc/hosts).
support.here = socket.dns.toip "localhost" and "localhost" or "127.0.0.1"

-- A Lua pattern for the log lines of one connection.
function support.lines_of(connection)
  return "connection=" .. connection:gsub("%-", "%%-") .. " "
end

-- ./sallyport with these words, run to its end: status, stdout, stderr.
function support.sallyport(...)
  return process.run { region.binary, ... }
end

-- connect{ port = or to =, applid =, networkid =, ring = NAME or a path, … }: any other key becomes --key value (true: --key alone).
local OWN = { port = true, to = true, host = true, ring = true }

local function connect_words(t)
  local words = { region.binary, "connect", "--to", t.to or ((t.host or "127.0.0.1") .. ":" .. t.port) }
  local function add(...)
    for _, word in ipairs { ... } do words[#words + 1] = tostring(word) end
  end
  if t.ring then add("--ring", t.ring:find("/", 1, true) and t.ring or "certs/rings/" .. t.ring) end
  for _, key in ipairs(text.sorted(t)) do
    if not OWN[key] and t[key] == true then add("--" .. key) end
    if not OWN[key] and type(t[key]) ~= "boolean" then add("--" .. key, t[key]) end
  end
  return words
end

local function over(t)
  local all = { applid = "CTGAPP", networkid = "NETX" }
  for key, value in pairs(t) do all[key] = value end
  return all
end

-- nil in place of the object when it printed none (status 1 or 2).
function support.connect(t)
  local status, out, err = process.run(connect_words(over(t)))
  return (dkjson.decode(out)), status, err
end

local Partner = {}
Partner.__index = Partner

function support.connecting(t)
  return setmetatable({ process = process.start(connect_words(over(t))) }, Partner)
end

-- Its object (nil when it printed none) and exit status, once it has ended.
function Partner:result(seconds)
  local status = self.process:wait(seconds)
  return (dkjson.decode(self.process:stdout())), status, self.process:stderr()
end

function Partner:stop()
  return self.process:stop()
end

function support.curl(args)
  local words = { "curl", "-sS", "--max-time", "20" }
  for _, word in ipairs(args) do words[#words + 1] = word end
  return process.run(words)
end

function support.s_client(args, input)
  local words = { "openssl", "s_client" }
  for _, word in ipairs(args) do words[#words + 1] = word end
  return process.run(words, input)
end

busted.subscribe({ "test", "start" }, function()
  region.test_begins()
  return nil, true
end)

busted.subscribe({ "test", "end" }, function(_, _, status)
  if status == "failure" or status == "error" then region.dump() end
  return nil, true
end)

busted.subscribe({ "file", "end" }, function()
  process.sweep()
  region.sweep()
  return nil, true
end)

return support
