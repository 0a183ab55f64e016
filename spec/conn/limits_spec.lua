-- SPDX-License-Identifier: Apache-2.0
-- The limits of time and number: timers, half-open caps, maxsockets, the descriptors of the process.
local support = require "spec.support"

local WHOLE_APPLID = "local policy = require 'policy'\n"
  .. "return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }\n"

local function ports_of(region)
  local ports = {}
  for _, row in ipairs(region:inquire "tcpipservice") do ports[row.tcpipservice] = row.port end
  return ports
end

local function last_record(region)
  return region:explain { last = 1 }[1]
end

local of = support.lines_of

describe("timers:", function()
  local region, port

  setup(function()
    region = support.region {
      region = { tcp_timeout = 1, handshake_timeout = 1, capex_timeout = 1, drain = 0.1 },
      tcpipservices = { PLAIN = { urm = "whole" }, TLS = { urm = "whole", ssl = "yes" } },
      scripts = { whole = WHOLE_APPLID },
    }
    region:start()
    port = ports_of(region)
  end)
  teardown(function() region:stop() end)

  local function assert_timed_out(m, stage)
    assert.are.same({ 403, "EXCEPTION", "ISCE_TIMED_OUT" }, { m.status, m.body.response, m.body.reason })
    local record = region:explain(m.body.connection)[1]
    assert.are.same({ "refused", stage, "timeout" }, { record.outcome, record.stage, record.code })
  end

  it("no byte after the accept: 403 ISCE_TIMED_OUT on a plain port", function()
    local p, from = support.raw(port.PLAIN), support.now()
    assert_timed_out(p:read_message(), "tcp")
    assert.is_true(support.now() - from >= 0.9)
    assert.are.equal("closed", p:closed())
  end)

  it("no byte after the accept: closed without a byte on a TLS port", function()
    local p = support.raw(port.TLS)
    assert.are.equal("closed", p:closed())
    assert.are.equal("", p.buffer)
    assert.are.same({ "tcp", "timeout" }, { last_record(region).stage, last_record(region).code })
  end)

  it("a handshake that stops", function()
    local p = support.raw(port.TLS)
    p:send "\x16\x03\x01\x02\x00\x01"
    p:closed()
    local record = last_record(region)
    assert.are.same({ "refused", "tls", "timeout" }, { record.outcome, record.stage, record.code })
    region:wait_log("DFHSO0123 .*" .. of(record.connection) .. ".*code=timeout")
  end)

  it("a complete handshake, and no CAPEX", function()
    local p = assert(support.tls { port = port.TLS })
    assert_timed_out(p:read_message(), "capex")
  end)

  it("half a request, then no byte: 403 ISCE_TIMED_OUT", function()
    local p = support.raw(port.PLAIN)
    p:send "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Le"
    assert_timed_out(p:read_message(), "capex")
    p:closed()
  end)

  it("one byte at a time, for longer than capex_timeout: the limit is for the message, not for each byte", function()
    local p, from = support.raw(port.PLAIN), support.now()
    p:send "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: 30000\r\n\r\n{"
    local m = support.wait_until(function()
      p:send " "
      return p:read_message(0.01)
    end, 30, "an answer")
    assert.is_true(support.now() - from >= 0.9)
    assert_timed_out(m, "capex")
  end)

  it("one byte at a time within the limit is a usual CAPEX", function()
    local p = support.raw(port.PLAIN)
    local body = '{"applid":"SLOWAPPL","networkid":"NETX"}'
    local bytes = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
    for i = 1, #bytes do p:send(bytes:sub(i, i)) end
    assert.are.equal(200, p:read_message().status)
    p:close()
  end)

  it("half a request, then half a close: closed without an answer, and not counted as a refusal", function()
    local p = support.raw(port.PLAIN)
    p:send "POST /ipic HTTP/1.1\r\nIS: 1 cmd"
    p:shut()
    p:closed()
    assert.are.equal("", p.buffer)
    support.wait_until(function() return last_record(region).outcome == "closed" end, 10, "the record")
  end)

  it("a whole request, then half a close: answered", function()
    local p = support.raw(port.PLAIN)
    p:capex { applid = "HALFAPPL" }
    p:shut()
    assert.are.equal(200, p:read_message().status)
    p:closed()
    support.wait_until(function() return not region:row("ipconn", "HALFAPPL") end, 10, "it to be released")
  end)
end)

describe("caps:", function()
  local function closed_at_once(p)
    assert.is_truthy(p:closed())
    assert.are.equal("", p.buffer)
  end

  -- Each worker accepts some of the callers, so that a later one may be counted before an earlier one.
  local function accepted(region, n)
    support.wait_until(function() return #region:inquire "socket" == n end, 10, n .. " sockets")
  end

  it("halfopen_peer for one neighbourhood, halfopen for the listener, until a CAPEX is answered", function()
    local region = support.region {
      region = { halfopen = 5, halfopen_peer = 3, tcp_timeout = 60, drain = 0.1 },
      tcpipservices = { ONE = { urm = "whole" }, TWO = { urm = "whole" } },
      scripts = { whole = WHOLE_APPLID },
    }
    region:start()
    local port = ports_of(region)
    local near, far = {}, {}
    for i = 1, 3 do near[i] = support.raw(port.ONE, nil, "127.0.0." .. i) end
    accepted(region, 3)
    closed_at_once(support.raw(port.ONE))
    local record = last_record(region)
    assert.are.same({ "refused", "tcp", "limit" }, { record.outcome, record.stage, record.code })
    assert.is_truthy(record.doors[1].text:find "halfopen_peer.* 3 ")
    for i = 1, 2 do far[i] = support.raw(port.ONE, nil, "127.0.1.1") end
    accepted(region, 5)
    closed_at_once(support.raw(port.ONE, nil, "127.0.1.1"))
    record = last_record(region)
    assert.is_truthy(record.doors[1].text:find "halfopen of the tcpipservice")
    region:wait_log("SP0021 .*" .. of(record.connection) .. ".*code=limit")
    local elsewhere = support.raw(port.TWO, nil, "127.0.2.1")
    assert.are.equal(200, elsewhere:capex { applid = "OTHER" }:read_message().status)
    assert.are.equal(200, near[1]:capex { applid = "THROUGH" }:read_message().status)
    assert.are.equal(200, support.raw(port.ONE):capex { applid = "NEXT" }:read_message().status)
    for _, p in ipairs { near[2], near[3], far[1], far[2] } do p:close() end
    region:stop()
  end)

  it("maxsockets: accepted, closed, one message; connected partners are still answered; a closed socket frees a place", function()
    local region = support.region {
      region = { maxsockets = 3, drain = 0.1 }, tcpipservices = { IPIC = { urm = "whole" } }, scripts = { whole = WHOLE_APPLID },
    }
    region:start()
    local port = region:port "IPIC"
    local partner = support.raw(port)
    assert.are.equal(200, partner:capex { applid = "PARTNER" }:read_message().status)
    local two, three = support.raw(port), support.raw(port)
    accepted(region, 3)
    for _ = 1, 5 do
      closed_at_once(support.raw(port))
      assert.are.equal(200, partner:beat().status)
    end
    local record = last_record(region)
    assert.are.same({ "refused", "limit" }, { record.outcome, record.code })
    region:wait_log("SP0008 W .*" .. of(record.connection) .. "")
    assert.are.equal(1, region:count_log(of(record.connection), 1))
    two:close()
    accepted(region, 2)
    assert.are.equal(200, support.raw(port):capex { applid = "LATER" }:read_message().status)
    assert.are.equal("ACQUIRED", region:row("ipconn", "PARTNER").connstatus)
    three:close()
    region:stop()
  end)

  -- CPU time of a process so far, in seconds (ticks of 10 ms).
  local function cpu(pid)
    local fields = {}
    for word in support.read(("/proc/%d/stat"):format(pid)):match "%) (.*)":gmatch "%S+" do fields[#fields + 1] = word end
    return (fields[12] + fields[13]) / 100
  end

  it("no descriptors left: the listener pauses, does not spin, and resumes; connected partners are still answered", function()
    local region = support.region {
      region = { tcp_timeout = 60, drain = 0.1 }, tcpipservices = { IPIC = { urm = "whole" } }, scripts = { whole = WHOLE_APPLID },
      wrapper = { "prlimit", "--nofile=32" },
    }
    region:start()
    local port = region:port "IPIC"
    local partner = support.raw(port)
    assert.are.equal(200, partner:capex { applid = "PARTNER" }:read_message().status)
    local callers = {}
    for i = 1, 40 do callers[i] = support.raw(port) end
    region:wait_log "SP0007 W .*tcpipservice=IPIC"
    local pid, before, times = region.process.pid, cpu(region.process.pid), region:count_log "SP0007"
    support.wait_until(function() return region:count_log "SP0007" > times end, 10, "the listener to try again")
    assert.is_true(cpu(pid) - before < 0.25)
    assert.are.equal(200, partner:beat().status)
    for _, p in ipairs(callers) do p:close() end
    support.wait_until(function()
      local ok, answer = pcall(function() return support.raw(port):capex { applid = "LATER" }:read_message(2) end)
      return ok and answer and answer.status == 200
    end, 20, "the listener to accept again")
    assert.are.equal("ACQUIRED", region:row("ipconn", "PARTNER").connstatus)
    region:stop()
  end)
end)

describe("the table of descriptors", function()
  it("is as large at the start as very many sockets need, and does not grow while they come", function()
    local region = support.region({ tcpipservices = { PLAIN = {} } }):start()
    local pid = region:inquire("region")[1].pid
    local size = tonumber(assert(support.read("/proc/" .. pid .. "/status")):match "\nFDSize:%s+(%d+)")
    local limit = assert(support.read("/proc/" .. pid .. "/limits")):match "\nMax open files%s+(%d+)"
    assert.is_true(size >= math.min(tonumber(limit), 65536))
    region:stop()
  end)
end)
