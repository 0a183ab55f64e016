-- SPDX-License-Identifier: Apache-2.0
-- region { record = … }: which records are written to the file and when, and how a region lives with a bad file or disk.
local lfs = require "lfs"

local record_file = require "spec.support.record_file"
local support = require "spec.support"

local NO = [[
local policy = require "policy"
return { admit = function(facts)
  policy.check("is a friend", false, facts.peer.ip)
  return policy.refuse("stranger", "friends only")
end }]]

local function region_of(region, more)
  local t = { region = region, tcpipservices = { NO = { admit = "stranger" }, OPEN = {} }, scripts = { stranger = NO },
    ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 5 } } }
  for key, value in pairs(more or {}) do t[key] = value end
  local r = support.region(t)
  return r, record_file.of(r, "records.db")
end

local function refuse_one(r)
  support.raw(r:port "NO"):closed()
end

describe("the file of records", function()
  describe("of a region that serves", function()
    local region, file

    lazy_setup(function()
      region, file = region_of({ record = "records.db" }, {
        tcpipservices = { NO = { admit = "stranger" }, OPEN = {}, TLS = { ssl = "clientauth", certificate = "CICSA" } },
        programs = { ECHO = {} },
      })
      region:start()
    end)
    lazy_teardown(function() region:stop() end)

    it("has a connection at its outcome, and at its end the same account as explain", function()
      local p = support.raw(region:port "OPEN")
      local id = p:capex({ applid = "CTGAPP" }):read_message().body.connection
      local row = file:await(("SELECT * FROM record WHERE connection = '%s'"):format(id))
      assert.same({ "accepted", 0, "in", "OPEN", "NETX", "CTGAPP", "NETX" },
        { row.outcome, row.closed, row.way, row.tcpipservice, row.ipconn, row.applid, row.networkid })
      p:close()
      file:await(("SELECT 1 FROM record WHERE connection = '%s' AND closed AND outcome = 'lost'"):format(id))
      local told = region:explain(id)[1]
      assert.equal(0, #told.requests)
      told.requests = nil
      for _, account in ipairs(file:records()) do
        if account.connection == id then assert.same(told, account) end
      end
    end)

    it("has a refused connection with its check and its script", function()
      refuse_one(region)
      file:await "SELECT 1 FROM record WHERE outcome = 'refused' AND code = 'stranger' AND closed"
      local decision = file:await "SELECT * FROM decision WHERE code = 'stranger'"
      assert.same({ "admit", "stranger", region:path "policies/stranger.lua", 4, "refuse", "friends only", 1, "NO" },
        { decision.door, decision.policy, decision.file, decision.line, decision.verdict, decision.text, decision.generation,
          decision.tcpipservice })
    end)

    it("has each presented certificate once", function()
      local service = region:port "TLS"
      for _ = 1, 2 do support.connect { port = service, ring = "NETX.CTGAPP", applid = "OTHER" } end
      file:await "SELECT 1 FROM record WHERE tcpipservice = 'TLS' GROUP BY tcpipservice HAVING count(*) = 2"
      local sha256 = file:rows [[SELECT DISTINCT json_extract(account, '$.facts.certificate.sha256') AS sha256 FROM record
        WHERE tcpipservice = 'TLS']]
      assert.equal(1, #sha256)
      local der = file:await(("SELECT hex(der) AS hex FROM certificate WHERE sha256 = '%s'"):format(sha256[1].sha256)).hex
      local bytes = der:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
      local _, out = support.run({ "openssl", "x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256" }, bytes)
      assert.equal(sha256[1].sha256, out:match("=(%S+)"):gsub(":", ""):lower())
    end)

    it("has the certificate of the first connection too, which is written before the connection", function()
      local young, own = region_of({ record = "records.db" }, { tcpipservices = { TLS = { ssl = "clientauth", certificate = "CICSA" } } })
      young:start()
      for i, ring in ipairs { "NETX.CTGAPP", "MYQUAL.MYAPPL" } do
        support.connect { port = young:port "TLS", ring = ring, applid = "OTHER" }
        own:await(("SELECT 1 FROM record GROUP BY tcpipservice HAVING count(*) = %d"):format(i))
      end
      assert.equal(0, #own:rows [[SELECT 1 FROM record WHERE json_extract(account, '$.facts.certificate.sha256') NOT IN
        (SELECT sha256 FROM certificate)]])
      young:stop()
    end)

    it("can be read by its owner only", function()
      for _, name in ipairs { "records.db", "records.db-wal", "records.db.lock" } do
        assert.equal("rw-------", lfs.attributes(region:path(name), "permissions"), name)
      end
    end)

    it("is counted by inquire region", function()
      local row = region:row("region", "CICSA")
      assert.equal(0, row.records_lost)
      assert.is_true(row.records_written > 0)
      assert.equal("WRITTEN", row.recordstatus)
    end)

    it("belongs to one region: a second one names the process that has it", function()
      local second = support.region { tcpipservices = { OPEN = {} } }
      local text = support.read(second:path "region.lua"):gsub("region {", ("region { record = %q,"):format(
        lfs.currentdir() .. "/" .. region:path "records.db"), 1)
      support.write(second:path "region.lua", text)
      local status, log = second:start_and_end(10)
      assert.equal(1, status)
      assert.is_truthy(log:find(("records.db: the process %d writes to it"):format(region:row("region", "CICSA").pid), 1, true), log)
    end)
  end)

  for written, expected in pairs { refused = { "refuse" }, all = { "accept", "refuse" } } do
    it(("has of requests %s with record_requests = %s"):format(table.concat(expected, " and "), written), function()
      local region, file = region_of({ record = "records.db", record_requests = written }, {
        tcpipservices = { OPEN = { attach = "picky" }, NO = {} }, programs = { ECHO = {} },
        transactions = { GOOD = {}, BAD = {} }, scripts = { stranger = NO, picky = [[
local policy = require "policy"
return { attach = function(facts)
  if facts.request.tran == "BAD" then return policy.refuse("bad_tran") end
  return policy.accept()
end }]] },
      })
      region:start()
      local service = region:port "OPEN"
      support.connect { port = service, link = "ECHO", tran = "GOOD", data = "x" }
      support.connect { port = service, link = "ECHO", tran = "BAD", data = "x" }
      file:await "SELECT 1 FROM decision WHERE code = 'bad_tran'"
      local got = {}
      for i, row in ipairs(file:rows "SELECT verdict FROM decision WHERE door = 'attach' ORDER BY verdict") do got[i] = row.verdict end
      assert.same(expected, got)
      region:stop()
    end)
  end

  it("is made with its directory, which other users cannot read", function()
    local region = region_of { record = "new/records.db" }
    region:start()
    assert.equal("rwx------", lfs.attributes(region:path "new", "permissions"))
    assert.equal("rw-------", lfs.attributes(region:path "new/records.db", "permissions"))
    region:stop()
    region = support.region { region = { record = "no/such/records.db" } }
    region:define(region.given)
    local status, out, err = support.sallyport("run", "--region", region:path "region.lua", "--control", region.control)
    assert.equal(1, status, out .. err)
    assert.is_truthy((out .. err):find("no/such/records%.db%.lock: No such file or directory"), out .. err)
  end)

  it("keeps what was written when the region is killed, and goes on with it", function()
    local region, file = region_of { record = "records.db" }
    region:start()
    refuse_one(region)
    file:await "SELECT 1 FROM record WHERE code = 'stranger'"
    region:signal "KILL"
    region:wait(5)
    assert.equal(1, #file:records())
    region:start()
    refuse_one(region)
    file:await "SELECT 1 FROM record WHERE id = 2"
    region:stop()
  end)

  describe("that is not one", function()
    local function fault_of(prepare)
      local region, file = region_of { record = "records.db" }
      prepare(file.path, file)
      local status, log = region:start_and_end(10)
      assert.equal(1, status)
      local _, out, err = support.sallyport("check", "--region", region:path "region.lua")
      return log, out .. err
    end

    for what, case in pairs {
      ["text"] = { function(path) support.write(path, ("not a database\n"):rep(100)) end,
        "it is no file of records; give record another path" },
      ["another program's database"] = { function(_, file) file:rows "CREATE TABLE mine (a); PRAGMA application_id = 7" end,
        "it is no file of records: it is empty, or another program's database; give another path" },
      ["a file of a newer version"] = { function(_, file)
        file:rows "CREATE TABLE mine (a); PRAGMA application_id = 1397771353; PRAGMA user_version = 99" end,
        "it has version 99 of the format, and this program has version 3; move it away" },
    } do
      it("stops the start with a fault that says so: " .. what, function()
        local log, check = fault_of(function(path, file)
          case[1](path, file)
          os.execute("chmod 600 " .. path)
        end)
        assert.is_truthy(log:find("region.lua:1: fault: region: record: ", 1, true), log)
        assert.is_truthy(log:find("records.db: " .. case[2], 1, true), log)
        assert.is_truthy(check:find(case[2], 1, true), check)
      end)
    end

    it("stops the start with a fault that says so: a damaged file", function()
      local region, file = region_of { record = "records.db" }
      region:start()
      for _ = 1, 20 do refuse_one(region) end
      file:await "SELECT 1 FROM record WHERE id = 20"
      region:stop()
      local bytes = support.read(file.path)
      support.write(file.path, bytes:sub(1, 4096) .. ("\xff"):rep(#bytes - 4096))
      os.execute("chmod 600 " .. file.path)
      local status, log = region:start_and_end(10)
      assert.equal(1, status)
      assert.is_truthy(log:find("records.db: it is damaged; move it away, and the region begins another one", 1, true), log)
    end)

    it("stops the start with a fault that says so: a file that others may read", function()
      local log = fault_of(function(path)
        support.write(path, "")
        os.execute("chmod 640 " .. path)
      end)
      assert.is_truthy(log:find("others may read or write it; chmod 600 ", 1, true), log)
    end)
  end)

  describe("that cannot be written", function()
    it("is tried again: a locked file", function()
      local region, file = region_of { record = "records.db" }
      region:start()
      local fifo = region:path "sql"
      os.execute("mkfifo -m 600 " .. fifo)
      local holder = support.start({ "sqlite3", file.path, ".read " .. fifo })
      local sql = assert(io.open(fifo, "w"))
      sql:write "BEGIN IMMEDIATE;\n"
      sql:flush()
      support.wait_until(function()
        return support.run { "sqlite3", file.path, "BEGIN IMMEDIATE; ROLLBACK" } ~= 0
      end, 10, "the lock")
      refuse_one(region)
      region:wait_log "SP0080 E .*records%.db: another process holds a lock on it"
      assert.equal("FAILING", region:row("region", "CICSA").recordstatus)
      refuse_one(region)
      sql:close()
      holder:wait(10)
      region:wait_log "SP0081"
      file:await "SELECT 1 FROM record WHERE id = 2"
      assert.equal(0, region:row("region", "CICSA").records_lost)
      region:stop()
    end)

    it("keeps its records in the queue while the disk is full, says so, serves on, and writes them when there is room", function()
      local region, file = region_of({ record = "records.db" }, { wrapper = { "prlimit", "--fsize=300000:unlimited" } })
      region:start()
      local pid = region:row("region", "CICSA").pid
      support.wait_until(function()
        refuse_one(region)
        return region:log():find "SP0080"
      end, 30, "the full disk")
      assert.is_truthy(region:wait_log "SP0080":find "records%.db: ")
      refuse_one(region)
      assert.equal("FAILING", region:row("region", "CICSA").recordstatus)
      local last = region:explain({ last = 1 })[1].connection
      assert.equal(0, (support.run { "prlimit", "--pid", tostring(math.tointeger(pid)), "--fsize=unlimited" }))
      region:wait_log "SP0081"
      file:await(("SELECT 1 FROM record WHERE connection = '%s'"):format(last))
      region:stop()
    end)
  end)

  describe("that has limits", function()
    local MANY = [[INSERT INTO record (id, seq, connection, opened, written, closed, way, outcome, generation, account)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
      SELECT 1000000 + i, i - 5000, 'old-' || i, 1000 + i, %s, 1, 'in', 'refused', 1,
        json_object('doors', json_array(), 'pad', hex(randomblob(1000))) FROM n]]

    it("loses the records that were written before record_days, in slices", function()
      local region, file = region_of { record = "records.db", record_days = 2 }
      region:start()
      refuse_one(region)
      file:await "SELECT 1 FROM record WHERE id = 1"
      file:rows(MANY:format(900, "unixepoch() - 3 * 86400"))
      file:await "SELECT 1 WHERE (SELECT count(*) FROM record) = 901"
      support.wait_until(function()
        refuse_one(region)
        return #file:rows "SELECT 1 FROM record WHERE connection LIKE 'old-%' LIMIT 1" == 0
      end, 10, "the old records to go")
      assert.is_true(#file:rows "SELECT 1 FROM record" > 0)
      region:stop()
    end)

    it("loses its oldest records when the file and its WAL have more than record_megabytes, and gives the room back", function()
      local region, file = region_of { record = "records.db", record_megabytes = 1 }
      region:start()
      file:rows(MANY:format(2000, "unixepoch() - 3000 + i"))
      local function bytes()
        return lfs.attributes(file.path, "size") + (lfs.attributes(file.path .. "-wal", "size") or 0)
      end
      assert.is_true(bytes() > 3e6)
      support.wait_until(function()
        refuse_one(region)
        return bytes() <= 1024 * 1024
      end, 10, "the file to become smaller")
      local left = file:rows [[SELECT count(*) AS n, min(written) AS oldest, max(written) AS newest FROM record
      WHERE connection LIKE 'old-%']][1]
      assert.is_true(left.n > 50 and left.n < 600, left.n)
      assert.equal(left.n - 1, left.newest - left.oldest)
      region:stop()
    end)

    it("comes back within them without a further connection", function()
      local region, file = region_of { record = "records.db", record_megabytes = 1 }
      region:start()
      file:rows(MANY:format(2000, "unixepoch() - 3000 + i"))
      refuse_one(region)
      support.wait_until(function()
        return lfs.attributes(file.path, "size") + (lfs.attributes(file.path .. "-wal", "size") or 0) <= 1024 * 1024
      end, 10, "the file to become smaller")
      region:stop()
    end)

    it("loses the oldest requests and re-asks too, when those fill the file", function()
      local region, file = region_of { record = "records.db", record_megabytes = 1 }
      region:start()
      file:rows [[INSERT INTO request (id, record, time, refused, account)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT 2 * i - 9000, 1, unixepoch(), 1, hex(randomblob(1000)) FROM n;
        INSERT INTO reask (id, record, time, generation, refused, account)
        SELECT id + 1, 1, unixepoch(), 2, 0, account FROM request]]
      local last
      support.wait_until(function()
        refuse_one(region)
        last = file:rows [[SELECT (SELECT count(*) FROM request) AS requests, (SELECT count(*) FROM reask) AS reasks,
          (SELECT count(*) FROM record) AS records]][1]
        return last.requests < 400 and last.reasks < 400
      end, 10, "the oldest requests and re-asks to go")
      local left = ("%d %d %d"):format(last.requests, last.reasks, last.records)
      assert.is_true(last.requests > 20 and last.reasks > 20 and last.records > 0, left)
      region:stop()
    end)

    it("loses no further records while a reader keeps the WAL from being cut", function()
      local region, file = region_of { record = "records.db", record_megabytes = 1 }
      region:start()
      local fifo = region:path "sql"
      os.execute("mkfifo -m 600 " .. fifo)
      local reader = support.start { "sqlite3", file.path, ".read " .. fifo }
      local sql = assert(io.open(fifo, "w"))
      sql:write("BEGIN; SELECT count(*) FROM record;\n.shell touch " .. fifo .. ".read\n")
      sql:flush()
      support.wait_until(function()
        return lfs.attributes(fifo .. ".read")
      end, 10, "the reader's snapshot")
      file:rows(MANY:format(2000, "unixepoch() - 3000 + i"))
      local function left()
        return file:rows "SELECT count(*) AS n FROM record WHERE connection LIKE 'old-%'"[1].n
      end
      support.wait_until(function()
        refuse_one(region)
        return left() < 600
      end, 10, "the oldest records to go")
      local written = region:row("region", "CICSA").records_written
      support.wait_until(function()
        refuse_one(region)
        return region:row("region", "CICSA").records_written >= written + 20
      end, 10, "more records")
      assert.is_true(left() > 50, left())
      sql:close()
      reader:wait(10)
      support.wait_until(function()
        refuse_one(region)
        return lfs.attributes(file.path, "size") + lfs.attributes(file.path .. "-wal", "size") <= 1024 * 1024
      end, 10, "the file to become smaller")
      assert.is_true(left() > 50, left())
      region:stop()
    end)
  end)
end)
