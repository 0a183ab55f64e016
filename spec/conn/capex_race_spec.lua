-- SPDX-License-Identifier: Apache-2.0
-- A CAPEX race (IPIC.md 2.5): two regions that acquire each other at the same moment.
local socket = require "socket"

local pair = require "spec.support.pair"
local support = require "spec.support"

local CAPEX, RESYNC = "1 cmd; name=capex", "1 cmd; name=resync"
local acquire, becomes, sockets = pair.acquire, pair.becomes, pair.sockets
local started, stop, both, release, with = pair.started, pair.stop, pair.both, pair.release, pair.with

local TWO = { response = "OK", ipconn = "CICSA", applid = "CICSB", networkid = "NETB", sendcount = 5, receivecount = 5, sockets = 1 }

describe("a CAPEX race:", function()
  -- The region is NETA.CICSM; the partner's name is lower or higher.
  for _, case in ipairs { { "CICSZ", "NETA" }, { "CICSA", "NETZ" }, { "CICSA", "NETA" }, { "CICSZ", "NET0" } } do
    local applid, networkid = case[1], case[2]
    local keeps = networkid .. "." .. applid > "NETA.CICSM"

    it(("against %s.%s, the region %s"):format(networkid, applid, keeps and "keeps its own" or "gives up its own"), function()
      local l = support.listen()
      local region = support.region {
        region = { applid = "CICSM", networkid = "NETA", heartbeat = 60 }, tcpipservices = { IPIC = {} },
        ipconns = {
          PART = { applid = applid, networkid = networkid, host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1 },
        },
      }:start()
      acquire(region, "PART")
      local p = assert(l:accept())
      local offer = p:read_message().body
      local q = support.raw(region:port "IPIC")
      q:capex { applid = applid, networkid = networkid, port = l.port, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
      local m = q:read_message()
      if keeps then
        assert.are.same({ 403, "CAPEX_RACE" }, { m.status, m.body.reason })
        q:closed()
        p:answer(CAPEX, "200 OK", with(TWO, { applid = applid, networkid = networkid }))
        local back = support.raw(region:port "IPIC")
        back:capex { applid = applid, networkid = networkid, answering = offer.callback, sendcount = 1, receivecount = 1 }
        assert.are.equal(200, back:read_message().status)
        assert.are.equal(RESYNC, p:read_message().is)
        p:answer(RESYNC, "200 OK", { response = "OK", logname = "00112233445566ff", indoubt = 0 })
        becomes(region, "ACQUIRED", "PART")
      else
        assert.are.equal(200, m.status)
        p:closed()
        local back = assert(l:accept())
        assert.are.equal(("C"):rep(22), back:read_message().body.answering)
        back:answer(CAPEX, "200 OK", with(TWO, { applid = applid, networkid = networkid }))
        q:request(RESYNC, { logname = "00112233445566ff", next = ("N"):rep(22), indoubt = 0 })
        assert.are.equal(200, q:read_message().status)
        becomes(region, "ACQUIRED", "PART")
        assert.are.equal(0, region:count_log "DFHIS1011")
      end
      region:stop()
      l:close()
    end)
  end

  it("answered CAPEX_RACE, it gives up its CAPEX and accepts the partner's", function()
    local l = support.listen()
    local region = support.region {
      region = { applid = "CICSM", networkid = "NETA", heartbeat = 60, retry = 30 }, tcpipservices = { IPIC = {} },
      ipconns = {
        PART = {
          applid = "CICSA", networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1,
          autoconnect = "yes",
        },
      },
    }:start()
    local p = assert(l:accept())
    p:read_message()
    p:answer(CAPEX, "403 Forbidden", { response = "EXCEPTION", reason = "CAPEX_RACE" })
    p:closed()
    becomes(region, "RELEASED", "PART")
    region:wait_log "SP0037 I .*ipconn=PART"
    local q = support.raw(region:port "IPIC")
    assert.are.equal(200, q:capex({ applid = "CICSA", networkid = "NETA", sendcount = 1 }):read_message().status)
    becomes(region, "ACQUIRED", "PART")
    q:close()
    region:stop()
    l:close()
  end)

  -- A listener with a full queue: a caller is connected only after another caller is accepted.
  local function jammed()
    local sock = assert(socket.tcp4())
    assert(sock:bind("127.0.0.1", 0))
    assert(sock:listen(0))
    local _, port = sock:getsockname()
    local waiting = {}
    repeat
      local c = socket.tcp4()
      c:settimeout(0.1)
      waiting[#waiting + 1] = c
    until not c:connect("127.0.0.1", port)
    return sock, tonumber(port), waiting
  end

  for _, how in ipairs { "the partner's CAPEX", "an operator's release" } do
    it("a connect that ends after " .. how .. " is closed", function()
      local sock, port, waiting = jammed()
      local region = support.region {
        region = { applid = "CICSM", networkid = "NETA", heartbeat = 60 }, tcpipservices = { IPIC = {} },
        ipconns = {
          PART = { applid = "CICSA", networkid = "NETA", host = "127.0.0.1", port = port, tcpipservice = "IPIC", sendcount = 1 },
        },
      }:start()
      acquire(region, "PART")
      support.wait_until(function()
        local row = region:inquire("socket")[1]
        return row and row.stage == "DIALLING" and row.peer ~= "-" and row.peer ~= ""
      end, 10, "the connect to be under way")
      local q
      if how == "an operator's release" then
        region:command("set", "ipconn", "PART", "released")
        becomes(region, "RELEASED", "PART")
      else
        q = support.raw(region:port "IPIC")
        assert.are.equal(200, q:capex({ applid = "CICSA", networkid = "NETA", sendcount = 1 }):read_message().status)
        becomes(region, "ACQUIRED", "PART")
      end
      for _, c in ipairs(waiting) do c:close() end
      sock:settimeout(1.5) -- the kernel sends the SYN again after a second
      repeat local c = sock:accept() until not c
      assert.are.equal(q and "ACQUIRED" or "RELEASED", pair.status(region, "PART"))
      support.wait_until(function() return #region:inquire "socket" == (q and 1 or 0) end, 10, "the abandoned socket to be gone")
      if q then q:close() end
      region:stop()
      sock:close()
    end)
  end

  it("two regions acquire each other at the same moment, many times: one connection each time", function()
    local a, b = started()
    for round = 1, 30 do
      local words = { "sh", "-c", ("%s set ipconn CICSB acquired --control %s & %s set ipconn CICSA acquired --control %s; wait"):format(
        support.binary, a.control, support.binary, b.control) }
      assert.are.equal(0, (support.run(words)))
      support.wait_until(function()
        local one, other = pair.status(a), pair.status(b)
        return one == "ACQUIRED" and other == "ACQUIRED"
      end, 10, "both to be ACQUIRED in round " .. round)
      support.wait_until(function()
        local here, there = sockets(a), sockets(b)
        return here.OUT == 2 and here.IN == 2 and there.OUT == 2 and there.IN == 2
      end, 10, "four sockets, no more, in round " .. round)
      release(round % 2 == 0 and a or b, round % 2 == 0 and b or a)
    end
    stop(a, b)
  end)

  it("both with autoconnect, started together: both are ACQUIRED, by four sockets", function()
    local a, b = pair.new { a = { autoconnect = "yes" }, b = { autoconnect = "yes" } }
    b:start()
    a:start()
    both(a, b, "ACQUIRED")
    support.wait_until(function() return #a:inquire "socket" == 4 and #b:inquire "socket" == 4 end, 10, "four sockets")
    stop(a, b)
  end)
end)
