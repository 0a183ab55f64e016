-- SPDX-License-Identifier: Apache-2.0
-- Names across the regions of a sysplex: a partner is installed in one region at a time, also when a region, or the store, is gone.
local conversation = require "spec.support.conversation"
local plex = require "spec.support.plex"
local support = require "spec.support"
local store = require "spec.support.store"

describe("names across regions", function()
  local server, all

  before_each(function()
    server = store.start { "--appendonly", "yes", "--appendfsync", "always" }
    all = plex.open(server)
  end)

  after_each(function() all:close() end)

  it("refuses a pair that another region has, and a name, and gives both up when the partner has gone", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    local _, first = all:ask(a, "ONE1")
    assert.equal("OK", first:read_message().body.response)
    assert.equal("INVALID_PARTNER_STATE", all:reason(b, "ONE1"))
    plex.refusal(b, "pair_elsewhere")
    assert.equal("AUTOINSTALL_FAILED", all:reason(b, "ONE1OTHR")) -- another pair, the same name
    plex.refusal(b, "name_elsewhere")
    assert.equal(2, b:count_log("SP0024 .*verdict", 2)) -- the URM's DELETE
    assert.equal(0, #b:inquire "ipconn")
    assert.equal("OK", all:reason(b, "TWO2"))
    first:close()
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 10, "the pair to be free")
    assert.equal(0, a:count_log "SP0148 ")
    assert.equal(0, a:inquire "sysplex"[1].conflicts)
  end)

  it("lets one of two regions install a partner that asks both at once", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    for n = 1, 20 do
      local one, other = all:ask(a, "R" .. n), all:ask(b, "R" .. n)
      local x, y = one:read_message().body, other:read_message().body
      assert.is_true((x.response == "OK") ~= (y.response == "OK"), n)
    end
  end)

  it("refuses a second comer at once while the first one waits for the store, and undoes the claim of a partner that has gone", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    server:pause()
    local first, p = all:ask(a, "ONE1")
    support.wait_until(function() return a:row("ipconn", "ONE1") ~= nil end, 10, "the pending ipconn")
    assert.equal("INVALID_PARTNER_STATE", all:reason(a, "ONE1"))
    plex.refusal(a, "pair_taken")
    p:close()
    support.wait_until(function() return a:row("ipconn", "ONE1") == nil end, 10, "its end")
    server:go_on()
    assert.is_nil(first:read_message(0.1))
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 10, "the pair to be free")
  end)

  it("answers by claim_down when the store is away", function()
    local a, b = all:start "CICSA", all:start("CICSB", { claim_down = "local" })
    all:wait_grants(a)
    server:kill()
    a:wait_log "SP0131 "
    b:wait_log "SP0131 "
    assert.equal("AUTOINSTALL_FAILED", all:reason(a, "ONE1"))
    plex.refusal(a, "store_down")
    assert.equal("OK", all:reason(b, "ONE1"))
    server:again()
    plex.wait_state(a, "ACTIVE")
    plex.wait_state(b, "ACTIVE")
    support.wait_until(function() return all:reason(a, "ONE1") == "INVALID_PARTNER_STATE" end, 15, "the local claim to be known")
    plex.refusal(a, "pair_elsewhere")
  end)

  it("refuses a claim that the store does not take, with the text of the store", function()
    local a = all:start("CICSA", { lease = 10 })
    support.wait_until(function() return all:reason(a, "ONE1") == "OK" end, 30, "the store to grant claims")
    server:cli("CONFIG", "SET", "maxmemory", 1000)
    assert.equal("AUTOINSTALL_FAILED", all:reason(a, "TWO2"))
    a:wait_log 'SP0031 .*code=store_down text="the claim is not granted: the store answers: OOM '
  end)

  it("fences a region that was stopped for longer than its lease, before it sends a byte", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    local _, first = all:ask(a, "ONE1")
    assert.equal("OK", first:read_message().body.response)
    a:signal "STOP"
    conversation.ask(first, { conv = 5, program = "ECHO", data = "x" })
    b:wait_log "SP0146 .*region=NETA.CICSA"
    assert.equal("OK", all:reason(b, "ONE1"))
    b:wait_log "SP0149 .*NETX.ONE1"
    a:signal "CONT"
    a:wait_log "SP0142 "
    local m = first:read_message()
    assert.is_true(m == nil or m.is:find("release", 1, true) ~= nil)
    plex.wait_state(a, "ACTIVE")
    a:wait_log "SP0147 "
    assert.equal(0, a:row("program", "ECHO").usecount)
  end)

  it("frees the names of a region that was killed after its lease", function()
    local a, b = all:start "CICSA", all:start "CICSB"
    all:wait_grants(a)
    assert.equal("OK", all:reason(a, "ONE1"))
    a:signal "KILL"
    a.process:wait(10)
    a.process = nil
    assert.equal("INVALID_PARTNER_STATE", all:reason(b, "ONE1"))
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 15, "the names of the killed region")
  end)

  it("keeps its links through a fence with claim_lost = keep, and runs no request meanwhile", function()
    local a = all:start("CICSA", { claim_lost = "keep" })
    all:wait_grants(a)
    local _, first = all:ask(a, "ONE1")
    assert.equal("OK", first:read_message().body.response)
    server:pause()
    a:wait_log("SP0142 ", 15)
    conversation.ask(first, { conv = 5, program = "ECHO", data = "x" })
    assert.is_nil(first:read_message(0.5))
    assert.equal("ACQUIRED", a:row("ipconn", "ONE1").connstatus)
    server:go_on()
    a:wait_log("SP0147 ", 15)
    assert.equal("x", conversation.answer(first, 5).data)
  end)

  it("releases its links at a fence with claim_lost = release", function()
    local a = all:start "CICSA"
    all:wait_grants(a)
    local _, first = all:ask(a, "ONE1")
    assert.equal("OK", first:read_message().body.response)
    server:pause()
    a:wait_log("SP0142 ", 15)
    support.wait_until(function() return #a:inquire "ipconn" == 0 end, 10, "the release")
    a:wait_log "SP0024 .*ipconn=ONE1"
    server:go_on()
    plex.wait_state(a, "ACTIVE")
  end)

  it("goes on through a restart of the store: what regions hold is held again, and new claims wait for a lease", function()
    local a, b = all:start("CICSA", { lease = 10 }), all:start("CICSB", { lease = 10 })
    support.wait_until(function() return all:reason(a, "ONE1") == "OK" end, 30, "the store to grant claims")
    server:kill()
    os.execute(("rm -rf %s/appendonlydir"):format(server.dir))
    server:again()
    a:wait_log("SP0143 ", 15)
    b:wait_log("SP0143 ", 15)
    support.wait_until(function() return server:cli("EXISTS", "sallyport:plex:PLEXA:pair:NETX.ONE1") == "1" end, 10, "the claim again")
    assert.equal("AUTOINSTALL_FAILED", all:reason(b, "TWO2"))
    plex.refusal(b, "store_down")
    support.wait_until(function() return all:reason(b, "TWO2") == "OK" end, 30, "the store to grant claims")
    assert.equal("INVALID_PARTNER_STATE", all:reason(b, "ONE1"))
    assert.equal("ACQUIRED", a:row("ipconn", "ONE1").connstatus)
  end)

  it("waits for one lease, and no longer, when the clock of the store went back", function()
    local a = all:start "CICSA"
    all:wait_grants(a)
    local later = ("%d"):format((os.time() + 3600) * 1000)
    server:cli("HSET", "sallyport:plex:PLEXA:epoch", "id", later, "ends", later) -- as it was begun before the clock went back
    a:wait_log "SP0143 "
    assert.equal("AUTOINSTALL_FAILED", all:reason(a, "ONE1"))
    plex.refusal(a, "store_down")
    support.wait_until(function() return all:reason(a, "ONE1") == "OK" end, 15, "the store to grant claims")
  end)

  it("finds a duplicate, and the later claim ends, on both sides known", function()
    local alone = { claim_down = "local", claim_lost = "keep" }
    local a, b = all:start("CICSA", alone), all:start("CICSB", alone)
    all:wait_grants(a)
    server:kill()
    a:wait_log "SP0131 "
    b:wait_log "SP0131 "
    assert.equal("OK", all:reason(a, "ONE1"))
    assert.equal("OK", all:reason(b, "ONE1"))
    server:again()
    support.wait_until(function() return #a:inquire "ipconn" + #b:inquire "ipconn" == 1 end, 20, "the duplicate to be resolved")
    a:wait_log "SP0148 .*NETX.ONE1"
    b:wait_log "SP0148 .*NETX.ONE1"
    assert.equal(1, a:inquire "sysplex"[1].conflicts)
    assert.equal(1, b:inquire "sysplex"[1].conflicts)
  end)

  it("claims the pair of a defined ipconn while it is not RELEASED", function()
    local defined = { ipconns = { OWN = { applid = "ONE1", networkid = "NETX", receivecount = 5 } } }
    local a, b = all:start("CICSA", {}, defined), all:start("CICSB", {}, defined)
    all:wait_grants(a)
    local _, first = all:ask(a, "ONE1")
    assert.equal("OK", first:read_message().body.response)
    assert.equal("INVALID_PARTNER_STATE", all:reason(b, "ONE1"))
    plex.refusal(b, "pair_elsewhere")
    assert.equal("RELEASED", b:row("ipconn", "OWN").connstatus)
    assert.equal(0, (a:command("set", "ipconn", "OWN", "released")))
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 10, "the pair to be free")
  end)

  it("claims the pair before it dials a partner, and dials none that another region has", function()
    local listener = support.listen {}
    local defined = { ipconns = { OWN = { applid = "ONE1", networkid = "NETX", host = "127.0.0.1", port = listener.port, sendcount = 5 } } }
    local a, b = all:start("CICSA", {}, defined), all:start("CICSB", {}, defined)
    all:wait_grants(a)
    assert.equal(0, (a:command("set", "ipconn", "OWN", "acquired")))
    local called = assert(listener:accept())
    assert.equal("ONE1", called:read_message().body.server_applid)
    b:command("set", "ipconn", "OWN", "acquired")
    b:wait_log "DFHIS1011 .*reason=INVALID_PARTNER_STATE .*NETX.ONE1 is held by region NETA.CICSA"
    assert.is_nil(listener:accept(0.1))
    called:close()
    listener:close()
  end)

  it("answers SHUTDOWN to a partner whose claim waits when the region drains", function()
    local a = all:start("CICSA", { drain = 2 })
    all:wait_grants(a)
    server:pause()
    local first = all:ask(a, "ONE1")
    support.wait_until(function() return a:row("ipconn", "ONE1") ~= nil end, 10, "the pending ipconn")
    a:signal "TERM"
    assert.equal("SHUTDOWN", first:read_message().body.reason)
    a:wait(10)
    a.process = nil
    assert.equal(1, a:count_log("SP0024 .*ipconn=ONE1", 1))
    server:go_on()
  end)

  it("starts a heartbeat at the region that has the pair when another one refuses it", function()
    local a, b = all:start("CICSA", { heartbeat = 60, heartbeat_timeout = 0.5 }), all:start "CICSB"
    all:wait_grants(a)
    local _, first = all:ask(a, "ONE1")
    assert.equal("OK", first:read_message().body.response)
    assert.equal("INVALID_PARTNER_STATE", all:reason(b, "ONE1"))
    assert.is_truthy(first:read_message().is:find("heartbeat", 1, true))
    support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 15, "the dead partner's end")
  end)

  it("waits for the replicas of the store", function()
    local a = all:start("CICSA", { store_replicas = 1 })
    support.wait_until(function()
      return all:reason(a, "ONE1") == "AUTOINSTALL_FAILED" and a:log():find("replicas did not confirm", 1, true)
    end, 15, "the refusal without a replica")
    local replica = store.start { "--replicaof", "127.0.0.1 " .. server.port }
    support.wait_until(function() return all:reason(a, "ONE1") == "OK" end, 15, "the replica")
    replica:kill()
  end)

  local function move(r, from, to)
    support.write(r:path "region.lua", (support.read(r:path "region.lua"):gsub('"' .. from .. '"', '"' .. to .. '"')))
    local status, _, err = r:command "reload"
    assert.equal(0, status, err)
  end

  it("takes its own claims back when it returns to a sysplex that it left while the store was away", function()
    local a = all:start("CICSA", { lease = 60, claim_lost = "keep", claim_down = "local" })
    local answer = all:ask(a, "ONE1")
    assert.equal("OK", answer:read_message().body.response)
    a:wait_log "SP0140 "
    local function holder() return server:cli("GET", "sallyport:plex:PLEXA:pair:NETX.ONE1"):match "^%S+" end
    local before = support.wait_until(holder, 10, "the claim in the store")
    server:kill()
    a:wait_log "SP0131 "
    move(a, "PLEXA", "PLEXB")
    move(a, "PLEXB", "PLEXC")
    move(a, "PLEXC", "PLEXA")
    server:again()
    plex.wait_state(a, "ACTIVE")
    support.wait_until(function()
      local now = holder()
      return now ~= nil and now ~= before
    end, 10, "the claim of the new incarnation")
    assert.equal(0, a:count_log "SP0148 ")
    assert.equal(0, a:inquire "sysplex"[1].conflicts)
    assert.equal("ACQUIRED", a:row("ipconn", "ONE1").connstatus)
  end)

  it("uses no claim number of another sysplex: a region that joins with a claim loses the pair to the region that holds it", function()
    local attributes = { lease = 10, claim_lost = "keep" }
    local a, b = all:start("CICSA", attributes), all:start("CICSB", { lease = 10, claim_lost = "keep", sysplex = "PLEXB" })
    for n, r in ipairs { a, b } do
      support.wait_until(function() return all:reason(r, "FST" .. n) == "OK" end, 30, "the store to grant claims")
    end
    assert.equal("OK", all:ask(a, "ONE1"):read_message().body.response)
    assert.equal("OK", all:ask(b, "ONE1"):read_message().body.response)
    server:cli("SET", "sallyport:plex:PLEXB:pair:NETX.ONE1",
      (server:cli("GET", "sallyport:plex:PLEXB:pair:NETX.ONE1"):gsub("^(%S+ %S+) %d+", "%1 99999")))
    server:kill()
    server:again() -- it is new for a lease
    plex.wait_state(b, "ACTIVE")
    move(a, "PLEXA", "PLEXB")
    a:wait_log "SP0148 .*NETX.ONE1 is held by region NETA.CICSB too: this region's claim ends"
    support.wait_until(function() return a:row("ipconn", "ONE1") == nil end, 10, "the end of the later one")
    assert.equal("ACQUIRED", b:row("ipconn", "ONE1").connstatus)
  end)

  it("reports a conflict about a pair once in a lease, and no conflict about a pair that it does not have", function()
    local a = all:start("CICSA", { lease = 10 })
    support.wait_until(function() return all:reason(a, "ONE1") == "OK" end, 30, "the store to grant claims")
    local notes = "sallyport:plex:PLEXA:notes:" .. server:cli("ZRANGE", "sallyport:plex:PLEXA:members", 0, 0)
    local words = { "RPUSH", notes }
    for n = 1, 50 do
      words[#words + 1] = "contested NETX.ONE1 NETA.CICS" .. n
      words[#words + 1] = "contested NETX.OTHER NETA.CICSB"
    end
    server:cli(table.unpack(words))
    a:wait_log "SP0148 .*NETX.ONE1 is held by region NETA.CICS1 too"
    support.wait_until(function() return server:cli("LLEN", notes) == "0" end, 10, "the notes to be read")
    assert.equal("OK", all:reason(a, "LAST")) -- this line of the log comes later
    a:wait_log "DFHIS3000 .*NETX.LAST"
    assert.equal(1, a:count_log("SP0148 ", 1))
    assert.equal(1, a:inquire "sysplex"[1].conflicts)
  end)

  it("needs claim_down and claim_lost, and explains them", function()
    local r = all:region("CICSA", { claim_down = false, claim_lost = false })
    all.regions = {}
    local status, log = r:start_and_end(10)
    assert.is_true(status ~= 0)
    for _, words in ipairs { "needs claim_down", "needs claim_lost", '"refuse"', '"local"', '"release"', '"keep"' } do
      assert.is_truthy(log:find(words, 1, true), log)
    end
  end)
end)
