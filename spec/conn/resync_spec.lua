-- SPDX-License-Identifier: Apache-2.0
-- Resynchronisation over restarts, with and without work in doubt (IPIC.md 5.1 XLNACTION).
local pair = require "spec.support.pair"
local support = require "spec.support"

local CAPEX, RESYNC = "1 cmd; name=capex", "1 cmd; name=resync"
local acquire, becomes = pair.acquire, pair.becomes
local stop, both, with = pair.stop, pair.both, pair.with

describe("resynchronisation:", function()
  local function keeping(extra)
    local t = with({ region_a = {}, region_b = {} }, extra)
    local a, b = pair.new(t)
    for _, r in ipairs { a, b } do
      r.given.region = with(r.given.region, { recovery = r:path "recovery" })
      r:define(r.given)
    end
    b:start()
    a:start()
    return a, b
  end

  -- Waits until both files hold the same token, not `old`, and returns them: a thread writes the files.
  local function files(a, b, old)
    local fa, fb
    support.wait_until(function()
      fa, fb = support.read(a:path "recovery") or "", support.read(b:path "recovery") or ""
      local token = fa:match "partner NETB CICSB %x+ (%S+) 0\n"
      return token and token ~= old and token == fb:match "partner NETA CICSA %x+ (%S+) 0\n"
    end, 10, "both files to hold the token")
    return fa, fb
  end

  it("both remember the same token, a new one each time; restarts keep it", function()
    local a, b = keeping()
    acquire(a)
    both(a, b, "ACQUIRED")
    local fa, fb = files(a, b)
    local log_b, token = fa:match "partner NETB CICSB (%x+) (%S+) 0\n"
    assert.is_truthy(token)
    assert.are.equal(log_b, fb:match "log (%x+)\n")
    assert.are.same({ fa:match "log (%x+)\n", token }, { fb:match "partner NETA CICSA (%x+) (%S+) 0\n" })
    stop(a, b)
    b:start()
    a:start()
    acquire(b)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0038 .*log=same"
    b:wait_log "SP0038 .*log=same"
    local again = files(a, b, token)
    assert.are_not.equal(token, again:match "partner NETB CICSB %x+ (%S+) 0\n")
    stop(a, b)
  end)

  it("a cold start has a new log name; it is accepted without work in doubt", function()
    local a, b = keeping()
    acquire(a)
    both(a, b, "ACQUIRED")
    stop(a, b)
    os.remove(b:path "recovery")
    b:start()
    a:start()
    acquire(a)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0038 I .*log=new settled=0"
    stop(a, b)
  end)

  it("a file that cannot be read stops the start", function()
    local a = keeping()
    a:stop()
    support.write(a:path "recovery", "sallyport recovery 1\nlog 12\n")
    local status, log = a:start_and_end()
    assert.are.equal(1, status)
    assert.is_truthy(log:find("recovery file .* line 2 is not 'log' and 16 hex digits"), log)
  end)

  it("a file that cannot be written causes one message, and is written as soon as possible", function()
    local a, b = pair.new { region_a = {}, region_b = {} }
    a.given.region = with(a.given.region, { recovery = a:path "kept/recovery" })
    a:define(a.given)
    b:start()
    a:start()
    acquire(a)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0056 E .*kept/recovery cannot be written: the directory %S+/kept: No such file or directory"
    a:command("release", "ipconn", a.partner)
    both(a, b, "RELEASED")
    acquire(a)
    both(a, b, "ACQUIRED")
    assert(require "lfs".mkdir(a:path "kept"))
    support.wait_until(function() return support.read(a:path "kept/recovery") end, 10, "the file to be written")
    assert.is_truthy(support.read(a:path "kept/recovery"):find "partner NETB CICSB %x+ %S+ 0\n$")
    assert.are.equal(1, a:count_log("SP0056", 1))
    stop(a, b)
  end)

  it("work that is open at the end of the region is in doubt in its file", function()
    local l = support.listen()
    local region = support.region {
      region = { applid = "CICSB", networkid = "NETB", heartbeat = 60, drain = 0.1 }, tcpipservices = { IPIC = {} },
      ipconns = {
        CICSA = { networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1, mirrorlife = "uow" },
      },
      programs = { ECHO = {} },
    }
    region.given.region.recovery = region:path "recovery"
    region:define(region.given)
    region:start()
    region.partner = "CICSA"
    local p = support.raw(region:port "IPIC")
    p:capex { applid = "CICSA", networkid = "NETA", port = 1, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.are.equal(200, p:read_message().status)
    local q = assert(l:accept())
    q:read_message()
    q:answer(CAPEX, "200 OK", { response = "OK", applid = "CICSA", networkid = "NETA", sendcount = 1, receivecount = 1, sockets = 1 })
    p:request(RESYNC, { logname = "ffeeddccbbaa9988", next = ("N"):rep(22), indoubt = 0 })
    assert.are.equal(200, p:read_message().status)
    becomes(region, "ACQUIRED")
    local head = '{"program":"ECHO"}'
    local open = "1 data; conv=00000001; msg=1; chain=1; last=yes; state=open; head="
    p:send(("POST /ipic HTTP/1.1\r\nIS: " .. open .. "%d\r\nContent-Length: %d\r\n\r\n%s"):format(#head, #head + 4, head .. "work"))
    local m = p:read_message()
    assert.are.same({ 200, true }, { m.status, m.is:find "state=open" ~= nil })
    region:stop()
    assert.is_truthy(support.read(region:path "recovery"):find("partner NETA CICSA ffeeddccbbaa9988 " .. ("N"):rep(22) .. " 1\n", 1, true))
    p:close()
    q:close()
    l:close()
  end)

  -- Writes work in doubt, as after an end of the region in the middle of the work.
  local function in_doubt(r)
    local file = support.read(r:path "recovery")
    support.write(r:path "recovery", (file:gsub(" 0\n$", " 2\n")))
  end

  for _, side in ipairs { "acquirer", "called" } do
    it("work in doubt at the " .. side .. ", whose partner has lost its log: ISCE_BAD_RECOV until it is forgotten", function()
      local a, b = keeping()
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
      local doubts, lost = a, b
      if side == "called" then doubts, lost = b, a end
      in_doubt(doubts)
      os.remove(lost:path "recovery")
      b:start()
      a:start()
      assert.are.equal("RECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)
      acquire(a)
      doubts:wait_log "SP0039 W .*indoubt=2 xlnaction=KEEP"
      a:wait_log "DFHIS1011 W .*ipconn=CICSB response=EXCEPTION reason=ISCE_BAD_RECOV"
      both(a, b, "RELEASED")
      assert.are.equal("RECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)

      assert.are.equal(0, (doubts:command("set", "ipconn", doubts.partner, "norecovdata")))
      doubts:wait_log "SP0054 I .*indoubt=2"
      assert.are.equal("NORECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
    end)

    it("work in doubt at the " .. side .. ", whose partner has an older copy of its log: ISCE_BAD_RECOV", function()
      local a, b = keeping()
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
      local doubts, older = a, b
      if side == "called" then doubts, older = b, a end
      in_doubt(doubts)
      local file = support.read(older:path "recovery")
      support.write(older:path "recovery", (file:gsub("%S+ 0\n$", ("O"):rep(22) .. " 0\n")))
      b:start()
      a:start()
      acquire(a)
      doubts:wait_log "SP0039 W .*indoubt=2 xlnaction=KEEP"
      a:wait_log "DFHIS1011 W .*ipconn=CICSB response=EXCEPTION reason=ISCE_BAD_RECOV"
      stop(a, b)
    end)

    it("work in doubt at the " .. side .. " with xlnaction = force: reported, forgotten, and the connection is acquired", function()
      local a, b = keeping { a = { xlnaction = "force" }, b = { xlnaction = "force" } }
      acquire(a)
      both(a, b, "ACQUIRED")
      stop(a, b)
      local doubts, lost = a, b
      if side == "called" then doubts, lost = b, a end
      in_doubt(doubts)
      os.remove(lost:path "recovery")
      b:start()
      a:start()
      acquire(a)
      both(a, b, "ACQUIRED")
      doubts:wait_log "SP0039 W .*indoubt=2 xlnaction=FORCE"
      assert.are.equal("NORECOVDATA", doubts:row("ipconn", doubts.partner).recovstatus)
      stop(a, b)
    end)
  end

  it("refused, the acquirer closes; an acquirer that does not close is closed", function()
    local l = support.listen()
    local region = support.region {
      region = { applid = "CICSB", networkid = "NETB", heartbeat = 60 }, tcpipservices = { IPIC = {} },
      ipconns = { CICSA = { networkid = "NETA", host = "127.0.0.1", port = l.port, tcpipservice = "IPIC", sendcount = 1 } },
    }
    region.given.region.recovery = region:path "recovery"
    region:define(region.given)
    support.write(region:path "recovery", "sallyport recovery 1\nlog 0123456789abcdef\n" ..
      "partner NETA CICSA 00112233445566ff " .. ("T"):rep(22) .. " 7\n")
    region:start()
    region.partner = "CICSA"
    local p = support.raw(region:port "IPIC")
    p:capex { applid = "CICSA", networkid = "NETA", port = 1, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.are.equal(200, p:read_message().status)
    local q = assert(l:accept())
    q:read_message()
    q:answer(CAPEX, "200 OK", { response = "OK", applid = "CICSA", networkid = "NETA", sendcount = 1, receivecount = 1, sockets = 1 })
    p:request(RESYNC, { logname = "ffeeddccbbaa9988", next = ("N"):rep(22), indoubt = 0 })
    local m = p:read_message()
    assert.are.same({ 403, "EXCEPTION", "ISCE_BAD_RECOV", "0123456789abcdef", "00112233445566ff", ("T"):rep(22), 7 },
      { m.status, m.body.response, m.body.reason, m.body.logname, m.body.partner, m.body.token, m.body.indoubt })
    p:closed()
    q:closed()
    becomes(region, "RELEASED")
    region:wait_log "DFHIS1003 E .*ipconn=CICSA" -- FREEING for one second, the acquirer's time
    region:stop()
    l:close()
  end)

  it("work in doubt is settled when the partner has its log", function()
    local a, b = keeping()
    acquire(a)
    both(a, b, "ACQUIRED")
    stop(a, b)
    in_doubt(a)
    b:start()
    a:start()
    acquire(a)
    both(a, b, "ACQUIRED")
    a:wait_log "SP0038 I .*log=same settled=2"
    assert.are.equal("NORECOVDATA", a:row("ipconn", "CICSB").recovstatus)
    stop(a, b)
  end)
end)
