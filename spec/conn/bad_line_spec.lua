-- SPDX-License-Identifier: Apache-2.0
-- Starts first: the lines stay bad for 12 s.
-- Two regions on a line that loses, delays, doubles and reorders packets: each region is in its own network namespace,
-- spec/support/badline.c is between them. Every line has two regions of its own, and all lines go through the same
-- phases at the same time; the tests check the results of each line.
-- The tests need root, namespaces and /dev/net/tun; without them they are pending.
local pair = require "spec.support.pair"
local support = require "spec.support"

local LEFT, RIGHT = "10.213.0.1", "10.213.0.2"
local DEADLINE = (2 + 2 + 2) * 4 -- seconds in OBTAINING at most: README, the wire
local WATCH = 12
local LOOK = 0.4 -- seconds between two looks at all regions

local function sh(command, ...)
  return os.execute(command:format(...) .. " >/dev/null 2>&1")
end

-- A network namespace, which ends with its process: the path of its file, nil where a namespace cannot be made.
local function namespace()
  local holder = support.start { "unshare", "--net", "sleep", "infinity" }
  local file = ("/proc/%d/ns/net"):format(holder.pid)
  local made = pcall(support.wait_until, function()
    return holder:status() or sh("test $(readlink %s) != $(readlink /proc/self/ns/net)", file)
  end, 10, "a namespace")
  return made and not holder:status() and file or nil
end

local function inside(space, command, ...)
  return sh("nsenter --net=%s " .. command, space, ...)
end

local function up(space, own, other)
  return inside(space, "ip addr add %s peer %s dev line0", own, other) and inside(space, "ip link set line0 up")
end

-- A line between two new namespaces: { wire =, left =, right = }; nil where they cannot be made.
local function wired()
  if not sh "test -c /dev/net/tun" then return nil end
  local left, right = namespace(), namespace()
  if not left or not right then return nil end
  local wire = io.popen(("exec build/badline %s %s 2>/dev/null"):format(left, right), "w")
  local made = pcall(support.wait_until, function()
    return inside(left, "ip link show line0") and inside(right, "ip link show line0")
  end, 10, "the line's devices")
  if made and up(left, LEFT, RIGHT) and up(right, RIGHT, LEFT) then return { wire = wire, left = left, right = right } end
  wire:close()
end

-- Sets the faults of a line: delay and jitter in ms, lost and doubled packets of 100.
local function set(line, does)
  assert(line.wire:write(("%d %d %d %d\n"):format(table.unpack(does))))
  assert(line.wire:flush())
end

local GOOD, CUT = { 1, 0, 0, 0 }, { 1, 0, 100, 0 }

local function region(space, own, networkid, host, partner, other, to)
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
    wrapper = { "nsenter", "--net=" .. space },
  }
  r.partner = partner
  return r
end

local first = wired()

describe("two regions on a bad line:", function()
  if not first then
    pending("needs root, network namespaces and /dev/net/tun")
    return
  end

  local lines = {}
  for _, bad in ipairs { { 200, 100, 50, 0 }, { 20, 20, 30, 10 }, { 300, 300, 10, 0 }, { 1500, 1500, 0, 0 }, CUT } do
    lines[#lines + 1] = { bad = bad, reached = {}, status = {}, since = {}, longest = 0 }
  end

  -- The status of both regions, and the longest time that a region was OBTAINING or FREEING.
  local function look(line)
    for _, r in ipairs { line.a, line.b } do
      local status, now = pair.status(r), support.now()
      local between = status == "OBTAINING" or status == "FREEING"
      line.status[r] = status
      line.since[r] = between and (line.since[r] or now) or nil
      line.longest = math.max(line.longest, between and now - line.since[r] or 0)
    end
  end

  -- Waits until every line is `reached`, or the seconds are over.
  local function phase(name, seconds, reached)
    local looked = 0
    pcall(support.wait_until, function()
      if support.now() - looked < LOOK then return false end
      local all = true
      for _, line in ipairs(lines) do
        look(line)
        line.reached[name] = line.reached[name] or reached(line)
        all = all and line.reached[name]
      end
      looked = support.now()
      return all
    end, seconds, name)
  end

  local function acquired(line)
    return line.status[line.a] == "ACQUIRED" and line.status[line.b] == "ACQUIRED"
  end

  local function lost(line)
    return line.status[line.a] ~= "ACQUIRED" and line.status[line.b] ~= "ACQUIRED"
  end

  local function tries(line)
    return line.a:count_log "SP0035" + line.b:count_log "SP0035"
  end

  setup(function()
    for i, line in ipairs(lines) do
      for key, value in pairs(i == 1 and first or assert(wired())) do line[key] = value end
      line.a = region(line.left, "CICSA", "NETA", LEFT, "CICSB", "NETB", RIGHT)
      line.b = region(line.right, "CICSB", "NETB", RIGHT, "CICSA", "NETA", LEFT)
      set(line, GOOD)
      line.b:start()
      line.a:start()
    end
    phase("acquired", DEADLINE + 20, acquired)
    for _, line in ipairs(lines) do
      line.tried = tries(line)
      set(line, CUT)
    end
    phase("lost", 15, lost) -- no packet arrives until both regions have found the loss
    for _, line in ipairs(lines) do
      line.longest = 0
      set(line, line.bad)
    end
    local from = support.now()
    phase("watched", WATCH + 5, function() return support.now() - from > WATCH end)
    for _, line in ipairs(lines) do
      line.tried = tries(line) - line.tried -- since the loss: a try that began before it ends may be the one that succeeds
      set(line, GOOD)
    end
    phase("back", DEADLINE + 20, acquired)
  end)
  teardown(function()
    for _, line in ipairs(lines) do
      line.a:stop()
      line.b:stop()
      line.wire:close()
    end
  end)

  it("on a good line both are ACQUIRED", function()
    for _, line in ipairs(lines) do assert.is_true(line.reached.acquired) end
  end)

  it("both find the loss of every packet", function()
    for _, line in ipairs(lines) do assert.is_true(line.reached.lost) end
  end)

  for _, line in ipairs(lines) do
    local words = ("%d ms delay, %d ms jitter, %d %% lost, %d %% doubled"):format(table.unpack(line.bad))
    if line.bad == CUT then words = "a line that is cut, where both are RELEASED by heartbeats alone" end
    it(words .. ": never stuck in OBTAINING or FREEING; ACQUIRED when the line is good again", function()
      assert.is_true(line.reached.watched)
      assert.is_true(line.longest <= DEADLINE + 1, ("stuck for %g s"):format(line.longest))
      assert.message("no try since the loss").is_true(line.tried > 0)
      assert.message("they are " .. line.status[line.a] .. " and " .. line.status[line.b]).is_true(line.reached.back)
    end)
  end
end)
