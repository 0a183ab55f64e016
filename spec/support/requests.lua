-- SPDX-License-Identifier: Apache-2.0
--[[
requests: requests over one socket of bytes, and the regions that answer them, for the specs of requests.

  requests.region { region =, programs = }            a region, started, with an ECHO and four partners: SOME (mirrorlife task), ONCE, MANY
                                                      (50 sessions, the others 10), WORK (uow); APPLIDs SOMEAPPL … in NETX
  local p = requests.partner(port, applid)            let in, as SOMEAPPL by default; and the answer's body
  requests.leave(region, p, name)                     closes it, and waits until that ipconn is RELEASED
  requests.unharmed(region, p, name)                  another conversation on the socket gets its answer, and the ipconn (SOME) is ACQUIRED
  requests.run(p, "ECHO", "data", { ccsid = 37 })     one request to its end: { status =, data =, is7 =, ccsid =, … }
  requests.conv()                                     an unused conversation id
  requests.all_at_once(region, n, fn)                 what fn sends over n sockets of IPIC is there before the region looks at any
]]
local assert = require "luassert"

local conversation = require "spec.support.conversation"
local peer = require "spec.support.peer"
local region = require "spec.support.region"
local wait = require "spec.support.wait"

local requests = {}
local last = 0

function requests.conv()
  last = last + 1
  return last
end

function requests.partner(port, applid)
  local p = peer.raw(port)
  local m = assert(p:capex { applid = applid or "SOMEAPPL", sendcount = 50 }:read_message())
  assert.are.equal(200, m.status)
  return p, m.body
end

function requests.leave(at, p, name)
  p:close()
  wait.wait_until(function() return at:row("ipconn", name).connstatus == "RELEASED" end, 10, name .. " to be released")
end

function requests.region(t)
  t = t or {}
  local own, programs = { heartbeat = 60 }, { ECHO = {} }
  for key, value in pairs(t.region or {}) do own[key] = value end
  for name, p in pairs(t.programs or {}) do programs[name] = p end
  return region.new {
    region = own, tcpipservices = { IPIC = {} }, programs = programs,
    ipconns = {
      SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10, mirrorlife = "task" },
      ONCE = { applid = "ONCEAPPL", networkid = "NETX", receivecount = 10 },
      MANY = { applid = "MANYAPPL", networkid = "NETX", receivecount = 50 },
      WORK = { applid = "WORKAPPL", networkid = "NETX", receivecount = 10, mirrorlife = "uow" },
    },
  }:start()
end

function requests.unharmed(at, p, name)
  conversation.ask(p, { conv = 0xffff, program = "ECHO", data = "still here" })
  local a = conversation.answer(p, 0xffff)
  assert.are.same({ 200, "still here" }, { a.status, a.data })
  assert.are.equal("ACQUIRED", at:row("ipconn", name or "SOME").connstatus)
end

function requests.run(p, program, data, more)
  local t = { conv = requests.conv(), program = program, data = data }
  for key, value in pairs(more or {}) do t[key] = value end
  conversation.pour(p, t)
  local a = conversation.answer(p, t.conv)
  a.is7 = a.is7 and a.is7:upper()
  return a
end

-- Sockets of a listener with unread bytes.
local function unread(port)
  local n = 0
  for line in io.lines "/proc/net/tcp" do
    local own, queued = line:match "^%s*%d+: %x+:(%x+) %x+:%x+ %x+ %x+:(%x+)"
    if own and tonumber(own, 16) == port and tonumber(queued, 16) > 0 then n = n + 1 end
  end
  return n
end

-- What fn sends over n sockets is there, all of it, before the region looks at any.
function requests.all_at_once(at, n, fn)
  local port = at:port "IPIC"
  at:signal "STOP"
  wait.wait_until(function()
    local f = assert(io.open("/proc/" .. at.process.pid .. "/stat"))
    local state = f:read("a"):match "%) (%a)"
    f:close()
    return state == "T"
  end, 10, "the region to stand still")
  fn()
  wait.wait_until(function() return unread(port) == n end, 10, "what was sent to be there")
  at:signal "CONT"
end

return requests
