-- SPDX-License-Identifier: Apache-2.0
-- Two regions on a line that loses, delays, doubles and reorders: each in a network namespace of its own, and spec/support/badline.c
-- between them.
-- Needs root, namespaces and /dev/net/tun; else its tests are pending.
local pair = require "spec.support.pair"
local support = require "spec.support"

local LEFT, RIGHT = "10.213.0.1", "10.213.0.2"
local names = ("%d"):format(math.random(100000, 999999))
local left, right = "spl" .. names, "spr" .. names

local function sh(command)
  return os.execute(command .. " >/dev/null 2>&1")
end

local function drop()
  sh("ip netns del " .. left)
  sh("ip netns del " .. right)
end

local function all(commands)
  for _, command in ipairs(commands) do
    if not sh(command) then return false end
  end
  return true
end

-- The line between the two namespaces; nil (and nothing left) where that cannot be had.
local function wired()
  local line
  if all { "test -c /dev/net/tun", "ip netns add " .. left, "ip netns add " .. right } then
    line = io.popen(("exec build/badline %s %s 2>/dev/null"):format(left, right), "w")
    local made = pcall(support.wait_until, function()
      return all { "ip -n " .. left .. " link show line0", "ip -n " .. right .. " link show line0" }
    end, 10, "the line's devices")
    local up = made and all {
      ("ip -n %s addr add %s peer %s dev line0"):format(left, LEFT, RIGHT), ("ip -n %s link set line0 up"):format(left),
      ("ip -n %s addr add %s peer %s dev line0"):format(right, RIGHT, LEFT), ("ip -n %s link set line0 up"):format(right),
    }
    if up then return line end
    line:close()
  end
  drop()
end

local wire = wired()

-- What the line does from now on: delay and jitter in ms, lost and doubled of 100.
local function line(delay, jitter, lost, doubled)
  assert(wire:write(("%d %d %d %d\n"):format(delay, jitter, lost, doubled)))
  assert(wire:flush())
end

local function good()
  line(1, 0, 0, 0)
end

describe("two regions on a bad line:", function()
  if not wire then
    pending("needs root, network namespaces and /dev/net/tun")
    return
  end

  local a, b

  setup(function()
    local function region(own, networkid, host, partner, other, to)
      local r = support.region {
        region = {
          applid = own, networkid = networkid, heartbeat = 1, heartbeat_timeout = 1, retry = 0.2, retry_max = 1, drain = 0.5,
          tcp_timeout = 2, handshake_timeout = 2, capex_timeout = 2,
        },
        tcpipservices = { IPIC = { host = host, portnumber = 1491 } },
        ipconns = {
          [partner] = {
            networkid = other, host = to, port = 1491, tcpipservice = "IPIC", sendcount = 5, receivecount = 5, autoconnect = "yes",
          },
        },
        wrapper = { "ip", "netns", "exec", networkid == "NETA" and left or right },
      }
      r.partner = partner
      return r
    end
    a = region("CICSA", "NETA", LEFT, "CICSB", "NETB", RIGHT)
    b = region("CICSB", "NETB", RIGHT, "CICSA", "NETA", LEFT)
    good()
    b:start()
    a:start()
  end)
  teardown(function()
    a:stop()
    b:stop()
    wire:close()
    drop()
  end)

  -- How long either of them has been neither RELEASED nor ACQUIRED, at most, over so many seconds.
  local function watch(seconds)
    local since, longest = {}, 0
    local from = support.now()
    support.wait_until(function()
      for _, r in ipairs { a, b } do
        local status, now = pair.status(r), support.now()
        local between = status == "OBTAINING" or status == "FREEING"
        since[r] = between and (since[r] or now) or nil
        longest = math.max(longest, between and now - since[r] or 0)
      end
      return support.now() - from > seconds
    end, seconds + 5, "the time to be over")
    return longest
  end

  local DEADLINE = (2 + 2 + 2) * 4 -- of OBTAINING: engine/ipic/README.md

  local function converge(what)
    support.wait_until(function() return pair.status(a) == "ACQUIRED" and pair.status(b) == "ACQUIRED" end, DEADLINE + 20, function()
      return what .. "; they are " .. pair.status(a) .. " and " .. pair.status(b)
    end)
  end

  it("on a good line they are ACQUIRED", function()
    converge "both to be ACQUIRED"
  end)

  -- Nothing comes through until both have noticed.
  local function cut()
    line(1, 0, 100, 0)
    support.wait_until(function() return pair.status(a) ~= "ACQUIRED" and pair.status(b) ~= "ACQUIRED" end, 15, "the loss to be noticed")
  end

  for _, bad in ipairs { { 200, 100, 50, 0 }, { 20, 20, 30, 10 }, { 300, 300, 10, 0 }, { 1500, 1500, 0, 0 } } do
    local words = ("%d ms delay, %d ms jitter, %d %% lost, %d %% doubled"):format(table.unpack(bad))
    it(words .. ": never stuck in OBTAINING or FREEING; ACQUIRED when the line is good again", function()
      converge "both to be ACQUIRED first"
      cut()
      local tried = a:count_log "SP0035" + b:count_log "SP0035"
      line(table.unpack(bad))
      local longest = watch(12)
      assert.is_true(longest <= DEADLINE + 1, ("stuck for %g s"):format(longest))
      assert.is_true(a:count_log "SP0035" + b:count_log "SP0035" > tried)
      good()
      converge "the line is good, both to be ACQUIRED"
    end)
  end

  it("a line that is cut: both are RELEASED, by heartbeats alone; and come back with it", function()
    converge "both to be ACQUIRED first"
    cut()
    local longest = watch(5)
    assert.is_true(longest <= DEADLINE + 1, ("stuck for %g s"):format(longest))
    good()
    converge "the line is back, both to be ACQUIRED"
  end)
end)
