-- SPDX-License-Identifier: Apache-2.0
-- The verdicts of a shadow that differ, in the file of records: the view, `decisions --shadow`, `explain`, hidden facts.
local dkjson = require "dkjson"
local lfs = require "lfs"

local record_file = require "spec.support.record_file"
local small_disk = require "spec.support.small_disk"
local support = require "spec.support"
local versions = require "spec.support.versions"

local must = versions.must

local GATE = require "spec.support.gate"

-- Refuses GOOD with checks, accepts BAD.
local OTHER = (GATE:gsub('if facts.capex.applid == "BAD" then return policy.refuse%("bad_applid", "not that one"%)',
  'if policy.check("good", facts.capex.applid == "GOOD", facts.peer.ip) then return policy.refuse("worse", "from " .. facts.peer.ip)'))

describe("a shadow's verdict that differs", function()
  local region, file, candidate, directory

  -- A directory of scripts: the candidate.
  local function make_candidate(script)
    directory = support.directory()
    candidate = lfs.currentdir() .. "/" .. directory
    support.write(candidate .. "/gate.lua", script)
  end

  local function start(script, more)
    make_candidate(script)
    local attributes = { heartbeat = 0, specs = "off", record = "records.db" }
    for key, value in pairs(more or {}) do attributes[key] = value end
    region = support.region { region = attributes, scripts = { gate = GATE },
      tcpipservices = { GATE = { admit = "gate", bind = "gate", urm = "gate" } }, ipconns = { TEMPL = { template = "only" } } }
    region:start()
    file = record_file.of(region, "records.db")
    must(region, "shadow", candidate)
  end

  local function come(applid)
    local p = support.raw(region:port "GATE")
    p:capex({ applid = applid }):read_message()
    p:close()
  end

  local function decisions(...)
    local status, out, err = support.sallyport("decisions", "--region", region:path "region.lua", "--json", "--shadow", ...)
    assert.same({ 0, "" }, { status, err })
    return (assert(dkjson.decode(out, 1, nil)))
  end

  after_each(function()
    region:stop()
    support.remove(directory)
  end)

  it("is in the view of the file, with the verdict in force and the candidate", function()
    start(OTHER)
    for _, applid in ipairs { "GOOD", "BAD", "GOOD" } do come(applid) end
    file:await("SELECT 1 FROM difference GROUP BY 1 = 1 HAVING count(*) = 3", "the differences are not in the file")
    assert.same({ { door = "bind", class = "newly_accepted", was = "bad_applid", is = "accept", n = 1 },
      { door = "bind", class = "newly_refused", was = "accept", is = "worse", n = 2 } },
      file:rows [[SELECT door, class, coalesce(before_code, before_verdict) AS was, coalesce(code, verdict) AS "is", count(*) AS n
        FROM difference GROUP BY 1, 2, 3, 4 ORDER BY class]])
    local row = file:rows "SELECT * FROM difference WHERE class = 'newly_refused' LIMIT 1"[1]
    assert.same({ candidate, "gate", candidate .. "/gate.lua", 8, "GOOD", "GATE" },
      { row.candidate, row.policy, row.file, row.line, row.applid, row.tcpipservice })
    local shadow = region:inquire "shadow"[1]
    assert.same({ 3, 0 }, { shadow.recorded, shadow.unrecorded })
    assert.same({}, file:rows "SELECT * FROM decision WHERE code = 'worse'")
  end)

  it("is not there when the candidate decides as the live scripts do", function()
    start(GATE)
    come "GOOD"
    support.wait_until(function() return region:inquire "shadow"[1].asked == 3 end, 10, "the shadow has not answered")
    file:await "SELECT 1 FROM record WHERE closed"
    region:stop()
    assert.same({}, file:rows "SELECT * FROM shadow")
    region:start()
  end)

  it("is listed by decisions --shadow, which the filters fit, and which --follow shows once", function()
    start(OTHER)
    local reader = support.start { support.binary, "decisions", "--region", region:path "region.lua", "--shadow", "--follow", "--json" }
    come "GOOD"
    come "BAD"
    file:await("SELECT 1 FROM difference GROUP BY 1 = 1 HAVING count(*) = 2", "the differences are not in the file")
    local list = decisions()
    assert.same({ "newly_refused", "newly_accepted" }, { list[1].class, list[2].class })
    assert.same({ "refuse", "worse", "from 127.0.0.1", "accept", candidate },
      { list[1].verdict, list[1].code, list[1].text, list[1].before.verdict, list[1].candidate })
    assert.same({ "refuse", "bad_applid" }, { list[2].before.verdict, list[2].before.code })
    assert.equal(1, #decisions("--refused"))
    assert.equal(1, #decisions("--code", "worse"))
    assert.equal(0, #decisions("--door", "admit"))
    local _, text = support.sallyport("decisions", "--region", region:path "region.lua", "--shadow", "--refused")
    assert.is_truthy(text:find("shadow " .. candidate .. ": newly_refused, in force accept", 1, true), text)
    local function lines() return select(2, reader:stdout():gsub("\n", "")) end
    support.wait_until(function() return lines() == 2 end, 10, "the verdicts")
    come "GOOD"
    support.wait_until(function() return lines() == 3 end, 10, "the new verdict")
    local seen = {}
    for line in reader:stdout():gmatch "[^\n]+" do seen[#seen + 1] = dkjson.decode(line).connection end
    assert.same({ list[1].connection, list[2].connection }, { seen[1], seen[2] })
    reader:stop()
  end)

  it("stands beside the account that explain prints, also of a region that does not run", function()
    start(OTHER)
    come "GOOD"
    local id = file:await "SELECT connection FROM difference".connection
    local function shadow_of()
      local status, out = support.sallyport("explain", id, "--json", "--region", region:path "region.lua")
      assert.equal(0, status)
      return dkjson.decode(out)[1].shadow
    end
    local one = shadow_of()
    assert.same({ 1, "newly_refused", "accept", "refuse", "worse", { { name = "good", value = true, detail = "127.0.0.1" } } },
      { #one, one[1].class, one[1].before.verdict, one[1].after.verdict, one[1].after.code, one[1].after.checks })
    region:stop()
    assert.same(one, shadow_of())
    local _, text = support.sallyport("explain", id, "--region", region:path "region.lua")
    assert.is_truthy(text:find("  the shadow " .. candidate .. ": newly_refused; in force: accept\n  bind ", 1, true), text)
    region:start()
  end)

  it("hides the facts of record_mask, also in the reason", function()
    start(GATE:gsub('if facts.capex.applid == "BAD"', 'if policy.check("x", false, facts.peer.ip) or policy.ipconn(facts.peer.ip)'),
      { record_mask = { "peer.ip/8" } })
    come "GOOD"
    local account = file:await "SELECT account FROM shadow".account
    assert.is_nil(account:find("127.0.0.1", 1, true), account)
    local shadow = dkjson.decode(account)
    assert.same({ "unknown", "ipconn 127.0.0.0", "127.0.0.0", "peer.ip/8" },
      { shadow.class, shadow.after.why, shadow.after.checks[1].detail, shadow.masked })
  end)

  it("about a request is there for each request", function()
    local attach = 'local policy = require "policy"\nreturn { attach = function() return policy.accept() end }'
    make_candidate((attach:gsub("policy.accept%(%)", 'policy.refuse "never"')))
    region = support.region { region = { heartbeat = 0, specs = "off", record = "records.db" }, scripts = { gate = attach },
      tcpipservices = { GATE = { attach = "gate" } }, programs = { ECHO = {} },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 4 } } }
    region:start()
    file = record_file.of(region, "records.db")
    must(region, "shadow", candidate)
    for _ = 1, 3 do support.connect { port = region:port "GATE", link = "ECHO" } end
    file:await("SELECT 1 FROM difference WHERE door = 'attach' AND code = 'never' GROUP BY 1 = 1 HAVING count(*) = 3", "not three")
    assert.equal("CPMI", dkjson.decode(file:rows "SELECT account FROM shadow LIMIT 1"[1].account).after.request.tran)
  end)

  it("is dropped and counted when the file cannot be written and its queue is half full, and displaces no record", function()
    local disk = small_disk.new(400)
    local wordy = [[
local policy = require "policy"
local detail, text = ("d"):rep(200), ("t"):rep(1000)
return { admit = function()
  for i = 1, 64 do policy.check(("c"):rep(98) .. i, false, detail) end
  for i = 1, 12 do policy.note("n" .. i, text) end
  return policy.refuse "%s"
end }]]
    make_candidate(wordy:format "stranger")
    region = support.region { wrapper = disk.wrapper, scripts = { gate = wordy:format "live" },
      region = { specs = "off", instructions = 1000000, record = disk.path .. "/records.db" },
      tcpipservices = { GATE = { admit = "gate" } } }
    region:start()
    file = record_file.at(disk.path .. "/records.db")
    must(region, "shadow", candidate)
    local port = region:port "GATE"
    for _ = 1, 450 do support.raw(port):closed() end -- their records have 14 of 32 MiB, and the differences as many
    region:wait_log "SP0080 E"
    support.wait_until(function() return region:inquire "shadow"[1].unrecorded > 0 end, 60, "no difference was dropped")
    local row = region:row("region", "CICSA")
    assert.same({ "FAILING", 0 }, { row.recordstatus, row.records_lost })
    disk:grow(region)
    region:wait_log "SP0081 I"
    region:stop()
    disk:drop()
    region:start()
  end)
end)
