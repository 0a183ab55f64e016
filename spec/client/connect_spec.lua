-- SPDX-License-Identifier: Apache-2.0
-- `connect`, the partner: one JSON object that tells where it was refused, and exit statuses 0, 1 and 3.
local dkjson = require "dkjson"
local socket = require "socket"

local pair = require "spec.support.pair"
local slow = require "spec.support.slow"
local support = require "spec.support"

local function failed(t, sentence)
  local answer, status, err = support.connect(t)
  assert.equal(1, status, err)
  assert.is_truthy(err:find("^connect: [^\n]+\n$"), err)
  assert.is_truthy(err:find(sentence), err)
  if answer then assert.is_false(answer.accepted) end
end

describe("connect", function()
  local region, plain

  setup(function()
    region = support.region {
      region = { heartbeat = 0.2, heartbeat_timeout = 5 },
      tcpipservices = {
        OPEN = { urm = "dfhisaip" },
        NOURM = {},
        NOBODY = { admit = "nobody" },
        CALM = { urm = "dfhisaip", heartbeat = 60 },
        SERVER = { ssl = "yes", certificate = "CICSA", urm = "dfhisaip" },
        CLIENT = { ssl = "clientauth", certificate = "CICSA", urm = "dfhisaip" },
        SAYSNO = { ssl = "clientauth", certificate = "CICSA", certify = "saysno" },
        CLNOBODY = { ssl = "clientauth", certificate = "CICSA", admit = "nobody" },
      },
      policies = { "dfhisaip" },
      scripts = {
        nobody = "local policy = require 'policy'\nreturn { admit = function() return policy.refuse 'closed' end }",
        saysno = "local policy = require 'policy'\nreturn { certify = function() return policy.refuse 'not_you' end }",
      },
    }
    region:start()
    plain = region:port "OPEN"
  end)
  teardown(function() region:stop() end)

  it("is accepted: status 0, the answer's members", function()
    local answer, status, err = support.connect { port = plain, applid = "MYAPPL", networkid = "MYQUAL", sendcount = 12 }
    assert.same({ 0, "" }, { status, err })
    assert.same({ true, "capex", 200, "OK" }, { answer.accepted, answer.stage, answer.status, answer.response })
    assert.same({ "APPL", "CICSA", "NETA", 12, 0, 1 },
      { answer.ipconn, answer.applid, answer.networkid, answer.receivecount, answer.sendcount, answer.sockets })
    assert.same({ nil, nil }, { answer.reason, answer.token })
    assert.is_truthy(region:explain(answer.connection)[1])
  end)

  it("prints exactly one object, null where there is nothing", function()
    local status, out = support.sallyport("connect", "--applid", "MYAPPL", "--to", "127.0.0.1:" .. plain, "--networkid", "MYQUAL")
    local answer, after = dkjson.decode(out, 1, dkjson.null)
    assert.same({ 0, dkjson.null }, { status, answer.alert })
    assert.equal("", (out:sub(after):gsub("%s", "")))
  end)

  it("is refused at CAPEX: status 3, the reason and the id", function()
    local answer, status = support.connect { port = region:port "NOURM", applid = "MYAPPL" }
    assert.same({ 3, false, "capex", 403 }, { status, answer.accepted, answer.stage, answer.status })
    assert.same({ "EXCEPTION", "AUTOINSTALL_FAILED", nil }, { answer.response, answer.reason, answer.alert })
    assert.equal("urm_no", region:explain(answer.connection)[1].code)
  end)

  it("sends names as they are typed, and shows how they are refused", function()
    local answer, status = support.connect { port = plain, applid = "lower" }
    assert.same({ 3, "capex", 400, "INVALID", "ISCE_ERROR" }, { status, answer.stage, answer.status, answer.response, answer.reason })
  end)

  it("is closed before a byte came: stage tcp, status 3", function()
    for _, t in ipairs { { port = region:port "NOBODY" }, { port = region:port "CLNOBODY", ring = "NETX.CTGAPP" } } do
      local answer, status = support.connect(t)
      assert.same({ 3, false, "tcp" }, { status, answer.accepted, answer.stage })
      assert.same({}, { answer.alert, answer.status, answer.reason })
    end
  end)

  -- The first bytes of a caller: a TLS record, or a request with its body.
  local function read_first(caller)
    local head = assert(caller:receive(5))
    if head:byte() == 0x16 then return caller:receive(head:byte(4) * 256 + head:byte(5)) end
    local length
    repeat
      local line = assert(caller:receive "*l")
      length = line:match "^Content%-Length: (%d+)" or length
    until line == ""
    return caller:receive(tonumber(length))
  end

  -- A listener of our own that takes one caller and leaves without a word: in order, or by a reset.
  for how, reset in pairs { ["in order"] = false, ["by a reset"] = true } do
    for what, ring in pairs { ["without TLS"] = "", ["with TLS"] = "NETX.CTGAPP" } do
      it("is stage tcp when the other end leaves " .. how .. ", " .. what, function()
        local server = assert(socket.bind("127.0.0.1", 0))
        local _, port = server:getsockname()
        local partner = support.connecting { port = port, ring = ring ~= "" and ring or nil }
        server:settimeout(10)
        local caller = assert(server:accept())
        caller:settimeout(10)
        assert(read_first(caller))
        if reset then caller:setoption("linger", { on = true, timeout = 0 }) end
        caller:close()
        server:close()
        local answer, status = partner:result()
        assert.same({ 3, false, "tcp" }, { status, answer.accepted, answer.stage })
      end)
    end
  end

  for _, version in ipairs { "1.2", "1.3" } do
    it("is accepted over TLS " .. version, function()
      local answer, status = support.connect { port = region:port "CLIENT", ring = "NETX.CTGAPP", ["tls" .. version] = true }
      assert.same({ 0, true, "capex", "TLSv" .. version }, { status, answer.accepted, answer.stage, answer.tls })
    end)

    it("names the alert of a refusal in TLS " .. version, function()
      local answer, status = support.connect { port = region:port "CLIENT", ring = "expired", ["tls" .. version] = true }
      assert.same({ 3, false, "tls", "certificate_expired" }, { status, answer.accepted, answer.stage, answer.alert })
      assert.same({}, { answer.status, answer.reason })
      answer = support.connect { port = region:port "SAYSNO", ring = "NETX.CTGAPP", ["tls" .. version] = true }
      assert.same({ false, "tls", "bad_certificate" }, { answer.accepted, answer.stage, answer.alert })
    end)

    it("is refused at CAPEX behind TLS " .. version, function()
      local answer, status = support.connect {
        port = region:port "CLIENT", ring = "NETX.CTGAPP", ["tls" .. version] = true, ["server-applid"] = "OTHER" }
      assert.same({ 3, "capex", 403, "ISCE_INVALID_APPLID" }, { status, answer.stage, answer.status, answer.reason })
    end)
  end

  it("names the alert when it has no certificate to show", function()
    local answer = support.connect { port = region:port "CLIENT", ring = "none", ["tls1.2"] = true }
    assert.same({ "tls", "handshake_failure" }, { answer.stage, answer.alert })
    answer = support.connect { port = region:port "CLIENT", ring = "none", ["tls1.3"] = true }
    assert.same({ "tls", "certificate_required" }, { answer.stage, answer.alert })
  end)

  it("is at fault itself when it does not trust the region", function()
    local ring = support.directory()
    os.execute("mkdir " .. ring .. "/signers && cp certs/rings/otherca/signers/second.pem " .. ring .. "/signers")
    failed({ port = region:port "SERVER", ring = ring }, "was not accepted")
    support.remove(ring)
  end)

  it("prints what is missing: no listener, no such name, no such ring, no such label", function()
    failed({ port = pair.ports(1) }, "Connection refused")
    failed({ to = ("x"):rep(70) .. ".invalid:1490" }, "x%.invalid: ")
    failed({ port = plain, ring = "certs/rings/nowhere" }, "certs/rings/nowhere: .*No such file or directory")
    failed({ port = plain, ring = "NETX.CTGAPP", label = "NOPE" }, "NOPE%.pem")
  end)

  it("does not wait for ever", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    failed({ port = port, timeout = 0.2 }, "%S")
    server:close()
  end)

  it("opens a second socket with the token it was given", function()
    local partner = support.connecting { port = region:port "CALM", applid = "TWOAPPL", sockets = 2, hold = 60 }
    region:wait_log "DFHIS2001 .*ipconn=APPL"
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "two sockets")
    assert.equal("ACQUIRED", region:row("ipconn", "APPL").connstatus)
    assert.equal(0, (region:command("release", "APPL")))
    local answer, status = partner:result()
    assert.same({ 0, true, 2, 2, "region" }, { status, answer.accepted, answer.sockets, answer.sockets_open, answer.released })
    assert.same({ true, 200 }, { answer.further.accepted, answer.further.status })
  end)

  it("prints the outcome of a refused second socket beside the accepted first", function()
    local answer, status = support.connect { port = plain, sockets = 2, ["further-token"] = ("A"):rep(22) }
    assert.same({ 0, true, 1 }, { status, answer.accepted, answer.sockets_open })
    assert.same({ false, "capex", "NO_IPCONN" }, { answer.further.accepted, answer.further.stage, answer.further.reason })
  end)

  it("answers heartbeats while it holds, then releases", function()
    local answer, status = support.connect { port = plain, applid = "HELD", hold = 0.9 }
    assert.same({ 0, "partner" }, { status, answer.released })
    assert.is_true(answer.heartbeats >= 2, tostring(answer.heartbeats))
    region:wait_log "DFHIS2009 .*ipconn=HELD .*partner asked for release"
    assert.is_nil(region:row("ipconn", "HELD"))
  end)

  it("tells that the region released it", function()
    local partner = support.connecting { port = region:port "CALM", applid = "GUEST", hold = 60 }
    support.wait_until(function()
      local row = region:row("ipconn", "UEST")
      return row and row.connstatus == "ACQUIRED"
    end, 10, "UEST")
    assert.equal(0, (region:command("set", "ipconn", "uest", "released")))
    local answer, status = partner:result()
    assert.same({ 0, true, "region" }, { status, answer.accepted, answer.released })
  end)

  it("prints the reason of a refusal, and the command that explains it", function()
    local answer, _, err = support.connect { port = region:port "NOURM", applid = "MYAPPL" }
    assert.equal(("connect: refused: AUTOINSTALL_FAILED; sallyport explain %s\n"):format(answer.connection), err)
    _, _, err = support.connect { port = region:port "CLIENT", ring = "expired" }
    assert.equal("connect: refused: the region ended TLS with the alert certificate_expired; sallyport explain --last 1 --refused\n", err)
    answer, _, err = support.connect { port = plain, link = "NOWHERE" }
    assert.equal(("connect: request refused: 10086021 attach rejected: unknown; sallyport explain %s\n"):format(answer.connection), err)
    _, _, err = support.connect { port = plain, sockets = 2, ["further-token"] = ("A"):rep(22) }
    assert.is_truthy(err:find "^connect: further socket refused: NO_IPCONN; sallyport explain %w+%-%d+\n$", err)
  end)

  it("suggests --ring when the port may use TLS", function()
    local _, status, err = support.connect { port = region:port "CLIENT" }
    assert.equal(3, status)
    assert.is_truthy(err:find("if the port uses TLS, give --ring", 1, true), err)
  end)

  -- A partner that holds; returns when it has printed its acceptance.
  local function held(t)
    t.hold = 60
    local partner = support.connecting(t)
    support.wait_until(function()
      return partner.process:stderr():find "connect: accepted as ipconn %w+, connection %w+%-%d+\n"
    end, 10, function() return "the partner to print its acceptance: " .. partner.process:stderr() end)
    return partner
  end

  for _, name in ipairs { "INT", "TERM" } do
    for sockets = 1, 2 do
      it(("releases and prints its object when it is interrupted: SIG%s, %d sockets"):format(name, sockets), function()
        local partner = held { port = region:port "CALM", applid = "HELD" .. sockets, sockets = sockets }
        assert.equal("", partner.process:stdout())
        partner.process:signal(name)
        local answer, status = partner:result()
        assert.same({ 0, true, "partner", sockets }, { status, answer.accepted, answer.released, answer.sockets_open })
        region:wait_log("DFHIS2009 .*ipconn=ELD" .. sockets .. " .*the partner asked for release")
      end)
    end
  end

  it("prints its object when it is interrupted before it was answered", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    local partner = support.connecting { port = port }
    server:settimeout(10)
    local caller = assert(server:accept())
    caller:settimeout(10)
    assert(read_first(caller))
    partner.process:signal "INT"
    local answer, status, err = partner:result()
    caller:close()
    server:close()
    assert.same({ 1, false, "connect: interrupted\n" }, { status, answer.accepted, err })
  end)

  it("is released in spite of requests when it is interrupted", function()
    local backend = slow.backend()
    local other = support.region { tcpipservices = { IPIC = { urm = "dfhisaip", heartbeat = 60 } }, policies = { "dfhisaip" },
      programs = { SLOW = { url = backend.url, timeout = 300 } } }
    other:start()
    local partner = support.connecting { port = other:port "IPIC", applid = "BUSY", link = "SLOW", data = "x", hold = 60 }
    backend.wait()
    partner.process:signal "TERM"
    local answer, status = partner:result()
    assert.same({ 1, true, 0 }, { status, answer.accepted, answer.requests.answered })
    other:wait_log "DFHIS2009 .*ipconn=BUSY"
    backend.close()
    other:stop()
  end)
end)
