-- SPDX-License-Identifier: Apache-2.0
-- `canary`: a candidate decides about a share of the new connections, and the live generation about the others.
local slow = require "spec.support.slow"
local support = require "spec.support"
local versions = require "spec.support.versions"

local must, refused = versions.must, versions.refused

-- A listener that installs each partner under its APPLID behind a letter, so that the answer tells who decided. OLD gets in by the letter
-- L only, NEW by C only.
local function gate(letter)
  return ([[
local policy = require "policy"
return {
  admit = function() return policy.accept() end,
  bind = function(facts)
    local name = facts.capex.applid
    if name == "%s" then return policy.refuse("by_%s", "not that one") end
    return policy.accept()
  end,
  install = function(facts)
    return policy.install { ipconn = "%s" .. facts.capex.applid, template = "TEMPL" }
  end,
}]]):format(letter == "L" and "NEW" or "OLD", letter:lower(), letter)
end

local LIVE, CANDIDATE = gate "L", gate "C"

describe("canary", function()
  local region, directories, there, ports

  local function start(more, script)
    local t = { region = { heartbeat = 0, specs = "off" }, scripts = { gate = script or LIVE },
      tcpipservices = { GATE = { admit = "gate", bind = "gate", urm = "gate" }, SIDE = { admit = "gate", bind = "gate", urm = "gate" } },
      ipconns = { TEMPL = { receivecount = 5, template = "only" } } }
    for key, value in pairs(more or {}) do t[key] = value end
    region = support.region(t):start()
    ports = { GATE = region:port "GATE", SIDE = region:port "SIDE" }
  end

  -- A directory of scripts: the candidate.
  local function candidate(script)
    local dir = support.directory()
    directories[#directories + 1] = dir
    support.write(dir .. "/gate.lua", script or CANDIDATE)
    return dir
  end

  -- A partner that stays, and the answer to its CAPEX.
  local function come(applid, t)
    local p = support.raw(ports[t and t.service or "GATE"], nil, t and t.from)
    there[#there + 1] = p
    return p:capex({ applid = applid, sockets = t and t.sockets, socket = t and t.socket, token = t and t.token }):read_message(), p
  end

  -- The letter of the generation that decided.
  local function who(applid, t) return come(applid, t).body.ipconn:sub(1, 1) end

  local function alive(p)
    p:request "1 cmd; name=heartbeat"
    assert.are.equal(200, (p:read_message() or {}).status)
  end

  local function row() return region:inquire("canary")[1] end

  local function ends(state)
    support.wait_until(function() return row().state == (state or "ENDED") end, 10, "the canary does not end")
    return row()
  end

  before_each(function() directories, there = {}, {} end)
  after_each(function()
    for _, p in ipairs(there) do p:close() end
    region:stop()
    for _, dir in ipairs(directories) do support.remove(dir) end
  end)

  describe("chooses", function()
    it("a share of the addresses, always the same ones, by address and listener", function()
      start()
      must(region, "canary", candidate(), "--share", "25%")
      local function ask(service, round)
        local chosen = {}
        for i = 1, 200 do
          local letter = who(("%s%d%s"):format(service:sub(1, 1), i, round), { from = "127.0.1." .. i, service = service })
          if letter == "C" then chosen[#chosen + 1] = i end
        end
        return chosen
      end
      local first, again, side = ask("GATE", "A"), ask("GATE", "B"), ask("SIDE", "A")
      assert.same(first, again)
      assert.not_same(first, side)
      assert.is_true(#first > 20 and #first < 80, "of 200 at 25%: " .. #first)
      assert.equal(2 * #first + #side, row().connections)
      assert.equal(600 - 2 * #first - #side, row().live_connections)
    end)

    it("the peers of a network", function()
      start()
      must(region, "canary", candidate(), "--peer", "127.0.2.0/24")
      assert.same({ "C", "L" }, { who("A", { from = "127.0.2.7" }), who("B", { from = "127.0.3.7" }) })
    end)

    it("the connections of a listener", function()
      start()
      must(region, "canary", candidate(), "--tcpipservice", "side")
      assert.same({ "C", "L" }, { who("A", { service = "SIDE" }), who("B", { service = "GATE" }) })
    end)

    it("those for which all given conditions hold", function()
      start()
      must(region, "canary", candidate(), "--tcpipservice", "SIDE", "--peer", "127.0.2.0/24", "--share", "100%")
      assert.equal("C", who("A", { service = "SIDE", from = "127.0.2.1" }))
      assert.equal("L", who("B", { service = "GATE", from = "127.0.2.1" }))
      assert.equal("L", who("D", { service = "SIDE", from = "127.0.3.1" }))
    end)

    it("no connection that was there before, and none after its end", function()
      start()
      local before = select(2, come "A")
      must(region, "canary", candidate(), "--share", "100%")
      alive(before)
      assert.equal(1, region:row("ipconn", "LA").generation)
      assert.equal("C", who "B")
      must(region, "canary", "stop")
      assert.equal("L", who "D")
    end)
  end)

  describe("shows", function()
    it("the candidate, the counts of both sides, and the ipconns about which it decides", function()
      start()
      assert.same({}, region:inquire "canary")
      assert.equal("no canary\n", (must(region, "inquire", "canary")))
      local dir = candidate()
      must(region, "canary", dir, "--peer", "127.0.2.0/24", "--rollback-on", "refused>live+50%/1m", "--rollback-on", "error>5")
      come("A", { from = "127.0.2.1" })
      come("OLD", { from = "127.0.2.1" })
      come("NEW", { from = "127.0.3.1" })
      local r = row()
      assert.same({ "DECIDING", 2, 100, "127.0.2.0/24", "", { "refused>live+50%/1m", "error>5" } },
        { r.state, r.generation, r.share, r.peer, r.tcpipservice, r.rules })
      assert.equal(dir, r.candidate:sub(-#dir))
      assert.same({ 2, 5, 1, 0 }, { r.connections, r.asked, r.refused, r.errors })
      assert.same({ 1, 2, 1, 0 }, { r.live_connections, r.live_asked, r.live_refused, r.live_errors })
      assert.same({ { "CA" }, 0 }, { r.ipconns, r.others })
      assert.equal(2, region:row("ipconn", "CA").generation)
      assert.equal(2, region:explain({ peer = "127.0.2.1", last = 1 })[1].generation)
      region:wait_log 'SP0103 .*generation=2 share=100%% peer=127.0.2.0/24 rules=refused>live%+50%%/1m,error>5'
      assert.truthy((must(region, "inquire", "canary")):find "live_refused +1\n")
    end)

    it("a kept generation under its own number, as canary in policy list", function()
      start()
      region:script("gate", CANDIDATE)
      must(region, "reload")
      must(region, "canary", "1", "--share", "100%")
      assert.same({ "canary", "current" }, { versions.row_of(region, 1).state, versions.row_of(region, 2).state })
      assert.equal("L", who "A")
      assert.same({ 1, 1 }, { row().generation, region:row("ipconn", "LA").generation })
      must(region, "canary", "stop")
      assert.equal("kept", versions.row_of(region, 1).state)
    end)

    it("the end of the last one, also beside the next one", function()
      start()
      must(region, "canary", candidate(), "--share", "100%")
      come "OLD"
      must(region, "canary", "stop")
      local r = row()
      assert.same({ "ENDED", "stopped by the operator", 1, {} }, { r.state, r.why, r.refused, r.ipconns })
      region:wait_log 'SP0104 .*why="stopped by the operator" connections=1 asked=2 refused=1 errors=0 live_asked=0 live_refused=0'
      refused(region, "gate.lua:1", "canary", candidate "return {", "--share", "5%")
      assert.equal("stopped by the operator", row().why)
      must(region, "canary", "1", "--share", "5%")
      r = row()
      assert.same({ "DECIDING", 0, "ENDED", 1 }, { r.state, r.connections, r.last.state, r.last.refused })
    end)
  end)

  describe("is refused", function()
    it("when a definition differs, when it does not load, when there is one, and by wrong words", function()
      start()
      local dir = candidate "return {"
      refused(region, "gate.lua:1", "canary", dir, "--share", "5%")
      assert(support.run { "cp", "-r", region:path "policies", dir } == 0)
      support.write(dir .. "/region.lua", (support.read(region:path "region.lua"):gsub("receivecount = 5", "receivecount = 4")))
      refused(region, "ipconn TEMPL changed: receivecount 5 -> 4; a canary takes", "canary", dir, "--share", "5%")
      refused(region, "generation 7 is not kept", "canary", "7", "--share", "5%")
      refused(region, "neither a generation", "canary", "/nowhere", "--share", "5%")
      refused(region, "there is no canary", "canary", "stop")
      refused(region, "no tcpipservice of that name", "canary", "1", "--tcpipservice", "NONE")
      must(region, "canary", "1", "--share", "5%")
      refused(region, "there is a canary already", "canary", "1", "--share", "5%")
      local status, _, err = region:command("canary", "1")
      assert.equal(2, status)
      assert.truthy(err:find "^canary: give the connections that it decides about: %-%-share")
      for _, words in ipairs { { "1", "--share", "0%" }, { "1", "--peer", "127.0.0.1/8" }, { "stop", "--share", "5%" } } do
        assert.equal(2, (region:command("canary", table.unpack(words))))
      end
    end)

    it("by a wrong rule, which it names with the forms", function()
      start()
      for _, rule in ipairs { "refused>2%", "refused>2/1m", "refused>100%/1m", "refused>live+100%/1m", "refused>live-2%/1m",
        "refused>2%/0s", "refused>2%/2h", "error>", "error>x", "errors>0", "" } do
        refused(region, ("'%s' is no rule of a canary"):format(rule), "canary", "1", "--share", "5%", "--rollback-on", rule)
      end
      refused(region, "give a smaller share", "canary", "1", "--share", "100%", "--rollback-on", "refused>live+2%/1m")
      assert.same({}, region:inquire "canary")
    end)
  end)

  describe("ends by itself", function()
    local function ask(n, applid, from)
      for i = 1, n do come(applid .. i, { from = from }) end
    end

    it("when more of its askings than the rule allows were refused, from 50 on", function()
      start()
      local all = CANDIDATE:gsub('name == "OLD"', 'name:find "BAD"')
      must(region, "canary", candidate(all), "--peer", "127.0.2.0/24", "--rollback-on", "refused>10%/1m")
      ask(24, "BAD", "127.0.2.1") -- 48 askings, 24 of them refused
      assert.equal("DECIDING", row().state)
      ask(1, "BAD", "127.0.2.1")
      local r = ends()
      assert.equal("refused>10%/1m: 25 of 50 askings were refused (50.0%)", r.why)
      region:wait_log 'SP0105 W .*why="refused>10%%/1m: 25 of 50 askings were refused %(50%.0%%%)" connections=25 asked=50 refused=25'
      assert.equal("L", who("BADX", { from = "127.0.2.1" }))
    end)

    it("when more of its askings than of the live ones were refused", function()
      start()
      local half = CANDIDATE:gsub('name == "OLD"', 'name:find "BAD"')
      must(region, "canary", candidate(half), "--peer", "127.0.2.0/24", "--rollback-on", "refused>live+10%/1m")
      ask(25, "BAD", "127.0.2.1")
      ask(16, "GOOD", "127.0.3.1") -- 48 askings of the live side: too few to compare with
      ask(1, "BAD", "127.0.2.1")
      assert.equal("DECIDING", row().state)
      ask(1, "GOODX", "127.0.3.1")
      ask(1, "BAD", "127.0.2.1")
      assert.equal("refused>live+10%/1m: 26 of 53 askings were refused (49.1%), of the live ones 0 of 51 (0.0%)", ends().why)
    end)

    it("by no rule when the live side refuses as many", function()
      local all = LIVE:gsub('name == "NEW"', 'name:find "BAD"')
      start(nil, all)
      must(region, "canary", candidate((CANDIDATE:gsub('name == "OLD"', 'name:find "BAD"'))), "--peer", "127.0.2.0/24", "--rollback-on",
        "refused>live+10%/1m")
      ask(30, "BAD", "127.0.3.1")
      ask(30, "BAD", "127.0.2.1")
      local r = row()
      assert.same({ "DECIDING", 60, 30, 60, 30 }, { r.state, r.asked, r.refused, r.live_asked, r.live_refused })
    end)

    it("at the first error, which refuses the connection", function()
      start()
      local wrong = CANDIDATE:gsub('name == "OLD"', 'name == "OLD" and name.none.none')
      must(region, "canary", candidate(wrong), "--share", "100%", "--rollback-on", "refused>50%/1m", "--rollback-on", "error>0")
      assert.equal("C", who "A")
      assert.equal("SECURITY_VIOLATION", come("OLD").body.reason)
      local r = ends()
      assert.same({ "error>0: 1 error", 1 }, { r.why, r.errors })
      assert.truthy(r.error:find "^bind: policy_error at %S+gate.lua:6: ")
      assert.equal("L", who "OLD")
    end)
  end)

  describe("when it ends", function()
    -- A by the live rules, B and NEW by the canary. Returns the sockets of A and B.
    local function three()
      local _, a = come("A", { from = "127.0.3.1" })
      local _, b = come("B", { from = "127.0.2.1" })
      local answer, new = come("NEW", { from = "127.0.2.1" })
      assert.equal("CNEW", answer.body.ipconn)
      return a, b, new
    end

    it("asks again about its ipconns, and releases those that the live generation refuses", function()
      start()
      must(region, "canary", candidate(), "--peer", "127.0.2.0/24")
      local a, b, new = three()
      must(region, "canary", "stop")
      new:closed()
      alive(a)
      alive(b)
      assert.same({ 1, 1 }, { region:row("ipconn", "LA").generation, region:row("ipconn", "CB").generation })
      region:wait_log "SP0106 W .*ipconn=CNEW door=bind policy=gate code=by_l .*released=yes"
      assert.equal(1, region:count_log("SP0106", 1))
      region:wait_log "SP0013 .*generation=2"
      assert.equal("by_l", region:explain({ peer = "127.0.2.1", refused = true })[1].code)
    end)

    it("with recheck = report only reports them", function()
      start { region = { heartbeat = 0, specs = "off", recheck = "report" } }
      must(region, "canary", candidate(), "--peer", "127.0.2.0/24")
      local _, _, new = three()
      must(region, "canary", "stop")
      region:wait_log "SP0106 W .*ipconn=CNEW .*code=by_l .*released=no"
      alive(new)
      assert.equal(1, region:row("ipconn", "CNEW").generation)
    end)

    it("asks the live generation before a connection under way gets its answer", function()
      start()
      must(region, "canary", candidate(), "--share", "100%")
      local p = support.raw(ports.GATE)
      there[#there + 1] = p
      support.wait_until(function() return row().connections == 1 end, 10, "not admitted")
      must(region, "canary", "stop")
      local m = p:capex({ applid = "NEW" }):read_message()
      assert.same({ 403, "SECURITY_VIOLATION" }, { m.status, m.body.reason })
      region:wait_log "SP0021 .*code=by_l"
    end)

    it("asks the live generation about a connection whose script was waiting", function()
      local backend = slow.backend()
      finally(backend.close)
      start { region = { heartbeat = 0, specs = "off", wait_milliseconds = 60000, policy_http = { backend.url:match "//(.*)/" } } }
      local asks = ('policy.http { url = "%s", json = {}, timeout = 60, down = "refuse" }'):format(backend.url)
      must(region, "canary", candidate((CANDIDATE:gsub("bind = function%(facts%)", "%0 " .. asks))), "--share", "100%")
      local waiting = {}
      for _, applid in ipairs { "B", "NEW" } do
        waiting[applid] = support.raw(ports.GATE):capex { applid = applid }
        there[#there + 1] = waiting[applid]
      end
      for _ = 1, 2 do backend.wait() end
      must(region, "canary", "stop")
      assert.same({ "ENDED", 2 }, { row().state, row().asked })
      backend.release "yes"
      assert.equal(200, waiting.B:read_message().status)
      assert.same({ 403, "by_l" }, { waiting.NEW:read_message().status, region:explain({ refused = true })[1].code })
      assert.equal(1, region:row("ipconn", "CB").generation)
      region:wait_log "SP0013 .*generation=2"
    end)

    it("by a urm that an operator sets, asks again about its ipconns too", function()
      start()
      must(region, "canary", candidate(), "--peer", "127.0.2.0/24")
      local a, b, new = three()
      must(region, "set", "tcpipservice", "SIDE", "urm=no")
      region:wait_log "SP0106 W .*ipconn=CNEW door=bind policy=gate code=by_l .*released=yes"
      new:closed()
      ends()
      alive(a)
      alive(b)
      assert.equal(1, region:count_log("SP0106", 1))
    end)

    it("is a reload, policy use, rollback, and the drain, and it says so", function()
      start()
      local function begin() must(region, "canary", candidate(), "--peer", "127.0.2.0/24") end
      begin()
      local a, b, new = three()
      must(region, "reload", "--check")
      assert.equal("DECIDING", row().state)
      must(region, "reload")
      new:closed()
      region:wait_log "SP0016 W .*ipconn=CNEW .*code=by_l"
      assert.equal("a reload", ends().why)
      alive(a)
      alive(b)
      assert.equal(0, region:count_log "SP0106")
      begin()
      must(region, "policy", "use", "1")
      assert.equal("another generation is used", ends().why)
      begin()
      must(region, "policy", "rollback")
      assert.equal("another generation is used", ends().why)
      begin()
      region:stop()
      region:wait_log 'SP0104 .*why="the region is shutting down"'
    end)

    it("also ends a candidate that is being loaded, which never decides", function()
      start { region = { heartbeat = 0, specs = "warn", milliseconds = 100, instructions = 1000000000 } }
      local dir = candidate((CANDIDATE:gsub("admit = function%(%)", "%0 while true do end")))
      local row_of_table = '{ name = "%d", door = "admit", facts = { peer = { ip = "192.0.2.1" } }, expect = { verdict = "accept" } },\n'
      local rows = {}
      for i = 1, 30 do rows[i] = row_of_table:format(i) end -- the loader runs them for 3 seconds
      support.write(dir .. "/gate_spec.lua", "return {\n" .. table.concat(rows) .. "}\n")
      local p = support.start { support.binary, "canary", dir, "--share", "100%", "--region", region:path "region.lua" }
      support.wait_until(function() return row() ~= nil end, 10, "no canary")
      assert.equal("LOADING", row().state)
      assert.equal("L", who "A")
      must(region, "canary", "stop")
      assert.equal(1, p:wait())
      assert.truthy(p:stderr():find "the canary did not begin: stopped by the operator")
      assert.is_nil(row())
      assert.equal(0, region:count_log "SP0103")
    end)
  end)

  it("decides about both sockets of an ipconn as about the first one", function()
    start()
    must(region, "canary", candidate(), "--peer", "127.0.2.0/24")
    local first = come("NEW", { from = "127.0.2.1", sockets = 2 })
    assert.same({ "CNEW", 2 }, { first.body.ipconn, first.body.sockets })
    assert.equal(200, come("NEW", { from = "127.0.2.1", socket = 2, token = first.body.token }).status)
    assert.same({ "CNEW" }, row().ipconns)
    local live = come("OLD", { from = "127.0.3.1", sockets = 2 })
    assert.equal(200, come("OLD", { from = "127.0.3.1", socket = 2, token = live.body.token }).status)
  end)

  it("asks a further socket by the generation of its ipconn, although its address is chosen", function()
    start()
    local first = come("OLD", { from = "127.0.2.1", sockets = 2 })
    must(region, "canary", candidate(CANDIDATE:gsub('name == "OLD"', 'false')), "--peer", "127.0.2.0/24")
    assert.equal(200, come("OLD", { from = "127.0.2.1", socket = 2, token = first.body.token }).status)
    assert.same({ 1, {} }, { region:row("ipconn", "LOLD").generation, row().ipconns })
    for _, one in ipairs(region:inquire "socket") do assert.equal(1, one.generation) end
  end)

  it("leaves its connections out of a shadow's questions", function()
    start()
    must(region, "shadow", candidate())
    must(region, "canary", candidate(), "--peer", "127.0.2.0/24")
    come("NEW", { from = "127.0.2.1" })
    come("NEW", { from = "127.0.3.1" })
    support.wait_until(function() return region:inquire("shadow")[1].asked == 2 end, 10, "the shadow does not answer")
    assert.equal(1, region:inquire("shadow")[1].connections)
  end)
end)

describe("a canary of dialled connections", function()
  local region, dir, l
  local DIALS = [[
local policy = require "policy"
return { admit = function() return policy.%s end }]]
  local ANSWER = { response = "OK", ipconn = "ME", applid = "CICSB", networkid = "NETB", sendcount = 5, receivecount = 5, sockets = 1 }
  after_each(function()
    region:stop()
    l:close()
    support.remove(dir)
  end)

  local function start(candidate, live)
    l, dir = support.listen(), support.directory()
    region = support.region { region = { heartbeat = 0, specs = "off" }, scripts = { out = DIALS:format(live or "accept()") },
      tcpipservices = { IPIC = {} }, ipconns = {
        PART = { applid = "CICSB", networkid = "NETB", host = "127.0.0.1", port = l.port, sendcount = 1, admit = "out" } } }:start()
    support.write(dir .. "/out.lua", DIALS:format(candidate))
  end

  local function acquired()
    must(region, "set", "ipconn", "PART", "acquired")
    local p = assert(l:accept())
    p:read_message()
    p:answer("1 cmd; name=capex", "200 OK", ANSWER)
    support.wait_until(function() return region:row("ipconn", "PART").connstatus == "ACQUIRED" end, 10, "not acquired")
    return p
  end

  it("decides by the ipconn's name, and the live generation decides after its end", function()
    start 'refuse("no_way_out", "closed")'
    must(region, "canary", dir, "--share", "100%")
    must(region, "set", "ipconn", "PART", "acquired")
    region:wait_log "SP0021 .*code=no_way_out"
    must(region, "canary", "stop")
    acquired()
    assert.equal(1, region:row("ipconn", "PART").generation)
  end)

  it("decides by the numeric address that is dialled, and never for a listener's canary", function()
    start 'refuse("no_way_out", "closed")'
    must(region, "canary", dir, "--tcpipservice", "IPIC")
    local p = acquired()
    must(region, "canary", "stop")
    p:close()
    support.wait_until(function() return region:row("ipconn", "PART").connstatus == "RELEASED" end, 10, "not released")
    must(region, "canary", dir, "--peer", "127.0.0.0/8")
    must(region, "set", "ipconn", "PART", "acquired")
    region:wait_log "SP0021 .*code=no_way_out"
    assert.equal(1, region:inquire("canary")[1].refused)
  end)

  it("asks the live generation before a dialled connection under way is acquired", function()
    start("accept()", 'refuse("no_way_out", "closed")')
    must(region, "canary", dir, "--share", "100%")
    must(region, "set", "ipconn", "PART", "acquired")
    local p = assert(l:accept())
    p:read_message()
    must(region, "canary", "stop")
    p:answer("1 cmd; name=capex", "200 OK", ANSWER)
    p:closed()
    region:wait_log "SP0021 .*code=no_way_out"
    support.wait_until(function() return region:row("ipconn", "PART").connstatus == "RELEASED" end, 10, "not released")
  end)

  it("moves an acquired ipconn back to the live generation", function()
    start "accept()"
    must(region, "canary", dir, "--share", "100%")
    local p = acquired()
    assert.same({ 2, { "PART" } }, { region:row("ipconn", "PART").generation, region:inquire("canary")[1].ipconns })
    must(region, "canary", "stop")
    p:request "1 cmd; name=heartbeat"
    assert.equal(200, p:read_message().status)
    assert.equal(1, region:row("ipconn", "PART").generation)
  end)
end)

describe("a canary of two-way ipconns", function()
  local region, dir, l
  teardown(function()
    region:stop()
    l:close()
    support.remove(dir)
  end)

  it("decides about the sockets that call back as about the first one, and so does the live generation after it", function()
    local RESYNC = "1 cmd; name=resync"
    local admits = 'local policy = require "policy"\nreturn { admit = function() return policy.accept() end }'
    l, dir = support.listen(), support.directory()
    region = support.region { region = { heartbeat = 0, specs = "off" }, scripts = { gate = admits },
      tcpipservices = { GATE = { admit = "gate" } }, ipconns = { PART = { applid = "CICSB", networkid = "NETB", host = "127.0.0.1",
        port = l.port, tcpipservice = "GATE", sendcount = 1, receivecount = 1, admit = "gate" } } }:start()
    support.write(dir .. "/gate.lua", admits)
    must(region, "canary", dir, "--peer", "127.0.2.0/24")
    local p = support.raw(region:port "GATE", nil, "127.0.2.1")
    p:capex { applid = "CICSB", networkid = "NETB", port = l.port, sendcount = 1, receivecount = 1, callback = ("C"):rep(22) }
    assert.equal(200, p:read_message().status)
    local q = assert(l:accept())
    assert.equal(("C"):rep(22), q:read_message().body.answering)
    q:answer("1 cmd; name=capex", "200 OK",
      { response = "OK", ipconn = "ME", applid = "CICSB", networkid = "NETB", sendcount = 1, receivecount = 1, sockets = 1 })
    p:request(RESYNC, { logname = "00112233445566ff", next = ("N"):rep(22), indoubt = 0 })
    assert.equal(200, p:read_message().status)
    local function generations()
      local out = { region:row("ipconn", "PART").connstatus, region:row("ipconn", "PART").generation }
      for _, one in ipairs(region:inquire "socket") do out[#out + 1] = one.generation end
      return out
    end
    assert.same({ "ACQUIRED", 2, 2, 2 }, generations())
    must(region, "canary", "stop")
    assert.same({ "ACQUIRED", 1, 1, 1 }, generations())
  end)
end)

describe("a canary of the other doors", function()
  local region, dir
  after_each(function()
    region:stop()
    support.remove(dir)
  end)

  it("ends at an error of attach, which refuses the request", function()
    local doors = [[
local policy = require "policy"
return { admit = function() return policy.accept { sysplex = true } end, attach = function(facts)
  return policy.accept(%s)
end }]]
    dir = support.directory()
    support.write(dir .. "/gate.lua", doors:format "facts.none.none")
    region = support.region { scripts = { gate = doors:format "" }, region = { heartbeat = 0, specs = "off" },
      saf = "return { users = { FRED = {} } }", tcpipservices = { GATE = { admit = "gate", attach = "gate" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 4, userauth = "identify" } }, programs = { ECHO = {} } }
    region:start()
    must(region, "canary", dir, "--share", "100%", "--rollback-on", "error>0")
    assert.equal(1, support.connect({ port = region:port "GATE", link = "ECHO", userid = "FRED" }).requests.failed)
    region:wait_log 'SP0105 .*why="error>0: 1 error" connections=1 asked=1 refused=0 errors=1'
    assert.equal(0, support.connect({ port = region:port "GATE", link = "ECHO", userid = "FRED" }).requests.failed)
  end)

  it("counts the refusal of certify, inside the handshake", function()
    local doors = [[
local policy = require "policy"
return { certify = function() return policy.%s end }]]
    dir = support.directory()
    support.write(dir .. "/gate.lua", doors:format 'refuse("not_now", "closed")')
    region = support.region { scripts = { gate = doors:format "accept()" }, region = { heartbeat = 0, specs = "off" },
      tcpipservices = { GATE = { ssl = "clientauth", certify = "gate" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 4 } } }
    region:start()
    local function comes() return (support.connect { port = region:port "GATE", ring = "NETX.CTGAPP" } or {}).accepted end
    assert.is_true(comes())
    must(region, "canary", dir, "--share", "100%")
    assert.is_not_true(comes())
    region:wait_log "SP0021 .*door=certify .*code=not_now"
    local r = region:inquire("canary")[1]
    assert.same({ 1, 1, 1 }, { r.connections, r.asked, r.refused })
    must(region, "canary", "stop")
    assert.is_true(comes())
  end)
end)
