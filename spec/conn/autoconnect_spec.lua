-- SPDX-License-Identifier: Apache-2.0
-- Autoconnect: when a region tries again, and when it does not.
local support = require "spec.support"

local outgoing = require "spec.support.outgoing"
local pair = require "spec.support.pair"

local CAPEX, acquire, becomes = outgoing.CAPEX, outgoing.acquire, outgoing.becomes
local ok = outgoing.ok

describe("autoconnect:", function()
  local region, port

  local function start(t)
    port = pair.ports(1)
    local ipconn = { applid = "CICSB", networkid = "NETA", host = "127.0.0.1", port = port, sendcount = 1, autoconnect = "yes" }
    for key, value in pairs(t or {}) do ipconn[key] = value end
    region = support.region {
      region = { retry = 0.1, retry_max = 0.4 }, tcpipservices = { IN = { status = "closed" } }, ipconns = { A = ipconn },
    }
    region:start()
  end
  after_each(function() region:stop() end)

  local function pauses()
    local list = {}
    for seconds in region:log():gmatch "SP0037 I [^\n]*ipconn=A seconds=([%d.]+)" do list[#list + 1] = tonumber(seconds) end
    return list
  end

  local function taken(listener)
    local p = assert(listener:accept())
    assert(p:read_message())
    p:answer(CAPEX, "200 OK", ok())
    becomes(region, "A", "ACQUIRED")
    return p
  end

  it("tries at start and after pauses that double up to a limit; the pauses restart after a connection that lasted", function()
    start()
    support.wait_until(function() return #pauses() >= 5 end, 10, "five tries")
    for n, middle in ipairs { 0.1, 0.2, 0.4, 0.4, 0.4 } do
      local seconds = pauses()[n]
      assert.is_true(seconds >= middle * 0.75 - 0.001 and seconds <= middle * 1.25 + 0.001, ("pause %d is %g"):format(n, seconds))
    end
    local listener = support.listen { port = port }
    local p = taken(listener)
    local from = support.now()
    support.wait_until(function() return support.now() - from > 0.5 end, 10, "longer than the longest pause")
    local tried = #pauses()
    p:close()
    p = taken(listener)
    support.wait_until(function() return #pauses() > tried end, 10, "another pause")
    assert.is_true(pauses()[tried + 1] <= 0.126, "the first pause after a success is " .. pauses()[tried + 1])
    p:close()
    listener:close()
  end)

  it("an operator's released stops it, acquired restarts it", function()
    start()
    local listener = support.listen { port = port }
    local p = taken(listener)
    region:command("set", "ipconn", "A", "released")
    assert.are.equal("1 cmd; name=release", p:read_message().is)
    p:answer "1 cmd; name=release"
    becomes(region, "A", "RELEASED")
    p:close()
    assert.is_nil((listener:accept(0.6)))
    acquire(region, "A")
    p = taken(listener)
    p:close()
    p = taken(listener)
    p:close()
    listener:close()
  end)

  it("released during a pause stops it", function()
    start()
    region:wait_log "SP0037"
    region:command("set", "ipconn", "A", "released")
    region:wait_log "SP0009 .*command=\"set ipconn A released\"" -- every earlier line is in the log too
    local tried = #pauses()
    local listener = support.listen { port = port }
    assert.is_nil((listener:accept(0.6)))
    assert.are.equal(tried, #pauses())
    listener:close()
  end)

  it("a partner that asked for release is dialled again", function()
    start()
    local listener = support.listen { port = port }
    local p = taken(listener)
    p:request "1 cmd; name=release"
    p:closed()
    p = taken(listener)
    p:close()
    listener:close()
  end)

  it("an ipconn out of service is not dialled; in service it is acquired", function()
    start { inservice = "no" }
    local listener = support.listen { port = port }
    assert.is_nil((listener:accept(0.3)))
    region:command("set", "ipconn", "A", "inservice")
    local p = taken(listener)
    p:close()
    listener:close()
  end)

  it("waits for its tcpipservice to open", function()
    start { tcpipservice = "IN" }
    region:wait_log "DFHIS1005 W .*ipconn=A tcpipservice=IN"
    support.wait_until(function() return #pauses() >= 2 end, 10, "a second try")
    local listener = support.listen { port = port }
    region:command("set", "tcpipservice", "IN", "open")
    local p = assert(listener:accept())
    assert.are.equal("CICSA", p:read_message().body.applid)
    p:close()
    listener:close()
  end)

  it("an ipconn that a reload adds is acquired by the reload", function()
    start { autoconnect = "no" }
    local listener = support.listen { port = port }
    assert.is_nil((listener:accept(0.3)))
    region:define { region = region.given.region, ipconns = {
      A = { applid = "CICSB", networkid = "NETA", host = "127.0.0.1", port = port, sendcount = 1, autoconnect = "yes" } } }
    assert.are.equal(0, (region:command "reload"))
    local p = taken(listener)
    p:close()
    listener:close()
  end)

  it("a drain ends it in each state", function()
    start()
    region:wait_log "SP0037"
    region:stop()
    local listener = support.listen { port = port }
    region:start()
    local p = assert(listener:accept())
    assert(p:read_message())
    region:stop()
    assert.are.equal("closed", p:closed())
    listener:close()
  end)

  it("an ipconn without a host causes warnings, and no further tries", function()
    start { host = "", port = "no" }
    local line = region:wait_log "DFHIS1011 W .*reason=INVALID_IPCONN_STATE"
    assert.is_truthy(line:find "no host and no port")
    assert.are.equal(0, #pauses())
    region:wait_log "SP0012 W .*ipconn A: autoconnect is yes and port is no"
  end)
end)
