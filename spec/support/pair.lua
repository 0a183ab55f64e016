-- SPDX-License-Identifier: Apache-2.0
--[[
pair: two regions that know each other, NETA.CICSA and NETB.CICSB, each with a listener IPIC on a port of its own that lasts over restarts.

  local a, b = pair.new { a = { sendcount = 5 }, b = { … } }     -- their ipconns of each other (a's is named CICSB, b's CICSA)
  keys besides: region_a, region_b (over the region's), service_a, service_b (over the listener's), scripts, b_ipconns (in place of CICSA)
  local a, b = pair.started{…}                                   -- the same, started; pair.stop(a, b)
  pair.acquire(a); pair.becomes(a, "ACQUIRED"); pair.both(a, b, "ACQUIRED")
]]
local socket = require "socket"

local support = require "spec.support"

local pair = {}

local held = {}

-- Ports on which no process listens, below those that the system gives to callers: these may be taken at one address and not at another.
-- They stay taken until the test run ends: a socket that is bound and does not listen refuses a caller. The bind is exclusive, so no other
-- job of the suite holds the port. SO_REUSEADDR, set after the bind, lets a region or support.listen, which set it too, listen on it.
function pair.ports(n)
  local ports = {}
  while #ports < n do
    local port, s = math.random(20000, 30000), assert(socket.tcp4())
    if s:bind("127.0.0.1", port) then
      s:setoption("reuseaddr", true)
      held[#held + 1] = s
      ports[#ports + 1] = port
    else
      s:close()
    end
  end
  return table.unpack(ports)
end

local function over(defaults, given)
  local out = {}
  for key, value in pairs(defaults) do out[key] = value end
  for key, value in pairs(given or {}) do out[key] = value end
  return out
end

function pair.new(t)
  local port_a, port_b = pair.ports(2)
  local function region(own, applid, port, to)
    local name = own == "a" and "CICSB" or "CICSA"
    local ipconn = over({ networkid = own == "a" and "NETB" or "NETA", host = "127.0.0.1", port = to, tcpipservice = "IPIC",
      sendcount = 5, receivecount = 5 }, t[own])
    local r = support.region {
      region = over({
        applid = applid, networkid = own == "a" and "NETA" or "NETB", ring = "certs/rings/" .. applid, heartbeat = 60,
        retry = 0.1, retry_max = 0.4,
      }, t["region_" .. own]),
      tcpipservices = over({ IPIC = over({ portnumber = port }, t["service_" .. own]) }, t["services_" .. own]),
      ipconns = t[own .. "_ipconns"] or { [name] = ipconn },
      scripts = t.scripts,
    }
    r.partner, r.port_number, r.own = name, port, ipconn
    return r
  end
  return region("a", "CICSA", port_a, port_b), region("b", "CICSB", port_b, port_a)
end

function pair.status(region, name)
  local row = region:row("ipconn", name or region.partner)
  return row and row.connstatus
end

function pair.becomes(region, status, name, seconds)
  support.wait_until(function() return pair.status(region, name) == status end, seconds or 10, function()
    return ("%s to be %s; it is %s"):format(name or region.partner, tostring(status), tostring(pair.status(region, name)))
  end)
end

-- Asks for it and does not wait.
function pair.acquire(region, name)
  local status, _, err = region:command("set", "ipconn", name or region.partner, "acquired")
  assert(status == 0, err)
end

-- How many sockets of each way belong to ipconns.
function pair.sockets(region)
  local n = { IN = 0, OUT = 0 }
  for _, row in ipairs(region:inquire "socket") do
    if row.stage == "INSTALLED" then n[row.way] = n[row.way] + 1 end
  end
  return n
end

-- The regions of pair.new, started.
function pair.started(t)
  local a, b = pair.new(t or {})
  b:start()
  a:start()
  return a, b
end

function pair.stop(a, b)
  a:stop()
  b:stop()
end

function pair.both(a, b, status)
  pair.becomes(a, status)
  pair.becomes(b, status)
end

-- Released by a's operator.
function pair.release(a, b)
  a:command("set", "ipconn", a.partner, "released")
  pair.both(a, b, "RELEASED")
end

-- t with more's members in place of its own.
function pair.with(t, more)
  return over(t, more)
end

return pair
