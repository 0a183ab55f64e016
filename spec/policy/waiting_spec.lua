-- SPDX-License-Identifier: Apache-2.0
-- Calls that wait (policy.resolve, policy.sleep): a suspended question at each door, and its ends.
local socket = require "socket"

local policy = require "policy"
local process = require "spec.support.process"
local fails = require "spec.support.fails"
local support = require "spec.support"

describe("policy.resolve", function()
  after_each(function() policy.mock(nil) end)

  it("answers from the mock, in a plain Lua", function()
    policy.mock { resolve = { ["db.example"] = { "192.0.2.7", "192.0.2.8" }, ["192.0.2.7"] = { "db.example" }, gone = false } }
    assert.are.same({ "192.0.2.7", "192.0.2.8" }, policy.resolve "db.example")
    assert.are.same({ "db.example" }, policy.resolve("192.0.2.7", { timeout = 0.5 }))
    assert.are.equal("none", policy.resolve("gone", { down = "none" }))
    assert.is_false(policy.resolve("other", { down = false }))
    fails("policy.resolve other: no answer: the mock has no answer", policy.resolve, "other")
    fails("service_down", policy.resolve, "other", { down = "refuse" })
    assert.are.equal(0, select("#", policy.sleep(1)))
  end)

  it("raises for other names, options and times", function()
    fails("the name must be a string, not a nil", policy.resolve)
    for _, bad in ipairs { "", "a b", "a\0", ("x"):rep(256), "x/y" } do
      fails("must be the name of a host, or an address", policy.resolve, bad)
    end
    fails("no option 'timeot'; there are timeout and down", policy.resolve, "a", { timeot = 1 })
    for _, bad in ipairs { 0, -1, 61, "1", 0 / 0 } do
      fails("timeout must be a number of seconds", policy.resolve, "a", { timeout = bad })
    end
    fails("the options must be a table, not a number", policy.resolve, "a", 1)
    fails("policy.sleep: the time must be a number of seconds", policy.sleep, 0)
    fails("mock: resolve is", policy.mock, { resolve = { a = "192.0.2.1" } })
  end)
end)

describe("policy.http", function()
  after_each(function() policy.mock(nil) end)

  it("answers from the mock, in a plain Lua", function()
    policy.mock { http = { ["http://127.0.0.1:8181/v1"] = { json = { result = true } },
      ["http://127.0.0.1:8181/no"] = { status = 404, body = "none" } } }
    local answer = policy.http { url = "http://127.0.0.1:8181/v1", json = { input = { ip = "192.0.2.7", list = { 1, 2.5, true } } } }
    assert.are.same({ status = 200, json = { result = true }, body = "" }, answer)
    assert.are.same({ status = 404, body = "none" }, policy.http { url = "http://127.0.0.1:8181/no" })
    assert.are.equal("none", policy.http { url = "http://127.0.0.1:1/", down = "none" })
  end)

  it("raises for other requests", function()
    local url = "http://127.0.0.1:8181/v1"
    for bad, request in pairs {
      ["url must be a string, not a nil"] = {}, ["url: "] = { url = "ftp://127.0.0.1/" }, ["holds a character"] = { url = url .. "\n" },
      ["no option 'jsn'"] = { url = url, jsn = 1 }, ["method is"] = { url = url, method = "get" },
      ["body or json, not both"] = { url = url, body = "", json = 1 },
      ["json: a function cannot be JSON"] = { url = url, json = { print } },
      ["a key is a number"] = { url = url, json = { a = 1, [2] = 2 } },
      ["json: a string cannot be JSON"] = { url = url, json = "\xff" },
      ["json: a key holds a NUL"] = { url = url, json = { ["a\0b"] = 1 } },
      ["body has more than 65536 bytes"] = { url = url, body = ("x"):rep(65537) },
      ["headers are { NAME"] = { url = url, headers = { A = "b\r\nC: d" } },
      ["headers are { NAME = "] = { url = url, headers = { ["A:"] = "b" } },
      ["headers are { NAME = \""] = { url = url, headers = { A = "b\0c" } },
      ["header Content-Length cannot be set"] = { url = url, body = "abc", headers = { ["Content-Length"] = "1" } },
      ["header transfer-encoding cannot be set"] = { url = url, body = "abc", headers = { ["transfer-encoding"] = "chunked" } },
      ["header Host cannot be set"] = { url = url, headers = { Host = "other.example" } },
      ["timeout must be"] = { url = url, timeout = 0 },
    } do fails(bad, policy.http, request) end
    fails("takes a table", policy.http, url)
    local deep = {}
    for _ = 1, 17 do deep = { a = deep } end
    fails("more than 16 tables one in another", policy.http, { url = url, json = deep })
  end)
end)

describe("a question that waits", function()
  local region
  after_each(function() region:stop() end)

  -- Each door waits where `where` has a call of it.
  local RULES = [[
local policy = require "policy"
local where = %s
local function waits(door, facts) if where[door] then where[door](facts) end end
return {
  admit = function() waits "admit" return policy.accept() end,
  certify = function() waits "certify" return policy.accept() end,
  bind = function(f) waits("bind", f) return policy.accept() end,
  install = function(f) waits("install", f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
  attach = function() waits "attach" return policy.accept() end,
}]]

  local DOORS = { admit = "rules", bind = "rules", urm = "rules", attach = "rules" }

  local function start(calls, more)
    more = more or {}
    region = support.region { region = more.region, tcpipservices = { IPIC = more.service or DOORS },
      ipconns = { ALL = { template = "only", receivecount = 5 } }, programs = { ECHO = {} },
      scripts = { rules = RULES:format(calls) } }:start()
    return region
  end

  local function raw() return support.raw(region:port "IPIC") end

  local function last() return (region:explain { last = 1 } or {})[1] end

  -- Waits until the newest connection's script is suspended.
  local function suspended()
    return support.wait_until(function()
      local record = last()
      for _, e in ipairs(record and record.events or {}) do
        if e.event == "the script waits" and record.outcome == "open" then return record end
      end
    end, 10, "a script that waits")
  end

  local function checks(record, door)
    for _, d in ipairs(record.doors) do
      if d.door == door then
        local list = {}
        for _, c in ipairs(d.checks) do list[#list + 1] = c.name .. ": " .. c.detail:gsub(" ?%(?[%d.]+ ms%)?$", "") end
        return list, d
      end
    end
  end

  -- The number of events "the script waits" in a record.
  local function waits(record)
    local n = 0
    for _, e in ipairs(record.events) do
      if e.event == "the script waits" then n = n + 1 end
    end
    return n
  end

  local SLEEPS = "{ %s = function() policy.sleep(%s) end }"

  for _, door in ipairs { "admit", "bind", "install" } do
    it("at " .. door .. " goes on where it stopped", function()
      start(SLEEPS:format(door, "0.3"))
      local p = raw():capex { applid = "ONE", networkid = "NETX" }
      local answer = p:read_message().body
      assert.are.equal("OK", answer.response)
      local record = region:explain(answer.connection)[1]
      local list, d = checks(record, door)
      assert.are.same({ "sleep 0.3: " }, list)
      assert.are.equal(1, waits(record))
      assert.is_true(d.waited >= 300000)
      assert.is_true(d.microseconds < d.waited)
      assert.are.equal(200, p:beat().status)
    end)

    it("at " .. door .. " ends when the peer closes, and claims nothing", function()
      start(SLEEPS:format(door, "20"), { region = { wait_milliseconds = 60000 } })
      local p = raw():capex(door ~= "admit" and { applid = "ONE", networkid = "NETX" } or nil)
      if door == "admit" then
        p:close()
        p = raw()
      end
      local record = suspended()
      p:close()
      support.wait_until(function() return region:explain(record.connection)[1].outcome == "closed" end, 10, "the end of the connection")
      local list, d = checks(region:explain(record.connection)[1], door)
      assert.are.same({ "sleep 20: no answer", "ended without a verdict: the peer closed the connection" }, list)
      assert.is_nil(d.verdict)
      assert.are.same({ false, false }, { d.checks[1].value, d.checks[2].value })
      assert.is_nil(region:row("ipconn", "ONE"))
    end)

    it("at " .. door .. " ends by policy_limit after wait_milliseconds", function()
      start(SLEEPS:format(door, "20"), { region = { wait_milliseconds = 100 } })
      local p = raw():capex { applid = "ONE", networkid = "NETX" }
      region:wait_log("SP0022 .*door=" .. door ..
        " .*code=policy_limit at=%S*rules.lua:2 .*waited longer than wait_milliseconds, in policy.sleep 20")
      p:close()
    end)
  end

  it("without an answer is no check that holds, in explain and its JSON", function()
    start([[{ bind = function()
  policy.http { url = "http://127.0.0.1:1/x", down = "none" }
  policy.http { url = "http://192.0.2.1/x", down = "none" }
  policy.resolve("nosuch.invalid", { down = "none" })
  policy.store.get("k", { down = "none" })
  policy.sleep(0.001)
end }]], { region = { store = "redis://127.0.0.1:1", policy_http = "127.0.0.1:1", wait_milliseconds = 20000 } })
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    local id = p:read_message(30).body.connection
    p:close()
    local list, d = checks(region:explain(id)[1], "bind")
    local values = {}
    for i, c in ipairs(d.checks) do values[i] = c.value end
    assert.are.same({ false, false, false, false, true }, values, table.concat(list, "; "))
    local _, text = region:command("explain", id)
    for _, call in ipairs { "http GET http://127.0.0.1:1/x", "http GET http://192.0.2.1/x", "resolve nosuch.invalid", "store" } do
      assert.is_truthy(text:find("\n +no  " .. call:gsub("%p", "%%%0")), text)
    end
    assert.is_truthy(text:find("\n +ok  sleep"), text)
  end)

  it("does not keep other partners waiting", function()
    start([[{ install = function(f) if f.capex.applid == "SLOW" then policy.sleep(20) end end }]],
      { region = { wait_milliseconds = 60000 } })
    local slow = raw():capex { applid = "SLOW", networkid = "NETX" }
    suspended()
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("OK", p:read_message().body.response)
    slow:close()
  end)

  it("is one of a thousand, beside which partners come and go that do not wait", function()
    start([[{ install = function(f) if f.capex.applid:find "^S" then policy.sleep(60) end end }]],
      { region = { wait_milliseconds = 60000, waiting_peer = 2000, halfopen_peer = 5000 } })
    local port = region:port "IPIC"
    -- Partners that do not wait, one after the other; their milliseconds go to `took`.
    local function brief(took)
      for i = 1, 100 do
        local began = socket.gettime()
        local p = support.raw(port):capex { applid = ("F%06d"):format(i), networkid = "NETX" }
        assert.are.equal("OK", p:read_message(10).body.response)
        took[#took + 1] = (socket.gettime() - began) * 1000
        p:close()
      end
    end
    local function beside_a_thousand(took)
      local slow = {}
      for i = 1, 1000 do slow[i] = support.raw(port):capex { applid = ("S%06d"):format(i), networkid = "NETX" } end
      support.wait_until(function() return region:row "region".scripts_waiting == 1000 end, 20, "1000 scripts that wait")
      brief(took)
      assert.are.equal(1000, region:row "region".scripts_waiting)
      for _, p in ipairs(slow) do p:close() end
      support.wait_until(function() return #region:inquire "socket" == 0 end, 20, "the end of all sockets")
    end
    local alone, beside = {}, {}
    for _ = 1, 3 do -- in turn, so that both see the same load of the machine
      brief(alone)
      beside_a_thousand(beside)
    end
    table.sort(alone)
    table.sort(beside)
    local ratio = beside[#beside // 2] / alone[#alone // 2]
    print(("median of a connection that does not wait: %.2f ms alone, %.2f ms beside 1000 that wait; p99: %.2f ms, %.2f ms"):format(
      alone[#alone // 2], beside[#beside // 2], alone[#alone * 99 // 100], beside[#beside * 99 // 100]))
    assert.is_true(ratio < 10, ratio) -- a walk along all that wait would cost more
    assert.are.equal(1, #region:inquire "ipconn")
    assert.are.equal(0, region:count_log "SP0022")
  end)

  for _, door in ipairs { "bind", "install" } do
    it("at " .. door .. " is answered when an operator has closed the listener meanwhile, and the connection is refused", function()
      start(SLEEPS:format(door, "1"))
      local p = raw():capex { applid = "ONE", networkid = "NETX" }
      suspended()
      assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
      assert.are.equal("TCPIPSERVICE_NOT_OPEN", p:read_message().body.reason)
      region:wait_log "code=not_open"
      assert.is_nil(region:row("ipconn", "ONE"))
    end)
  end

  it("claims its pair when it is accepted, and not before", function()
    start([[{ install = function() policy.sleep(0.5) end }]])
    local first, second = raw(), raw()
    first:capex { applid = "ONE", networkid = "NETX" }
    second:capex { applid = "ONE", networkid = "NETX" }
    local answers = { first:read_message().body, second:read_message().body }
    table.sort(answers, function(a, b) return a.response > b.response end)
    assert.are.equal("OK", answers[1].response)
    assert.is_truthy(({ INVALID_PARTNER_STATE = true, AUTOINSTALL_FAILED = true })[answers[2].reason])
  end)

  it("at bind is refused when the peer sends more", function()
    start(SLEEPS:format("bind", "20"), { region = { wait_milliseconds = 60000 } })
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    suspended()
    p:request "1 cmd; name=heartbeat"
    assert.are.equal("ISCE_ERROR", p:read_message().body.reason)
    region:wait_log "SP0031 .*bytes after the CAPEX request, before its answer"
  end)

  it("at attach answers its request later", function()
    start "{ attach = function() policy.sleep(0.3) end }"
    local said = support.connect { port = region:port "IPIC", applid = "ONE", networkid = "NETX", link = "ECHO", data = "x" }
    assert.are.equal("OK", said.response)
    local request = region:explain(said.connection)[1].requests[1]
    assert.are.equal("accept", request.verdict)
    assert.is_true(request.waited >= 300000)
  end)

  it("at attach ends with its connection", function()
    start(SLEEPS:format("attach", "20"), { region = { wait_milliseconds = 60000 } })
    local asking = support.connecting { port = region:port "IPIC", applid = "ONE", networkid = "NETX", link = "ECHO", data = "x" }
    support.wait_until(function() return #((last() or {}).requests or {}) == 1 end, 10, "the request")
    assert.are.equal(0, (region:command("set", "ipconn", "ONE", "released", "purge")))
    support.wait_until(function() return region:row("ipconn", "ONE") == nil end, 10, "the release")
    asking:stop()
    local record = last()
    assert.are.equal("ended without a verdict", record.requests[1].checks[2].name)
  end)

  it("at admit waits before an address is dialled, and when the ipconn is released the wait ends", function()
    region = support.region { region = { wait_milliseconds = 60000 }, scripts = { rules = [[
local policy = require "policy"
return { admit = function(f) policy.sleep(f.peer.ip == "127.0.0.2" and 30 or 0.2) return policy.refuse "late" end }]] },
      ipconns = { OUT = { applid = "OUT", host = "127.0.0.1", port = 9, sendcount = 1, admit = "rules" },
        LONG = { applid = "LONG", host = "127.0.0.2", port = 9, sendcount = 1, admit = "rules" } } }:start()
    region:command("set", "ipconn", "OUT", "acquired")
    region:wait_log "SP0021 .*door=admit .*code=late"
    region:command("set", "ipconn", "LONG", "acquired")
    local record = suspended()
    assert.are.equal(0, (region:command("set", "ipconn", "LONG", "released")))
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "the end of the socket")
    assert.are.equal("ended without a verdict", region:explain(record.connection)[1].doors[1].checks[2].name)
  end)

  it("at certify waits where ssl is yes, and its client may send its CAPEX meanwhile", function()
    start(SLEEPS:format("certify", "0.3"), { service = { ssl = "yes", certify = "rules", urm = "rules" } })
    local p = support.tls { port = region:port "IPIC" }
    p:capex { applid = "ONE", networkid = "NETX" }
    local answer = p:read_message().body
    assert.are.equal("OK", answer.response)
    local _, d = checks(region:explain(answer.connection)[1], "certify")
    assert.is_true(d.waited >= 300000)
  end)

  it("resolves names and addresses; explain shows each answer", function()
    start [[{ bind = function()
      policy.check("there", true, table.concat(policy.resolve "localhost", " "):match "127.0.0.1")
      policy.check("back", true, policy.resolve("127.0.0.1", { timeout = 5 })[1])
      policy.check("unknown", true, policy.resolve("no-such-host.invalid", { down = "none" }))
    end }]]
    local answer = raw():capex({ applid = "ONE", networkid = "NETX" }):read_message(10).body
    assert.are.equal("OK", answer.response)
    local _, d = checks(region:explain(answer.connection)[1], "bind")
    local found = {}
    for _, c in ipairs(d.checks) do found[c.name] = c.detail end
    assert.are.equal("127.0.0.1", found.there)
    assert.are.equal("localhost", found.back)
    assert.are.equal("none", found.unknown)
    assert.is_truthy(found["resolve localhost"]:find "127.0.0.1.* ms%)")
    assert.is_truthy(found["resolve no-such-host.invalid"]:find "^no answer: ")
    assert.are.same({ "resolve", "resolve", "resolve" }, { d.answers[1].asked, d.answers[2].asked, d.answers[3].asked })
  end)

  it("without an answer is a refusal service_down that no pcall holds, or an error that it does", function()
    start [[{ bind = function() pcall(policy.resolve, "no-such-host.invalid", { down = "refuse" }) end,
      admit = function() policy.check("caught", not pcall(policy.resolve, "no-such-host.invalid")) end }]]
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("SECURITY_VIOLATION", p:read_message(10).body.reason)
    region:wait_log "SP0021 .*door=bind .*at=%S*rules.lua:2 code=service_down text=\"resolve no%-such%-host.invalid"
    assert.are.equal(0, region:count_log "SP0022")
    assert.is_true(last().doors[1].checks[2].value)
  end)

  it("is an error inside a function that cannot be suspended, which it names", function()
    start [[{ bind = function() table.sort({ 1, 2 }, function(a, b) policy.sleep(0.1) return a < b end) end }]]
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("SECURITY_VIOLATION", p:read_message().body.reason)
    region:wait_log "SP0022 .*code=policy_error .*policy.sleep 0.1: cannot wait inside sort"
  end)

  it("goes through pcall, chains and metamethods; an error behind it is one of its script", function()
    start [[{ admit = function() assert(pcall(policy.sleep, 0.01)) end,
      bind = policy.first { function()
        policy.sleep(0.01)
        local t = setmetatable({}, { __index = function() policy.sleep(0.01) return 7 end })
        policy.check("index", t.x == 7, "y") return policy.accept() end },
      install = function() policy.sleep(0.01) error "behind" end }]]
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("AUTOINSTALL_FAILED", p:read_message().body.reason)
    region:wait_log "SP0022 .*door=install .*code=policy_error at=%S*rules.lua:7 .*behind"
  end)

  it("pays for all its parts out of one budget", function()
    start([[{ bind = function() for _ = 1, 20 do for _ = 1, 20000 do end policy.sleep(0.001) end end,
      install = function() local keep = {} for i = 1, 40 do keep[i] = ("x"):rep(20000 + i) policy.sleep(0.001) end end }]],
      { region = { instructions = 500000, kilobytes = 400 } })
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("AUTOINSTALL_FAILED", p:read_message().body.reason)
    region:wait_log "SP0022 .*door=install .*code=policy_limit .*400 KiB"
    region:command("set", "tcpipservice", "IPIC", "urm=rules")
    start([[{ bind = function() for _ = 1, 100 do for _ = 1, 20000 do end policy.sleep(0.001) end end }]],
      { region = { instructions = 500000, milliseconds = 60000 } })
    p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("SECURITY_VIOLATION", p:read_message().body.reason)
    region:wait_log "SP0022 .*door=bind .*code=policy_limit .*500000 instructions"
  end)

  it("is one of at most waiting, and waiting_peer of a neighbourhood", function()
    start(SLEEPS:format("bind", "20"), { region = { wait_milliseconds = 60000, waiting = 3, waiting_peer = 2 } })
    local held = {}
    local function ask(from)
      held[#held + 1] = support.raw(region:port "IPIC", nil, from):capex { applid = "ONE", networkid = "NETX" }
      return held[#held]
    end
    ask "127.0.0.1"
    ask "127.0.0.2"
    assert.are.equal("SECURITY_VIOLATION", ask("127.0.0.3"):read_message().body.reason)
    region:wait_log "code=policy_limit .*policy.sleep 20: waiting_peer of the neighbourhood: 2 questions wait already"
    ask "127.0.1.1"
    assert.are.equal("SECURITY_VIOLATION", ask("127.0.2.1"):read_message().body.reason)
    region:wait_log "code=policy_limit .*policy.sleep 20: waiting of the region: 3 questions wait already"
  end)

  it("finishes under its generation when a reload comes, and the new rules are asked before it is let in", function()
    start(SLEEPS:format("bind", "1"))
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    suspended()
    local changed = 'if f.recheck then return policy.refuse "changed" end'
    region:script("rules", (RULES:format "{}":gsub('waits%("bind", f%)', changed)))
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("SECURITY_VIOLATION", p:read_message().body.reason)
    region:wait_log "SP0021 .*code=changed"
  end)

  it("has its answers again in a re-ask, and a reload stops no partner", function()
    start [[{ bind = function() policy.check("there", true, policy.resolve("localhost")[1]) end }]]
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    assert.are.equal("OK", p:read_message(10).body.response)
    region:script("rules", RULES:format [[{ bind = function() policy.check("again", true, policy.resolve("localhost")[1]) end }]])
    local status, out, err = region:command "reload"
    assert.message(out .. err).are.equal(0, status)
    assert.are.equal(200, p:beat().status)
    region:script("rules", RULES:format [[{ bind = function() policy.resolve "other.example" end }]])
    region:command "reload"
    assert.are.equal(1, (region:command("reload")))
  end)

  describe("for an HTTP server", function()
    local backend, url
    setup(function()
      backend = process.start { "lua5.4", "spec/support/backend.lua" }
      local port = support.wait_until(function() return backend:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
      url = "http://127.0.0.1:" .. port
    end)
    teardown(function() backend:stop() end)

    local function ask(rules, hosts)
      start(rules:gsub("URL", url), { region = { policy_http = hosts or { url:match "//(.*)" } } })
      return raw():capex { applid = "ONE", networkid = "NETX" }
    end

    local function bind(p)
      local answer = p:read_message(10).body
      local _, d = checks(region:explain(answer.connection)[1], "bind")
      local found = {}
      for _, c in ipairs(d.checks) do found[c.name] = c.detail end
      return found, d
    end

    it("reads no answer that its server sent before the question", function()
      local p = ask [[{ bind = function(f)
        policy.check("echo", true, policy.http { url = "URL/echo", body = f.capex.applid, down = { body = "none" } }.body)
      end }]]
      assert.are.equal("ONE", bind(p).echo)
      local stray = assert(socket.connect(url:match "//(.*):(.*)")) -- the backend answers the idle connection of the region
      stray:send "POST /stray HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
      assert.is_truthy(stray:receive "*l")
      stray:close()
      assert.are.equal("TWO", bind(raw():capex { applid = "TWO", networkid = "NETX" }).echo)
      assert.are.equal("THREE", bind(raw():capex { applid = "THREE", networkid = "NETX" }).echo)
    end)

    it("sends and reads JSON, headers and bodies, and takes each status", function()
      local p = ask [[{ bind = function(f)
        local sent = { input = { ip = f.peer.ip, applid = f.capex.applid, list = { 1, 2.5, true, "x" }, none = {} } }
        local a = policy.http { url = "URL/echo", json = sent }
        policy.check("status", true, a.status)
        policy.check("json", true, table.concat({ a.json.input.ip, a.json.input.applid, #a.json.input.list, a.json.input.list[2] }, " "))
        policy.check("body", true, policy.http { url = "URL/upper", method = "PUT", body = "abc" }.body)
        local head = policy.http { url = "URL/head", headers = { Authorization = "Bearer secret" } }.body
        policy.check("head", true, head:match "GET /head.*Bearer s" ~= nil)
        policy.check("missing", true, policy.http { url = "URL/status/404" }.status)
        policy.check("no json", true, tostring(policy.http { url = "URL/upper", body = "{" }.json))
      end }]]
      local found, d = bind(p)
      assert.are.same({ "200", "127.0.0.1 ONE 4 2.5", "ABC", "true", "404", "nil" },
        { found.status, found.json, found.body, found.head, found.missing, found["no json"] })
      assert.are.same({ "http", 200 }, { d.answers[1].asked, d.answers[1].status })
      local _, text = region:command("explain", last().connection)
      assert.is_nil(text:find("secret", 1, true))
      assert.is_truthy(text:find("http POST " .. url .. "/echo", 1, true))
    end)

    it("has no answer for another host, without a server, in no time and of too much", function()
      local p = ask [[{ bind = function()
        local function why(path, t)
          local ok, e = pcall(policy.http, { url = path, timeout = t })
          policy.check(path:match "[^/]*$", ok, e)
        end
        why("http://127.0.0.1:9/other", 1)
        why("URL/hang", 0.2)
        why("URL/long", 1)
        policy.check("down", true, policy.http { url = "URL/hang", timeout = 0.1, down = "none" })
      end }]]
      local found = bind(p)
      assert.is_truthy(found.other:find "policy_http of the region does not name the host")
      assert.is_truthy(found.hang:find "no answer within 0.2 s")
      assert.is_truthy(found.long:find "no answer: ")
      assert.are.equal("none", found.down)
    end)

    it("sends the Content-Type of its headers, and a length with each POST", function()
      local found = bind(ask [[{ bind = function()
        local function head(request)
          request.url = "URL/head"
          local text, types = policy.http(request).body, {}
          for line in text:gmatch "[^\r\n]+" do types[#types + 1] = line:match "^[Cc]ontent%-%a+: .*" end
          table.sort(types)
          return table.concat(types, ", ")
        end
        policy.check("own", true, head { body = "abc", headers = { ["content-TYPE"] = "text/plain" } })
        policy.check("json", true, head { json = { 1 }, headers = { ["Content-Type"] = "application/merge-patch+json" } })
        policy.check("none", true, head { method = "POST" })
      end }]])
      assert.are.equal("Content-Length: 3, content-TYPE: text/plain", found.own)
      assert.are.equal("Content-Length: 3, Content-Type: application/merge-patch+json", found.json)
      assert.are.equal("Content-Length: 0, Content-Type: application/octet-stream", found.none)
    end)

    it("makes no JSON beyond its limit, however long the strings of a table are", function()
      ask [[{ bind = function()
        local s, list = ("x"):rep(1024), {}
        while #s < 1000000 do s = s .. s end
        for i = 1, 9000 do list[i] = s end
        policy.http { url = "URL/echo", json = list }
      end }]]:read_message(10)
      region:wait_log "SP0022 .*door=bind .*code=policy_error .*the text has more than 65536 bytes"
    end)

    it("has its answer again in a re-ask, and for a row", function()
      local rules = [[{ bind = function() policy.check("echo", true, policy.http { url = "URL/echo",
        json = { n = 7, m = 6, list = { 1, 2 }, applid = "A", networkid = "N", more = { a = 1, b = 2, c = 3, d = 4 } },
        headers = { Accept = "a", ["X-B"] = "b", ["X-C"] = "c", ["X-D"] = "d", ["X-E"] = "e" } }.json.n) end }]]
      local p = ask(rules)
      local connection = p:read_message(10).body.connection
      region:script("rules", RULES:format((rules:gsub("URL", url):gsub('"echo"', '"again"'))))
      local status, out, err = region:command "reload"
      assert.message(out .. err).are.equal(0, status)
      assert.are.equal(200, p:beat().status)
      local _, text = region:command("explain", connection, "--row")
      assert.is_truthy(text:find(('http = { ["%s/echo"] = { '):format(url), 1, true), text)
    end)
  end)

  it("ends with the region, and when its listener ends", function()
    start(SLEEPS:format("bind", "20"), { region = { wait_milliseconds = 60000, drain = 0.1 } })
    local p = raw():capex { applid = "ONE", networkid = "NETX" }
    suspended()
    region:stop()
    assert.is_truthy(p:closed())
  end)
end)
