-- SPDX-License-Identifier: Apache-2.0
--[[
crew: regions with several workers, and partners of which some are at each of them.

  local region = crew.start { region = { drain = 1 }, scripts = { whole = "…" } }   over the defaults below
  local all = crew.callers(port, crew.MANY)        connections that have sent no byte
  crew.accepted(region, n)                         waits until the region has so many sockets
  for i, m in ipairs(crew.capexes(all, "A")) do    the answers to A1, A2, …
  crew.alive(p)                                    whether its heartbeat is answered with 200
  local let_go = crew.hold(region)                 the home runs a script of the listener HOLD until let_go() (crew.start_to_hold)
  local let_go = crew.hold_gate(region, friend)    a gate runs one of the listener ATGATE; friend is an acquired partner
  local read = crew.read_by_gates(region, port, some)  those of `some` whose bytes a gate has read while the home is held
]]
local support = require "spec.support"

local crew = { WORKERS = 3, MANY = 24 }

crew.WHOLE = [[
local policy = require "policy"
return { install = function(facts)
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }]]

-- It is refused when it has used its `milliseconds` of CPU time.
crew.ENDLESS = [[
return { %s = function() while true do end end }]]

-- bind, or admit of ATGATE, counts until the other admit has counted too. A worker that is not held asks the other admit.
local HOLD = [[
local policy = require "policy"
local function count() return policy.counter("hold"):next { max = 1000000000000 } end
local function wait()
  local last = count()
  repeat
    last = last + 1
  until count() ~= last
  return policy.refuse "let_go"
end
return {
  bind = wait,
  admit = function(facts)
    if facts.tcpipservice == "ATGATE" then return wait() end
    count()
    return policy.refuse "lets_go"
  end }]]

function crew.start(t)
  local given = { region = { workers = crew.WORKERS, heartbeat = 60, tcp_timeout = 60, drain = 30 },
    tcpipservices = { IPIC = { urm = "whole" } },
    ipconns = { TMPL = { template = "only", receivecount = 10 } },
    scripts = { whole = crew.WHOLE } }
  for part, values in pairs(t or {}) do
    if type(values) ~= "table" then given[part] = values end
    for name, value in pairs(type(values) == "table" and values or {}) do
      given[part] = given[part] or {}
      given[part][name] = value
    end
  end
  return support.region(given):start()
end

-- The same with the listeners HOLD, ATGATE and GO, for crew.hold and crew.hold_gate.
function crew.start_to_hold(t)
  local given = { region = { milliseconds = 60000, instructions = 1000000000 }, scripts = { hold = HOLD },
    tcpipservices = { HOLD = { bind = "hold" }, ATGATE = { admit = "hold" }, GO = { admit = "hold" } } }
  for part, values in pairs(t or {}) do
    given[part] = given[part] or {}
    for name, value in pairs(values) do given[part][name] = value end
  end
  return crew.start(given)
end

function crew.callers(port, n)
  local out = {}
  for i = 1, n do out[i] = support.raw(port) end
  return out
end

function crew.accepted(region, n)
  support.wait_until(function() return region:row("region").sockets == n end, 10, n .. " sockets")
end

-- Each caller sends the CAPEX of a partner of its own. Then each reads the answer.
function crew.capexes(all, letter)
  for i, p in ipairs(all) do p:capex { applid = letter .. i, networkid = "NETX" } end
  local out = {}
  for i, p in ipairs(all) do out[i] = p:read_message(60) end
  return out
end

function crew.alive(p)
  p:request "1 cmd; name=heartbeat"
  local m = p:read_message(60)
  return m ~= nil and m.status == 200
end

-- Milliseconds of CPU time that the process has used.
function crew.cpu(region)
  local stat = assert(support.read(("/proc/%d/stat"):format(region.process.pid)))
  local user, system = stat:match "%) %a %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
  return 10 * (user + system)
end

-- Waits until an endless script runs. before: crew.cpu before it could begin.
function crew.running(region, before)
  support.wait_until(function() return crew.cpu(region) >= before + 100 end, 30, "the script that runs")
end

function crew.hold(region)
  local go = region:port "GO"
  local p = support.raw(region:port "HOLD")
  local before = crew.cpu(region)
  p:capex { applid = "HOLDER", networkid = "NETX" }
  crew.running(region, before)
  return function()
    assert(crew.silent(p), "the home is not held any more")
    support.raw(go):closed()
    assert(p:read_message(60).status == 403)
    p:close()
  end
end

-- The home answers the friend: thus a gate runs the caller's script. A caller that the home has accepted is let go again.
function crew.hold_gate(region, friend)
  local port, go = region:port "ATGATE", region:port "GO"
  local function let_go(caller)
    support.raw(go):closed()
    caller:closed()
  end
  for _ = 1, 40 do
    local before = crew.cpu(region)
    local caller = support.raw(port)
    crew.running(region, before)
    friend:request "1 cmd; name=heartbeat"
    local m = friend:read_message(2)
    if m then return function() let_go(caller) end end
    let_go(caller)
    assert(friend:read_message(60).status == 200)
  end
  error "no gate has accepted the caller"
end

-- The threads of the process that run, or want to.
local function running(region)
  local n = 0
  for id in require("lfs").dir(("/proc/%d/task"):format(region.process.pid)) do
    local stat = id:find "%d" and support.read(("/proc/%d/task/%s/stat"):format(region.process.pid, id))
    if stat and stat:match "%) (%a)" == "R" then n = n + 1 end
  end
  return n
end

-- The remote ports of the listener's sockets that have unread bytes.
local function unread(port)
  local out = {}
  for line in io.lines "/proc/net/tcp" do
    local own, remote, queued = line:match "^%s*%d+: %x+:(%x+) %x+:(%x+) %x+ %x+:(%x+)"
    if own and tonumber(own, 16) == port and tonumber(queued, 16) > 0 then out[tonumber(remote, 16)] = true end
  end
  return out
end

function crew.own_port(p)
  return tonumber((select(2, p.socket:getsockname())))
end

-- The home is held, so that only gates read. Those of `some` that have been read, when the gates have nothing left to do.
function crew.read_by_gates(region, port, some)
  local read
  support.wait_until(function()
    read = {}
    local waiting = unread(port)
    for _, p in ipairs(some) do
      if not waiting[crew.own_port(p)] then read[#read + 1] = p end
    end
    return #read > 0 and running(region) == 1
  end, 10, function() return ("the gates to read; %d sockets are read, %d threads run"):format(#read, running(region)) end)
  return read
end

-- Whether nothing has come for p.
function crew.silent(p)
  local m, why = p:read_message(0)
  return m == nil and why == "timeout"
end

return crew
