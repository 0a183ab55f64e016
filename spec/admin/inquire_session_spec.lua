-- SPDX-License-Identifier: Apache-2.0
-- inquire session and inquire conversation: who hangs; and the figures that requests make.
local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local slow = require "spec.support.slow"
local support = require "spec.support"

local ask, answer, data = conversation.ask, conversation.answer, conversation.data

local HEAD = '{"tran":"CPMI","program":"ECHO","userid":"FRED"}'

local function definition(userauth)
  return {
    tcpipservices = { IPIC = {} }, programs = { ECHO = {} }, region = { sec = "no" },
    ipconns = {
      SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10, mirrorlife = "task", userauth = userauth },
      IDLE = { applid = "IDLEAPPL", networkid = "NETX", receivecount = 2 },
      TMPL = { template = "only" },
    },
  }
end

local function rows(region, what, name)
  return assert(region:inquire(what, name))
end

-- The row of a direction.
local function sessions(region, name, direction)
  for _, row in ipairs(rows(region, "session", name)) do
    if row.direction == direction then return row end
  end
end

local region, p, entered

before_each(function()
  region = support.region(definition()):start()
  p = support.raw(region:port "IPIC")
  entered = assert(p:capex { applid = "SOMEAPPL", sendcount = 8 }:read_message()).body
end)

after_each(function()
  p:close()
  region:stop()
end)

describe("inquire session", function()
  it("has a row for each direction of an ipconn: what was agreed, none of it in use", function()
    assert.same({
      { ipconn = "SOME", connstatus = "ACQUIRED", direction = "RECEIVE", sessions = 8, in_use = 0, free = 8, peak = 0, queued = 0,
        oldest = "", state = "", age = 0 },
      { ipconn = "SOME", connstatus = "ACQUIRED", direction = "SEND", sessions = 0, in_use = 0, free = 0, peak = 0, queued = 0,
        oldest = "", state = "", age = 0 },
    }, rows(region, "session", "some"))
  end)

  it("has rows without sessions for one that is not acquired, none for a template", function()
    local names = {}
    for _, row in ipairs(rows(region, "session")) do names[#names + 1] = row.ipconn .. row.sessions end
    table.sort(names)
    assert.same({ "IDLE0", "IDLE0", "SOME0", "SOME8" }, names)
  end)

  it("counts those in use, at most, and tells the oldest", function()
    ask(p, { conv = 1, program = "ECHO", data = "x", open = true })
    answer(p, 1)
    data(p, { conv = 2, head = #HEAD, last = "no" }, HEAD .. "half")
    support.wait_until(function() return sessions(region, "SOME", "RECEIVE").in_use == 2 end)
    local row = sessions(region, "SOME", "RECEIVE")
    assert.same({ 6, 2, "00000001", "IDLE" }, { row.free, row.peak, row.oldest, row.state })
    conversation.expd(p, 1, "purge")
    support.wait_until(function() return sessions(region, "SOME", "RECEIVE").in_use == 1 end)
    row = sessions(region, "SOME", "RECEIVE")
    assert.same({ 7, 2, "00000002", "RECEIVE" }, { row.free, row.peak, row.oldest, row.state })
    assert.is_true(row.age >= 0 and row.age < 60)
    region:inquire("statistics", "SOME", "--reset")
    assert.equal(1, sessions(region, "SOME", "RECEIVE").peak)
  end)

  it("lines up in columns", function()
    local status, out = region:command("inquire", "session", "SOME")
    assert.equal(0, status)
    assert.is_truthy(out:find "^IPCONN +CONNSTATUS +DIRECTION +SESSIONS +IN_USE +FREE .-\nSOME +ACQUIRED +RECEIVE +8 +0 +8 ", out)
  end)
end)

describe("inquire conversation", function()
  it("has a row for each that is under way: whose, for what, how far, how long", function()
    data(p, { conv = 0x2a, head = #HEAD, last = "no" }, HEAD .. ("x"):rep(1000))
    support.wait_until(function() return #rows(region, "conversation") == 1 end)
    local row = rows(region, "conversation", "SOME")[1]
    assert.same({ "SOME", entered.connection, "RECEIVE", "0000002a", "RECEIVE", 1 },
      { row.ipconn, row.connection, row.direction, row.conv, row.state, row.msg })
    assert.same({ "CPMI", "ECHO", "FRED" }, { row.tran, row.program, row.userid })
    assert.is_true(row.bytes >= 1000 and row.bytes < 100000, row.bytes)
    assert.is_true(row.age >= 0 and row.age < 60, row.age)
    conversation.expd(p, 0x2a, "purge")
    support.wait_until(function() return #rows(region, "conversation") == 0 end)
  end)

  it("grows older", function()
    data(p, { conv = 1, head = #HEAD, last = "no" }, HEAD)
    support.wait_until(function() return #rows(region, "conversation") == 1 end)
    local age = rows(region, "conversation")[1].age
    support.wait_until(function() return rows(region, "conversation")[1].age > age end)
  end)

  it("shows an open one that waits for its next exchange", function()
    ask(p, { conv = 7, program = "ECHO", data = "one", open = true })
    answer(p, 7)
    assert.same({ "00000007", "IDLE", 1 }, (function(row) return { row.conv, row.state, row.msg } end)(rows(region, "conversation")[1]))
  end)

  it("is empty, not wrong, for an ipconn without any; wrong for none", function()
    assert.same({}, rows(region, "conversation", "IDLE"))
    for _, what in ipairs { "session", "conversation" } do
      local status, out, err = region:command("inquire", what, "NOPE")
      assert.same({ 1, "", "inquire: no ipconn named NOPE\n" }, { status, out, err })
    end
  end)

  it("never shows a password", function()
    local head = '{"program":"ECHO","userid":"FRED","password":"opensesame"}'
    data(p, { conv = 1, head = #head, last = "no" }, head)
    support.wait_until(function() return #rows(region, "conversation") == 1 end)
    local _, out = region:command("inquire", "conversation", "--json")
    assert.is_nil(out:find("opensesame", 1, true))
  end)
end)

describe("statistics of an ipconn", function()
  local function figures() return region:row("statistics", "SOME") end

  it("count requests, their payloads, tasks attached and the sessions they took", function()
    for conv = 1, 3 do ask(p, { conv = conv, program = "ECHO", data = ("x"):rep(100) }) end
    conversation.answers(p, { 1, 2, 3 })
    local f = figures()
    assert.same({ 3, 3, 300, 300 }, { f.isr_requests_received, f.isr_trans_attached, f.isr_fs_pg_bytes_received, f.isr_fs_pg_bytes_sent })
    assert.same({ 0, 8 }, { f.isr_current_receive_sessions, f.isr_receive_sessions })
    assert.is_true(f.isr_peak_receive_sessions >= 1 and f.isr_peak_receive_sessions <= 3, f.isr_peak_receive_sessions)
    assert.equal(3, region:row("statistics", "IPIC").sor_trans_attached)
  end)

  it("count conversations that broke a rule", function()
    data(p, { conv = 1, msg = 5, head = #HEAD }, HEAD)
    assert.is_truthy(answer(p, 1).is7)
    assert.equal(1, figures().isr_conversation_errors)
    assert.equal(0, figures().isr_trans_attached)
  end)

  it("stay with a defined one over release, acquire and a reload that changes it", function()
    ask(p, { conv = 1, program = "ECHO", data = "hello" })
    answer(p, 1)
    p:close()
    support.wait_until(function() return region:row("ipconn", "SOME").connstatus == "RELEASED" end)
    assert.equal(1, figures().isr_trans_attached)
    region:define(definition "verify")
    assert.equal(0, (region:command "reload"))
    assert.equal("VERIFY", region:row("ipconn", "SOME").userauth)
    assert.same({ 1, 5 }, { figures().isr_trans_attached, figures().isr_fs_pg_bytes_received })
    region:inquire("statistics", "SOME", "--reset")
    assert.same({ 0, 0 }, { figures().isr_trans_attached, figures().isr_fs_pg_bytes_received })
  end)
end)

describe("a request that is shipped on and hangs", function()
  local other, backend

  before_each(function()
    local port = pair.ports(1)
    backend = slow.backend()
    other = support.region {
      region = { applid = "CICSB", networkid = "NETB", sec = "no" }, tcpipservices = { IPIC = { portnumber = port } },
      ipconns = { CICSA = { networkid = "NETA", receivecount = 5 } }, programs = { SLOW = { url = backend.url, timeout = 300 } },
    }:start()
    local d = definition()
    d.ipconns.CICSB = { networkid = "NETB", host = support.here, port = port, sendcount = 1, queuelimit = 5 }
    d.programs.FAR = { ipconn = "CICSB", remotename = "SLOW", timeout = 300 }
    region:define(d)
    assert.equal(0, (region:command "reload"))
    ask(p, { conv = 1, program = "FAR", data = "hello" })
    backend.wait()
    ask(p, { conv = 2, program = "FAR", data = "hello again" })
    support.wait_until(function() return sessions(region, "CICSB", "SEND").queued == 1 end)
  end)

  after_each(function()
    backend.close()
    p:close()
    region:stop()
    other:stop()
  end)

  it("is seen at every place it has come to", function()
    local function only(r, name)
      local list = rows(r, "conversation", name)
      assert.equal(1, #list)
      return { list[1].direction, list[1].state, list[1].program }
    end
    local here = rows(region, "conversation", "SOME")
    assert.same({ "RECEIVE", "WORK", "FAR" }, { here[1].direction, here[1].state, here[1].program })
    assert.equal(2, #here)
    assert.same({ "SEND", "RECEIVE", "SLOW" }, only(region, "CICSB")) -- it waits for the answer
    assert.same({ "RECEIVE", "WORK", "SLOW" }, only(other, "CICSA"))
    local row = sessions(region, "CICSB", "SEND")
    assert.same({ 1, 1, 0, 1, 1 }, { row.sessions, row.in_use, row.free, row.peak, row.queued })
  end)

  it("has used a socket of ours, and what its name was resolved to is shown", function()
    if support.here ~= "localhost" then return pending "needs a name of this machine" end
    local g = region:row("statistics", "CICSA")
    assert.same({ 1, 1, 1 }, { g.sog_curr_outbound_sockets, g.sog_peak_outbound_sockets, g.sog_outb_sockets_created })
    local row = region:row("ipconn", "CICSB")
    assert.equal("HOSTNAME", row.hosttype)
    assert.is_truthy(row.ipresolved == "127.0.0.1" and row.ipfamily == "IPV4", row.ipresolved .. " " .. row.ipfamily)
    assert.equal("127.0.0.1:" .. other:port "IPIC", row.peer)
  end)

  it("is counted: asked for, waiting, sent; and no more once it was answered", function()
    local f = region:row("statistics", "CICSB")
    assert.same({ 2, 1, 1 }, { f.isr_total_allocates, f.isr_current_queued_allocates, f.isr_fs_pg_requests })
    assert.same({ 1, 1 }, { f.isr_current_send_sessions, f.isr_peak_send_sessions })
    backend.release "done"
    assert.equal("done", answer(p, 1).data)
    backend.wait()
    backend.release "and done"
    assert.equal("and done", answer(p, 2).data)
    f = region:row("statistics", "CICSB")
    assert.same({ 0, 1, 0 }, { f.isr_current_queued_allocates, f.isr_peak_queued_allocates, f.isr_current_send_sessions })
    assert.same({ 2, 16, 12 }, { f.isr_fs_pg_requests, f.isr_fs_pg_bytes_sent, f.isr_fs_pg_bytes_received })
    assert.same({}, rows(region, "conversation"))
  end)

  it("keeps its session through a reset, which is of figures only", function()
    region:inquire("statistics", nil, "--reset")
    local f = region:row("statistics", "CICSB")
    assert.same({ 0, 1, 1, 1 },
      { f.isr_total_allocates, f.isr_current_send_sessions, f.isr_peak_send_sessions, f.isr_current_queued_allocates })
    assert.equal(1, f.isr_peak_queued_allocates)
    backend.release "done"
    assert.equal("done", answer(p, 1).data)
    backend.wait()
    backend.release "done"
    assert.equal("done", answer(p, 2).data)
    f = region:row("statistics", "CICSB")
    assert.same({ 0, 0 }, { f.isr_current_send_sessions, f.isr_current_queued_allocates })
  end)
end)
