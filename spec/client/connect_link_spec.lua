-- SPDX-License-Identifier: Apache-2.0
-- `connect --link`: the requests of a partner, against a region made of bytes that says and sees exactly what the wire's chapter says.
local dkjson = require "dkjson"

local support = require "spec.support"

local TOKEN = "abcdefghijklmnopqrst-_"

local listener

local function calling(t)
  local all = { port = listener.port, link = "ECHO" }
  for key, value in pairs(t or {}) do
    if value == false then all[key] = nil else all[key] = value end
  end
  return support.connecting(all)
end

local function reply(p, is, body, status)
  body = type(body) == "table" and dkjson.encode(body) or body or ""
  p:send(("HTTP/1.1 %s\r\nIS: %s\r\nContent-Length: %d\r\n\r\n%s"):format(status or "200 OK", is, #body, body))
end

-- The next caller, let in with these members of the answer.
local function let_in(members)
  local p = assert(listener:accept())
  local capex = assert(p:read_message())
  assert.equal("1 cmd; name=capex", capex.is)
  local answer = { response = "OK", ipconn = "APPL", applid = "CICSA", networkid = "NETA", sendcount = 0, receivecount = 100, sockets = 1,
    connection = "x.1" }
  for key, value in pairs(members or {}) do answer[key] = value end
  p:send(("HTTP/1.1 200 OK\r\nIS: 1 cmd; name=capex\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
    :format(#dkjson.encode(answer), dkjson.encode(answer)))
  return p, capex
end

local function keys_of(is)
  local keys = { type = is:match "^1 (%a+)" }
  for key, value in is:gmatch "; (%w+)=([^;]+)" do keys[key] = value end
  return keys
end

-- The next element of a conversation: its keys, its head as a table, its data.
local function element(p, seconds)
  local m, why = p:read_message(seconds)
  if not m then return nil, why end
  local keys = keys_of(m.is)
  local n = tonumber(keys.head or "0")
  return keys, n > 0 and dkjson.decode(m.raw:sub(1, n)) or nil, m.raw:sub(n + 1), m
end

local function answer(p, keys, data, more)
  reply(p, ("1 data; conv=%s; msg=%s; chain=1; last=yes; state=%s%s"):format(keys.conv, keys.msg, more and more.state or "end",
    more and more.ccsid and "; ccsid=" .. more.ccsid or ""), data)
end

local function is7(p, keys, sense, message)
  reply(p, ("1 data; conv=%s; msg=%s; chain=1; last=yes; state=end; is7=%s"):format(keys.conv, keys.msg, sense),
    { sense = sense, message = message }, "500 Internal Server Error")
end

-- The goodbye, answered, and the caller's end.
local function goodbye(p, partner, other)
  local m = assert(p:read_message())
  assert.equal("1 cmd; name=release", m.is)
  p:answer(m.is)
  p:close()
  if other then other:close() end
  return partner:result()
end

-- One request from asking to goodbye, answered with `data`.
local function once(t, data, more)
  local partner = calling(t)
  local p = let_in()
  local keys, head, asked = element(p)
  answer(p, keys, data, more)
  local result, status, err = goodbye(p, partner)
  return { result = result, status = status, err = err, keys = keys, head = head, data = asked }
end

describe("connect --link", function()
  setup(function() listener = support.listen() end)
  teardown(function() listener:close() end)

  it("sends a request and prints its answer", function()
    local o = once({ data = "hello" }, "HELLO")
    assert.same({ type = "data", conv = "00000001", msg = "1", chain = "1", last = "yes", state = "end",
      head = tostring(#'{"program":"ECHO"}') }, o.keys)
    assert.same({ { program = "ECHO" }, "hello" }, { o.head, o.data })
    assert.same({ 0, "", "HELLO" }, { o.status, o.err, o.result.data })
    local r = o.result.requests
    assert.same({ 1, 1, 0, 10 }, { r.sent, r.answered, r.failed, r.bytes })
    assert.is_true(r.seconds >= 0 and r.seconds < 10)
    assert.same({}, { o.result.sense, o.result.data_hex, o.result.ccsid })
  end)

  it("sends the user, the transaction and the number of hops", function()
    local file = support.directory()
    support.write(file .. "/password", "a pass phrase \nand a second line\n")
    local o = once({ tran = "PAY1", userid = "FRED", hops = 3, ["password-file"] = file .. "/password" }, "")
    assert.same({ program = "ECHO", tran = "PAY1", userid = "FRED", password = "a pass phrase ", hops = 3 }, o.head)
    assert.same({ 0, "" }, { o.status, o.result.data })
    support.remove(file)
  end)

  it("leaves the program to the transaction when only --tran is given", function()
    local o = once({ link = false, tran = "PAY1" }, "paid")
    assert.same({ tran = "PAY1" }, o.head)
    assert.same({ 0, "paid" }, { o.status, o.result.data })
  end)

  it("takes a password off its command line", function()
    local partner = calling { userid = "FRED", password = "s3cretword" }
    local p = let_in()
    local keys, head = element(p)
    assert.equal("s3cretword", head.password)
    local line = support.read(("/proc/%d/cmdline"):format(partner.process.pid))
    assert.is_truthy(line:find("--userid\0FRED", 1, true))
    assert.is_nil(line:find("s3cret", 1, true))
    answer(p, keys, "")
    local result, _, err = goodbye(p, partner)
    assert.is_nil((dkjson.encode(result) .. err):find("s3cret", 1, true))
  end)

  it("prints the sense, the message and the words of a refusal: status 3", function()
    local partner = calling()
    local p = let_in()
    is7(p, element(p), "10086021", "DFHIS1025")
    local result, status = goodbye(p, partner)
    assert.same({ 3, true, "10086021", "DFHIS1025", "attach rejected: unknown" },
      { status, result.accepted, result.sense, result.message, result.words })
    assert.same({ 1, 0, 1, nil }, { result.requests.sent, result.requests.answered, result.requests.failed, result.data })
  end)

  it("counts a conversation that was purged as failed", function()
    local partner = calling()
    local p = let_in()
    p:request(("1 expd; conv=%s; state=end; name=purge"):format(element(p).conv))
    local result, status = goodbye(p, partner)
    assert.same({ 3, "08640001", 1 }, { status, result.sense, result.requests.failed })
  end)

  it("sends N requests, K at a time, no more than were agreed on", function()
    local partner = calling { count = 7, parallel = 5 }
    local p = let_in { receivecount = 3 }
    local living, seen = {}, 0
    while seen < 7 do
      while #living < math.min(3, 7 - seen) do
        local keys = element(p)
        for _, other in ipairs(living) do assert.not_equal(other.conv, keys.conv) end
        living[#living + 1] = keys
      end
      assert.same({ nil, "timeout" }, { element(p, 0.05) })
      seen = seen + 1
      answer(p, table.remove(living), "x")
    end
    local result, status = goodbye(p, partner)
    assert.same({ 0, 7, 7, 3 }, { status, result.requests.sent, result.requests.answered, result.requests.conversations })
  end)

  it("sends more at a time than were agreed on when it is told to be bad", function()
    local partner = calling { count = 3, parallel = 3, ["over-count"] = true }
    local p = let_in { receivecount = 1 }
    local living = { element(p), (element(p)), (element(p)) }
    for n = 1, 3 do answer(p, type(living[n]) == "table" and living[n], "x") end
    local result, status = goodbye(p, partner)
    assert.same({ 0, 3, 3 }, { status, result.requests.answered, result.requests.conversations })
  end)

  it("spreads its conversations over both sockets", function()
    local partner = calling { count = 4, parallel = 4, sockets = 2 }
    local first = let_in { sockets = 2, token = TOKEN }
    local second, capex = let_in { sockets = 2 }
    assert.same({ 2, TOKEN }, { capex.body.socket, capex.body.token })
    for _, p in ipairs { first, second } do
      local one, other = element(p), (element(p))
      answer(p, one, "x")
      answer(p, other, "x")
    end
    local result, status = goodbye(first, partner, second)
    assert.same({ 0, 4, 2 }, { status, result.requests.answered, result.sockets_open })
  end)

  it("says state=open and numbers the exchanges with --open, and ends with the last", function()
    local partner = calling { count = 3, open = true }
    local p = let_in()
    for n = 1, 3 do
      local keys, head = element(p)
      assert.same({ "00000001", tostring(n), n < 3 and "open" or "end", "ECHO" }, { keys.conv, keys.msg, keys.state, head.program })
      answer(p, keys, tostring(n), { state = keys.state })
    end
    local result, status = goodbye(p, partner)
    assert.same({ 0, 3, "3" }, { status, result.requests.answered, result.data })
  end)

  it("begins another conversation when the region ends an open one", function()
    local partner = calling { count = 2, open = true }
    local p = let_in()
    answer(p, element(p), "")
    local keys = element(p)
    assert.same({ "00000002", "1" }, { keys.conv, keys.msg })
    answer(p, keys, "")
    local _, status = goodbye(p, partner)
    assert.equal(0, status)
  end)

  describe("with data of many elements", function()
    local dir
    setup(function() dir = support.directory() end)
    teardown(function() support.remove(dir) end)

    local function noise(n)
      local bytes = {}
      for i = 1, n do bytes[i] = string.char((i * i + i // 251) % 256) end
      return table.concat(bytes)
    end

    it("waits for the pacing message after the fourth", function()
      local data, got = noise(300000), {}
      support.write(dir .. "/in", data)
      local partner = calling { file = dir .. "/in", output = dir .. "/out" }
      local p = let_in()
      local keys
      for n = 1, 4 do
        local head, whole
        keys, head, got[n], whole = element(p)
        assert.equal(n == 1, head ~= nil)
        assert.same({ tostring(n), "no", 61440 }, { keys.chain, keys.last, #whole.raw })
      end
      assert.same({ nil, "timeout" }, { element(p, 0.2) })
      reply(p, ("1 data; conv=%s; msg=1; chain=4; pacing=yes"):format(keys.conv))
      local _
      keys, _, got[5] = element(p)
      assert.same({ "5", "yes" }, { keys.chain, keys.last })
      assert.is_true(data == table.concat(got))
      answer(p, keys, "thanks")
      local result = goodbye(p, partner)
      assert.same({ nil, dir .. "/out", 300006 }, { result.data, result.output, result.requests.bytes })
      assert.equal("thanks", support.read(dir .. "/out"))
    end)

    it("does not wait when it is told to be bad", function()
      support.write(dir .. "/in", noise(600000))
      local partner = calling { file = dir .. "/in", ["no-pacing"] = true }
      local p = let_in()
      local keys
      repeat keys = element(p) until keys.last == "yes"
      assert.equal("10", keys.chain)
      reply(p, ("1 data; conv=%s; msg=1; chain=4; pacing=yes"):format(keys.conv))
      answer(p, keys, "")
      local _, status = goodbye(p, partner)
      assert.equal(0, status)
    end)

    local function send_five(p, keys)
      local is = ("1 data; conv=%s; msg=1; chain=%%d; last=%%s; state=end"):format(keys.conv)
      for n = 1, 4 do reply(p, is:format(n, "no"), tostring(n)) end
      return is
    end

    it("says after the fourth of an answer that more may come", function()
      local partner = calling()
      local p = let_in()
      local keys = element(p)
      local is = send_five(p, keys)
      local pacing = p:read_message()
      assert.same({ "POST", "" }, { pacing.method, pacing.raw })
      assert.equal(("1 data; conv=%s; msg=1; chain=4; pacing=yes"):format(keys.conv), pacing.is)
      reply(p, is:format(5, "yes"), "5")
      assert.equal("12345", goodbye(p, partner).data)
    end)

    it("keeps quiet about it when it is told to be bad", function()
      local partner = calling { ["hold-pacing"] = true, timeout = 2 }
      local p = let_in()
      send_five(p, element(p))
      local m = assert(p:read_message())
      assert.equal("1 cmd; name=release", m.is)
      p:answer(m.is)
      p:close()
      local result, status, err = partner:result()
      assert.same({ 1, "no answer in time", 0 }, { status, result.requests.trouble, result.requests.answered })
      assert.is_truthy(err:find "requests: no answer in time")
    end)

    it("prints what is no text in hex, and writes it as it came", function()
      support.write(dir .. "/in", "\xff\0\x80")
      for _, output in ipairs { dir .. "/bytes", false } do
        local partner = calling { file = dir .. "/in", output = output }
        local p = let_in()
        local keys, _, data = element(p)
        assert.equal("\xff\0\x80", data)
        answer(p, keys, "\xc3\x28\0\xfe")
        assert.equal(not output and "c32800fe" or nil, goodbye(p, partner).data_hex)
      end
      assert.equal("\xc3\x28\0\xfe", support.read(dir .. "/bytes"))
    end)

    it("says that there is no such file, and does not dial", function()
      local _, status, err = support.connect { port = listener.port, link = "ECHO", file = dir .. "/none" }
      assert.equal(2, status)
      assert.is_truthy(err:find("%-%-file [^\n]*/none: No such file"), err)
      assert.same({ nil, "timeout" }, { listener:accept(0.01) })
    end)
  end)

  it("sends text in the code page that --ccsid names, and turns the answer back", function()
    local o = once({ data = "[ü]", ccsid = 37 }, "\xad\xfc\xbd", { ccsid = "1047" })
    assert.same({ "037", "\xba\xdc\xbb" }, { o.keys.ccsid, o.data })
    assert.same({ "[Ü]", 1047 }, { o.result.data, o.result.ccsid })
  end)

  it("sends an unknown code page as it is given", function()
    local o = once({ data = "abc", ccsid = 1140 }, "")
    assert.same({ "1140", "abc" }, { o.keys.ccsid, o.data })
  end)

  it("answers heartbeats while it waits for an answer", function()
    local partner = calling()
    local p = let_in()
    local keys = element(p)
    p:request "1 cmd; name=heartbeat"
    local m = p:read_message()
    assert.same({ 200, "1 cmd; name=heartbeat" }, { m.status, m.is })
    answer(p, keys, "late")
    assert.equal("late", goodbye(p, partner).data)
  end)

  it("is lost when the region leaves before the answer: status 1", function()
    local partner = calling { count = 2 }
    local p = let_in()
    answer(p, element(p), "one")
    element(p)
    p:close()
    local result, status, err = partner:result()
    assert.same({ 1, 2, 1, 0, "one" }, { status, result.requests.sent, result.requests.answered, result.requests.failed, result.data })
    assert.is_truthy(err:find "requests: the connection ended before all requests were answered")
  end)

  it("gives up when the region breaks a rule, and ends that conversation", function()
    local partner = calling()
    local p = let_in()
    local keys = element(p)
    reply(p, ("1 data; conv=%s; msg=2; chain=1; last=yes; state=end"):format(keys.conv), "x")
    local m = p:read_message()
    assert.same({ "POST", ("1 expd; conv=%s; state=end; name=cancel"):format(keys.conv) }, { m.method, m.is })
    local result, status = goodbye(p, partner)
    assert.equal(1, status)
    assert.equal("the region broke a rule of conversations (062D): bad message sequence number", result.requests.trouble)
  end)

  it("sends nothing when no session was agreed on: status 1", function()
    local partner = calling { receivecount = 1 }
    local p = let_in { receivecount = 0, sendcount = 1 }
    local result, status = goodbye(p, partner)
    assert.same({ 1, 0, "the region agreed on no session to send on" }, { status, result.requests.sent, result.requests.trouble })
  end)

  it("is not in when a 200 says that it is refused: status 1", function()
    local partner = calling()
    local p = let_in { response = "EXCEPTION", reason = "SHUTDOWN" }
    assert.equal("closed", p:closed())
    p:close()
    local result, status, err = partner:result()
    assert.same({ 1, false, nil }, { status, result.accepted, result.requests })
    assert.is_truthy(err:find "its response is not OK", err)
  end)

  describe("with --ha", function()
    local specific
    setup(function() specific = support.listen() end)
    teardown(function() specific:close() end)

    local function redirect(at, port)
      local p = assert(at:accept())
      local capex = assert(p:read_message())
      reply(p, "1 cmd; name=capex", { response = "OK", host = "127.0.0.1", port = port, connection = "x.0" }, "307 Temporary Redirect")
      assert.equal("closed", p:closed())
      p:close()
      return capex.body
    end

    it("dials where a generic listener sends it", function()
      local partner = calling { ha = true, data = "there" }
      assert.is_true(redirect(listener, specific.port).ha)
      local generic = listener
      listener = specific
      local p, capex = let_in()
      listener = generic
      assert.is_true(capex.body.ha)
      local keys, _, data = element(p)
      assert.equal("there", data)
      answer(p, keys, "done")
      local result, status = goodbye(p, partner)
      assert.same({ 0, true, "done", "x.1" }, { status, result.accepted, result.data, result.connection })
      assert.same({ host = "127.0.0.1", port = specific.port }, result.redirected)
    end)

    it("follows once only: status 3", function()
      local partner = calling { ha = true, link = false }
      redirect(listener, specific.port)
      redirect(specific, listener.port)
      local result, status, err = partner:result()
      assert.same({ 3, false, 307 }, { status, result.accepted, result.status })
      assert.is_truthy(err:find "a second time", err)
      assert.same({ nil, "timeout" }, { listener:accept(0.01) })
    end)

    it("and not without: neither a name nor a password goes to who was not named", function()
      local partner = calling { userid = "FRED", password = "secret1" }
      assert.is_nil(redirect(listener, specific.port).ha)
      local result, status, err = partner:result()
      assert.same({ 3, false, 307 }, { status, result.accepted, result.status })
      assert.is_nil(result.redirected)
      assert.is_truthy(err:find("redirected without --ha", 1, true), err)
      assert.same({ nil, "timeout" }, { specific:accept(0.01) })
    end)

    it("is not said otherwise", function()
      local partner = calling { link = false }
      local p, capex = let_in()
      assert.is_nil(capex.body.ha)
      goodbye(p, partner)
    end)
  end)

  it("complains about a command line that cannot be: status 2", function()
    for words, sentence in pairs {
      ["--data x"] = "need %-%-link PROGRAM", ["--userid FRED"] = "need %-%-link PROGRAM",
      ["--link NINECHARS"] = "%-%-link NINECHARS: at most 8",
      ["--link ECHO --data x --file y"] = "or %-%-data, not both", ["--link ECHO --count 0"] = "%-%-count 0: 1 to",
      ["--link ECHO --parallel x"] = "%-%-parallel x: 1 to", ["--link ECHO --ccsid 65536"] = "%-%-ccsid 65536: 1 to 65535",
      ["--link ECHO --tran FIVES"] = "%-%-tran FIVES: at most 4",
      ["--link ECHO --password x --password-file y"] = "or %-%-password, not both",
      ["--link ECHO --file - --password-file -"] = "stdin is the data", ["--link ECHO --ccsid 37 --data €"] = "%-%-ccsid 37: a character",
      ["--link ECHO --password " .. ("p"):rep(101)] = "a password has at most 100 bytes",
    } do
      local list = {}
      for word in words:gmatch "%S+" do list[#list + 1] = word end
      local status, _, err = support.sallyport("connect", "--to", "127.0.0.1:" .. listener.port, table.unpack(list))
      assert.equal(2, status, words)
      assert.is_truthy(err:find(sentence), err)
      assert.is_nil(err:find(("p"):rep(20)))
    end
  end)

  it("reads data and a password from stdin", function()
    local function piped(option, input)
      local dir = support.directory()
      support.write(dir .. "/in", input)
      local partner = support.start { "bash", "-c", ("exec %s connect --to 127.0.0.1:%d --link ECHO %s - <%s/in"):format(
        support.binary, listener.port, option, dir) }
      local p = let_in()
      local keys, head, data = element(p)
      answer(p, keys, "")
      local m = p:read_message()
      p:answer(m.is)
      p:close()
      assert.equal(0, partner:wait())
      support.remove(dir)
      return head, data
    end
    local head, data = piped("--password-file", "from stdin\n")
    assert.same({ "from stdin", "" }, { head.password, data })
    head, data = piped("--file", "two\nlines\n")
    assert.same({ nil, "two\nlines\n" }, { head.password, data })
  end)
end)

describe("connect --link to a region", function()
  local region, dir

  setup(function()
    region = support.region {
      region = { heartbeat = 60 }, programs = { ECHO = {} },
      tcpipservices = { PLAIN = {}, SECURE = { ssl = "clientauth", certificate = "CICSA" } },
      ipconns = {
        ONCE = { applid = "ONCEAPPL", networkid = "NETX", receivecount = 20 },
        TASK = { applid = "TASKAPPL", networkid = "NETX", receivecount = 20, mirrorlife = "task" },
      },
    }:start()
    dir = support.directory()
  end)
  teardown(function()
    region:stop()
    support.remove(dir)
  end)

  local function echo(t)
    local all = { port = region:port "PLAIN", applid = "ONCEAPPL", link = "ECHO" }
    for key, value in pairs(t) do all[key] = value end
    return support.connect(all)
  end

  local function random(n)
    local f = assert(io.open("/dev/urandom", "rb"))
    local bytes = f:read(n)
    f:close()
    return bytes
  end

  -- n bytes, half of them random.
  local function comes_back(t, n)
    local data = random(n // 2) .. ("text "):rep(n // 5):sub(1, n - n // 2)
    support.write(dir .. "/in", data)
    os.remove(dir .. "/out")
    t.file, t.output = dir .. "/in", dir .. "/out"
    local got, status, err = echo(t)
    assert.same({ 0, "" }, { status, err })
    assert.is_true(support.read(dir .. "/out") == data)
    return got.requests
  end

  it("brings 16 MiB back, and no byte more can be asked", function()
    local r = comes_back({}, 16 * 1024 * 1024)
    assert.same({ 1, 33554432 }, { r.answered, r.bytes })
    support.write(dir .. "/in", ("x"):rep(16 * 1024 * 1024 + 1))
    local _, status, err = echo { file = dir .. "/in" }
    assert.equal(2, status)
    assert.is_truthy(err:find "more than 16 MiB", err)
  end)

  it("leaves the region no larger than it was", function()
    if support.sanitized then return end -- its malloc keeps freed blocks, to find a use of them
    local function resident()
      return tonumber(support.read(("/proc/%d/status"):format(region.process.pid)):match "VmRSS:%s+(%d+)")
    end
    comes_back({}, 8 * 1024 * 1024)
    comes_back({}, 16 * 1024 * 1024)
    support.wait_until(function() return resident() < 32 * 1024 end, 10, function() return "32 MiB of memory at most: " .. resident() end)
  end)

  it("is answered 3000 times over two sockets, many at a time", function()
    local got, status = echo { count = 3000, parallel = 64, sockets = 2, data = "hello" }
    assert.same({ 0, 2, 3000, 3000, 20 },
      { status, got.sockets_open, got.requests.sent, got.requests.answered, got.requests.conversations })
    assert.equal("hello", got.data)
  end)

  it("stays in its conversations where mirrorlife lets it, and is answered all the same where not", function()
    for _, applid in ipairs { "TASKAPPL", "ONCEAPPL" } do
      local got, status = echo { applid = applid, count = 50, parallel = 4, open = true, data = "again" }
      assert.same({ 0, 50, "again" }, { status, got.requests.answered, got.data })
    end
  end)

  it("carries large data over TLS, conversations mixed", function()
    local r = comes_back({ port = region:port "SECURE", ring = "NETX.CTGAPP", count = 12, parallel = 4 }, 1000001)
    assert.same({ 12, 4 }, { r.answered, r.conversations })
  end)

  it("prints what the region refuses", function()
    local got, status = echo { link = "NOSUCH" }
    assert.same({ 3, "10086021", "DFHIS1025", "attach rejected: unknown" }, { status, got.sense, got.message, got.words })
    got, status = echo { count = 3, ccsid = 1140, data = "x" }
    assert.same({ 3, "08240000", 3 }, { status, got.sense, got.requests.failed })
    region:wait_log "DFHIS1023"
  end)

  it("gets text back in the code page it came in", function()
    local got = echo { ccsid = 1047, data = "[grün]" }
    assert.same({ "[grün]", 1047 }, { got.data, got.ccsid })
  end)
end)
