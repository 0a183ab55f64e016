-- SPDX-License-Identifier: Apache-2.0
-- After CAPEX: heartbeats both ways (IPIC.md 2.8), each kind of end of an ipconn (2.7), and the end of the region.
local support = require "spec.support"

local HEARTBEAT, RELEASE = "1 cmd; name=heartbeat", "1 cmd; name=release"

-- Installs under the caller's applid; notes each name that delete gets.
local WHOLE = [[
local policy = require "policy"
return {
  install = function(facts) return policy.install { ipconn = facts.capex.applid } end,
  delete = function(facts) policy.check("told", true, facts.ipconn.ipconn) end,
}
]]

local function region_with(t, services)
  t.drain = t.drain or 5
  return support.region {
    region = t, scripts = { whole = WHOLE },
    tcpipservices = services or { IPIC = { urm = "whole" } },
    ipconns = { HERE = { applid = "HEREAPPL", networkid = "NETX", receivecount = 10 } },
  }:start()
end

-- An accepted partner, and the body of its answer.
local function partner(port, applid, fields)
  local p = support.raw(port)
  local all = { applid = applid }
  for key, value in pairs(fields or {}) do all[key] = value end
  local m = assert(p:capex(all):read_message())
  assert.are.equal(200, m.status)
  return p, m.body
end

local function pair(port, applid)
  local first, answer = partner(port, applid, { sockets = 2 })
  local second = partner(port, applid, { socket = 2, token = answer.token })
  return first, second, answer
end

local function gone(region, name)
  support.wait_until(function() return not region:row("ipconn", name) end, 10, name .. " to be deleted")
end

-- Waits until the record has that outcome, and returns the record.
local function ended(region, id, outcome)
  return support.wait_until(function()
    local record = region:explain(id)[1]
    return record.outcome == outcome and record
  end, 10, id .. " to be " .. outcome)
end

local of = support.lines_of

describe("heartbeats:", function()
  local region, port

  setup(function()
    region = region_with({ heartbeat = 0.2, heartbeat_timeout = 1.5, drain = 0.1 },
      { IPIC = { urm = "whole" }, QUIET = { urm = "whole", heartbeat = 0 }, SLOW = { urm = "whole", heartbeat = 60 },
        TLS = { urm = "whole", ssl = "yes" } })
    port = {}
    for _, row in ipairs(region:inquire "tcpipservice") do port[row.tcpipservice] = row.port end
  end)
  teardown(function() region:stop() end)

  it("a partner that answers stays; a tcpipservice with heartbeat = 0 sends no heartbeat", function()
    local quiet = partner(port.QUIET, "QUIETAPP")
    local p, answer = partner(port.IPIC, "ANSWERS")
    for _ = 1, 5 do
      local m = p:read_message()
      assert.are.same({ "POST", "/ipic", HEARTBEAT, "" }, { m.method, m.path, m.is, m.raw })
      p:answer(HEARTBEAT)
    end
    assert.are.equal("ACQUIRED", region:row("ipconn", "ANSWERS").connstatus)
    assert.are.equal(0, region:count_log("SP0033 .*" .. of(answer.connection)))
    quiet:request(HEARTBEAT)
    assert.are.equal(200, quiet:read_message().status) -- the first message it got
    assert.are.equal("", quiet.buffer)
    quiet:close()
    p:close()
  end)

  it("the partner's heartbeats are answered, several at once in their order", function()
    local p = partner(port.SLOW, "ASKSAPPL")
    local one = "POST /ipic HTTP/1.1\r\nIS: " .. HEARTBEAT .. "\r\nContent-Length: 0\r\n\r\n"
    p:send(one:rep(3):sub(1, -5))
    for _ = 1, 2 do
      local m = p:read_message()
      assert.are.same({ 200, HEARTBEAT, "" }, { m.status, m.is, m.raw })
    end
    p:send "\r\n\r\n"
    assert.are.equal(200, p:read_message().status)
    p:close()
  end)

  it("an answer to the second try keeps the connection", function()
    local p, answer = partner(port.IPIC, "LATEAPPL")
    assert.are.equal(HEARTBEAT, p:read_message().is)
    assert.are.equal(HEARTBEAT, p:read_message().is) -- the second try
    p:answer(HEARTBEAT)
    p:answer(HEARTBEAT)
    for _ = 1, 2 do
      assert.are.equal(HEARTBEAT, p:read_message().is)
      p:answer(HEARTBEAT)
    end
    assert.are.equal(1, region:count_log("SP0033 .*" .. of(answer.connection), 1))
    assert.are.equal("ACQUIRED", region:row("ipconn", "LATEAPPL").connstatus)
    p:close()
  end)

  it("a partner that cannot answer, such as s_client or curl, is released after the period and two time-outs", function()
    local body = '{"applid":"MUTEAPPL","networkid":"NETX"}'
    local from = support.now()
    local status, out = support.s_client({ "-quiet", "-connect", "127.0.0.1:" .. port.TLS },
      "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body)
    assert.is_true(support.now() - from >= 3.1)
    assert.are.equal(0, status)
    assert.is_truthy(out:find "^HTTP/1.1 200 OK\r\n")
    local _, asked = out:gsub("IS: 1 cmd; name=heartbeat", "")
    assert.are.equal(2, asked)
    local id = out:match '"connection":"([^"]+)"'
    ended(region, id, "lost")
    region:wait_log("DFHIS1050 W .*ipconn=MUTEAPPL " .. of(id):sub(1, -2))
    assert.are.equal(2, region:count_log("SP0032 I .*" .. of(id), 2))
    assert.are.equal(1, region:count_log("SP0033 W .*" .. of(id), 1))
    gone(region, "MUTEAPPL")
  end)

  it("curl is accepted, and is released when it has read its answer", function()
    local status, out = support.curl { "-i", "-H", "IS: 1 cmd; name=capex", "-H", "Content-Type: application/json",
      "-d", '{"applid":"CURLAPPL","networkid":"NETX"}', ("http://127.0.0.1:%d/ipic"):format(port.SLOW) }
    assert.are.equal(0, status)
    assert.is_truthy(out:find "^HTTP/1.1 200 OK\r\n")
    assert.is_truthy(out:find '"ipconn":"CURLAPPL"')
    gone(region, "CURLAPPL")
  end)

  it("a second CAPEX causes a probe of the holder at once; a dead holder is released and the partner is accepted", function()
    local dead, answer = partner(port.SLOW, "HOLDAPPL")
    local function again()
      return support.raw(port.SLOW):capex { applid = "HOLDAPPL" }:read_message()
    end
    assert.are.equal("INVALID_PARTNER_STATE", again().body.reason)
    assert.are.equal("INVALID_PARTNER_STATE", again().body.reason)
    assert.are.equal(HEARTBEAT, dead:read_message().is)
    dead:answer(HEARTBEAT)
    region:wait_log("SP0032 .*" .. of(answer.connection))
    assert.are.equal("ACQUIRED", region:row("ipconn", "HOLDAPPL").connstatus)
    local m = support.wait_until(function()
      local said = again()
      return said.status == 200 and said
    end, 10, "the dead holder to be released")
    assert.are.equal("HOLDAPPL", m.body.ipconn)
    dead:closed()
    ended(region, answer.connection, "lost")
  end)

  it("a holder on a tcpipservice with heartbeat = 0 is not probed", function()
    local holder, answer = partner(port.QUIET, "QUIETHOL")
    assert.are.equal(403, support.raw(port.QUIET):capex { applid = "QUIETHOL" }:read_message().status)
    holder:request(HEARTBEAT)
    assert.are.equal(200, holder:read_message().status)
    assert.are.equal(0, region:count_log("SP0032 .*" .. of(answer.connection)))
    holder:close()
  end)
end)

describe("a wrong message on an acquired connection is answered 400 and ends it:", function()
  local region, port

  setup(function()
    region = region_with { heartbeat = 60, drain = 0.1 }
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  local WRONGS = {
    { "an answer without a request", function(p) p:answer(HEARTBEAT) end },
    { "an unknown command", function(p) p:request "1 cmd; name=dance" end },
    { "a command with a body", function(p) p:request(HEARTBEAT, { a = 1 }) end },
    { "data without a conversation", function(p) p:request "1 data; conv=1" end },
    { "CAPEX again", function(p) p:capex { applid = "WRONG" } end },
    { "no IS header", function(p) p:send "POST /ipic HTTP/1.1\r\nContent-Length: 0\r\n\r\n" end },
    { "bytes of no protocol", function(p) p:send "HELLO\r\n" end },
    { "a NUL", function(p) p:send "\0" end },
  }

  local function assert_ended(p, answer, name)
    local m = p:read_message()
    assert.are.same({ 400, "INVALID", "ISCE_ERROR", answer.connection },
      { m.status, m.body.response, m.body.reason, m.body.connection })
    p:closed()
    assert.are.equal("", p.buffer)
    region:wait_log("SP0034 W .*" .. of(answer.connection) .. "ipconn=" .. name)
    gone(region, name)
    local record = ended(region, answer.connection, "lost")
    assert.are.equal(name, record.doors[#record.doors].checks[1].detail)
  end

  for _, row in ipairs(WRONGS) do
    it(row[1], function()
      local p, answer = partner(port, "WRONG")
      row[2](p)
      assert_ended(p, answer, "WRONG")
    end)
  end

  -- Makes the region send the holder a heartbeat, with a second CAPEX.
  local function asked(name)
    local p, answer = partner(port, name)
    support.raw(port):capex { applid = name }:read_message()
    assert.are.equal(HEARTBEAT, p:read_message().is)
    return p, answer
  end

  it("another status than 200 to our heartbeat", function()
    local p, answer = asked "NOTOK"
    p:answer(HEARTBEAT, "500 Internal Server Error")
    assert_ended(p, answer, "NOTOK")
  end)

  it("a 200 to our heartbeat with another IS header", function()
    local p, answer = asked "MIXED"
    p:answer(RELEASE)
    assert_ended(p, answer, "MIXED")
  end)

  it("on one of two sockets: both are closed", function()
    local first, second = pair(port, "TWOSOCK")
    second:answer(HEARTBEAT)
    assert.are.equal(400, second:read_message().status)
    first:closed()
    gone(region, "TWOSOCK")
  end)
end)

describe("release:", function()
  local region, port

  setup(function()
    region = region_with { heartbeat = 60, drain = 0.1 }
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  it("by the partner: answered 200, closed, deleted, the URM's delete called", function()
    local p, answer = partner(port, "ASKS")
    p:request(RELEASE)
    local m = p:read_message()
    assert.are.same({ 200, RELEASE }, { m.status, m.is })
    assert.is_nil(region:row("ipconn", "ASKS")) -- gone before the lingering close of its socket
    assert.are.equal("closed", p:closed())
    local record = ended(region, answer.connection, "released")
    assert.are.same({ "delete", "ASKS" }, { record.doors[#record.doors].door, record.doors[#record.doors].checks[1].detail })
    region:wait_log "DFHIS2009 I .*ipconn=ASKS .*why="
    region:wait_log "DFHIS3030 I .*ipconn=ASKS .*action=deleted"
    region:wait_log "SP0024 I .*ipconn=ASKS "
  end)

  it("by the partner, of a predefined ipconn: RELEASED, no URM called, and it can be acquired again", function()
    for _ = 1, 2 do
      local p, answer = partner(port, "HEREAPPL")
      assert.are.equal("HERE", answer.ipconn)
      p:request(RELEASE)
      assert.are.equal(200, p:read_message().status)
      assert.are.equal("RELEASED", region:row("ipconn", "HERE").connstatus)
      assert.are.equal(0, region:row("ipconn", "HERE").sockets)
      p:closed()
    end
    assert.are.equal(0, region:count_log "SP0024 .*ipconn=HERE ")
  end)

  it("by the partner on one of two sockets: both are closed", function()
    local first, second = pair(port, "ASKSTWO")
    second:request(RELEASE)
    assert.are.equal(200, second:read_message().status)
    assert.are.equal("closed", second:closed())
    assert.are.equal("closed", first:closed())
    assert.is_nil(region:row("ipconn", "ASKSTWO"))
  end)

  for command, words in pairs { set = { "set", "ipconn", "TOLD", "released" }, release = { "release", "ipconn", "told" } } do
    it("by the operator (" .. command .. "): goes out on every socket, and the ipconn is gone when all have answered", function()
      local first, second, answer = pair(port, "TOLD")
      assert.are.equal(0, (region:command(table.unpack(words))))
      assert.are.equal(RELEASE, first:read_message().is)
      assert.are.equal(RELEASE, second:read_message().is)
      first:answer(RELEASE)
      assert.is_truthy(region:row("ipconn", "TOLD"))
      second:answer(RELEASE)
      assert.are.equal("closed", first:closed())
      assert.are.equal("closed", second:closed())
      assert.is_nil(region:row("ipconn", "TOLD"))
      ended(region, answer.connection, "released")
    end)
  end

  it("by the operator, of a partner that does not answer: FREEING for a second, DFHIS1003, gone", function()
    local p = partner(port, "DEAF")
    local from = support.now()
    local command = support.start { support.binary, "set", "ipconn", "DEAF", "released", "--control", region.control }
    assert.are.equal(RELEASE, p:read_message().is) -- during the command, which may take more than that second
    local refused = support.raw(port):capex { applid = "DEAF" }:read_message()
    assert.are.equal(403, refused.status)
    assert.are.equal(0, command:wait())
    region:wait_log("SP0031 .*connection=" .. refused.body.connection:gsub("%-", "%%-") .. " .*DEAF%) is FREEING already")
    gone(region, "DEAF")
    assert.is_true(support.now() - from >= 0.9)
    region:wait_log "DFHIS1003 E .*ipconn=DEAF "
    p:closed()
    local again = partner(port, "DEAF")
    again:close()
  end)

  it("by the operator, answered with a close: gone at once", function()
    local p, answer = partner(port, "RUDE")
    local command = support.start { support.binary, "set", "ipconn", "RUDE", "released", "--control", region.control }
    assert.are.equal(RELEASE, p:read_message().is)
    p:close()
    assert.are.equal(0, command:wait())
    gone(region, "RUDE")
    ended(region, answer.connection, "released")
    assert.are.equal(0, region:count_log "DFHIS1003 .*ipconn=RUDE ")
  end)

  it("of an ipconn that is released, or that does not exist", function()
    assert.are.equal(0, (region:command("set", "ipconn", "HERE", "released")))
    assert.are.equal("RELEASED", region:row("ipconn", "HERE").connstatus)
    local status, _, err = region:command("release", "NOSUCH")
    assert.are.equal(1, status)
    assert.is_truthy(err:find "no ipconn named NOSUCH")
  end)

  it("by the loss of a socket, with a reset or a close", function()
    for reset in pairs { [true] = 1, [false] = 1 } do
      local p, answer = partner(port, "LOST")
      p:close(reset)
      gone(region, "LOST")
      local record = ended(region, answer.connection, "lost")
      assert.are.equal("LOST", record.doors[#record.doors].checks[1].detail)
    end
  end)

  it("our own partner gets the operator's release, and the answer to its own release", function()
    local held = support.connecting { port = port, applid = "HELD", hold = 60 }
    assert.is_true(support.wait_until(function() return region:row("ipconn", "HELD") end, 10, "HELD") ~= nil)
    region:command("release", "HELD")
    local answer, status = held:result()
    assert.are.same({ 0, true, "region" }, { status, answer.accepted, answer.released })
    answer = support.connect { port = port, applid = "HELD", sockets = 2, hold = 0.05 }
    assert.are.same({ true, "partner" }, { answer.accepted, answer.released })
    gone(region, "HELD")
  end)
end)

describe("SIGTERM:", function()
  local function refused(port)
    return not pcall(support.raw, port)
  end

  it("drains: listeners closed, partners released, a socket accepted before is answered SHUTDOWN, exit 0", function()
    local region = region_with { heartbeat = 60, drain = 30 }
    local port = region:port "IPIC"
    local p = partner(port, "STAYS")
    local early = support.raw(port)
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "two sockets")
    region:signal "TERM"
    assert.are.equal(RELEASE, p:read_message().is)
    assert.is_true(refused(port))
    assert.are.equal("DRAINING", region:row("region").status)
    assert.are.equal(1, (region:command("set", "tcpipservice", "IPIC", "open")))
    p:answer(RELEASE)
    assert.are.equal("closed", p:closed())
    assert.is_nil(region:row("ipconn", "STAYS"))
    local m = early:capex { applid = "EARLY" }:read_message()
    assert.are.same({ 503, "EXCEPTION", "SHUTDOWN" }, { m.status, m.body.response, m.body.reason })
    local record = region:explain(m.body.connection)[1]
    assert.are.same({ "refused", "shutdown" }, { record.outcome, record.code })
    early:closed()
    early:close()
    assert.are.equal(0, region:wait())
    local log = region:log()
    local draining, closed, down = log:find "SP0003 I", log:find "SP0005 I .*tcpipservice=IPIC", log:find "SP0002 I"
    assert.is_true(draining < closed and closed < down)
  end)

  it("ends at once without connections", function()
    local region = region_with { drain = 60 }
    region:signal "TERM"
    assert.are.equal(0, region:wait(5))
  end)

  it("waits no longer than drain", function()
    local region = region_with { drain = 0.3, tcp_timeout = 60, heartbeat = 60 }
    local port = region:port "IPIC"
    local silent, deaf = support.raw(port), partner(port, "DEAF")
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "two sockets")
    region:signal "TERM"
    assert.are.equal(RELEASE, deaf:read_message().is)
    assert.are.equal(0, region:wait(5))
    silent:closed()
    deaf:closed()
  end)

  it("a second one ends it at once", function()
    local region = region_with { drain = 60, tcp_timeout = 60 }
    local silent = support.raw(region:port "IPIC")
    support.wait_until(function() return #region:inquire "socket" == 1 end, 10, "the socket")
    region:signal "TERM"
    region:wait_log "SP0003 "
    region:signal "TERM"
    assert.are.equal(0, region:wait(5))
    silent:closed()
    assert.is_true(region:count_log "SP0002 I" == 1)
  end)
end)
