-- SPDX-License-Identifier: Apache-2.0
-- `ask --socket 2`, rows with socket = 2 and claims: a further socket is walked up to its acceptance, behind its first one.
local dkjson = require "dkjson"

local support = require "spec.support"

local SCRIPTS = {
  gate = [[
local policy = require "policy"
local seen = policy.counter "SEEN"
return {
  bind = function(facts)
    policy.check("socket " .. facts.socket, true, "seen " .. seen:next { min = 1, max = 99 })
    if facts.socket == 2 then
      policy.check("installed", policy.ipconn("ONE") ~= nil, facts.load.from_peer .. " sockets")
      if facts.capex.applid == "ALONE" then return policy.refuse("second", "one socket is enough") end
    end
    if facts.capex.networkid == "EVIL" then return policy.refuse("evil", "no") end
    return policy.accept()
  end,
  install = function() return policy.install { ipconn = "ONE", template = "TEMPL" } end,
  attach = function(facts)
    if facts.socket == 2 or facts.request.tran == "CPMI" then return policy.accept() end
    return policy.refuse "tran"
  end,
}]],
}

local ATTRIBUTES = {
  scripts = SCRIPTS, tcpipservices = {
    TLS = { ssl = "clientauth", certificate = "CICSA", bind = "gate", urm = "gate" },
    PLAIN = { bind = "gate", urm = "gate", attach = "gate" }, OTHER = { bind = "gate", urm = "gate" } },
  ipconns = { TEMPL = { template = "only", receivecount = 5 }, LONE = { applid = "LONE", networkid = "NETX", receivecount = 1 } },
  programs = { ECHO = {} }, transactions = { OTHR = {} },
}

describe("ask about a further socket", function()
  local region
  before_each(function()
    local t = { region = { heartbeat = 0, specs = "off" } }
    for key, value in pairs(ATTRIBUTES) do t[key] = value end
    region = support.region(t):start()
  end)
  after_each(function() region:stop() end)

  local function ask(...)
    local status, out, err = support.sallyport("ask", "--json", ...)
    local rows = dkjson.decode(out)
    return assert(rows and rows[1], err), status
  end

  local function running(...) return ask("--running", "--control", region.control, "--socket", "2", ...) end
  local function on_disk(...) return ask("--region", region:path "region.lua", "--socket", "2", ...) end

  local function refusal(r)
    for _, d in ipairs(r.doors) do
      if d.verdict == "refuse" then return ("%s %s: %s"):format(d.door, d.code, d.text) end
    end
  end

  local function essence(r)
    local doors = {}
    for i, d in ipairs(r.doors) do doors[i] = { d.door, d.policy, d.line, d.verdict, d.code, d.checks } end
    return { doors = doors, installed = r.installed, outcome = r.outcome, capex = r.facts.capex, ipconn = r.facts.ipconn,
      certificate = r.facts.certificate, socket = r.facts.socket }
  end

  it("answers as a real one is answered, on disk and in the running region", function()
    local words = { "--tcpipservice", "TLS", "--ring", "certs/rings/NETX.CTGAPP", "--applid", "A", "--networkid", "NETX",
      "--sendcount", "4" }
    local drafted = on_disk(table.unpack(words))
    local supposed = running(table.unpack(words))
    support.connect { port = region:port "TLS", ring = "NETX.CTGAPP", applid = "A", networkid = "NETX", sendcount = 4, sockets = 2 }
    local real
    support.wait_until(function()
      for _, r in ipairs(region:explain { last = 2 }) do real = r.facts.socket == 2 and r or real end
      return real
    end, 10, "there is no second socket")
    real.outcome = "accepted"
    assert.same(essence(real), essence(drafted))
    assert.same(essence(real), essence(supposed))
    local checks = drafted.doors[3].checks
    assert.same({ "socket 2", "seen 2", "installed", "1 sockets" }, { checks[2].name, checks[2].detail, checks[4].name, checks[4].detail })
  end)

  it("is refused when the first one would be, or agrees on one socket", function()
    local r, status = on_disk("--tcpipservice", "PLAIN", "--networkid", "EVIL", "--applid", "A")
    assert.equal(3, status)
    assert.equal("bind evil: no", refusal(r))
    r = on_disk("--tcpipservice", "PLAIN", "--networkid", "NETX", "--applid", "ALONE")
    assert.equal("bind second: one socket is enough", refusal(r))
    r = on_disk("--tcpipservice", "PLAIN", "--networkid", "NETX", "--applid", "LONE", "--sendcount", "4")
    assert.equal("capex no_ipconn: further socket: the first one agrees on one socket, and gets no token for another", refusal(r))
    assert.is_false(r.accepted)
    support.write(region:path "policies/gate.lua",
      (SCRIPTS.gate:gsub('if facts.capex.networkid', 'if facts.socket == 1 and facts.capex.networkid')))
    r = on_disk("--tcpipservice", "PLAIN", "--networkid", "EVIL", "--applid", "A")
    assert.equal("capex no_ipconn: further socket: its first socket is refused with the code evil; ask about that one", refusal(r))
  end)

  it("joins the first socket that the running region has, whose address, listener and names it needs", function()
    local p = support.raw(region:port "PLAIN")
    p:capex({ applid = "A", networkid = "NETX", sendcount = 4, sockets = 2 }):read_message()
    local words = { "--applid", "A", "--networkid", "NETX", "--sendcount", "4" }
    local r = running("--tcpipservice", "PLAIN", table.unpack(words))
    assert.same({ true, "ONE" }, { r.accepted, r.ipconn }, refusal(r))
    r = running("--tcpipservice", "OTHER", table.unpack(words))
    assert.equal("capex no_ipconn: further socket: the tcpipservice is not that of the first socket", refusal(r))
    r = running("--tcpipservice", "PLAIN", "--peer", "192.0.2.1", table.unpack(words))
    assert.equal("capex no_ipconn: further socket: the address is not that of the first socket", refusal(r))
    assert.equal(1, #region:inquire "socket")
    p:close()
  end)

  it("leaves the ipconn as it is: a reload asks its socket again, and releases it", function()
    local p = support.raw(region:port "PLAIN")
    p:capex({ applid = "A", networkid = "NETX", sendcount = 4, sockets = 2 }):read_message()
    local r = running("--tcpipservice", "PLAIN", "--applid", "A", "--networkid", "NETX", "--sendcount", "4")
    assert.same({ true, "ONE" }, { r.accepted, r.ipconn }, refusal(r))
    local closed = 'if true then return policy.refuse "closed" end\n    if false then'
    region:script("gate", (SCRIPTS.gate:gsub('if facts.socket == 2 then', closed)))
    local status, out, err = region:command "reload"
    assert.message(err).equal(0, status)
    assert.is_truthy(out:find("ipconn ONE released: bind closed", 1, true), out)
    region:script("gate", SCRIPTS.gate)
    assert.equal(0, (region:command "reload"))
    p:close()
  end)

  it("begins from the record of one", function()
    local first = support.raw(region:port "PLAIN")
    local token = first:capex({ applid = "A", networkid = "NETX", sendcount = 4, sockets = 2 }):read_message().body.token
    local second = support.raw(region:port "PLAIN")
    second:capex({ applid = "A", networkid = "NETX", sendcount = 4, sockets = 2, socket = 2, token = token })
    local id = second:read_message().body.connection
    local r = ask("--running", "--control", region.control, "--from", id)
    assert.same({ true, "ONE", 2 }, { r.accepted, r.ipconn, r.facts.socket }, refusal(r))
    first:close()
    second:close()
  end)

  it("takes a request, whose door sees the socket", function()
    local words = { "--tcpipservice", "PLAIN", "--applid", "A", "--sendcount", "4", "--request", "ECHO", "--tran", "OTHR" }
    local r, status = on_disk(table.unpack(words))
    assert.same({ 0, "accept" }, { status, r.requests[1].verdict })
    status = select(2, ask("--region", region:path "region.lua", table.unpack(words)))
    assert.equal(3, status)
  end)

  it("is for a partner that connects", function()
    local status, _, err = support.sallyport("ask", "--region", region:path "region.lua", "--out", "LONE", "--socket", "2")
    assert.equal(1, status)
    assert.is_truthy(err:find("--socket is for a partner that connects", 1, true), err)
  end)

  it("is a row, and found by the search for counterexamples", function()
    support.write(region:path "policies/gate_spec.lua", [[return {
      { name = "the second socket joins", walk = true,
        facts = { tcpipservice = "PLAIN", socket = 2, capex = { applid = "A", sendcount = 4 } },
        expect = { verdict = "accept", ipconn = "ONE", doors = { "admit", "bind" } } },
      { name = "evil has none", walk = true,
        facts = { tcpipservice = "PLAIN", socket = 2, capex = { networkid = "EVIL", applid = "A", sendcount = 4 } },
        expect = { verdict = "refuse", code = "evil" } },
    }]])
    local status, out, err = support.sallyport("test", "--region", region:path "region.lua")
    assert.equal(0, status, out .. err)
    support.write(region:path "policies/gate_invariant.lua", [[return { { name = "a request has transaction CPMI", holds = function(walk)
      local request = walk.facts.request
      if not walk.accepted or request == nil or walk.facts.tcpipservice ~= "PLAIN" then return true end
      return request.tran == "CPMI"
    end } }]])
    status, out, err = support.sallyport("test", "--region", region:path "region.lua", "--invariants", "--seconds", "60", "--json")
    assert.equal(1, status, out .. err)
    local rows = dkjson.decode(out).failures[1].rows
    assert.is_truthy(rows:find("socket = 2", 1, true), rows)
    support.write(region:path "policies/gate_spec.lua", "return {\n" .. rows .. "}\n")
    status, out, err = support.sallyport("test", "--region", region:path "region.lua")
    assert.equal(0, status, rows .. out .. err)
  end)
end)
