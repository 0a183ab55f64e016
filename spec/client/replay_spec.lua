-- SPDX-License-Identifier: Apache-2.0
-- `replay`: recorded connections meet a candidate; the decisions that would be other ones.
local dkjson = require "dkjson"
local unix = require "socket.unix"

local corridor = require "spec.support.corridor"
local gate = require "spec.support.gate"
local pair = require "spec.support.pair"
local record_file = require "spec.support.record_file"
local support = require "spec.support"

local function replay(...)
  local status, out, err = support.sallyport("replay", "--json", ...)
  return assert(dkjson.decode(out, 1, dkjson.null), err), status, err
end

describe("replay of every kind of partner", function()
  local region, file

  setup(function()
    region = support.region { region = { heartbeat = 0, milliseconds = 200, record = "records.db", record_requests = "all" },
      scripts = corridor.SCRIPTS, tcpipservices = corridor.SERVICES, ipconns = corridor.IPCONNS }
    region:start()
    for _, name in ipairs(corridor.sorted(corridor.CASES)) do corridor.connect(region, corridor.CASES[name]) end
    region:stop()
    file = record_file.of(region, "records.db")
  end)

  it("finds no difference under the same definition and scripts", function()
    local r, status, err = replay("--with", region:path "region.lua", "--region", region:path "region.lua")
    for _, class in ipairs { "newly_accepted", "newly_refused", "changed", "unknown" } do assert.same({}, r[class]) end
    assert.same({ 0, "" }, { status, err })
    assert.equal(#file:records(), r.connections)
    assert.equal(r.decisions, r.same)
    assert.is_true(r.decisions > r.connections)
  end)

  -- Each record many times, so that there are batches for each thread.
  local MULTIPLY = [[
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO record (%s) SELECT %s FROM n, record ORDER BY i, id]]

  it("finds the same in the same order, by one thread and by one for each CPU", function()
    local columns = file:rows("SELECT group_concat(name, ', ') AS list FROM pragma_table_info('record') WHERE name <> 'id'")[1].list
    file:rows(MULTIPLY:format(columns, columns))
    local dir = support.directory()
    finally(function() support.remove(dir) end)
    assert(support.run { "cp", "-r", region:path "policies", dir } == 0)
    support.write(dir .. "/region.lua", (support.read(region:path "region.lua"):gsub('urm = "[^"]*"', 'urm = "NO"')))
    local words = { support.binary, "replay", "--json", "--with", dir, "--region", region:path "region.lua" }
    local _, all = support.run(words)
    local cpu = support.read("/proc/self/status"):match "Cpus_allowed_list:%s*(%d+)"
    local _, alone = support.run { "taskset", "-c", cpu, table.unpack(words) }
    all, alone = dkjson.decode(all, 1, dkjson.null), dkjson.decode(alone, 1, dkjson.null)
    all.seconds, alone.seconds = nil, nil
    assert.equal(#file:records(), all.connections)
    assert.is_true(#all.newly_refused >= 41)
    assert.same(alone, all)
  end)
end)

local LIBRARY = 'local policy = require "policy"\n'

describe("replay of a candidate", function()
  local region, candidate
  local SCRIPTS = {
    gate = gate,
    counted = LIBRARY .. [[
local seen = policy.counter "SEEN"
return { bind = function()
  if seen:next { min = 1, max = 100 } > 2 then return policy.refuse "enough" end
  return policy.accept()
end, install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]],
  }

  local function capex(service, applid, ip)
    local p = support.raw(region:port(service), ip)
    p:capex({ applid = applid }):read_message()
    return p
  end

  -- The candidate: the region's definition and scripts, of which `changes` are other ones. Returns its directory.
  local function make(changes, definition)
    local dir = support.directory()
    assert(support.run { "cp", "-r", region:path "region.lua", region:path "policies", dir } == 0)
    for name, script in pairs(changes or {}) do support.write(dir .. "/policies/" .. name .. ".lua", script) end
    if definition then support.write(dir .. "/region.lua", definition(support.read(dir .. "/region.lua"))) end
    candidate[#candidate + 1] = dir
    return dir
  end

  local function try(dir, ...)
    return replay("--with", dir, "--region", region:path "region.lua", ...)
  end

  -- "connection's applid door: code before > code after", of each difference.
  local function shown(list)
    local out = {}
    for i, d in ipairs(list) do
      local function word(side) return side == dkjson.null and "-" or side.code ~= dkjson.null and side.code or side.verdict end
      out[i] = ("%s %s: %s > %s"):format(d.applid == dkjson.null and "-" or d.applid, d.door, word(d.before), word(d.after))
    end
    return out
  end

  setup(function()
    candidate = {}
    region = support.region { region = { heartbeat = 0, record = "records.db", record_requests = "all" }, scripts = SCRIPTS,
      tcpipservices = { GATE = { admit = "gate", bind = "gate", urm = "gate" }, COUNT = { bind = "counted", urm = "counted" } },
      ipconns = { TEMPL = { receivecount = 3 }, OTHER = { receivecount = 2 } } }
    region:start()
    local file = record_file.of(region, "records.db")
    for _, applid in ipairs { "GOOD", "BAD", "NONE" } do capex("GATE", applid):close() end
    for i = 1, 3 do capex("COUNT", "C" .. i):close() end
    file:await "SELECT 1 FROM record WHERE id = 6 AND closed"
    region:stop()
  end)
  teardown(function()
    for _, dir in ipairs(candidate) do support.remove(dir) end
  end)

  it("lists the newly accepted, with the doors that the record never asked, and exits with 3", function()
    local r, status = try(make { gate = SCRIPTS.gate:gsub('"BAD"', '"WORSE"') })
    assert.same({ "BAD bind: bad_applid > accept" }, shown(r.newly_accepted))
    assert.same({ "install" }, r.newly_accepted[1].beyond)
    assert.same({ policy = "gate", line = 8, code = "bad_applid", verdict = "refuse" }, r.newly_accepted[1].before)
    assert.same({ {}, {}, {}, 3 }, { r.newly_refused, r.changed, r.unknown, status })
  end)

  it("names the doors that the record never asked, without certify on a listener without TLS", function()
    local strict = make { gate = SCRIPTS.gate:gsub('127.0.0.9', '127.0.0.1') }
    local other = support.region { region = { heartbeat = 0, record = "records.db" },
      tcpipservices = { GATE = { admit = "gate", bind = "gate" } }, scripts = { gate = (SCRIPTS.gate:gsub('127.0.0.9', '127.0.0.1')) } }
    other:start()
    support.raw(other:port "GATE"):closed()
    other:stop()
    other:script("gate", SCRIPTS.gate)
    local r = replay("--with", other:path "region.lua", "--region", other:path "region.lua")
    assert.same({ "admit", { "bind", "install" } }, { r.newly_accepted[1].door, r.newly_accepted[1].beyond })
    assert.same({ "BAD admit: bad_applid > stranger", "NONE admit: no_place > stranger" }, shown(try(strict).changed))
  end)

  it("lists the newly refused with the checks of the candidate, and exits with 0", function()
    local checked = 'if not policy.check("good", false, facts.capex.applid)'
    local r, status = try(make { gate = SCRIPTS.gate:gsub('if facts.capex.applid == "NONE"', checked) })
    assert.same({ "GOOD install: install > no_place" }, shown(r.newly_refused))
    assert.same({ { name = "good", value = false, detail = "GOOD" } }, r.newly_refused[1].after.checks)
    assert.same({ {}, {}, {}, 0 }, { r.newly_accepted, r.changed, r.unknown, status })
  end)

  it("lists another code, another template, and a definition in place of an autoinstall", function()
    local code = try(make { gate = SCRIPTS.gate:gsub("no_place", "not_here") })
    assert.same({ "NONE install: no_place > not_here" }, shown(code.changed))
    local template = try(make { gate = SCRIPTS.gate:gsub('"TEMPL"', '"OTHER"') })
    assert.same({ "GOOD install: install > install" }, shown(template.changed))
    assert.equal("template", template.changed[1].why)
    local defined = try(make(nil, function(text) return text .. '\nipconn "MINE" { applid = "GOOD", networkid = "NETX" }\n' end))
    assert.same({ "GOOD install: install > accept" }, shown(defined.changed))
  end)

  it("answers counters from the record, and calls a question unknown that the record does not answer", function()
    local same = try(make { counted = SCRIPTS.counted:gsub("> 2", "> 3") })
    assert.same({ "C3 bind: enough > accept" }, shown(same.newly_accepted))
    local r, status = try(make { counted = SCRIPTS.counted:gsub('"SEEN"', '"OTHER"') })
    assert.same({ "C1 bind: accept > no_store", "C2 bind: accept > no_store", "C3 bind: enough > no_store" }, (function()
      local out = shown(r.unknown)
      for i, line in ipairs(out) do out[i] = line:gsub("> .*", "> no_store") end
      return out
    end)())
    assert.equal("the record does not answer: counter OTHER", r.unknown[1].why)
    assert.equal(3, status)
  end)

  it("calls a connection unknown whose record is not whole, and one whose record cannot be read", function()
    local db = region:path "broken.db"
    assert(support.run { "cp", region:path "records.db", db } == 0)
    local function change(id, sql)
      assert(support.run { "sqlite3", db, ("UPDATE record SET account = %s WHERE id = %d"):format(sql, id) } == 0)
    end
    change(1, "json_set(account, '$.incomplete', json('true'))")
    change(2, "'{}'")
    change(3, "'no JSON'")
    change(4, "json_remove(account, '$.outcome', '$.doors', '$.installed')")
    change(5, "json_set(account, '$.doors', json('[]'), '$.incomplete', json('true'), '$.facts.connection', 'x-5')")
    local r, status = replay("--with", region:path "region.lua", "--region", region:path "region.lua", "--from", db)
    local why = {}
    for i, d in ipairs(r.unknown) do why[i] = d.why end
    assert.same({ "the record does not answer: a part of the connection that the record had no room for",
      "connection ?: the record has no facts", "connection ?: the record has no facts",
      "connection x-5: the record had no room for its doors" }, why)
    assert.same({ 6, 3, {}, {}, {} }, { r.connections, status, r.newly_accepted, r.newly_refused, r.changed })
  end)

  it("refuses by the candidate's definitions", function()
    local r = try(make(nil, function(text) return (text:gsub('tcpipservice "COUNT"', 'tcpipservice "ELSE"')) end))
    assert.same({ "C1 tcp: - > mismatch", "C2 tcp: - > mismatch" }, shown(r.newly_refused))
    assert.same({ "C3 tcp: enough > mismatch" }, shown(r.changed))
  end)

  it("takes a directory of scripts in place of that of the definition", function()
    local r = try(make { gate = SCRIPTS.gate:gsub('"BAD"', '"WORSE"') } .. "/policies")
    assert.same({ "BAD bind: bad_applid > accept" }, shown(r.newly_accepted))
  end)

  it("reads connections by id and by time", function()
    local all = try(region:path "region.lua")
    local dir = make { gate = SCRIPTS.gate:gsub('"BAD"', '"WORSE"') }
    local id = try(dir).newly_accepted[1].connection
    assert.same({ 6, 1, 0, 6 }, { all.connections, try(dir, "--ids", id).connections, try(dir, "--until", "2020-01-01").connections,
      try(dir, "--since", "1h").connections })
    assert.equal(1, try(dir, "--ids", id .. ", " .. id).connections)
  end)

  it("does not take a list without a connection, or a day that no month has, for a question", function()
    local cases = { ids = { ",", "names no connection" }, since = { "2026-02-30", "is no time" },
      ["until"] = { "2026-04-31T10:00", "is no time" } }
    for option, case in pairs(cases) do
      local status, out, err = support.sallyport("replay", "--with", region:path "region.lua", "--" .. option, case[1])
      assert.same({ 2, "" }, { status, out })
      assert.truthy(err:find(case[2], 1, true), err)
    end
  end)

  describe("--expect", function()
    local dir, expect

    setup(function()
      dir = make { gate = SCRIPTS.gate:gsub('"BAD"', '"WORSE"') }
      expect = support.directory() .. "/expect"
    end)
    teardown(function() support.remove((expect:gsub("/expect$", ""))) end)

    local function expecting(lines)
      support.write(expect, lines)
      local status, _, err = support.sallyport("replay", "--with", dir, "--region", region:path "region.lua", "--expect", expect)
      return status, err
    end

    for _, line in ipairs { "NETX.BAD bind", "NETX.BAD *", "127.0.0.0/8 bind # the lab", "127.0.0.1 *" } do
      it("is covered by: " .. line, function() assert.same({ 0, "" }, { expecting(line) }) end)
    end

    it("is not covered by another door or partner, and names the line that covers none", function()
      local status, err = expecting "# mine\nNETX.BAD install\n"
      assert.same({ 3, "replay: --expect line 2 covers no connection: NETX.BAD install\n" }, { status, err })
      assert.equal(3, (expecting "NETX.GOOD *"))
    end)

    for text, complaint in pairs {
      ["NETX.BAD"] = "a line has a partner and a door",
      ["NETX.BAD nowhere"] = "'nowhere' is no door, stage or *",
      ["a b c"] = "a line has a partner and a door",
      ["no!name *"] = "'no!name' is no NETWORKID.APPLID, ipconn, address, CIDR prefix or connection",
    } do
      it("names the line of a fault: " .. text, function()
        local status, err = expecting("\n" .. text)
        assert.equal(1, status)
        assert.truthy(err:find("line 2: " .. complaint, 1, true), err)
      end)
    end

    it("is text: no line hides behind a NUL", function()
      local status, err = expecting "NETX.BAD *\0\nno!name *\n"
      assert.same({ 1, true }, { status, err:find("is NUL", 1, true) ~= nil })
    end)
  end)

  it("prints groups by cause for people", function()
    local dir = make { gate = SCRIPTS.gate:gsub('"BAD"', '"WORSE"') }
    local status, out = support.sallyport("replay", "--with", dir, "--region", region:path "region.lua")
    assert.equal(3, status)
    assert.truthy(out:find("newly accepted: 1\n  1 at bind; before: refuse bad_applid by gate:8; after: accept by gate:9\n", 1, true), out)
    assert.truthy(out:find("\n    the record never asked install\n", 1, true), out)
  end)

  it("says which candidate, file or connection is not there", function()
    for _, case in ipairs {
      { { "--with", "/nowhere" }, "nowhere" },
      { { "--with", region:path "region.lua", "--from", "/nowhere" }, "/nowhere" },
      { { "--with", region:path "region.lua", "--ids", "none-1" }, "the file of records has no connection none-1 of the given time" },
    } do
      local status, _, err = support.sallyport("replay", "--region", region:path "region.lua", table.unpack(case[1]))
      assert.equal(1, status)
      assert.truthy(err:find(case[2], 1, true), err)
    end
  end)
end)

describe("replay of requests and of hidden facts", function()
  local region, dirs = nil, {}
  local SCRIPTS = {
    gate = LIBRARY .. [[
return {
  admit = function(facts) return policy.accept { sysplex = true } end,
  attach = function(facts)
    local user = facts.request.userid
    if not policy.check("user", user ~= "MARY", user) then return policy.refuse("mary", "not " .. user) end
    return policy.accept()
  end,
}]],
  }

  local function try(script)
    local dir = support.directory()
    dirs[#dirs + 1] = dir
    assert(support.run { "cp", "-r", region:path "region.lua", region:path "policies", region:path "saf.lua", dir } == 0)
    support.write(dir .. "/policies/gate.lua", script)
    return replay("--with", dir, "--region", region:path "region.lua")
  end

  local function record(mask)
    region = support.region { scripts = SCRIPTS,
      region = { heartbeat = 0, record = "records.db", record_requests = "all", record_mask = mask },
      saf = "return { users = { FRED = {}, MARY = {} } }", tcpipservices = { GATE = { admit = "gate", attach = "gate" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 4, userauth = "identify" } },
      programs = { ECHO = {} } }
    region:start()
    support.connect { port = region:port "GATE", link = "ECHO", userid = "FRED" }
    support.connect { port = region:port "GATE", link = "ECHO", userid = "MARY" }
    region:stop()
  end

  after_each(function()
    for _, dir in ipairs(dirs) do support.remove(dir) end
    dirs = {}
  end)

  it("compares each recorded request", function()
    record(nil)
    local same, status = try(SCRIPTS.gate)
    assert.same({ 2, same.decisions, 0 }, { same.connections, same.same, status })
    local r = try((SCRIPTS.gate:gsub('"MARY"', '"FRED"')))
    assert.same({ "attach", "mary" }, { r.newly_accepted[1].door, r.newly_accepted[1].before.code })
    assert.same({ "attach", "mary", {} }, { r.newly_refused[1].door, r.newly_refused[1].after.code, r.newly_refused[1].beyond })
    assert.same({ { name = "user", value = true, detail = "MARY" } }, r.newly_accepted[1].after.checks)
    assert.same({ "not FRED", "FRED" }, { r.newly_refused[1].after.text, r.newly_refused[1].after.checks[1].detail })
  end)

  it("calls a question unknown that reads a hidden fact, and no other one", function()
    record { "peer.ip/24", "request.userid" }
    local r = try((SCRIPTS.gate:gsub('admit = function%(facts%)', "%0 local _ = facts.peer.ip")))
    assert.equal(2, #r.unknown)
    assert.equal("the record does not answer: facts.peer.ip", r.unknown[1].why)
    local users, status = try(SCRIPTS.gate)
    assert.same({ "attach", "attach", 3 }, { users.unknown[1].door, users.unknown[2].door, status })
    assert.truthy(users.unknown[1].why:find("request.userid", 1, true))
  end)
end)

describe("replay of a generation that the region keeps", function()
  local region, dir
  local CSV = "applid\nGOOD\n"
  local SCRIPT = LIBRARY .. [[
local known = policy.data("known.csv", { key = "applid" })
return { install = function(facts)
  if not known:find(facts.capex.applid) then return policy.refuse "unknown" end
  return policy.install { ipconn = facts.capex.applid }
end }]]

  setup(function()
    dir = support.directory()
    region = support.region { region = { heartbeat = 0, record = "records.db", versions = "versions", policies = dir },
      scripts = {}, tcpipservices = { GATE = { urm = "known" } } }
    support.write(dir .. "/known.lua", SCRIPT)
    support.write(dir .. "/known.csv", CSV)
    region:start()
    support.write(dir .. "/known.csv", "applid\nNOBODY\n")
    assert.equal(0, (region:command("reload")))
    local p = support.raw(region:port "GATE")
    p:capex({ applid = "GOOD" }):read_message()
    p:close()
    record_file.of(region, "records.db"):await "SELECT 1 FROM record WHERE closed"
  end)
  teardown(function()
    region:stop()
    support.remove(dir)
  end)

  local function codes(...)
    local r, status = replay("--region", region:path "region.lua", "--with", ...)
    return { status, r.newly_accepted[1] and r.newly_accepted[1].door, #r.changed + #r.unknown }
  end

  it("takes its scripts and data files from the region, and from the directory of versions when none answers", function()
    assert.same({ 3, "install", 0 }, codes "1")
    assert.same({ 0, nil, 0 }, codes "2")
    region:stop()
    assert.same({ 3, "install", 0 }, codes "1")
    region:start()
  end)

  it("says that a generation is not kept", function()
    local status, _, err = support.sallyport("replay", "--region", region:path "region.lua", "--with", "99")
    assert.same({ 1, "replay: generation 99 is not kept; policy list shows the kept ones\n" }, { status, err })
  end)
end)

describe("reload --replay", function()
  local region, expect, SCRIPT = nil, nil, LIBRARY .. [[
return { bind = function(facts)
  if facts.capex.applid == "BAD" then return policy.refuse "bad_applid" end
  return policy.accept()
end, install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]]
  local LOOSE = SCRIPT:gsub('"BAD"', '"WORSE"')

  local function reload(...)
    return support.sallyport("reload", "--region", region:path "region.lua", "--replay", "1h", ...)
  end

  local function generation() return region:row("region", nil).generation end

  setup(function()
    region = support.region { region = { heartbeat = 0, record = "records.db" }, scripts = { gate = SCRIPT },
      tcpipservices = { GATE = { bind = "gate", urm = "gate" } } }
    region:start()
    expect = region:path "expect"
    for _, applid in ipairs { "GOOD", "BAD" } do
      local p = support.raw(region:port "GATE")
      p:capex({ applid = applid }):read_message()
      p:close()
    end
    record_file.of(region, "records.db"):await "SELECT 1 FROM record WHERE id = 2 AND closed"
  end)
  teardown(function() region:stop() end)

  it("loads files that let nobody else in", function()
    assert.equal(0, (reload()))
    assert.equal(2, generation())
  end)

  it("refuses when somebody is newly accepted, unless the file of --expect covers it", function()
    region:script("gate", LOOSE)
    local status, _, err = reload()
    assert.equal(1, status)
    assert.truthy(err:find("newly accepted: 1", 1, true), err)
    assert.truthy(err:find("reload: refused: 1 newly accepted or unknown and not expected", 1, true), err)
    assert.equal(2, generation())
    support.write(expect, "NETX.BAD bind\n")
    assert.equal(0, (reload("--expect", expect, "--note", "BAD is good now")))
    assert.equal(3, generation())
  end)

  it("loads exactly the bytes that were replayed", function()
    local request = ('{"command":"reload","args":[],"options":{"content":"%s"}}\n'):format(("0"):rep(64))
    local s = assert(unix.stream())
    assert(s:connect(region.control))
    assert(s:send(request))
    local answer = assert(dkjson.decode((s:receive "*a")))
    s:close()
    assert.equal(1, answer.status)
    assert.truthy(answer.error:find("is not as it was replayed: it has changed since then; replay it again", 1, true), answer.error)
    assert.equal(3, generation())
  end)

  it("says which time, file or option is wrong", function()
    local status, _, err = support.sallyport("reload", "--region", region:path "region.lua", "--replay", "noon")
    assert.same({ 2, "reload: --replay noon is no time; give 90s, 30m, 1h or 7d before now, or 2026-11-25T17:40:10\n" }, { status, err })
    assert.equal(2, (support.sallyport("reload", "--region", region:path "region.lua", "--expect", expect)))
    status, _, err = region:command("reload", "--replay", "1h")
    assert.same({ 1, "reload: --replay loads the definition of the region itself; name it by --region FILE\n" }, { status, err })
  end)
end)

describe("replay between two regions", function()
  local GOOD = LIBRARY .. [[
return {
  admit = function(facts) return policy.accept { sysplex = true } end,
  bind = function(facts) return policy.accept() end,
  install = function(facts) return policy.install { ipconn = facts.capex.applid } end,
}]]
  local DOORS = { admit = "good", bind = "good", urm = "good" }

  local function differences(region, ...)
    local r, status = replay("--region", region:path "region.lua", "--with", region:path "region.lua", ...)
    return { r.newly_accepted, r.newly_refused, r.changed, r.unknown, status }, r
  end

  local function recorded(t)
    t.region_a, t.region_b = { record = "records.db" }, { record = "records.db" }
    t.scripts, t.service_a, t.service_b = { good = GOOD }, DOORS, DOORS
    local a, b = pair.started(t)
    pair.acquire(a)
    pair.both(a, b, "ACQUIRED")
    pair.stop(a, b)
    return a, b
  end

  for title, t in pairs {
    ["defined on both sides, with further sockets and call-backs"] = { a = { admit = "good" }, b = { admit = "good" } },
    ["autoinstalled on one side, which calls back"] = { a = { admit = "good" }, b_ipconns = {} },
  } do
    it("finds no difference for ipconns " .. title, function()
      local a, b = recorded(t)
      for _, region in ipairs { a, b } do
        local found, r = differences(region)
        assert.same({ {}, {}, {}, {}, 0 }, found)
        local partner = region == a and { networkid = "NETB", applid = "CICSB" } or { networkid = "NETA", applid = "CICSA" }
        assert.same({ partner }, record_file.of(region, "records.db"):rows "SELECT DISTINCT networkid, applid FROM record")
        assert.is_true(r.decisions >= r.connections and r.connections >= 2)
      end
      local closed = 'if facts.way == "out" then return policy.refuse "closed" end %0'
      a:script("good", (GOOD:gsub("return policy.accept { sysplex = true }", closed)))
      local found = differences(a)
      assert.is_true(#found[2] > 0)
      for _, d in ipairs(found[2]) do
        assert.same({ "admit", "closed", "NETB", "CICSB" }, { d.door, d.after.code, d.networkid, d.applid })
      end
      assert.same({}, found[1])
    end)
  end
end)
