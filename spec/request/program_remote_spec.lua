-- SPDX-License-Identifier: Apache-2.0
-- Programs that run elsewhere (issue 4, Programs): at a URL, and at a partner. Whatever is there fails, hangs or answers nonsense: the one
-- request suffers, and nothing of it is left behind.
local dkjson = require "dkjson"
local lfs = require "lfs"

local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local process = require "spec.support.process"
local requests = require "spec.support.requests"
local support = require "spec.support"

local ask, answer = conversation.ask, conversation.answer
local partner, run = requests.partner, requests.run

local ABENDED, SYSTEM_ERROR, UNKNOWN = "08640001", "1008600B", "10086021"

local function abends(p, program, region, text)
  local a = run(p, program, "data")
  assert.are.same({ 500, ABENDED }, { a.status, a.is7 })
  assert.are.same({ sense = ABENDED, message = "DFHIS0998" }, dkjson.decode(a.data))
  region:wait_log("SP0053 W Program failed%. .*program=" .. program .. " .*" .. text)
end

-- A service beside the test, and its port.
local function backend(ring)
  local own = process.start { "lua5.4", "spec/support/backend.lua", ring }
  local port = support.wait_until(function() return tonumber(own:stdout():match "^(%d+)\n") end, 10, "the backend's port")
  return own, port
end

local function asked(own, path)
  local _, n = own:stdout():gsub("POST " .. path:gsub("%p", "%%%0") .. "\n", "")
  return n
end

local function asks(own, path, n)
  support.wait_until(function() return asked(own, path) >= n end, 10, path .. " to be asked for")
end

local function sockets_of(region)
  local n = 0
  for line in io.popen("ls -l /proc/" .. region.process.pid .. "/fd 2>/dev/null"):lines() do n = n + (line:find "socket:" and 1 or 0) end
  return n
end

describe("a url", function()
  local own, port, region, p, closed

  setup(function()
    own, port = backend()
    closed = pair.ports(1)
    local function at(path, more)
      local t = { url = ("http://127.0.0.1:%d%s"):format(port, path) }
      for key, value in pairs(more or {}) do t[key] = value end
      return t
    end
    region = support.region {
      region = { conversation_kilobytes = 64 * 1024 }, tcpipservices = { IPIC = {} },
      wrapper = { "env", "http_proxy=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", "all_proxy=http://127.0.0.1:1" },
      ipconns = {
        SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20, securityname = "LINKUSER" },
        ELSE = { applid = "ELSEAPPL", networkid = "NETX", receivecount = 20 },
      },
      programs = {
        ECHO = {}, BACK = at "/echo", UPPER = at "/upper", HEAD = at "/head", MOVED = at "/redirect", LONG = at "/long",
        ENDLESS = at "/endless",
        HALF = at "/half", HANG = at("/hang", { timeout = 1 }), WAITS = at("/hang", { timeout = 60 }), ONCE = at "/once",
        FORBID = at "/status/403", BROKEN = at "/status/500", CREATED = at "/status/201",
        GONE = { url = ("http://127.0.0.1:%d/"):format(closed) }, NAMED = { url = ("http://localhost:%d/upper"):format(port) },
        UNNAMED = { url = "http://no-such-host.invalid/" }, EBCDIC = at("/echo", { ccsid = 37 }), LATIN = at("/head", { ccsid = 819 }),
      },
    }:start()
    p = partner(region:port "IPIC")
  end)
  teardown(function()
    region:stop()
    own:stop()
  end)

  it("is posted the data, and its answer is the program's", function()
    assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
    assert.are.equal("", run(p, "BACK", "").data)
    assert.are.equal("a\0\r\n\255", run(p, "BACK", "a\0\r\n\255").data)
    assert.are.equal("the reason", run(p, "CREATED", "x").data)
  end)

  it("may name its host", function()
    if support.here ~= "localhost" then return pending "needs a name of this machine" end
    assert.are.equal("HELLO", run(p, "NAMED", "hello").data)
    assert.are.equal("AGAIN", run(p, "NAMED", "again").data)
  end)

  it("is told whose the request is, and of a partner's bytes nothing but the body", function()
    local head = run(p, "HEAD", "X\r\nSallyport-Userid: ROOT\r\n\r\n", { hops = 1 }).data
    local got = {}
    for name, value in head:gmatch "\n([%w-]+): ([^\r]*)\r" do
      assert.is_nil(got[name], name .. " twice")
      got[name] = value
    end
    assert.is_truthy(head:find "^POST /head HTTP/1%.1\r\n")
    assert.are.equal("application/octet-stream", got["Content-Type"])
    local connection = got["Sallyport-Connection"]
    assert.is_truthy(connection and region:explain(connection)[1])
    assert.are.same({ "LINKUSER", "LINKUSER", "SOME", "SOMEAPPL", "NETX", "CPMI", "HEAD", "NETA.CICSA" }, {
      got["Sallyport-Userid"], got["Sallyport-Link-User"], got["Sallyport-Ipconn"], got["Sallyport-Applid"], got["Sallyport-Networkid"],
      got["Sallyport-Tran"], got["Sallyport-Program"], got["Sallyport-Region"] })
    assert.is_nil(got["Sallyport-Ccsid"])
    assert.is_nil(got["Expect"])
    assert.is_nil(got["Cookie"])
  end)

  it("takes megabytes both ways", function()
    local data = ("0123456789abcdef"):rep(1024 * 1024)
    assert.are.equal(#data, #run(p, "BACK", data).data)
  end)

  for program, text in pairs {
    FORBID = "answered 403", BROKEN = "answered 500", MOVED = "answered 302", HALF = "transfer closed with 96 bytes",
    HANG = "no answer within 1 seconds",
    LONG = "the answer is longer than a message can be", ENDLESS = "the answer is longer than a message can be", GONE = "Failed to connect",
    UNNAMED = "no%-such%-host%.invalid",
  } do
    it(program .. " ends its own request alone: " .. text, function()
      abends(p, program, region, text)
      assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
    end)
  end

  it("is sent a request once, even when a connection that was kept ends", function()
    assert.are.equal("first", run(p, "ONCE", "first").data)
    local before = asked(own, "/once")
    abends(p, "ONCE", region, "the connection ended before an answer came")
    assert.are.equal(before + 1, asked(own, "/once"))
    assert.are.equal("third", run(p, "ONCE", "third").data)
  end)

  it("that hangs keeps no other request waiting", function()
    local before = asked(own, "/hang")
    for n = 1, 5 do ask(p, { conv = 0x7000 + n, program = "HANG", data = "x" }) end
    asks(own, "/hang", before + 5)
    ask(p, { conv = 0x7000, program = "UPPER", data = "meanwhile" })
    local wanted = {}
    for n = 0, 5 do wanted[#wanted + 1] = 0x7000 + n end
    local all = conversation.answers(p, wanted)
    assert.are.equal("MEANWHILE", all[0x7000].data)
    for n = 1, 5 do assert.are.equal(ABENDED, all[0x7000 + n].is7:upper()) end
  end)

  it("is left when its conversation is purged, or its connection is lost", function()
    local other = partner(region:port "IPIC", "ELSEAPPL")
    run(other, "ECHO", "")
    local idle, before = sockets_of(region), asked(own, "/hang")
    for n = 1, 3 do ask(other, { conv = n, program = "WAITS", data = "x" }) end
    asks(own, "/hang", before + 3)
    assert.is_true(sockets_of(region) > idle)
    conversation.expd(other, 1, "purge")
    support.wait_until(function() return sockets_of(region) <= idle + 2 end, 10, "the purged one's socket to be closed")
    other:close(true)
    support.wait_until(function() return sockets_of(region) < idle + 1 end, 10, "the lost one's sockets to be closed")
    assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
  end)

  it("is answered although a reload comes meanwhile", function()
    local before = asked(own, "/hang")
    ask(p, { conv = 0x8001, program = "HANG", data = "x" })
    asks(own, "/hang", before + 1)
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal(ABENDED, answer(p, 0x8001).is7:upper())
    assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
  end)

  it("gets the data in the program's ccsid, and the answer goes back in the request's", function()
    local a = run(p, "EBCDIC", "caf\u{e9}", { ccsid = "1208" })
    assert.are.same({ 200, "caf\u{e9}", "1208" }, { a.status, a.data, a.ccsid })
    assert.are.equal("any\0bytes", run(p, "EBCDIC", "any\0bytes").data)
    assert.is_truthy(run(p, "LATIN", "x", { ccsid = "1208" }).data:find "Sallyport%-Ccsid: 819\r")
    local bad = run(p, "EBCDIC", "\u{20ac}", { ccsid = "1208" })
    assert.are.same({ 500, SYSTEM_ERROR }, { bad.status, bad.is7 })
    region:wait_log "SP0053 .*program=EBCDIC .*the data cannot be converted from ccsid 1208 to 37"
  end)
end)

describe("the answer of a url", function()
  it("that the region has no memory for ends its request alone", function()
    local own, port = backend()
    local region = support.region {
      region = { conversation_kilobytes = 1024 }, tcpipservices = { IPIC = {} },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20 } },
      programs = {
        LONG = { url = ("http://127.0.0.1:%d/endless"):format(port) }, UPPER = { url = ("http://127.0.0.1:%d/upper"):format(port) },
      },
    }:start()
    local p = partner(region:port "IPIC")
    for _ = 1, 3 do
      abends(p, "LONG", region, "the memory for conversations is used up")
      assert.are.equal("HELLO", run(p, "UPPER", "hello").data)
    end
    region:stop()
    own:stop()
  end)
end)

describe("an https url", function()
  local good, bad, region, p

  setup(function()
    local port, wrong
    good, port = backend "CICSB"
    bad, wrong = backend "wrongca"
    region = support.region {
      region = { ring = "certs/rings/CICSA" }, tcpipservices = { IPIC = {} },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20 } },
      programs = {
        GOOD = { url = ("https://127.0.0.1:%d/upper"):format(port) }, NAMED = { url = ("https://localhost:%d/upper"):format(port) },
        BAD = { url = ("https://127.0.0.1:%d/upper"):format(wrong) },
      },
    }:start()
    p = partner(region:port "IPIC")
  end)
  teardown(function()
    region:stop()
    good:stop()
    bad:stop()
  end)

  it("is asked when its certificate names the host and verifies against the ring's signers", function()
    assert.are.equal("HELLO", run(p, "GOOD", "hello").data)
    if support.here ~= "localhost" then return pending "needs a name of this machine" end
    assert.are.equal("HELLO", run(p, "NAMED", "hello").data)
  end)

  it("is sent nothing when it does not", function()
    abends(p, "BAD", region, "certificate")
    assert.are.equal(0, asked(bad, "/upper"))
  end)

  it("loses its connections with a reload's change of rings", function()
    assert.are.equal("HELLO", run(p, "GOOD", "hello").data)
    local other = region:path "other"
    assert(lfs.mkdir(other) and lfs.mkdir(other .. "/signers"))
    support.write(other .. "/signers/second.pem", support.read "certs/rings/otherca/signers/second.pem")
    local t = { region = { ring = other }, tcpipservices = region.given.tcpipservices, ipconns = region.given.ipconns,
      programs = region.given.programs }
    region:define(t)
    assert.are.equal(0, (region:command "reload"))
    abends(p, "GOOD", region, "certificate")
    t.region.ring = "certs/rings/CICSA"
    region:define(t)
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("HELLO", run(p, "GOOD", "hello").data)
  end)
end)

describe("an ipconn", function()
  local a, b, p

  local function two(auth, bprograms, aprograms)
    b = support.region {
      region = { applid = "CICSB", ring = "certs/rings/CICSB" }, tcpipservices = { IPIC = {} },
      ipconns = { CICSA = { receivecount = 10, userauth = auth } }, programs = bprograms,
    }:start()
    a = support.region {
      tcpipservices = { IPIC = {} }, programs = aprograms,
      ipconns = {
        CICSB = { host = "127.0.0.1", port = b:port "IPIC", sendcount = 10, receivecount = 1 },
        SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20, securityname = "LINKUSER" },
      },
    }:start()
    p = partner(a:port "IPIC")
  end

  after_each(function()
    if a then a:stop() end
    if b then b:stop() end
    a, b = nil, nil
  end)

  it("is acquired, shipped to, and answers as if it were here", function()
    two("local", { ECHO = {}, WHOAMI = {} }, { THERE = { ipconn = "CICSB", remotename = "ECHO" }, WHOAMI = { ipconn = "CICSB" } })
    assert.are.equal("hello", run(p, "THERE", "hello").data)
    local data = ("0123456789abcdef"):rep(64 * 1024)
    assert.are.equal(data, run(p, "THERE", data).data)
    local who = dkjson.decode(run(p, "WHOAMI", "", { hops = 2 }).data)
    assert.are.same({ "CICSB", "CICSA", "CICSUSER", 3 }, { who.applid, who.ipconn, who.userid, who.hops })
    assert.are.equal("ACQUIRED", a:row("ipconn", "CICSB").connstatus)
  end)

  it("passes on the sense it answers with", function()
    two("local", {}, { THERE = { ipconn = "CICSB" } })
    local got = run(p, "THERE", "hello")
    assert.are.same({ 500, UNKNOWN }, { got.status, got.is7 })
    assert.are.same({ sense = UNKNOWN, message = "DFHIS1025" }, dkjson.decode(got.data))
    a:wait_log "SP0053 .*program=THERE .*sense=10086021 .*ipconn CICSB: .*DFHIS1025"
    b:wait_log "DFHIS1025 .*ipconn=CICSA"
  end)

  it("whose userauth is verify is sent nothing, for regions send no passwords", function()
    two("verify", { ECHO = {} }, { ECHO = { ipconn = "CICSB" } })
    local got = run(p, "ECHO", "hello")
    assert.are.same({ 500, ABENDED }, { got.status, got.is7 })
    a:wait_log "SP0053 .*userauth is VERIFY"
    assert.are.equal(0, b:count_log "SP0050")
  end)

  it("that does not answer in time is left", function()
    local own, port = backend()
    two("local", { HANG = { url = ("http://127.0.0.1:%d/hang"):format(port), timeout = 60 }, ECHO = {} },
      { HANG = { ipconn = "CICSB", timeout = 2 }, ECHO = { ipconn = "CICSB" } })
    assert.are.equal("before", run(p, "ECHO", "before").data)
    ask(p, { conv = 0x9001, program = "HANG", data = "x" })
    asks(own, "/hang", 1)
    assert.are.equal(ABENDED, answer(p, 0x9001).is7:upper())
    a:wait_log "SP0053 .*program=HANG .*ipconn CICSB: no answer within 2 seconds"
    support.wait_until(function() return #assert(b:inquire "conversation") == 0 end, 10, "its task there to be ended")
    assert.are.equal("after", run(p, "ECHO", "after").data)
    own:stop()
  end)

  it("that cannot be reached ends the request", function()
    two("local", { ECHO = {} }, { ECHO = { ipconn = "CICSB" } })
    b:stop()
    b = nil
    local got = run(p, "ECHO", "hello")
    assert.are.equal(SYSTEM_ERROR, got.is7)
    a:wait_log "SP0053 .*program=ECHO .*ipconn CICSB: "
  end)
end)

describe("an ipconn with userauth = identify", function()
  it("is told the user the request runs as", function()
    local b = support.region {
      region = { applid = "CICSB", ring = "certs/rings/CICSB" }, tcpipservices = { TLS = { ssl = "clientauth" } },
      programs = { WHOAMI = {} },
      ipconns = { CICSA = { receivecount = 10, userauth = "identify" } },
    }:start()
    local a = support.region {
      tcpipservices = { IPIC = {} }, programs = { WHOAMI = { ipconn = "CICSB" } },
      ipconns = {
        CICSB = { host = "127.0.0.1", port = b:port "TLS", sendcount = 10, ssl = "yes" },
        SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20, securityname = "LINKUSER" },
      },
    }:start()
    local p = partner(a:port "IPIC")
    local got = run(p, "WHOAMI", "")
    assert.are.equal(200, got.status)
    assert.are.same({ "CICSB", "LINKUSER" }, { dkjson.decode(got.data).applid, dkjson.decode(got.data).userid })
    a:stop()
    b:stop()
  end)
end)

describe("a loop of regions", function()
  it("ends after eight hops with a system error", function()
    local function definition(port)
      return {
        region = { applid = "CICSB", ring = "certs/rings/CICSB" }, tcpipservices = { IPIC = {} },
        programs = { LOOP = { ipconn = "CICSA" } },
        ipconns = { CICSA = { tcpipservice = "IPIC", receivecount = 10, sendcount = 10, host = "127.0.0.1", port = port } },
      }
    end
    local b = support.region(definition(1)):start()
    local a = support.region {
      tcpipservices = { IPIC = {} }, programs = { LOOP = { ipconn = "CICSB" } },
      ipconns = {
        CICSB = { tcpipservice = "IPIC", host = "127.0.0.1", port = b:port "IPIC", sendcount = 10, receivecount = 10 },
        SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 20 },
      },
    }:start()
    b:define(definition(a:port "IPIC"))
    local status, _, err = b:command "reload"
    assert.are.equal(0, status, err)
    local p = partner(a:port "IPIC")
    local got = run(p, "LOOP", "round")
    assert.are.same({ 500, SYSTEM_ERROR }, { got.status, got.is7 })
    a:wait_log "SP0053 .*the request was shipped through 8 regions already"
    assert.are.equal(4, b:count_log("SP0053 .*program=LOOP", 4))
    a:stop()
    b:stop()
  end)
end)
