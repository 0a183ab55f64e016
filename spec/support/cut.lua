-- SPDX-License-Identifier: Apache-2.0
--[[
cut: lines between regions and a store that a spec can cut, in each of two ways. A region has a network namespace of its own, with one line
to the store and another one to its partners (root alone); or it reaches the store by a relay, which is stopped.

  for _, way in ipairs(cut.ways()) do … end        "namespaces", where these can be made, and "relays"
  local net = cut.open(way, { "--appendonly", "yes" })   with net.server, of spec/support/store.lua
  local line = net:line()                          line.store: the address for the region; line.wrapper: of its process; line.host: of
                                                   its listener
  line:cut() line:mend() net:close()
]]
local process = require "spec.support.process"
local store = require "spec.support.store"
local wait = require "spec.support.wait"

local cut = {}
local Net, Line = {}, {}
Net.__index, Line.__index = Net, Line

local STORE = "10.79.0.1"

local function sh(command, ...)
  return os.execute(command:format(...) .. " >/dev/null 2>&1")
end

-- A process in a network namespace of its own, which ends with the process; nil where no namespace can be made.
local function namespace()
  local holder = process.start { "unshare", "--net", "sleep", "infinity" }
  local made = pcall(wait.wait_until, function()
    return holder:status() or sh("test $(readlink /proc/%d/ns/net) != $(readlink /proc/self/ns/net)", holder.pid)
  end, 10, "a namespace")
  return made and not holder:status() and holder or nil
end

-- A line from this namespace to the new one: interface NAME in both, with the addresses NET.1 and NET.2.
local function wire(holder, name, net)
  return sh("ip link add %s type veth peer name %s netns %d", name, name, holder.pid)
    and sh("ip addr add %s.1/30 dev %s", net, name) and sh("ip link set %s up", name)
    and sh("nsenter --net=/proc/%d/ns/net sh -c 'ip addr add %s.2/30 dev %s && ip link set %s up && ip link set lo up'", holder.pid, net,
      name, name)
end

function cut.ways()
  local holder = namespace()
  local can = holder and wire(holder, "probe0", "10.76.0")
  if holder then holder:stop() end
  return can and { "namespaces", "relays" } or { "relays" }
end

function cut.open(way, options)
  local self = setmetatable({ way = way, lines = {} }, Net)
  local words = { "--protected-mode", "no", table.unpack(options or {}) }
  if way == "relays" then
    self.server = store.start(words)
    return self
  end
  sh("ip addr add %s/32 dev lo", STORE)
  self.server = store.start(words, { bind = STORE })
  return self
end

local function through_relay(self, line)
  line.process = process.start { "lua5.4", "spec/support/relay.lua", "127.0.0.1", tostring(self.server.port) }
  line.store = "redis://127.0.0.1:" .. wait.wait_until(function() return line.process:stdout():match "^(%d+)\n" end, 10, "the relay")
  line.host = "127.0.0.1"
end

local function through_namespace(self, line)
  local n = #self.lines
  line.process = assert(namespace())
  line.name = "store" .. n
  assert(wire(line.process, line.name, "10.77." .. n) and wire(line.process, "partner" .. n, "10.78." .. n))
  line.wrapper = { "nsenter", ("--net=/proc/%d/ns/net"):format(line.process.pid) }
  assert(sh("%s ip route add %s via 10.77.%d.1", table.concat(line.wrapper, " "), STORE, n))
  line.store, line.host = ("redis://%s:%d"):format(STORE, self.server.port), ("10.78.%d.2"):format(n)
end

function Net:line()
  local line = setmetatable({}, Line)
  self.lines[#self.lines + 1] = line
  if self.way == "relays" then through_relay(self, line) else through_namespace(self, line) end
  return line
end

function Line:cut()
  if self.name then assert(sh("ip link set %s down", self.name)) else self.process:signal "STOP" end
end

function Line:mend()
  if self.name then assert(sh("ip link set %s up", self.name)) else self.process:signal "CONT" end
end

function Net:close()
  for _, line in ipairs(self.lines) do
    line:mend()
    line.process:stop()
  end
  if self.way == "namespaces" then sh("ip addr del %s/32 dev lo", STORE) end
end

return cut
