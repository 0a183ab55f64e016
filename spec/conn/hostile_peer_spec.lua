-- SPDX-License-Identifier: Apache-2.0
-- Hostile peers and bad input: each gets the fault in words, leaves one record, and disturbs no other peer. The hostile
-- peers call from 127.0.1.1; a bystander from 127.0.0.1, another neighbourhood, stays connected and gets a request
-- after every test.
local socket = require "socket"

local support = require "spec.support"
local bystander = require "spec.support.bystander"

local RELEASE = "1 cmd; name=release"
local FROM = "127.0.1.1"
local BEAT = bystander.beat

local WHOLE = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }
]]

-- Accepts the first socket of an address as trusted, and the other sockets as not trusted.
local ONCE = [[
local policy = require "policy"
return { admit = function(facts) return policy.accept { sysplex = facts.load.from_peer == 0 } end }
]]

local function ports_of(region)
  local ports = {}
  for _, row in ipairs(region:inquire "tcpipservice") do ports[row.tcpipservice] = row.port end
  return ports
end

local partner = bystander.partner

local function capex_bytes(body)
  return "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

local of = support.lines_of

describe("a hostile peer", function()
  local region, port, stays

  setup(function()
    region = support.region {
      region = { tcp_timeout = 1, handshake_timeout = 1, capex_timeout = 1, halfopen_peer = 100, records = 200, drain = 0.1,
        heartbeat = 0 }, -- a bystander answers none
      tcpipservices = { IPIC = { urm = "whole" }, YES = { urm = "whole", ssl = "yes" }, AUTH = { urm = "whole", ssl = "clientauth" },
        LONG = { urm = "whole" }, ONCE = { urm = "whole", admit = "once" } },
      ipconns = { IDENT = { applid = "IDENTAPP", networkid = "NETX", receivecount = 10, userauth = "identify" },
        HERE = { applid = "HEREAPPL", networkid = "NETX", receivecount = 10 } },
      scripts = { whole = WHOLE, once = ONCE },
    }:start()
    port = ports_of(region)
    stays = bystander.new(region, port.IPIC)
  end)
  teardown(function()
    stays:alone()
    stays:unharmed()
    stays.close()
    region:stop()
  end)
  after_each(function()
    stays.heard()
    stays.others()
  end)

  local function dial(service)
    return support.raw(port[service or "IPIC"], nil, FROM)
  end

  local function newest()
    return region:explain { last = 1, peer = FROM }[1]
  end

  -- Asserts the answer to a malformed request, its record and its log line. `text` is a Lua pattern for the sentence.
  local function assert_told(m, text, status, reason, code)
    assert.are.same({ status or 400, reason or "ISCE_ERROR" }, { m.status, m.body.reason })
    local record = region:explain(m.body.connection)[1]
    local said = record.doors[#record.doors]
    assert.are.same({ "refused", code or "bad_capex" }, { record.outcome, record.code })
    assert.is_truthy(said.text:find("^" .. text .. "$"), said.text)
    local line = region:wait_log(of(m.body.connection))
    assert.is_truthy(line:find("SP0031 W .*code=" .. record.code .. " .*reason=" .. m.body.reason), line)
    assert.are.equal(1, region:count_log(of(m.body.connection), 1))
  end

  local function told(bytes, ...)
    local p = dial()
    pcall(p.send, p, bytes) -- a peer that was refused early may get an error from send
    assert_told(assert(p:read_message()), ...)
    assert.are.equal("", p.buffer)
    p:close()
  end

  local HEAD = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\n"
  local BODY = '{"applid":"EVIL"}'
  for _, row in ipairs {
    { "a header of 1 MiB", HEAD .. "X: " .. ("x"):rep(1024 * 1024), "a header line is too long" },
    { "1 MiB of headers", HEAD .. ("X: y\r\n"):rep(175000), "too many headers" },
    { "16 headers of 600 bytes", HEAD .. (("X: " .. ("y"):rep(600) .. "\r\n"):rep(16)), "the headers are too long" },
    { "a body of 1 MiB", HEAD .. "Content-Length: 1048576\r\n\r\n" .. (" "):rep(1048576), "the body is too large", 413 },
    { "Content-Length too small", HEAD .. "Content-Length: 5\r\n\r\n" .. BODY, "bytes after the CAPEX request, before its answer" },
    { "Content-Length too large", HEAD .. "Content-Length: 99\r\n\r\n" .. BODY, "no whole CAPEX in 1 s", 403, "ISCE_TIMED_OUT",
      "timeout" },
    { "Content-Length twice", HEAD .. "Content-Length: 17\r\ncontent-length: 17\r\n\r\n" .. BODY, "a second Content%-Length header" },
    { "Content-Length negative", HEAD .. "Content-Length: -17\r\n\r\n" .. BODY, "Content%-Length is not a number" },
    { "Content-Length in hexadecimal", HEAD .. "Content-Length: 0x11\r\n\r\n" .. BODY, "Content%-Length is not a number" },
    { "Content-Length of two numbers", HEAD .. "Content-Length: 17, 17\r\n\r\n" .. BODY, "Content%-Length is not a number" },
    { "Content-Length over 64 bits", HEAD .. "Content-Length: 18446744073709551633\r\n\r\n" .. BODY,
      "Content%-Length is no number a machine can hold" },
    { "Content-Length absent", HEAD .. "\r\n", "no body" },
    { "Content-Length with Transfer-Encoding", HEAD .. "Content-Length: 17\r\nTransfer-Encoding: chunked\r\n\r\n" .. BODY,
      "Transfer%-Encoding is not spoken here; give a Content%-Length" },
    { "HTTP/1.0", "POST /ipic HTTP/1.0\r\n\r\n", "the request line does not end in HTTP/1.1" },
    { "a GET", "GET / HTTP/1.1\r\n\r\n", "the method is not POST" },
    { "an answer instead of a request", "HTTP/1.1 200 OK\r\n\r\n", "the method is not POST" },
    { "a NUL in a header", HEAD .. "X: a\0b\r\n\r\n", "a control character in a header" },
    { "a bare LF", "POST /ipic HTTP/1.1\nIS: 1 cmd", "the request line does not end in HTTP/1.1" },
    { "EBCDIC", "\xd7\xd6\xe2\xe3\x40\x61\x89\x97\x89\x83\x40\xc8\xe3\xe3\xd7\x61\xf1\x4b\xf1\x0d\x25",
      "EBCDIC where HTTP/1.1 in ASCII was expected" },
    { "a second request before the answer", capex_bytes '{"applid":"EVIL","networkid":"NETX"}' .. BEAT,
      "bytes after the CAPEX request, before its answer" },
    { "two CAPEX at once", capex_bytes '{"applid":"EVIL"}' .. capex_bytes '{"applid":"EVIL2"}',
      "bytes after the CAPEX request, before its answer" },
  } do
    it("gets the fault: " .. row[1], function() told(row[2], table.unpack(row, 3)) end)
  end

  local NAME = ": not 1%-8 characters of A%-Z 0%-9 %$ @ #"
  for _, row in ipairs {
    { "no bytes", "", "no body" },
    { "17 arrays", ("["):rep(17) .. ("]"):rep(17), "the body is nested more than 16 deep" },
    { "30,000 brackets", '{"x":' .. ("["):rep(30000), "the body is nested more than 16 deep" },
    { "an array", "[1]", "the body is not a JSON object" },
    { "half an object", '{"applid":"EVIL"', "the body is not JSON %(line 1, column %d+%)" },
    { "a member twice", '{"applid":"EVIL","applid":"GOOD"}', "a member stands twice %(line 1, column %d+%)" },
    { "a name that is a number", '{"applid":1}', "applid: not a string" },
    { "a name that is an object", '{"applid":"EVIL","networkid":{}}', "networkid: not a string" },
    { "a count that is a string", '{"applid":"EVIL","sendcount":"10"}', "sendcount: not an integer" },
    { "a count that is a fraction", '{"applid":"EVIL","sendcount":10.0}', "sendcount: not an integer" },
    { "a count over 64 bits", '{"applid":"EVIL","sendcount":99999999999999999999}', "the body is not JSON %(line 1, column %d+%)" },
    { "a NUL byte", '{"applid":"EV\0L"}', "the body holds a NUL" },
    { "a NUL in a name", [[{"applid":"EVIL\u0000"}]], "the body is not JSON %(line 1, column %d+%)" },
    { "bytes that are not UTF-8", '{"applid":"EV\xc9\xd3"}', "the body is not JSON %(line 1, column %d+%)" },
    { "a lower-case name", '{"applid":"evil"}', "applid" .. NAME },
    { "a name of 9 characters", '{"applid":"EVILAPPL9"}', "applid" .. NAME },
    { "a network of 9 characters", '{"applid":"EVIL","networkid":"NETWORKID"}', "networkid" .. NAME },
    { "a blank inside a name", '{"applid":"EV IL"}', "applid" .. NAME },
    { "0 sessions", '{"applid":"EVIL","sendcount":0}', "sendcount and receivecount: both are 0" },
    { "1000 sessions", '{"applid":"EVIL","sendcount":1000}', "sendcount: 1000 is not 0%-999" },
    { "-1 sessions", '{"applid":"EVIL","sendcount":-1}', "sendcount: %-1 is not 0%-999" },
    { "1000 sessions back", '{"applid":"EVIL","receivecount":1000}', "receivecount: 1000 is not 0%-999" },
    { "port 65536", '{"applid":"EVIL","port":65536}', "port: 65536 is not %-1%-65535" },
    { "3 sockets", '{"applid":"EVIL","sockets":3}', "sockets: 3 is not 1%-2" },
  } do
    it("gets the fault of its body: " .. row[1], function() told(capex_bytes(row[2]), row[3]) end)
  end

  it("of random bytes gets the fault of the first wrong byte", function()
    math.randomseed(3)
    for _ = 1, 30 do
      local bytes = {}
      for i = 1, 64 do bytes[i] = string.char(math.random(0, 255)) end
      local p = dial()
      p:send("\x01" .. table.concat(bytes))
      assert_told(assert(p:read_message()), "the method is not POST")
      p:close()
    end
  end)

  -- Asserts the newest record, of a socket refused in TLS, and its only log line.
  local function assert_tls_told(p, code, text)
    assert.is_truthy(p:closed())
    local record = newest()
    assert.are.same({ "refused", "tls", code }, { record.outcome, record.stage, record.code })
    assert.is_truthy(record.doors[#record.doors].text:find(text), record.doors[#record.doors].text)
    region:wait_log("DFHSO0123 W .*" .. of(record.connection) .. ".*code=" .. code)
    assert.are.equal(1, region:count_log(of(record.connection), 1))
  end

  for what, row in pairs {
    ["plain text"] = { HEAD, "plain_text", "plain text on a TLS port %(first byte 0x50%); the partner must use TLS" },
    ["EBCDIC"] = { "\xd7\xd6\xe2\xe3", "plain_text", "first byte 0xd7" },
    ["a record of garbage"] = { "\x16\x03\x01\x00\x10" .. ("\xff"):rep(16), "handshake", "rc 410: .*alert sent: " },
    ["a record of 64 KiB"] = { "\x16\x03\x01\xff\xff" .. ("\0"):rep(65535), "handshake", "rc 410: " },
    ["an alert"] = { "\x16\x03\x01\x00\x00\x15\x03\x01\x00\x02\x02\x28", "handshake", "rc 410: " },
    ["no byte after the first"] = { "\x16", "timeout", "the TLS handshake did not end in 1 s" },
  } do
    it("in TLS: " .. what, function()
      local p = dial "AUTH"
      pcall(p.send, p, row[1])
      assert_tls_told(p, row[2], row[3])
      p:close()
    end)
  end

  it("is closed at each stage after that stage's time", function()
    local plain, tls = dial(), dial "AUTH"
    assert_told(plain:read_message(), "no byte in 1 s after the accept", 403, "ISCE_TIMED_OUT", "timeout")
    tls:closed()
    assert.are.equal("", tls.buffer)
    local late = assert(support.tls { port = port.YES })
    local m = late:read_message()
    assert.are.same({ 403, "ISCE_TIMED_OUT" }, { m.status, m.body.reason })
    for _, p in ipairs { plain, tls, late } do p:close() end
  end)

  it("of one byte at a time has the usual time, and is accepted when the CAPEX ends within it", function()
    local p = dial()
    for byte in capex_bytes('{"applid":"SLOWEVIL","networkid":"NETX"}'):gmatch "." do p:send(byte) end
    assert.are.equal(200, p:read_message().status)
    p:close()
    p = dial()
    p:send(HEAD .. "Content-Length: 30000\r\n\r\n")
    local m = support.wait_until(function()
      p:send " "
      return p:read_message(0)
    end, 10, "an answer")
    assert_told(m, "no whole CAPEX in 1 s", 403, "ISCE_TIMED_OUT", "timeout")
    p:close()
  end)

  it("that closes its half is answered after a whole request, and is not a refusal after a part", function()
    for _, bytes in ipairs { "", "POST", HEAD, HEAD .. "Content-Length: 17\r\n\r\n{" } do
      local p = dial()
      p:send(bytes)
      p:shut()
      assert.are.equal("closed", p:closed())
      assert.are.equal("", p.buffer)
      support.wait_until(function() return newest().outcome == "closed" end, 10, "the record")
      region:wait_log("SP0030 I .*" .. of(newest().connection) .. '.*why="the peer closed the connection"')
    end
    local p = dial()
    p:capex { applid = "HALFEVIL" }
    p:shut()
    assert.are.equal(200, p:read_message().status)
    p:closed()
  end)

  -- With TLS the descriptor moves to a plain socket for the call: LuaSec's sockets have no options.
  local function reset(p)
    if p.socket.setoption then return p:close(true) end
    local plain = socket.tcp()
    plain:setfd(p.socket:getfd())
    plain:setoption("linger", { on = true, timeout = 0 })
    plain:setfd(-1)
    p.socket:close()
  end

  it("that resets its connection, at each stage: one record each, no socket stays", function()
    local at = {
      accepted = function() return dial() end,
      request = function() local p = dial() p:send(HEAD) return p end,
      body = function() local p = dial() p:send(HEAD .. "Content-Length: 17\r\n\r\n{") return p end,
      asked = function() local p = dial() p:capex { applid = "RSTEVIL" } return p end,
      refused = function() local p = dial() p:send "X" return p end,
      answered = function() return (partner(port.IPIC, "RSTEVIL2", nil, FROM)) end,
      beating = function() local p = partner(port.IPIC, "RSTEVIL3", nil, FROM) p:send(BEAT:rep(50)) return p end,
      releasing = function() local p = partner(port.IPIC, "RSTEVIL4", nil, FROM) p:request(RELEASE) return p end,
      predefined = function() return (partner(port.IPIC, "HEREAPPL", nil, FROM)) end,
      tls_accepted = function() return dial "AUTH" end,
      tls_hello = function() local p = dial "AUTH" p:send "\x16\x03\x01\x02\x00\x01" return p end,
      tls_shaken = function() return (assert(support.tls { port = port.YES })) end,
    }
    for stage, make in pairs(at) do
      local before = region:explain({ last = 1 })[1].connection
      reset(make())
      stays:alone()
      local record = region:explain({ last = 1 })[1]
      assert.are_not.equal(before, record.connection, stage)
      assert.is_truthy(("closed refused lost released"):find(record.outcome, 1, true), stage .. ": " .. record.outcome)
    end
    assert.are.equal("RELEASED", region:row("ipconn", "HERE").connstatus)
  end)

  it("among 10,000 that connect and close: a partner at another address is answered and accepted at the same time", function()
    for i = 1, 10000 do
      local s = socket.tcp4()
      assert(s:bind(FROM, 0))
      assert(s:connect("127.0.0.1", port.LONG))
      s:setoption("linger", { on = true, timeout = 0 })
      s:close()
      if i % 1000 == 0 then
        stays.heard()
        partner(port.LONG, "ARRIVES" .. i // 1000 % 10):close()
      end
    end
  end)

  it("that does not read its answers is closed; the answers do not fill memory", function()
    local p, answer = partner(port.IPIC, "NOREADER", nil, FROM)
    p.socket:setoption("tcp-nodelay", true)
    local flood = BEAT:rep(1000)
    assert.is_false((pcall(function() while true do p:send(flood) end end)))
    region:wait_log("SP0030 I .*" .. of(answer.connection) .. '.*why="the partner does not read its answers"')
    p:close()
  end)

  it("that sends a second CAPEX is answered 400 and closed", function()
    local p, answer = partner(port.IPIC, "TWICEVIL", nil, FROM)
    local m = p:capex({ applid = "OTHER" }):read_message()
    assert.are.same({ 400, "ISCE_ERROR", answer.connection }, { m.status, m.body.reason, m.body.connection })
    region:wait_log("SP0034 W .*" .. of(answer.connection) .. '.*what="an unknown command, or one with a body"')
    p:closed()
  end)

  it("that sends requests after its release is not answered", function()
    local p = partner(port.IPIC, "GONEEVIL", nil, FROM)
    p:send((BEAT:gsub("heartbeat", "release")) .. BEAT:rep(3))
    local m = p:read_message()
    assert.are.same({ 200, RELEASE }, { m.status, m.is })
    p:closed()
    assert.are.equal("", p.buffer)
  end)

  it("whose release crosses the operator's: answered, released once", function()
    local p, answer = partner(port.IPIC, "CROSSING", nil, FROM)
    assert.are.equal(0, (region:command("release", "CROSSING")))
    assert.are.equal(RELEASE, p:read_message().is)
    p:request(RELEASE)
    local m = p:read_message()
    assert.are.same({ 200, RELEASE }, { m.status, m.is })
    p:closed()
    stays:alone()
    assert.are.equal("released", region:explain(answer.connection)[1].outcome)
    assert.are.equal(1, region:count_log("DFHIS2009 .*ipconn=CROSSING ", 1))
  end)

  it("whose second socket races the loss of its first: accepted and closed, or NO_IPCONN, and both are closed", function()
    for round = 1, 20 do
      local first, answer = partner(port.IPIC, "RACE" .. round, { sockets = 2 }, FROM)
      local second = dial()
      local capex = { applid = "RACE" .. round, socket = 2, token = answer.token }
      if round % 2 == 0 then first:close(true) end
      second:capex(capex)
      if round % 2 == 1 then first:close(true) end
      local m = second:read_message()
      if m and m.status ~= 200 then assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason }) end
      second:closed()
      second:close()
    end
    stays:alone()
  end)

  it("that guesses tokens gets NO_IPCONN, and the token stays valid for its owner", function()
    local first, answer = partner(port.IPIC, "GUESSED", { sockets = 2 }, FROM)
    local answers = {} -- their records are read afterwards: a token expires
    for i = 1, 50 do
      local guess = i % 2 == 0 and ("%022d"):format(i) or answer.token:sub(1, 21) .. (answer.token:sub(22) == "A" and "Q" or "A")
      local p = dial()
      answers[i] = p:capex({ applid = "GUESSED", socket = 2, token = guess }):read_message()
      p:close()
    end
    local second = partner(port.IPIC, "GUESSED", { socket = 2, token = answer.token }, FROM)
    for _, m in ipairs(answers) do
      assert_told(m, "further socket: the token is unknown, used or too old", 403, "NO_IPCONN", "no_ipconn")
    end
    second:close()
    first:closed()
  end)

  it("cannot add a socket without trust to an ipconn that needs trust", function()
    local first, answer = partner(port.ONCE, "IDENTAPP", { sockets = 2 }, "127.0.3.1")
    local p = support.raw(port.ONCE, nil, "127.0.3.1")
    local m = p:capex({ applid = "IDENTAPP", socket = 2, token = answer.token }):read_message()
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
    local said = region:explain(m.body.connection)[1].doors
    assert.is_truthy(said[#said].text:find "^further socket: userauth = identify needs .* on each socket$")
    assert.are.equal("ACQUIRED", region:row("ipconn", "IDENT").connstatus)
    first:close()
    p:close()
  end)

  local function resident()
    return tonumber(support.read(("/proc/%d/status"):format(region.process.pid)):match "VmRSS:%s+(%d+)")
  end

  it("that is autoinstalled and dropped many times leaves no memory and no ipconn behind", function()
    local function drop(times)
      for i = 1, times do partner(port.IPIC, "DROP" .. i % 100, nil, FROM .. ""):close(i % 2 == 0) end
      stays:alone()
    end
    drop(500)
    local before = resident()
    drop(1500)
    if not support.sanitized then assert.is_true(resident() - before < 1024, resident() - before .. " KiB more") end
    assert.are.equal(3, #region:inquire "ipconn") -- the bystander, HERE and IDENT
  end)

  it("with fragments of one byte, in plain text or in TLS, does not disturb other peers", function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, at = listener:getsockname()
    local p = support.connecting { port = at, ring = "NETX.CTGAPP", applid = "FRAGMENT" }
    listener:settimeout(10)
    local near, far = assert(listener:accept()), support.raw(port.YES).socket
    near:settimeout(0)
    far:setoption("tcp-nodelay", true)
    local other = { [near] = far, [far] = near }
    repeat
      local ended
      for _, from in ipairs(socket.select({ near, far }, nil, 10)) do
        local all, why, part = from:receive(8192)
        for byte in (all or part or ""):gmatch "." do assert(other[from]:send(byte)) end
        ended = ended or why == "closed"
      end
    until ended
    for _, s in ipairs { near, far, listener } do s:close() end
    local out, status = p:result()
    assert.are.same({ true, 0 }, { out.accepted, status })
  end)
end)
