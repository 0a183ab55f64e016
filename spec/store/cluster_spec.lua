-- SPDX-License-Identifier: Apache-2.0
-- Regions that share their partners: a generic listener sends each partner to the specific listener of a living region that takes partners
-- and has few connections, or that holds the partner's pair.
local pair = require "spec.support.pair"
local plex = require "spec.support.plex"
local support = require "spec.support"
local store = require "spec.support.store"

describe("a generic listener with advertise", function()
  local server, all
  local generic, specific, where -- ports by APPLID; APPLIDs by the port of the specific listener

  before_each(function()
    server = store.start()
    all = plex.open(server)
    generic, specific, where = {}, {}, {}
    for _, applid in ipairs { "CICSA", "CICSB", "CICSC" } do
      generic[applid], specific[applid] = pair.ports(2)
      where[specific[applid]] = applid
    end
  end)

  after_each(function() all:close() end)

  local function addresses(...)
    local list = {}
    for _, applid in ipairs { ... } do list[applid] = "127.0.0.1:" .. specific[applid] end
    return list
  end

  local function start(applid, advertise, attributes)
    local own = { tcp_timeout = 600 }
    for key, value in pairs(attributes or {}) do own[key] = value end
    return all:region(applid, own, { tcpipservices = {
      GENERIC = { portnumber = generic[applid], speciftcps = "SPECIF", advertise = advertise },
      SPECIF = { portnumber = specific[applid], urm = "rules" },
    } }):start()
  end

  -- Waits until `fits` accepts the row of b in region a.
  local function sees(a, b, fits)
    local row
    support.wait_until(function()
      row = a:row("sysplex", "NETA." .. b) or {}
      return row.region and fits(row)
    end, 20, function() return b .. " as expected; it is " .. require("dkjson").encode(row) end)
  end

  local function is_ready(row) return row.state == "ACTIVE" and row.limit == 65535 end
  local function takes_none(row) return row.limit == 0 end

  local function two(attributes_a, attributes_b)
    local list = addresses("CICSA", "CICSB")
    local a, b = start("CICSA", list, attributes_a), start("CICSB", list, attributes_b)
    sees(a, "CICSB", is_ready)
    sees(b, "CICSA", is_ready)
    return a, b
  end

  local function peer(port)
    local p = support.raw(port)
    all.peers[#all.peers + 1] = p
    return p
  end

  -- Returns the region to which the generic listener of a region sends a partner, and the whole answer.
  local function sent(applid, partner)
    local p = support.raw(generic[applid])
    local m = assert(p:capex({ applid = partner, networkid = "NETX", ha = true }):read_message())
    p:close()
    return m.status == 307 and where[m.body.port] or m.body.reason, m
  end

  local function spread(applid, n, name)
    local to = { CICSA = 0, CICSB = 0, CICSC = 0 }
    for i = 1, n do
      local one = sent(applid, name .. i)
      to[one] = to[one] + 1
    end
    return to
  end

  -- Opens n more connections to b, and waits until region a has that number.
  local function load(a, b, n)
    for _ = 1, n do peer(specific[b]) end
    sees(a, b, function(row) return row.connections >= n end)
  end

  local function events(record)
    local list = {}
    for _, e in ipairs(record.events) do list[#list + 1] = e.event end
    return table.concat(list, "\n")
  end

  local function connect(applid, partner)
    return support.connect { port = generic[applid], applid = partner, networkid = "NETX", ha = true, timeout = 5 }
  end

  -- A new store grants nothing in its first lease.
  local function wait_grants(region)
    support.wait_until(function()
      local answer = support.connect { port = specific[region], applid = "WAIT", networkid = "NETX", ha = true }
      return answer and answer.accepted
    end, 15, "the store to grant claims")
  end

  it("sends partners to both regions, and to the one with fewer connections", function()
    local a, b = two()
    local to = spread("CICSA", 40, "P")
    assert.is_true(to.CICSA >= 10 and to.CICSB >= 10, to.CICSA .. " and " .. to.CICSB)
    load(a, "CICSB", 80)
    assert.same({ CICSA = 20, CICSB = 0, CICSC = 0 }, spread("CICSA", 20, "Q"))
    sees(b, "CICSA", function(row) return row.connections == 0 end)
    assert.same({ CICSA = 20, CICSB = 0, CICSC = 0 }, spread("CICSB", 20, "R"))
  end)

  it("draws two of three regions, and never sends partners to a region outside its list", function()
    local list = addresses("CICSA", "CICSB")
    local a = start("CICSA", addresses("CICSA", "CICSB", "CICSC"))
    local b = start("CICSB", list)
    start("CICSC", addresses "CICSC")
    for _, one in ipairs { "CICSB", "CICSC" } do sees(a, one, is_ready) end
    sees(b, "CICSC", is_ready)
    b:wait_log "SP0151 W .*sysplex=PLEXA region=NETA.CICSC tcpipservice=GENERIC"
    local to = spread("CICSA", 60, "P")
    for _, one in ipairs { "CICSA", "CICSB", "CICSC" } do assert.is_true(to[one] >= 5, one .. " has " .. to[one]) end
    assert.equal(0, spread("CICSB", 20, "Q").CICSC)
    load(a, "CICSA", 100)
    assert.equal(0, spread("CICSA", 20, "R").CICSA)
  end)

  it("sends Sallyport's own partner to a region, and inquire shows the addresses of regions", function()
    local a, b = two()
    wait_grants "CICSA"
    load(b, "CICSA", 20)
    local answer, status = connect("CICSA", "FOLLOWS")
    assert.same({ 0, true, "FOLL", specific.CICSB }, { status, answer.accepted, answer.ipconn, answer.redirected.port })
    assert.equal("released", b:explain(answer.connection)[1].outcome)
    assert.is_truthy(events(a:explain({ last = 1 })[1]):find("sent to NETA.CICSB: the less loaded of two, %d+ of 65535 connections"))
    assert.equal("127.0.0.1:" .. specific.CICSB, a:row("sysplex", "NETA.CICSB").advertise)
    assert.equal("127.0.0.1:" .. specific.CICSA, a:row("sysplex", "NETA.CICSA").advertise)
  end)

  it("sends a partner to the region that holds its pair, also when that region has more connections", function()
    local a = two()
    wait_grants "CICSB"
    local first = peer(specific.CICSB)
    assert.equal(200, first:capex({ applid = "ONE1", networkid = "NETX", ha = true }):read_message().status)
    load(a, "CICSB", 40)
    local to, m = sent("CICSA", "ONE1")
    assert.equal("CICSB", to)
    assert.equal("CICSA", (sent("CICSA", "TWO2")))
    assert.is_truthy(events(a:explain(m.body.connection)[1]):find("sent to NETA.CICSB: it holds the pair", 1, true))
    assert.equal("CICSB", (sent("CICSB", "ONE1"))) -- held by the region itself
    local answer, status, err = connect("CICSA", "ONE1")
    assert.equal(3, status, err)
    assert.same({ "INVALID_PARTNER_STATE", specific.CICSB }, { answer.reason, answer.redirected.port })
    first:close()
    support.wait_until(function() return sent("CICSA", "ONE1") == "CICSA" end, 10, "the pair to be free")
  end)

  it("skips a region that drains", function()
    local a, b = two(nil, { drain = 30 })
    wait_grants "CICSB"
    load(a, "CICSA", 30)
    local busy = peer(specific.CICSB)
    assert.equal(200, busy:capex({ applid = "BUSY", networkid = "NETX", ha = true }):read_message().status)
    assert.equal("CICSB", (sent("CICSA", "ONE1")))
    b:signal "TERM"
    sees(a, "CICSB", function(row) return row.state == "DRAINING" end)
    assert.same({ CICSA = 10, CICSB = 0, CICSC = 0 }, spread("CICSA", 10, "P"))
    busy:close()
  end)

  it("keeps its partners while the store is away", function()
    local a, b = two({ claim_down = "local" })
    load(a, "CICSA", 30)
    assert.equal("CICSB", (sent("CICSA", "ONE1")))
    server:kill()
    a:wait_log "SP0131 "
    b:wait_log "SP0131 "
    local answer, status = connect("CICSA", "ONE1")
    assert.same({ 0, true, specific.CICSA }, { status, answer.accepted, answer.redirected.port })
    answer = connect("CICSB", "ONE1")
    assert.same({ "AUTOINSTALL_FAILED", specific.CICSB }, { answer.reason, answer.redirected.port })
  end)

  it("sends a partner that comes back from a killed region to another one, and none to the killed region after the lease", function()
    local a, b = two()
    wait_grants "CICSA"
    load(a, "CICSA", 30)
    b:signal "KILL"
    b:wait()
    local answer, status = connect("CICSA", "ONE1")
    assert.same({ 1, specific.CICSB }, { status, answer.redirected.port })
    answer, status = connect("CICSA", "ONE1")
    assert.same({ 0, true, specific.CICSA }, { status, answer.accepted, answer.redirected.port })
    a:wait_log "SP0146 .*region=NETA.CICSB"
    answer, status = connect("CICSA", "TWO2")
    assert.same({ 0, true, specific.CICSA }, { status, answer.accepted, answer.redirected.port })
  end)

  it("sends no partner to a region whose specific listener is closed, and refuses when no region takes partners", function()
    local a, b = two()
    load(a, "CICSB", 30)
    a:command("set", "tcpipservice", "SPECIF", "closed")
    assert.equal("CICSB", (sent("CICSA", "ONE1")))
    sees(b, "CICSA", takes_none)
    assert.equal("CICSB", (sent("CICSB", "TWO2")))
    b:command("set", "tcpipservice", "SPECIF", "closed")
    sees(a, "CICSB", takes_none)
    assert.equal("INVALID_HA_TCPIPSERVICE", (sent("CICSA", "THREE3")))
    a:command("set", "tcpipservice", "SPECIF", "open")
    sees(b, "CICSA", is_ready)
    assert.equal("CICSA", (sent("CICSB", "FOUR4")))
  end)

  it("closes a connection whose partner ends while the store is asked, and keeps a partner when the store is silent", function()
    local a = two()
    local function seeking()
      for _, row in ipairs(a:inquire "socket") do
        if row.stage == "SEEKING" then return row end
      end
    end
    server:pause()
    local p = support.raw(generic.CICSA)
    p:capex { applid = "ONE1", networkid = "NETX", ha = true }
    support.wait_until(seeking, 5, "the question to the store")
    p:close()
    support.wait_until(function() return not seeking() end, 5, "its end")
    assert.equal("CICSA", (sent("CICSA", "TWO2")))
    server:go_on()
    sees(a, "CICSB", is_ready)
  end)

  it("draws for a partner without an APPLID", function()
    local a = two()
    load(a, "CICSB", 30)
    assert.equal("CICSA", (sent("CICSA", "")))
  end)

  it("is described by ask: the tcpipservice of this region, or another region", function()
    local a = two()
    local _, out = a:command("ask", "--running", "--tcpipservice", "GENERIC", "--applid", "ONE1", "--networkid", "NETX", "--ha")
    assert.is_truthy(out:find("redirected to tcpipservice SPECIF of this region or of another one of advertise; ask again", 1, true), out)
  end)
end)
