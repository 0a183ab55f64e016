-- SPDX-License-Identifier: Apache-2.0
-- `shadow`: other scripts are asked beside the live ones; the verdicts stay, the differences are counted.
local dkjson = require "dkjson"
local socket = require "socket"

local corridor = require "spec.support.corridor"
local support = require "spec.support"
local versions = require "spec.support.versions"

local must, refused = versions.must, versions.refused
local LIBRARY = 'local policy = require "policy"\n'

local GATE = require "spec.support.gate"

describe("shadow", function()
  local region, directories, ports

  local function start(script, more)
    local t = { region = { heartbeat = 0, specs = "off" }, scripts = { gate = script or GATE },
      tcpipservices = { GATE = { admit = "gate", bind = "gate", urm = "gate" }, SIDE = { admit = "gate", bind = "gate", urm = "gate" } },
      ipconns = { TEMPL = { receivecount = 3, template = "only" }, OTHER = { receivecount = 2, template = "only" } } }
    for key, value in pairs(more or {}) do t[key] = value end
    region = support.region(t):start()
    ports = { GATE = region:port "GATE", SIDE = region:port "SIDE" }
  end

  -- A directory of scripts: the candidate.
  local function candidate(script)
    local dir = support.directory()
    directories[#directories + 1] = dir
    support.write(dir .. "/gate.lua", script)
    return dir
  end

  local function come(applid, service)
    local p = support.raw(ports[service or "GATE"])
    p:capex({ applid = applid }):read_message()
    p:close()
  end

  local function row() return region:inquire("shadow")[1] end

  -- The row, when the shadow has answered n questions.
  local function asked(n)
    local r
    support.wait_until(function()
      r = row()
      return r.asked == n
    end, 10, "the shadow has not answered " .. n .. " questions")
    return r
  end

  local function shown(list)
    local out = {}
    for i, d in ipairs(list) do out[i] = ("%s %s: %s > %s, %d"):format(d.class, d.door, d.before, d.after, d.count) end
    table.sort(out)
    return out
  end

  before_each(function() directories = {} end)
  after_each(function()
    region:stop()
    for _, dir in ipairs(directories) do support.remove(dir) end
  end)

  it("changes no verdict, and counts the differences by door and code", function()
    start()
    local other = GATE:gsub('"BAD" then', '"GOOD" then'):gsub('policy.refuse "no_place"', 'policy.refuse "full"')
    must(region, "shadow", candidate(other))
    for _, applid in ipairs { "GOOD", "BAD", "NONE" } do come(applid) end
    local r = asked(8)
    assert.same({ 3, 8, 0, 1, 1, 1, 0 }, { r.connections, r.asked, r.dropped, r.newly_accepted, r.newly_refused, r.changed, r.unknown })
    assert.same({ "changed install: no_place > full, 1", "newly_accepted bind: bad_applid > accept, 1",
      "newly_refused bind: accept > bad_applid, 1" }, shown(r.differences))
    region:count_log("SP0021 .*code=bad_applid", 1)
    region:count_log("SP0021 .*code=no_place", 1)
    region:wait_log "SP0102 .*door=bind class=newly_refused before=accept after=bad_applid"
  end)

  it("shows the last differences with the connection, both sides and the checks of the candidate", function()
    start()
    local checked = GATE:gsub('if facts.capex.applid == "BAD"', 'if policy.check("good", facts.capex.applid == "GOOD", "x")')
    must(region, "shadow", candidate(checked))
    come "GOOD"
    local d = asked(3).last[1]
    assert.same({ "bind", "newly_refused", "accept", "refuse", "bad_applid", "gate", 8 },
      { d.door, d.class, d.before.verdict, d.after.verdict, d.after.code, d.after.policy, d.after.line })
    assert.same({ { name = "good", value = true, detail = "x" } }, d.checks)
    assert.equal("accept", region:explain(d.connection)[1].doors[2].verdict)
  end)

  it("takes a kept generation, and a directory with a region.lua", function()
    start()
    region:script("gate", (GATE:gsub("bad_applid", "worse")))
    must(region, "reload")
    must(region, "shadow", "1")
    assert.same({ "shadow", "current" }, { versions.row_of(region, 1).state, versions.row_of(region, 2).state })
    come "BAD"
    assert.same({ "changed bind: worse > bad_applid, 1" }, shown(asked(2).differences))
    must(region, "shadow", "stop")
    local own = region:path("region.lua"):match "(.*)/"
    support.wait_until(function() return region:command("shadow", own) == 0 end, 10, "no second shadow")
    come "BAD"
    assert.same({}, asked(2).differences)
  end)

  it("is refused when a definition differs, when it does not load, and when there is one", function()
    start()
    local dir = candidate "return {"
    refused(region, "gate.lua:1", "shadow", dir)
    assert(support.run { "cp", "-r", region:path "policies", dir } == 0)
    support.write(dir .. "/region.lua", (support.read(region:path "region.lua"):gsub("receivecount = 3", "receivecount = 4")))
    refused(region, "ipconn TEMPL changed: receivecount 3 -> 4", "shadow", dir)
    refused(region, "generation 7 is not kept", "shadow", "7")
    refused(region, "neither a generation", "shadow", "/nowhere")
    refused(region, "there is no shadow", "shadow", "stop")
    refused(region, "no tcpipservice of that name", "shadow", "1", "--tcpipservice", "NONE")
    must(region, "shadow", "1")
    refused(region, "there is a shadow already", "shadow", "1")
    assert.equal(2, (region:command("shadow", "1", "--share", "101%")))
  end)

  it("asks about the connections of one listener, and a share of the addresses", function()
    start()
    must(region, "shadow", "1", "--tcpipservice", "side")
    come "GOOD"
    come("GOOD", "SIDE")
    assert.equal(1, asked(3).connections)
    must(region, "shadow", "stop")
    support.wait_until(function() return region:command("shadow", "1", "--share", "50%") == 0 end, 10, "no second shadow")
    for i = 1, 40 do
      local p = support.raw(ports.GATE, nil, "127.0.1." .. i)
      p:capex({ applid = "NONE" }):read_message()
      p:close()
    end
    local r = asked(3 * row().connections)
    assert.is_true(r.connections > 3 and r.connections < 37, r.connections)
  end)

  it("hears the live answers, and counts on in counters of its own", function()
    local counting = LIBRARY .. [[
local seen = policy.counter "SEEN"
return { admit = function() return policy.accept() end, bind = function()
  local n = seen:next { min = 1, max = 100 }
  return policy.refuse("n" .. n) end, install = function() return policy.refuse "no" end }]]
    start(counting)
    local twice = counting:gsub('refuse%("n" .. n%)', 'refuse("n" .. n .. "_" .. seen:next { min = 1, max = 100 })')
    must(region, "shadow", candidate(twice))
    for i = 1, 2 do come("C" .. i) end
    assert.same({ "changed bind: n1 > n1_2, 1", "changed bind: n2 > n2_3, 1" }, shown(asked(4).differences))
    assert.equal(2, region:inquire("counter", "SEEN")[1].last)
  end)

  it("says unknown when the candidate asks for the state of an ipconn that the live script did not ask for", function()
    start()
    local asks = GATE:gsub('if facts.capex.applid == "BAD"', 'if policy.ipconn "TEMPL" and facts.capex.applid == "BAD"')
    must(region, "shadow", candidate(asks))
    come "GOOD"
    local r = asked(3)
    assert.same({ 1, "ipconn TEMPL" }, { r.unknown, r.last[1].why })
  end)

  it("keeps the notes of the candidate apart from the live ones", function()
    local noting = GATE:gsub("admit = function%(facts%)", 'admit = function(facts) policy.note("mark", "%%s")')
    start((noting:format "live"))
    local reads = noting:format "shadow":gsub('if facts.capex.applid == "BAD"', 'if facts.notes.mark == "shadow"')
    must(region, "shadow", candidate(reads))
    come "GOOD"
    assert.same({ "newly_refused bind: accept > bad_applid, 1" }, shown(asked(3).differences))
  end)

  it("ends at a reload, and says so", function()
    start()
    must(region, "shadow", "1")
    must(region, "reload", "--check")
    assert.equal("ASKING", row().state)
    must(region, "reload")
    assert.is_nil(row())
    region:wait_log 'SP0101 .*why="a reload"'
    assert.equal("no shadow\n", (must(region, "inquire", "shadow")))
    support.wait_until(function() return region:command("shadow", "1") == 0 end, 10, "no second shadow")
    must(region, "policy", "rollback")
    region:wait_log 'SP0101 .*why="another generation is used"'
  end)

  it("ends with the region while a script loops", function()
    start()
    must(region, "shadow", candidate(LIBRARY .. [[
local function loop() while true do end end
return { admit = loop, bind = loop, install = loop }]]))
    for i = 1, 5 do come("C" .. i) end
    region:stop() -- its status is 0
    region:wait_log 'SP0101 .*why="the region is shutting down"'
  end)

  it("bounds the memory of the questions that wait", function()
    local many = LIBRARY .. [[
local seen = policy.counter "SEEN"
return { admit = function()
  for i = 1, 120 do seen:next { min = 1, max = 1000000 } end
  return policy.refuse "no"
end, bind = policy.accept, install = policy.refuse }]]
    start(many, { region = { heartbeat = 0, specs = "off", milliseconds = 200, instructions = 1000000000 } })
    must(region, "shadow", candidate((many:gsub("for i = 1, 120.-\n", "while true do end\n"))))
    support.wait_until(function()
      for _ = 1, 50 do support.raw(ports.GATE):closed() end
      return row().dropped > 0
    end, 60, "no question was dropped")
    assert.is_true(row().waiting < 700, row().waiting)
  end)

  it("harms no live connection with a script that loops and takes all memory: drops are counted", function()
    start(nil, { region = { heartbeat = 0, specs = "off", milliseconds = 200, instructions = 1000000000 } })
    local function slowest()
      local times = {}
      for i = 1, 200 do
        local began = socket.gettime()
        come "NONE"
        times[i] = socket.gettime() - began
      end
      table.sort(times)
      return times[198]
    end
    slowest()
    local alone = slowest()
    must(region, "shadow", candidate(LIBRARY .. [[
local function burn() local t = {} while true do t[#t + 1] = ("x"):rep(1000) end end
return { admit = burn, bind = function() while true do end end, install = burn }]]))
    local beside = slowest()
    slowest() -- 1200 questions, and the queue has room for 1024
    support.wait_until(function() return row().asked > 0 end, 60, "no question was answered")
    local r = row()
    assert.is_true(beside < 10 * alone + 0.05, ("%.6f s alone, %.6f s beside the shadow"):format(alone, beside))
    assert.is_true(r.dropped > 0 and r.waiting > 1000 and r.asked + r.dropped + r.waiting + 1 >= 1200, dkjson.encode(r))
    assert.same({ "policy_limit" }, { r.differences[1].after })
  end)
end)

describe("a shadow of the live generation", function()
  local region
  teardown(function() region:stop() end)

  it("finds no difference, whichever door a partner reaches", function()
    region = support.region { region = { heartbeat = 0, milliseconds = 200 },
      scripts = corridor.SCRIPTS, tcpipservices = corridor.SERVICES, ipconns = corridor.IPCONNS }
    region:start()
    must(region, "shadow", "1")
    for _, name in ipairs(corridor.sorted(corridor.CASES)) do corridor.connect(region, corridor.CASES[name]) end
    support.wait_until(function() return region:inquire("shadow")[1].waiting == 0 end, 10, "questions wait")
    local r = region:inquire("shadow")[1]
    assert.same({}, r.last)
    assert.is_true(r.asked > r.connections and r.connections > 10, dkjson.encode(r))
  end)
end)

describe("a shadow of requests", function()
  local region, dir
  teardown(function()
    region:stop()
    support.remove(dir)
  end)

  it("is asked about each request of a chosen connection, with its users and the counters' numbers", function()
    local gate = LIBRARY .. [[
local seen = policy.counter "SEEN"
return { admit = function() return policy.accept { sysplex = true } end, attach = function(facts)
  if facts.request.userid == "MARY" then return policy.refuse("n" .. seen:next { min = 1, max = 9 }) end
  return policy.accept()
end }]]
    dir = support.directory()
    support.write(dir .. "/gate.lua", (gate:gsub('"MARY"', '"FRED"')))
    region = support.region { scripts = { gate = gate }, region = { heartbeat = 0, specs = "off" },
      saf = "return { users = { FRED = {}, MARY = {} } }", tcpipservices = { GATE = { admit = "gate", attach = "gate" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 4, userauth = "identify" } },
      programs = { ECHO = {} } }
    region:start()
    must(region, "shadow", dir)
    for _, user in ipairs { "FRED", "MARY" } do support.connect { port = region:port "GATE", link = "ECHO", userid = user } end
    support.wait_until(function() return #region:inquire("shadow")[1].differences == 2 end, 10, "no differences")
    local out = {}
    for i, d in ipairs(region:inquire("shadow")[1].differences) do out[i] = ("%s: %s > %s"):format(d.door, d.before, d.after) end
    assert.same({ "attach: accept > n1", "attach: n1 > accept" }, out)
  end)
end)
