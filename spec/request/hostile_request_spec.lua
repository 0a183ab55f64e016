-- SPDX-License-Identifier: Apache-2.0
-- Requests of partners that mean harm, or go at the worst moment: the region lives on, nothing is counted twice or for ever, nobody
-- else waits.
local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local requests = require "spec.support.requests"
local support = require "spec.support"

local ask, answer, data = conversation.ask, conversation.answer, conversation.data

local function partner(port, applid, t)
  local p = support.raw(port)
  local body = { applid = applid or "SOMEAPPL", sendcount = 50 }
  for key, value in pairs(t or {}) do body[key] = value end
  local m = assert(p:capex(body):read_message())
  assert.are.equal(200, m.status)
  return p, m.body
end

local function current(region, name)
  local row = region:row("statistics", name)
  return { row.isr_current_receive_sessions, row.isr_current_send_sessions }
end

describe("an ipconn that was defined anew while a conversation of it was open", function()
  it("begins without conversations, whichever side ended the old connection", function()
    local t = { region = { heartbeat = 60 }, tcpipservices = { IPIC = {} }, programs = { ECHO = {} },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 1, mirrorlife = "task" } } }
    local region = support.region(t):start()
    local port = region:port "IPIC"
    for round = 2, 3 do
      local p = partner(port)
      ask(p, { conv = 1, program = "ECHO", data = "x", open = true })
      assert.are.equal("open", answer(p, 1).state)
      t.ipconns.SOME.maxqtime = round
      region:define(t)
      assert.are.equal(0, (region:command "reload"))
      p:request "1 cmd; name=release"
      p:closed()
      support.wait_until(function() return region:row("ipconn", "SOME").connstatus == "RELEASED" end, 10, "the release")
      assert.are.same({ 0, 0 }, current(region, "SOME"))
      p:close()
    end
    local p = partner(port)
    ask(p, { conv = 1, program = "ECHO", data = "the one session is free" })
    assert.are.equal("the one session is free", answer(p, 1).data)
    p:close()
    region:stop()
  end)
end)

describe("a reload that leaves out three ipconns", function()
  it("releases the third too, when the second goes with the work the first had with it", function()
    local listener = support.listen()
    local t = { region = { heartbeat = 60 }, tcpipservices = { IPIC = {} }, programs = { AWAY = { ipconn = "IPCB" } },
      ipconns = {
        IPCA = { applid = "FIRST", networkid = "NETX", receivecount = 1 },
        IPCB = { applid = "SECOND", networkid = "NETX", host = "127.0.0.1", port = listener.port, sendcount = 1 },
        IPCC = { applid = "THIRD", networkid = "NETX", receivecount = 1 },
      } }
    local region = support.region(t):start()
    local p, q = partner(region:port "IPIC", "FIRST"), partner(region:port "IPIC", "THIRD")
    ask(p, { conv = 1, program = "AWAY", data = "x" })
    local o = assert(listener:accept())
    o:read_message()
    o:answer("1 cmd; name=capex", "200 OK",
      { response = "OK", ipconn = "CICSA", applid = "SECOND", networkid = "NETX", sendcount = 0, receivecount = 1, sockets = 1 })
    assert.is_truthy(assert(o:read_message()).is:find "^1 data")
    t.ipconns, t.programs = {}, {}
    region:define(t)
    o:request "1 cmd; name=release" -- it waits for the answer it owes
    assert.are.equal(200, o:read_message().status)
    assert.are.equal(0, (region:command "reload"))
    support.wait_until(function() return #region:inquire "ipconn" == 0 end, 10, "all three to be gone")
    for _, each in ipairs { p, q, o } do
      each:closed()
      each:close()
    end
    listener:close()
    region:stop()
  end)
end)

describe("a partner that asks for programs of its own", function()
  local CAPEX, RESYNC = "1 cmd; name=capex", "1 cmd; name=resync"

  it("and closes the socket that they went out by, harms only itself", function()
    local listener = support.listen()
    local region = support.region {
      region = { heartbeat = 60 }, tcpipservices = { IPIC = {} }, programs = { ECHO = {}, BACK = { ipconn = "CICSB" } },
      ipconns = { CICSB = { networkid = "NETB", host = "127.0.0.1", port = listener.port, tcpipservice = "IPIC", sendcount = 1,
        receivecount = 5 }, SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10 } },
    }:start()
    local other = partner(region:port "IPIC")
    for _, reset in ipairs { true, false } do
      pair.acquire(region, "CICSB")
      local p = assert(listener:accept())
      local offer = assert(p:read_message()).body
      p:answer(CAPEX, "200 OK", { response = "OK", ipconn = "CICSA", applid = "CICSB", networkid = "NETB", sendcount = 1, receivecount = 1,
        sockets = 1 })
      local q = partner(region:port "IPIC", "CICSB", { networkid = "NETB", answering = offer.callback, sendcount = 1, receivecount = 1 })
      assert.are.equal(RESYNC, p:read_message().is)
      p:answer(RESYNC, "200 OK", { response = "OK", logname = "00112233445566ff", indoubt = 0 })
      pair.becomes(region, "ACQUIRED", "CICSB")
      ask(q, { conv = 1, program = "BACK", data = "x" })
      assert(p:read_message())
      for conv = 1, 3 do ask(other, { conv = conv, program = "BACK", data = "x" }) end
      support.wait_until(function() return region:row("statistics", "CICSB").isr_current_queued_allocates == 3 end, 10,
        "the others to wait")
      p:close(reset)
      pair.becomes(region, "RELEASED", "CICSB")
      q:close()
      assert.are.same({ 0, 0 }, current(region, "CICSB"))
      for _, a in pairs(conversation.answers(other, { 1, 2, 3 })) do assert.are.equal("1008600B", a.is7) end
      ask(other, { conv = 1, program = "ECHO", data = "still here" })
      assert.are.equal("still here", answer(other, 1).data)
    end
    other:close()
    region:stop()
    listener:close()
  end)
end)

describe("a flood of requests", function()
  local region, port

  setup(function()
    region = support.region {
      region = { heartbeat = 60 }, tcpipservices = { IPIC = {} },
      programs = {
        ECHO = {}, BURN = { script = "burn", instructions = 100000000 }, BURNT = { script = "burnt" }, FAILS = { script = "fails" },
      },
      scripts = {
        burn = "local burnt = require('policy').counter 'burnt'\nreturn { run = function()\n"
          .. "local n = 0 for i = 1, 400000 do n = n + i end\nreturn tostring(burnt:next { min = 1 }) end }",
        burnt = "local burnt = require('policy').counter 'burnt'\nreturn { run = function() return tostring(burnt:peek() or 0) end }",
        fails = "local policy = require 'policy'\nreturn { run = function() return policy.refuse('no', 'not today') end }",
      },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 50 }, OTHER = { networkid = "NETX" },
        THIRD = { networkid = "NETX" } },
    }:start()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  local function flood(p, n, program, more)
    local all, head = {}, ('{"program":"%s"}'):format(program)
    for conv = 1, n do
      local t = { conv = conv, head = #head }
      for key, value in pairs(more or {}) do t[key] = value end
      all[conv] = conversation.element(t, head)
    end
    p:send(table.concat(all))
  end

  it("that each take their time does not make another partner wait for all of them", function()
    local p, q, r, convs = partner(port), partner(port, "OTHER"), partner(port, "THIRD"), {}
    for conv = 1, 300 do convs[conv] = conv end
    requests.all_at_once(region, 3, function() -- in whichever order the region goes, one of the others is behind the flood
      ask(q, { conv = 1, program = "BURNT" })
      flood(p, 300, "BURN")
      ask(r, { conv = 1, program = "BURNT" })
    end)
    local before = math.max(tonumber(answer(q, 1).data), tonumber(answer(r, 1).data))
    conversation.answers(p, convs, 60)
    assert.is_true(before < 100, ("another waited for %d of 300"):format(before))
    ask(q, { conv = 2, program = "BURNT" })
    assert.are.equal("300", answer(q, 2).data)
    for _, one in ipairs { p, q, r } do one:close() end
  end)

  it("and then the end of the socket: all that came before the end is taken first", function()
    local p = partner(port)
    flood(p, 300, "BURN")
    p:request "1 cmd; name=release"
    p:shut()
    local said
    repeat
      local m = assert(p:read_message())
      said = m.is
    until said == "1 cmd; name=release"
    p:close()
  end)

  local KINDS = {
    { "for a program that is not there", "NOTTHERE", {}, "door=conversation code=X'0618'" },
    { "for one that refuses", "FAILS", {}, "door=program code=08640001" },
    { "that name a conversation that is gone", "ECHO", { prev = "00abcdef" }, "door=conversation code=previous" },
  }
  for _, kind in ipairs(KINDS) do
    it(kind[1] .. " is summed up in the log", function()
      local p = partner(port)
      local convs = {}
      for conv = 1, 6000 do convs[conv] = conv end
      flood(p, 6000, kind[2], kind[3])
      conversation.answers(p, convs, 60)
      region:wait_log("SP0023 .*" .. kind[4])
      p:close()
    end)
  end
end)

describe("answers that fill the memory for conversations", function()
  it("are paced on all the same, to every partner", function()
    local region = support.region {
      region = { heartbeat = 60, conversation_kilobytes = 2048 }, tcpipservices = { IPIC = {} },
      programs = { BIG = { script = "big", kilobytes = 16384, instructions = 10000000, milliseconds = 1000 } },
      scripts = { big = "return { run = function() return ('x'):rep(1500000) end }" },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX" }, OTHER = { networkid = "NETX" } },
    }:start()
    local port = region:port "IPIC"
    local p, q = partner(port), partner(port, "OTHER")
    ask(q, { conv = 1, program = "BIG" }) -- begins, and is paced only when the other's has come
    assert(q:read_message())
    ask(p, { conv = 1, program = "BIG" })
    local a = answer(p, 1)
    assert.are.same({ 200, 1500000 }, { a.status, #a.data })
    p:close()
    q:close()
    region:stop()
  end)
end)

describe("requests that are begun and not gone on with", function()
  it("take half of the memory for conversations at most, from one partner; another's find room", function()
    local region = support.region {
      region = { heartbeat = 60, conversation_kilobytes = 2048 }, tcpipservices = { IPIC = {} }, programs = { ECHO = {} },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 50 }, OTHER = { networkid = "NETX" } },
    }:start()
    local port = region:port "IPIC"
    local p, q = partner(port), partner(port, "OTHER")
    local head = '{"program":"ECHO"}'
    for conv = 1, 40 do data(p, { conv = conv, head = #head, last = "no" }, head .. ("x"):rep(50000)) end
    local refused = 0
    for _ = 1, 19 do refused = refused + (conversation.is(assert(p:read_message())).is7 == "1008600B" and 1 or 0) end
    assert.are.equal(19, refused) -- 21 elements of 50,000 bytes are what they leave room for again
    assert.is_nil(conversation.pour(q, { conv = 1, program = "ECHO", data = ("y"):rep(450000) }))
    assert.are.equal(450000, #answer(q, 1).data)
    p:close()
    q:close()
    region:stop()
  end)
end)
