-- SPDX-License-Identifier: Apache-2.0
-- `decisions`, and `explain` by the file of records: what they find, in which order and shape, with and without a region.
local dkjson = require "dkjson"
local lfs = require "lfs"

local record_file = require "spec.support.record_file"
local support = require "spec.support"

local SCRIPTS = {
  stranger = [[
local policy = require "policy"
return { admit = function(facts)
  policy.check("is a friend", facts.peer.port == 1, facts.peer.ip)
  return policy.refuse("stranger", "friends only")
end }]],
  known = [[
local policy = require "policy"
return { bind = function(facts)
  if facts.capex.applid == "BAD" then return policy.refuse("bad_name_here", "see C:\\x41") end
  return policy.accept()
end }]],
}

-- Copies of the first record.
local COPIES = [[INSERT INTO record
  SELECT 1000000 + i, 1000000 + i, 'copy-' || i, opened, written, closed, way, outcome, stage, code, reason,
  generation, hash, peer, tcpipservice, ipconn, applid, networkid, account FROM record,
  (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n) WHERE id = 1]]

describe("decisions", function()
  local region, file

  local function decisions(...)
    local status, out, err = support.sallyport("decisions", "--region", region:path "region.lua", "--json", ...)
    assert.same({ 0, "" }, { status, err })
    return (assert(dkjson.decode(out, 1, dkjson.null)))
  end

  local function codes(list)
    local out = {}
    for i, row in ipairs(list) do out[i] = row.code ~= dkjson.null and row.code or row.door end
    return out
  end

  setup(function()
    region = support.region { region = { record = "records.db" }, scripts = SCRIPTS,
      tcpipservices = { NO = { admit = "stranger" }, OPEN = { bind = "known" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX" } } }
    region:start()
    file = record_file.of(region, "records.db")
    support.raw(region:port "NO"):closed()
    file:await "SELECT 1 FROM record WHERE closed"
    local p = support.raw(region:port "OPEN")
    p:capex({ applid = "CTGAPP" }):read_message()
    p:close()
    file:await "SELECT 1 FROM record WHERE id = 2 AND closed"
    local bad = support.raw(region:port "OPEN")
    bad:capex({ applid = "BAD" }):read_message()
    bad:close()
    file:await "SELECT 1 FROM record WHERE id = 3 AND closed"
  end)
  teardown(function() region:stop() end)

  it("prints objects of the agreed shape, oldest first", function()
    local list = decisions()
    assert.same({ "stranger", "admit", "bind", "admit", "bad_name_here" }, codes(list))
    local first, time = list[1], 0
    local keys = {}
    for key in pairs(first) do keys[#keys + 1] = key end
    table.sort(keys)
    assert.equal("applid code connection door file generation ipconn line networkid peer policy tcpipservice text time verdict",
      table.concat(keys, " "))
    assert.same({ "admit", "stranger", region:path "policies/stranger.lua", 4, "refuse", "friends only", 1, "NO", dkjson.null },
      { first.door, first.policy, first.file, first.line, first.verdict, first.text, first.generation, first.tcpipservice, first.ipconn })
    assert.same({ "NETX", "CTGAPP", "NETX" }, { list[3].ipconn, list[3].applid, list[3].networkid })
    for _, row in ipairs(list) do
      assert.is_true(row.time >= time)
      time = row.time
    end
  end)

  it("and explain print a backslash of a text as it is", function()
    local row = decisions("--code", "bad_name_here")[1]
    assert.equal([[see C:\x41]], row.text)
    local doors = region:explain(row.connection)[1].doors
    assert.equal([[see C:\x41]], doors[#doors].text)
  end)

  for options, expected in pairs {
    ["--refused"] = { "stranger", "bad_name_here" },
    ["--refused --door bind"] = { "bad_name_here" },
    ["--code stranger"] = { "stranger" },
    ["--policy known"] = { "bind", "bad_name_here" },
    ["--ipconn NETX"] = { "admit", "bind" },
    ["--applid BAD"] = { "admit", "bad_name_here" },
    ["--peer 127.0.0.0/8 --refused"] = { "stranger", "bad_name_here" },
    ["--peer 10.0.0.0/8"] = {},
    ["--since 1h --refused"] = { "stranger", "bad_name_here" },
    ["--until 1h"] = {},
    ["--since 2020-01-01T00:00 --until 2020-01-02"] = {},
  } do
    it("finds by " .. options, function()
      local words = {}
      for word in options:gmatch "%S+" do words[#words + 1] = word end
      assert.same(expected, codes(decisions(table.unpack(words))))
    end)
  end

  it("refuses --follow with --until, which it would never reach", function()
    local status, out, err = support.sallyport("decisions", "--region", region:path "region.lua", "--follow", "--until", "1h")
    assert.same({ 2, "", "decisions: --follow goes on without an end; leave out --until, or --follow\n" }, { status, out, err })
  end)

  it("says which option it does not understand", function()
    for options, sentence in pairs {
      ["--since yesterday"] = "decisions: --since yesterday is not understood; give 90s, 30m, 1h, 7d, or a time such as 2026-11-25T17:40",
      ["--door gate"] = "decisions: --door gate is not understood; give " ..
        "admit, certify, bind, install, attach, delete, tcp, tls, capex, request or reload",
      ["--peer 10.0.0.300"] = "decisions: --peer 10.0.0.300 is not understood; give an address or a prefix such as 10.1.0.0/16",
    } do
      local option, value = options:match "^(%S+) (%S+)$"
      local status, out, err = support.sallyport("decisions", "--region", region:path "region.lua", option, value)
      assert.same({ 2, "", sentence .. "\n" }, { status, out, err })
    end
  end)

  it("says that none fits, when the name of a policy is misspelt for instance", function()
    local status, out, err = support.sallyport("decisions", "--region", region:path "region.lua", "--policy", "nosuch")
    assert.same({ 0, "" }, { status, out })
    assert.is_truthy(err:find "^no decision in [^ ]*/records.db fits\n$", err)
  end)

  it("says that no file is named, or that it is not there", function()
    local without = support.region { tcpipservices = { OPEN = {} } }
    local status, out, err = support.sallyport("decisions", "--region", without:path "region.lua")
    assert.same({ 1, "" }, { status, out })
    assert.is_truthy(err:find("names no file of records; give region { record = ... } there, or use --record FILE", 1, true), err)
    status, out, err = support.sallyport("decisions", "--json", "--record", without:path "none.db")
    assert.equal(1, status)
    assert.same({}, dkjson.decode(out))
    assert.is_truthy(err:find("none.db: unable to open database file", 1, true), err)
  end)

  it("prints one line for each in words", function()
    local _, out = support.sallyport("decisions", "--record", file.path, "--code", "stranger")
    assert.is_truthy(out:find('^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d%.%d%d%d  %x+%-1 +admit +refuse  stranger "friends only"  ' ..
      "peer 127%.0%.0%.1:%d+ tcpipservice NO  at %S+/stranger%.lua:4\n$"), out)
  end)

  it("holds the file for no longer than it reads: a pager may wait for its reader", function()
    local own = support.region { region = { record = "records.db" }, scripts = SCRIPTS, tcpipservices = { NO = { admit = "stranger" } } }
    own:start()
    local own_file = record_file.of(own, "records.db")
    support.raw(own:port "NO"):closed()
    own_file:await "SELECT 1 FROM record WHERE closed"
    own_file:rows(COPIES:format(3000))
    local fifo = own:path "fifo"
    os.execute("mkfifo -m 600 " .. fifo)
    local pager = support.start { "sh", "-c", ("%s decisions --record %s | { read line; touch %s.read; cat %s; wc -l; }"):format(
      support.binary, own_file.path, fifo, fifo) }
    support.wait_until(function() return lfs.attributes(fifo .. ".read") end, 10, "the first line")
    support.raw(own:port "NO"):closed()
    own_file:await "SELECT 1 FROM record WHERE id = 2 AND closed"
    assert.equal(0, own_file:rows "PRAGMA wal_checkpoint(TRUNCATE)"[1].busy)
    assert(io.open(fifo, "w")):close()
    assert.equal(0, pager:wait(10))
    assert.equal("3000", pager:stdout():match "%d+")
    own:stop()
  end)

  it("names a connection whose account is damaged, shows the others, and fails", function()
    local own = record_file.at(region:path "damaged.db")
    os.execute(("sqlite3 %s .dump | sqlite3 %s"):format(file.path, own.path))
    own:rows [[PRAGMA application_id = 1397771353; PRAGMA user_version = 3;
      UPDATE record SET account = substr(account, 1, 100) WHERE id = 2;
      INSERT INTO request (id, record, time, refused, account) VALUES (900, 3, unixepoch(), 1, '{')]]
    os.execute("chmod 600 " .. own.path)
    local hurt = own:rows "SELECT id, connection FROM record WHERE id IN (2, 3)"
    for _, words in ipairs { {}, { "--code", "bad_name_here" } } do
      local status, out, err = support.sallyport("decisions", "--record", own.path, "--json", table.unpack(words))
      assert.equal(1, status)
      for _, row in ipairs(hurt) do
        assert.is_truthy(err:find("an account of connection " .. row.connection .. " is damaged (no JSON), and is left out", 1, true), err)
      end
      local seen = codes((dkjson.decode(out, 1, dkjson.null)))
      assert.same(words[1] and { "bad_name_here" } or { "stranger", "admit", "bad_name_here" }, seen)
    end
    own:rows "UPDATE record SET account = '{' WHERE id = 2"
    local reader = support.start { support.binary, "decisions", "--record", own.path, "--refused", "--follow", "--json" }
    support.wait_until(function() return select(2, reader:stdout():gsub("\n", "")) == 2 end, 10, "the decisions of the past")
    reader:stop()
  end)

  it("follows: prints each decision that comes once", function()
    local reader = support.start { support.binary, "decisions", "--record", file.path, "--refused", "--follow", "--json" }
    local function lines()
      local n = 0
      for _ in reader:stdout():gmatch "\n" do n = n + 1 end
      return n
    end
    support.wait_until(function() return lines() == 2 end, 10, "the decisions of the past")
    support.raw(region:port "NO"):closed()
    support.wait_until(function() return lines() == 3 end, 10, "the new decision")
    support.raw(region:port "NO"):closed()
    support.wait_until(function() return lines() == 4 end, 10, "another decision")
    local seen = {}
    for line in reader:stdout():gmatch "[^\n]+" do
      local id = dkjson.decode(line).connection
      assert.is_nil(seen[id])
      seen[id] = true
    end
    reader:stop()
  end)

  it("follows: prints a decision that reaches the file an hour late, and each decision of a connection once", function()
    local own = record_file.at(region:path "late.db")
    os.execute(("sqlite3 %s .dump | sqlite3 %s"):format(file.path, own.path))
    own:rows "DELETE FROM record; PRAGMA application_id = 1397771353; PRAGMA user_version = 3"
    os.execute("chmod 600 " .. own.path)
    local function write(id, seq, closed, doors)
      local account = dkjson.encode { doors = doors }
      own:rows(([[INSERT INTO record (id, seq, connection, opened, written, closed, way, outcome, generation, account)
        VALUES (%d, %d, 'late-%d', unixepoch() - 3600, unixepoch(), %d, 'in', 'accepted', 1, '%s')
        ON CONFLICT (id) DO UPDATE SET seq = %d, account = '%s']]):format(id, seq, id, closed, account, seq, account))
    end
    local hour_ago = os.time() - 3600
    local function door(name) return { door = name, now = hour_ago, verdict = "accept" } end
    write(1, 1, 0, { door "admit" })
    local reader = support.start { support.binary, "decisions", "--record", own.path, "--follow", "--json" }
    local function lines() return select(2, reader:stdout():gsub('"door":"(%l+)"', "%1")) end
    support.wait_until(function() return lines() == 1 end, 10, "the decision of the past")
    write(2, 2, 1, { door "admit" })
    support.wait_until(function() return lines() == 2 end, 10, "the late decision")
    write(1, 3, 0, { door "admit", door "bind" })
    support.wait_until(function() return lines() == 3 end, 10, "the second decision of the first connection")
    local seen = {}
    for line in reader:stdout():gmatch "[^\n]+" do
      local row = dkjson.decode(line)
      seen[#seen + 1] = row.connection .. " " .. row.door
    end
    assert.same({ "late-1 admit", "late-2 admit", "late-1 bind" }, seen)
    reader:stop()
  end)

  describe("of a reload that asks a partner again", function()
    local own, own_file, partner, id
    before_each(function()
      own = support.region { region = { record = "records.db", recheck = "report" }, scripts = SCRIPTS,
        tcpipservices = { OPEN = { bind = "known" } }, ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX" } } }
      own:start()
      own_file = record_file.of(own, "records.db")
      partner = support.raw(own:port "OPEN")
      id = partner:capex({ applid = "CTGAPP" }):read_message().body.connection
      own_file:await "SELECT 1 FROM record WHERE outcome = 'accepted'"
    end)
    after_each(function()
      partner:close()
      own:stop()
    end)

    local function asked_again()
      local list = {}
      for i, row in ipairs(own_file:rows "SELECT a.*, r.connection FROM reask a JOIN record r ON r.id = a.record ORDER BY a.id") do
        assert.equal(id, row.connection)
        list[i] = { row.generation, row.refused }
        for _, question in ipairs(dkjson.decode(row.account)) do
          assert.is_true(question.recheck)
          assert.equal(row.generation, question.generation)
          table.insert(list[i], question.door .. " " .. question.verdict)
        end
      end
      return list
    end

    it("has the questions that did not refuse, with the generation that asked", function()
      assert.equal(0, (own:command "reload"))
      own_file:await "SELECT 1 FROM reask"
      assert.same({ { 2, 0, "admit accept", "bind accept" } }, asked_again())
      local rows = own_file:rows "SELECT door, generation, policy FROM decision WHERE generation = 2 ORDER BY time"
      assert.same({ { door = "admit", generation = 2 }, { door = "bind", generation = 2, policy = "known" } }, rows)
      local _, out = support.sallyport("decisions", "--record", own_file.path)
      assert.equal(2, select(2, out:gsub("  asked again by generation 2\n", "")), out)
      assert.equal(4, select(2, out:gsub("\n", "")), out)
    end)

    it("has a refusal that is only reported, and nothing of a reload --check", function()
      own:script("known", SCRIPTS.known:gsub('"BAD"', '"CTGAPP"'))
      assert.equal(0, (own:command("reload", "--check")))
      assert.equal(0, (own:command "reload"))
      own_file:await "SELECT 1 FROM reask WHERE refused"
      assert.same({ { 3, 0, "admit accept" }, { 3, 1, "bind refuse" } }, asked_again())
      assert.equal("accepted", own:explain(id)[1].outcome)
    end)
  end)

  it("finds a refusal of a connected partner by a reload, with the generation that refused", function()
    local own = support.region { region = { record = "records.db" }, scripts = SCRIPTS, tcpipservices = { OPEN = { bind = "known" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX" } } }
    own:start()
    local p = support.raw(own:port "OPEN")
    local id = p:capex({ applid = "CTGAPP" }):read_message().body.connection
    own:script("known", SCRIPTS.known:gsub('"BAD"', '"CTGAPP"'))
    assert.equal(0, (own:command "reload"))
    local row = record_file.of(own, "records.db"):await(
      ("SELECT * FROM decision WHERE connection = '%s' AND verdict = 'refuse'"):format(id))
    assert.same({ "bind", "bad_name_here", 2 }, { row.door, row.code, row.generation })
    p:close()
    own:stop()
  end)

  describe("and explain", function()
    it("tells of the file what the region tells", function()
      local own = support.region { region = { record = "records.db" }, scripts = SCRIPTS, tcpipservices = { NO = { admit = "stranger" } } }
      own:start()
      local own_file = record_file.of(own, "records.db")
      for i = 1, 3 do
        support.raw(own:port "NO"):closed()
        own_file:await(("SELECT 1 FROM record WHERE id = %d AND closed"):format(i))
      end
      local id = own:explain({ last = 1 })[1].connection
      local _, told = own:command("explain", id)
      own:stop()
      local status, kept, err = support.sallyport("explain", id, "--region", own:path "region.lua")
      assert.equal(0, status)
      assert.is_truthy(err:find("no region answers; these are the records of ", 1, true), err)
      assert.equal(told, kept)
      local _, out = support.sallyport("explain", "--last", "2", "--refused", "--json", "--record", own_file.path, "--region",
        own:path "region.lua")
      local rows = assert(dkjson.decode(out))
      assert.equal(2, #rows)
      assert.equal(id, rows[2].connection)
      assert.is_true(rows[1].time < rows[2].time)
    end)

    it("joins the records of the region and of its file", function()
      local own = support.region { region = { record = "records.db", records = 1 }, scripts = SCRIPTS,
        tcpipservices = { NO = { admit = "stranger" } } }
      own:start()
      local own_file = record_file.of(own, "records.db")
      for i = 1, 4 do
        support.raw(own:port "NO"):closed()
        own_file:await(("SELECT 1 FROM record WHERE id = %d AND closed"):format(i))
      end
      assert.equal(1, #own:explain { refused = true })
      local function explain(...)
        local status, out, err = support.sallyport("explain", "--json", "--region", own:path "region.lua", ...)
        assert.same({ 0, "" }, { status, err })
        return (assert(dkjson.decode(out)))
      end
      local all = explain "--refused"
      assert.equal(4, #all)
      assert.same({ all[3], all[4] }, explain("--last", "2"))
      assert.same({ all[1] }, explain(all[1].connection))
      assert.equal(4, #explain("--peer", "127.0.0.1"))
      assert.equal(0, #explain("--peer", "127.0.0.2"))
      own:stop()
    end)
  end)
end)
