-- SPDX-License-Identifier: Apache-2.0
-- High availability (IPIC.md 10): regions of a cluster share a generic port; a caller there is redirected to the
-- region's specific listener.
local pair = require "spec.support.pair"
local support = require "spec.support"

local CAPEX = "1 cmd; name=capex"

describe("a generic listener:", function()
  local region, port

  setup(function()
    region = support.region {
      region = { heartbeat = 60 },
      tcpipservices = {
        GENERIC = { speciftcps = "SPECIF", urm = "yes" }, SPECIF = { urm = "yes" }, ALONE = { urm = "yes" },
        ANYGEN = { speciftcps = "ANYSPEC", bind = "known" }, ANYSPEC = { host = "any", bind = "known", urm = "yes" },
      },
      scripts = {
        yes = "return { install = function(f) return require 'policy'.install { ipconn = f.capex.applid } end }",
        known = [[
          local policy = require "policy"
          return { bind = function(f)
            if f.capex.applid == "STRANGER" then return policy.refuse("stranger", "") end
            return policy.accept()
          end }]],
      },
    }:start()
    port = {}
    for _, row in ipairs(region:inquire "tcpipservice") do port[row.tcpipservice] = row.port end
  end)
  teardown(function() region:stop() end)

  local function ask(service, t)
    local p = support.raw(port[service])
    local all = { applid = "HAAPPL", ha = true }
    for key, value in pairs(t or {}) do all[key] = value end
    return assert(p:capex(all):read_message()), p
  end

  it("answers with the specific listener's address, installs nothing, and closes", function()
    local m, p = ask "GENERIC"
    assert.are.same({ 307, CAPEX, "OK", "127.0.0.1", port.SPECIF }, { m.status, m.is, m.body.response, m.body.host, m.body.port })
    assert.are.equal("closed", p:closed())
    assert.is_nil(region:row("ipconn", "HAAPPL"))
    local record = region:explain(m.body.connection)[1]
    assert.are.equal("redirected", record.outcome)
    local doors = {}
    for _, door in ipairs(record.doors) do doors[#doors + 1] = door.door end
    assert.are.same({ "admit", "bind" }, doors)
  end)

  it("sends the caller to a listener that accepts it", function()
    local m = ask "GENERIC"
    local p = support.raw(m.body.port, m.body.host)
    assert.are.equal(200, p:capex({ applid = "HAAPPL", ha = true }):read_message().status)
    p:close()
    support.wait_until(function() return not region:row("ipconn", "HAAPPL") end, 10, "HAAPPL to be deleted")
  end)

  it("whose specific listener is on every address names the address of the connection", function()
    local m = ask "ANYGEN"
    assert.are.same({ 307, "127.0.0.1", port.ANYSPEC }, { m.status, m.body.host, m.body.port })
  end)

  it("asks bind first: a refused caller gets no address", function()
    local m = ask("ANYGEN", { applid = "STRANGER" })
    assert.are.same({ 403, "SECURITY_VIOLATION" }, { m.status, m.body.reason })
    assert.is_nil(m.body.host)
  end)

  it("accepts no caller that is not HA", function()
    local m = ask("GENERIC", { ha = false })
    assert.are.same({ 403, "HA_RESOURCE_MISMATCH" }, { m.status, m.body.reason })
    region:wait_log "SP0031 W .*code=ha .*reason=HA_RESOURCE_MISMATCH"
  end)

  it("whose specific listener is closed answers INVALID_HA_TCPIPSERVICE", function()
    region:command("set", "tcpipservice", "SPECIF", "closed")
    local m = ask "GENERIC"
    assert.are.same({ 403, "INVALID_HA_TCPIPSERVICE" }, { m.status, m.body.reason })
    region:command("set", "tcpipservice", "SPECIF", "open")
    port.SPECIF = region:port "SPECIF"
    m = ask "GENERIC"
    assert.are.same({ 307, port.SPECIF }, { m.status, m.body.port })
  end)

  it("an HA caller without a cluster is HA_RESOURCE_MISMATCH; the specific listener accepts other callers too", function()
    local m = ask "ALONE"
    assert.are.same({ 403, "HA_RESOURCE_MISMATCH" }, { m.status, m.body.reason })
    local p
    m, p = ask("SPECIF", { ha = false, applid = "PLAIN" })
    assert.are.equal(200, m.status)
    p:close()
  end)

  it("a further socket, or a call-back, at a generic listener is NO_IPCONN", function()
    local m = ask("GENERIC", { socket = 2, token = ("A"):rep(22) })
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
    m = ask("GENERIC", { answering = ("A"):rep(22) })
    assert.are.same({ 403, "NO_IPCONN" }, { m.status, m.body.reason })
  end)

  it("our own partner follows the redirect", function()
    local answer, status = support.connect { port = port.GENERIC, applid = "FOLLOWS", networkid = "NETX", ha = true }
    assert.are.same({ 0, true, "FOLLOWS" }, { status, answer.accepted, answer.ipconn })
  end)
end)

describe("a dialler with ha = yes:", function()
  local PLEX = {
    networkid = "NETB", applid = "PLEX", host = "127.0.0.1", tcpipservice = "IPIC", ha = "yes", sendcount = 3, receivecount = 3,
  }

  local function started(more)
    local port_a, generic, specific = pair.ports(3)
    local plex = { port = generic }
    for key, value in pairs(PLEX) do plex[key] = value end
    for key, value in pairs(more or {}) do plex[key] = value end
    local a = support.region {
      region = { applid = "CICSA", networkid = "NETA", heartbeat = 60, retry = 0.1, retry_max = 0.2 },
      tcpipservices = { IPIC = { portnumber = port_a } }, ipconns = { PLEX = plex },
    }
    local b = support.region {
      region = { applid = "CICSB1", networkid = "NETB", heartbeat = 60 },
      tcpipservices = { GENERIC = { portnumber = generic, speciftcps = "SPECIF" }, SPECIF = { portnumber = specific } },
      ipconns = {
        CICSA = { networkid = "NETA", host = "127.0.0.1", port = port_a, tcpipservice = "SPECIF", sendcount = 3, receivecount = 3 },
      },
    }
    a.partner, b.partner = "PLEX", "CICSA"
    b:start()
    a:start()
    return a, b, generic, specific
  end

  it("is redirected, has all its sockets at the specific listener, and is called back by a region of the cluster", function()
    local a, b, _, specific = started()
    pair.acquire(a)
    pair.becomes(a, "ACQUIRED")
    pair.becomes(b, "ACQUIRED")
    local there = 0
    for _, row in ipairs(a:inquire "socket") do
      if row.stage == "INSTALLED" and row.peer == "127.0.0.1:" .. specific then there = there + 1 end
    end
    assert.are.equal(2, there)
    assert.are.same({ OUT = 2, IN = 2 }, pair.sockets(a))
    assert.are.equal(0, b:row("tcpipservice", "GENERIC").connections)
    a:stop()
    b:stop()
  end)

  it("dials the generic port again after a loss", function()
    local a, b, generic = started { autoconnect = "yes" }
    pair.becomes(a, "ACQUIRED")
    b:signal "KILL"
    b:wait()
    pair.becomes(a, "RELEASED")
    b:start()
    pair.becomes(a, "ACQUIRED")
    pair.becomes(b, "ACQUIRED")
    assert.is_true(a:count_log("SP0035 I .*ipconn=PLEX host=127.0.0.1 port=" .. generic .. "$", 2) >= 2)
    a:stop()
    b:stop()
  end)

  it("without ha it is refused at the generic port", function()
    local a, b = started { ha = "no", applid = "CICSB1" }
    pair.acquire(a)
    a:wait_log "DFHIS1011 W .*ipconn=PLEX response=EXCEPTION reason=HA_RESOURCE_MISMATCH"
    pair.becomes(a, "RELEASED")
    a:stop()
    b:stop()
  end)
end)
