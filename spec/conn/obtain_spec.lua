-- SPDX-License-Identifier: Apache-2.0
-- Events at an ipconn that is OBTAINING: a reload, a release, the CAPEX of another partner, answers that contradict
-- themselves, and partners that accept the CAPEX and then close.
local conversation = require "spec.support.conversation"
local outgoing = require "spec.support.outgoing"
local pair = require "spec.support.pair"
local requests = require "spec.support.requests"
local support = require "spec.support"

local CAPEX, RESYNC, RELEASE = "1 cmd; name=capex", "1 cmd; name=resync", "1 cmd; name=release"
local acquire, becomes, ok = outgoing.acquire, outgoing.becomes, outgoing.ok

local LOG = { response = "OK", logname = "00112233445566ff", indoubt = 0 }

describe("an ipconn that is OBTAINING:", function()
  local region, l

  before_each(function() l = support.listen() end)
  after_each(function()
    region:stop()
    l:close()
  end)

  -- Starts NETA.CICSM; PART is the partner behind the listener of bytes.
  local function start(t, more)
    local ipconn = { applid = "CICSA", networkid = "NETA", host = "127.0.0.1", port = l.port, sendcount = 1 }
    for key, value in pairs(t or {}) do ipconn[key] = value end
    local given = {
      region = { applid = "CICSM", networkid = "NETA", heartbeat = 60, retry = 0.1, retry_max = 0.4 },
      tcpipservices = { IPIC = {} }, ipconns = { PART = ipconn },
    }
    for key, value in pairs(more or {}) do given[key] = value end
    region = support.region(given):start()
  end

  local function dialled()
    local p = assert(l:accept())
    local m = assert(p:read_message())
    assert.are.equal(CAPEX, m.is)
    return p, m.body
  end

  local function answer(p, t)
    local all = { applid = "CICSA", networkid = "NETA" }
    for key, value in pairs(t or {}) do all[key] = value end
    p:answer(CAPEX, "200 OK", ok(all))
  end

  it("keeps no old generation when it was acquired after a reload, on either socket", function()
    start { sendcount = 2 }
    acquire(region, "PART")
    local p = dialled()
    assert.are.equal(0, (region:command "reload"))
    answer(p, { sockets = 2, token = ("T"):rep(22) })
    local further = dialled()
    assert.are.equal(0, (region:command "reload"))
    answer(further)
    becomes(region, "PART", "ACQUIRED")
    region:wait_log "SP0013 I .*generation=1"
    region:wait_log "SP0013 I .*generation=2"
    p:close()
    further:close()
  end)

  -- Answers the CAPEX up to the region's resync request.
  local function two_way()
    start { receivecount = 1, tcpipservice = "IPIC" }
    acquire(region, "PART")
    local p, offer = dialled()
    answer(p, { sendcount = 1 })
    local q = support.raw(region:port "IPIC")
    q:capex { applid = "CICSA", networkid = "NETA", answering = offer.callback, sendcount = 1, receivecount = 1 }
    assert.are.equal(200, q:read_message().status)
    assert.are.equal(RESYNC, p:read_message().is)
    return p, q
  end

  it("does not become ACQUIRED by an answer to resync after its release", function()
    local p, q = two_way()
    assert.are.equal(0, (region:command("set", "ipconn", "PART", "released")))
    assert.are.equal(RELEASE, p:read_message().is)
    assert.are.equal(RELEASE, q:read_message().is)
    p:answer(RESYNC, "200 OK", LOG)
    p:answer(RELEASE)
    q:answer(RELEASE)
    becomes(region, "PART", "RELEASED")
    assert.are.equal(0, region:count_log "SP0036")
    assert.are.equal(0, region:count_log "SP0038")
    p:close()
    q:close()
  end)

  it("is not ACQUIRED by a 200 whose body refuses", function()
    local p, q = two_way()
    p:answer(RESYNC, "200 OK", { response = "EXCEPTION", reason = "ISCE_BAD_RECOV", logname = LOG.logname, indoubt = 0 })
    region:wait_log "DFHIS1011 W .*ipconn=PART .*reason=ISCER_BAD_RESPONSE"
    becomes(region, "PART", "RELEASED")
    assert.are.equal(0, region:count_log "SP0036")
    p:close()
    q:close()
  end)

  it("continues with its own CAPEX when the partner's CAPEX wins the race and is refused", function()
    start({ receivecount = 1, userauth = "local" })
    acquire(region, "PART")
    local p = dialled()
    local q = support.raw(region:port "IPIC")
    local m = q:capex({ applid = "CICSA", networkid = "NETA", sendcount = 0, receivecount = 1 }):read_message()
    assert.are.same({ 403, "ONE_WAY_IPCONN" }, { m.status, m.body.reason })
    answer(p)
    becomes(region, "PART", "ACQUIRED")
    p:close()
    q:close()
  end)

  it("keeps its waiting requests when it loses a race", function()
    start({ receivecount = 1, tcpipservice = "IPIC" },
      { programs = { AWAY = { ipconn = "PART", remotename = "ECHO" } }, tcpipservices = { IPIC = {}, OTHER = { urm = "yes" } },
        scripts = { yes = outgoing.door("install", "return policy.install { ipconn = facts.capex.applid }") } })
    local client = requests.partner(region:port "OTHER")
    conversation.ask(client, { conv = 7, program = "AWAY", data = "hello" })
    local p = dialled()
    local q = support.raw(region:port "IPIC")
    q:capex { applid = "CICSA", networkid = "NETA", port = l.port, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.are.equal(200, q:read_message().status)
    p:closed()
    local back = dialled()
    answer(back, { sendcount = 1 })
    q:request(RESYNC, { logname = LOG.logname, next = ("N"):rep(22), indoubt = 0 })
    assert.are.equal(200, q:read_message().status)
    local shipped = assert(back:read_message())
    assert.is_truthy(shipped.raw:find("hello", 1, true))
    local conv = shipped.is:match "conv=(%x+)"
    back:send(("HTTP/1.1 200 OK\r\nIS: 1 data; conv=%s; msg=1; chain=1; last=yes; state=end\r\nContent-Length: 2\r\n\r\nhi"):format(conv))
    assert.are.equal("hi", conversation.answer(client, 7).data)
    client:close()
    q:close()
    back:close()
  end)

  it("is tried again when its CAPEX lost to a partner that then closes", function()
    start { receivecount = 1, autoconnect = "yes", tcpipservice = "IPIC" }
    local p = dialled()
    local q = support.raw(region:port "IPIC")
    q:capex { applid = "CICSA", networkid = "NETA", port = l.port, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.are.equal(200, q:read_message().status)
    p:closed()
    q:close()
    local m
    repeat -- the call-back, or only its connection, may come first: the region may find q's end later
      local tried = assert(l:accept())
      m = tried:read_message()
      tried:close()
    until m and m.body.callback
  end)

  it("by a request does not end an operator's release: autoconnect stays stopped", function()
    start({ autoconnect = "yes" }, { programs = { AWAY = { ipconn = "PART", remotename = "ECHO" } },
      tcpipservices = { OTHER = { urm = "yes" } },
      scripts = { yes = outgoing.door("install", "return policy.install { ipconn = facts.capex.applid }") } })
    local p = dialled()
    assert.are.equal(0, (region:command("set", "ipconn", "PART", "released")))
    p:closed()
    becomes(region, "PART", "RELEASED")
    local client = requests.partner(region:port "OTHER")
    conversation.ask(client, { conv = 7, program = "AWAY", data = "hello" })
    p = dialled()
    p:close()
    assert.are.equal(500, conversation.answer(client, 7).status)
    becomes(region, "PART", "RELEASED")
    assert.are.equal(0, region:count_log "SP0037")
    client:close()
  end)

  for _, host in ipairs { "0.0.0.0", "::", "::ffff:0.0.0.0" } do
    it("is not dialled at " .. host .. ", an address of the own machine for the kernel", function()
      start { host = host }
      acquire(region, "PART")
      region:wait_log "DFHIS1011 W .*ipconn=PART .*reason=CLIENT_SOCKET_ERROR .*unspecified"
      becomes(region, "PART", "RELEASED")
    end)
  end

  it("pauses longer each time with a partner that accepts and then closes", function()
    start { autoconnect = "yes" }
    local function pauses() -- and the number of times ACQUIRED, from the log: the status may be that of the next try
      local list, log = {}, region:log()
      for seconds in log:gmatch "SP0037 I [^\n]*ipconn=PART seconds=([%d.]+)" do list[#list + 1] = tonumber(seconds) end
      return list, select(2, log:gsub("SP0036 I [^\n]*ipconn=PART", ""))
    end
    for n = 1, 4 do
      local p = dialled()
      answer(p)
      support.wait_until(function() return select(2, pauses()) == n end, 10, "PART to be ACQUIRED")
      p:close()
      support.wait_until(function() return #pauses() == n end, 10, "a pause")
    end
    for n, middle in ipairs { 0.1, 0.2, 0.4, 0.4 } do
      local seconds = pauses()[n]
      assert.is_true(seconds >= middle * 0.75 - 0.001, ("pause %d is %g"):format(n, seconds))
    end
  end)
end)

describe("an autoinstalled ipconn without a template", function()
  it("is not called back at an address that its caller sends", function()
    local elsewhere = support.listen()
    local region = support.region {
      region = { heartbeat = 60 }, tcpipservices = { IPIC = { urm = "yes" } },
      scripts = { yes = outgoing.door("install", "return policy.install { ipconn = facts.capex.applid }") },
    }:start()
    local p = support.raw(region:port "IPIC")
    local m = p:capex({ applid = "STRANGER", networkid = "NETX", host = "127.0.0.1", port = elsewhere.port, sendcount = 3, receivecount = 3,
      callback = ("C"):rep(22) }):read_message()
    assert.are.same({ 200, 0, 3 }, { m.status, m.body.sendcount, m.body.receivecount })
    pair.becomes(region, "ACQUIRED", "STRANGER")
    local one = support.raw(region:port "IPIC")
    m = one:capex({ applid = "TAKER", networkid = "NETX", host = "127.0.0.1", port = elsewhere.port, sendcount = 0, receivecount = 3,
      callback = ("C"):rep(22) }):read_message()
    assert.are.same({ 403, "ONE_WAY_IPCONN" }, { m.status, m.body.reason })
    assert.are.equal(0, region:count_log "way=out")
    for _, record in ipairs(region:explain { last = 10 }) do assert.are.equal("in", record.facts.way) end
    elsewhere:close()
    p:close()
    one:close()
    region:stop()
  end)
end)
