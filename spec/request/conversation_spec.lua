-- SPDX-License-Identifier: Apache-2.0
-- Conversations on sockets that a partner dialled: sessions, chains, pacing, the checks of DFHIS1023 (IPIC.md 3.1). Whatever
-- one of them does, the others get their answers and the connection stays. The wrap of msg from 999999 to 1 is tested in
-- spec/unit/ipic/flow_test.c: every conversation begins with 1, and a million exchanges take too long.
local conversation = require "spec.support.conversation"
local requests = require "spec.support.requests"
local support = require "spec.support"

local ask, answer, data = conversation.ask, conversation.answer, conversation.data
local partner, region_with, unharmed, leave = requests.partner, requests.region, requests.unharmed, requests.leave

describe("a request", function()
  local region, port

  setup(function()
    region = region_with()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  it("is answered with its conversation's id and number, without data or with", function()
    local p = partner(port)
    for conv, text in ipairs { "", "hello", ("x"):rep(60000) } do
      ask(p, { conv = conv, program = "ECHO", data = text })
      local a = answer(p, conv)
      assert.are.same({ 200, text, "end", 1 }, { a.status, a.data, a.state, a.msg })
    end
    leave(region, p, "SOME")
  end)

  it("may leave the conversation open for another one, where mirrorlife lets it", function()
    local p = partner(port)
    for msg = 1, 3 do
      ask(p, { conv = 7, program = "ECHO", data = "round " .. msg, open = msg < 3, msg = msg })
      local a = answer(p, 7)
      assert.are.same({ "round " .. msg, msg < 3 and "open" or "end", msg }, { a.data, a.state, a.msg })
    end
    leave(region, p, "SOME")
    p = partner(port, "ONCEAPPL")
    ask(p, { conv = 7, program = "ECHO", data = "once", open = true })
    assert.are.equal("end", answer(p, 7).state)
    leave(region, p, "ONCE")
  end)

  it("that is cut by expd gets no answer, and the other conversations do", function()
    local p = partner(port)
    data(p, { conv = 1, last = "no", head = 18 }, '{"program":"ECHO"}')
    conversation.expd(p, 1, "purge")
    conversation.expd(p, 99, "kill") -- of nothing: it may have crossed the end
    ask(p, { conv = 1, program = "ECHO", data = "anew" })
    assert.are.equal("anew", answer(p, 1).data)
    unharmed(region, p)
    leave(region, p, "SOME")
  end)

  it("of 16 MiB comes back byte by byte; the region holds it and not much more", function()
    local p = partner(port)
    local block = {}
    for i = 1, 4096 do block[i] = ("%015d\n"):format(i * 7919) end
    local whole = table.concat(block):rep(256)
    assert.are.equal(16 * 1024 * 1024, #whole)
    assert.is_nil(conversation.pour(p, { conv = 1, program = "ECHO", data = whole }))
    local a = answer(p, 1, 60)
    assert.is_true(a.data == whole)
    assert.are.equal(math.ceil(#whole / conversation.ELEMENT), a.elements)
    if not support.sanitized then
      local status = support.read(("/proc/%d/status"):format(region.process.pid))
      local peak = tonumber(status:match "VmHWM:%s*(%d+) kB")
      assert.is_true(peak < 100 * 1024, "the most it held: " .. peak .. " kB")
    end
    leave(region, p, "SOME")
  end)

  it("of more than 16 MiB ends its conversation", function()
    local p = partner(port)
    local m = conversation.pour(p, { conv = 1, program = "ECHO", data = ("x"):rep(17 * 1024 * 1024) })
    assert.are.equal(500, m.status)
    unharmed(region, p)
    leave(region, p, "SOME")
  end)
end)

describe("many conversations", function()
  local region, port

  setup(function()
    region = region_with()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  it("interleave element by element on one socket, and each gets its own back", function()
    local p = partner(port, "MANYAPPL")
    local convs, text = {}, {}
    for n = 1, 50 do
      convs[n], text[n] = n, ("%02d,"):format(n):rep(50000)
    end
    for chain = 1, 3 do
      for n = 1, 50 do
        local body = text[n]:sub((chain - 1) * 50000 + 1, chain * 50000)
        local head = chain == 1 and '{"program":"ECHO"}' or ""
        data(p, { conv = n, chain = chain, last = chain == 3 and "yes" or "no", head = #head }, head .. body)
      end
    end
    local all = conversation.answers(p, convs, 30)
    for n = 1, 50 do assert.is_true(all[n].data == text[n]) end
    leave(region, p, "MANY")
  end)
end)

describe("conversations that their partner does not continue", function()
  local region, port

  setup(function()
    region = region_with { region = { heartbeat = 0, heartbeat_timeout = 0.5 } }
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  it("wait for a partner that does not read, and it is closed when that takes as long as a mute one would be borne", function()
    local p = partner(port, "MANYAPPL")
    for n = 1, 50 do ask(p, { conv = n, program = "ECHO", data = ("x"):rep(240000) }) end
    region:wait_log "SP0030 I .*why=\"the partner does not read its answers\""
    region:wait_log "DFHIS1021 W .*ipconn=MANY .*direction=RECEIVE sessions=%d+ .*lost"
    leave(region, p, "MANY")
  end)

  it("that are all wrong, of a partner that reads no answer: it is closed, and others are not kept waiting", function()
    local p, other = partner(port, "MANYAPPL"), partner(port)
    local wrong = conversation.element({ conv = 1, chain = 2 }, "x"):rep(500)
    local sent, failed = 0
    repeat
      failed = not pcall(p.send, p, wrong)
      sent = sent + 1
      if sent % 20 == 0 then unharmed(region, other) end
    until failed or sent > 2000
    assert.is_true(failed)
    region:wait_log "SP0030 I .*why=\"the partner does not read its answers\""
    unharmed(region, other)
    leave(region, p, "MANY")
    leave(region, other, "SOME")
  end)

  it("that stop half way are ended alone", function()
    local p = partner(port, "MANYAPPL")
    data(p, { conv = 1, last = "no", head = 18 }, '{"program":"ECHO"}')
    local m = assert(p:read_message())
    assert.are.same({ 500, 1, "08240000" }, { m.status, conversation.is(m).conv, conversation.is(m).is7 })
    region:wait_log "DFHIS1021 W .*ipconn=MANY .*did not go on"
    unharmed(region, p, "MANY")
    leave(region, p, "MANY")
  end)
end)

describe("memory of all conversations together:", function()
  it("an element beyond conversation_kilobytes ends its conversation, and the next finds room again", function()
    local region = region_with { region = { conversation_kilobytes = 256 } }
    local p = partner(region:port "IPIC")
    local m = conversation.pour(p, { conv = 1, program = "ECHO", data = ("x"):rep(400000) }) or assert(p:read_message())
    assert.are.same({ 500, "1008600B" }, { m.status, conversation.is(m).is7 })
    unharmed(region, p)
    p:close()
    region:stop()
  end)
end)

describe("a broken rule ends that conversation alone:", function()
  local region, port, p

  setup(function()
    region = region_with()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)
  before_each(function() p = partner(port) end)
  after_each(function() leave(region, p, "SOME") end)

  local HEAD = '{"program":"ECHO"}'

  local function first(t, body)
    local all = { head = #HEAD }
    for key, value in pairs(t) do all[key] = value end
    return conversation.element(all, HEAD .. (body or ""))
  end

  -- An open conversation between two exchanges.
  local function idle(conv)
    ask(p, { conv = conv, program = "ECHO", data = "first", open = true })
    assert.are.equal("open", answer(p, conv).state)
  end

  -- A chain of four elements and a fifth, before a pacing message could allow them.
  local function five(t)
    local out = { first { conv = t.conv, prev = t.prev, last = "no" } }
    for chain = 2, 5 do out[chain] = conversation.element({ conv = t.conv, chain = chain, last = chain == 5 and "yes" or "no" }, "x") end
    p:send(table.concat(out))
  end

  local WRONGS = {
    ["061E"] = function()
      conversation.pour(p, { conv = 1, program = "ECHO", data = ("x"):rep(300000), open = true })
      for _ = 1, 4 do
        assert.are.equal("no", conversation.is(assert(p:read_message())).last)
      end
      data(p, { conv = 1, msg = 2, state = "open" }, "more")
    end,
    ["0629"] = function()
      p:send(first { conv = 1, last = "no", state = "open" })
      data(p, { conv = 1, chain = 2, state = "end" }, "x")
    end,
    ["062A"] = function() five { conv = 1 } end,
    ["062D"] = function()
      idle(1)
      p:send(first { conv = 1, msg = 3 })
    end,
    ["062E"] = function()
      p:send(first { conv = 1, last = "no" })
      data(p, { conv = 1, chain = 3 }, "x")
    end,
    ["062F"] = function() p:send(first { conv = 1, ccsid = "9999" }) end,
    ["0630"] = function() data(p, { conv = 1, chain = 2 }, "x") end,
    ["0632"] = function()
      p:send(first { conv = 2, last = "no" })
      p:send(first { conv = 1, prev = 2 })
    end,
    ["0633"] = function()
      idle(2)
      p:send(first { conv = 1, prev = 2, last = "no", state = "open" })
      data(p, { conv = 1, chain = 2, state = "end" }, "x")
    end,
    ["0634"] = function()
      idle(2)
      five { conv = 1, prev = 2 }
    end,
    ["0635"] = function()
      idle(2)
      p:send(first { conv = 1, prev = 2, last = "no" })
      data(p, { conv = 1, chain = 3 }, "x")
    end,
    ["0636"] = function()
      idle(2)
      p:send(first { conv = 1, prev = 2, last = "no" })
      data(p, { conv = 1, msg = 2, chain = 2 }, "x")
    end,
  }

  local function assert_broken(code, sense)
    local m = assert(p:read_message())
    local is = conversation.is(m)
    assert.are.same({ 500, 1, sense or "08240000", "end" }, { m.status, is.conv, is.is7, is.state })
    assert.are.equal(sense or "08240000", m.body.sense)
    local line = region:wait_log("DFHIS1023 W .*code=X'" .. code .. "' session=00000001 ipconn=SOME .*connection=.*words=")
    assert.is_truthy(line)
  end

  for _, code in ipairs { "061E", "0629", "062A", "062D", "062E", "062F", "0630", "0632", "0633", "0634", "0635", "0636" } do
    it(code, function()
      data(p, { conv = 0xeeee, last = "no", head = #HEAD }, HEAD .. "half a ") -- in the middle of its chain meanwhile
      WRONGS[code]()
      assert_broken(code)
      data(p, { conv = 0xeeee, chain = 2 }, "request")
      assert.are.equal("half a request", answer(p, 0xeeee).data)
      unharmed(region, p)
      conversation.expd(p, 2, "cancel")
    end)
  end

  it("061D: no session is left for a new request, and one that ends makes room", function()
    for conv = 11, 20 do idle(conv) end
    p:send(first({ conv = 1 }, "too many"))
    assert_broken("061D", "08640001")
    ask(p, { conv = 11, program = "ECHO", data = "bye", msg = 2 })
    assert.are.equal("end", answer(p, 11).state)
    p:send(first({ conv = 1 }, "now"))
    assert.are.equal("now", answer(p, 1).data)
    for conv = 12, 20 do conversation.expd(p, conv, "cancel") end
    unharmed(region, p)
  end)

  it("what was on its way to a conversation that ended is passed over, with no second error", function()
    region:settle_log()
    local before = region:count_log "DFHIS1023"
    p:send(first { conv = 1, last = "no" } .. conversation.element({ conv = 1, chain = 3, last = "no" }, "x") ..
      conversation.element({ conv = 1, chain = 4, last = "no" }, "x") .. conversation.element({ conv = 1, chain = 5 }, "x"))
    assert_broken "062E"
    unharmed(region, p)
    assert.are.equal(before + 1, region:count_log("DFHIS1023", before + 1))
  end)

  it("DFHIS1034: the conversation named as previous is gone; the request is answered on a session of its own", function()
    p:send(first({ conv = 1, prev = 0x77 }, "on its own"))
    assert.are.equal("on its own", answer(p, 1).data)
    region:wait_log "DFHIS1034 W .*session=00000077 ipconn=SOME "
  end)

  it("an open conversation's session is taken over by the one that names it as previous", function()
    for conv = 11, 20 do idle(conv) end
    ask(p, { conv = 1, prev = 11, program = "ECHO", data = "in its place" })
    assert.are.equal("in its place", answer(p, 1).data)
    ask(p, { conv = 11, program = "ECHO", data = "?", msg = 2 })
    local m = assert(p:read_message())
    assert.are.same({ 500, 11 }, { m.status, conversation.is(m).conv })
    region:wait_log "DFHIS1023 W .*code=X'0630' session=0000000b "
    for conv = 12, 20 do conversation.expd(p, conv, "cancel") end
    unharmed(region, p)
  end)
end)

describe("a program that a reload takes away", function()
  it("between two exchanges of an open conversation: 061C; to a new one it is unknown", function()
    local region = region_with { programs = { GONE = { builtin = "ECHO" } } }
    local p = partner(region:port "IPIC")
    ask(p, { conv = 1, program = "GONE", data = "x", open = true })
    assert.are.equal("open", answer(p, 1).state)
    region.given.programs.GONE = nil
    region:define(region.given)
    assert.are.equal(0, (region:command("reload")))
    ask(p, { conv = 1, program = "GONE", data = "x", msg = 2 })
    assert.are.equal("08240000", answer(p, 1).is7)
    region:wait_log "DFHIS1023 W .*code=X'061C' session=00000001 "
    ask(p, { conv = 2, program = "GONE", data = "x" })
    assert.are.equal("10086021", answer(p, 2).is7)
    unharmed(region, p)
    p:close()
    region:stop()
  end)
end)

describe("what breaks the connection's rules ends it:", function()
  local region, port

  setup(function()
    region = region_with()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  local function bytes(start, is, length)
    return ("%s\r\nIS: 1 %s\r\nContent-Length: %d\r\n\r\n"):format(start, is, length)
  end

  local POST, OK = "POST /ipic HTTP/1.1", "HTTP/1.1 200 OK"
  local DATA, EXPD = "data; conv=00000001; msg=1; chain=1; last=yes; state=end", "expd; conv=00000001; state=end; name=purge"

  local BYTES = {
    ["an answer from the end that dialled"] = bytes(OK, DATA, 0),
    ["an expedited command as an answer"] = bytes(OK, EXPD, 0),
    ["an unknown expedited command"] = bytes(POST, (EXPD:gsub("purge", "dance")), 0),
    ["an expedited command with a body"] = bytes(POST, EXPD, 1) .. "x",
    ["conversation 0"] = bytes(POST, (DATA:gsub("1;", "0;", 1)), 0),
    ["an element above 61440 bytes"] = bytes(POST, DATA, 61441),
  }

  for what, sent in pairs(BYTES) do
    it(what, function()
      local p = partner(port)
      p:send(sent)
      local m = assert(p:read_message())
      assert.are.same({ 400, "ISCE_ERROR" }, { m.status, m.body.reason })
      p:closed()
      leave(region, p, "SOME")
    end)
  end

  it("data in front of the CAPEX", function()
    local p = support.raw(port)
    ask(p, { conv = 1, program = "ECHO", data = "x" })
    assert.are.equal(400, p:read_message().status)
    p:closed()
  end)
end)
