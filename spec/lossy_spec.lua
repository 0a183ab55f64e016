-- SPDX-License-Identifier: Apache-2.0
-- Two regions on a line that loses and delays: each in a network namespace of its own, tc netem between them, or, where the kernel has no
-- netem, nft that drops at random. Needs root and one of the two; else its tests are pending.
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

local function linked()
  return all {
    "ip netns add " .. left, "ip netns add " .. right,
    ("ip -n %s link add name veth0 type veth peer name veth0 netns %s"):format(left, right),
    ("ip -n %s addr add %s/24 dev veth0"):format(left, LEFT), ("ip -n %s addr add %s/24 dev veth0"):format(right, RIGHT),
    ("ip -n %s link set veth0 up"):format(left), ("ip -n %s link set veth0 up"):format(right),
    ("ip -n %s link set lo up"):format(left), ("ip -n %s link set lo up"):format(right),
  }
end

-- Each sets what the line does: netem's words, and how many packets of 100 are lost.
local ways = {}

function ways.netem(name, words, loss)
  return sh(("tc -n %s qdisc replace dev veth0 root netem %s loss %d%%"):format(name, words, loss))
end

function ways.nft(name, _, loss)
  local rules = [[
    add table inet bad
    delete table inet bad
    table inet bad {
      chain arrives {
        type filter hook input priority 0;
        iifname veth0 meta l4proto tcp numgen random mod 1000 < %d drop
      }
    }]]
  local file = os.tmpname()
  support.write(file, loss == 0 and "add table inet bad\ndelete table inet bad\n" or rules:format(loss < 100 and loss * 10 or 999))
  local ok = sh(("ip netns exec %s nft -f %s"):format(name, file))
  os.remove(file)
  return ok
end

-- Both namespaces with a link between them, and the way to spoil it; nil (and nothing left) where that cannot be had.
local function wired()
  if linked() then
    for _, way in ipairs { ways.netem, ways.nft } do
      if way(left, "delay 1ms", 10) and way(right, "delay 1ms", 10) then return way end
    end
  end
  drop()
end

local way = wired()

local function line(words, loss)
  for _, name in ipairs { left, right } do assert(way(name, words, loss), "the line could not be changed") end
end

local function good()
  line("delay 1ms", 0)
end

describe("two regions on a bad line:", function()
  if not way then
    pending("needs root, network namespaces, and netem or nft")
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

  local DEADLINE = (2 + 2 + 2) * 4 -- of OBTAINING: README, the wire

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
    line("delay 1ms", 100)
    support.wait_until(function() return pair.status(a) ~= "ACQUIRED" and pair.status(b) ~= "ACQUIRED" end, 15, "the loss to be noticed")
  end

  for _, bad in ipairs { { "delay 200ms 100ms", 50 }, { "delay 20ms 20ms duplicate 10% reorder 25%", 30 }, { "delay 300ms 300ms", 10 } } do
    it(("%d %% lost, %s: never stuck in OBTAINING or FREEING; ACQUIRED when the line is good again"):format(bad[2], bad[1]), function()
      converge "both to be ACQUIRED first"
      cut()
      local tried = a:count_log "SP0035" + b:count_log "SP0035"
      line(bad[1], bad[2])
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
