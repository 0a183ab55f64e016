-- SPDX-License-Identifier: Apache-2.0
-- region { record_full = "hold" }: no 200 before the record of the decision is on the disk.
local record_file = require "spec.support.record_file"
local support = require "spec.support"

local URM = [[local policy = require "policy"
return { install = function() return policy.install { ipconn = "AUTO" } end }]]

describe("a region that holds its answers", function()
  local region, file

  local function start(capex_timeout)
    region = support.region { region = { record = "records.db", record_full = "hold", capex_timeout = capex_timeout },
      scripts = { yes = URM },
      tcpipservices = { OPEN = { urm = "yes" } }, ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 5 } },
      programs = { ECHO = {} } }
    region:start()
    file = record_file.of(region, "records.db")
  end
  after_each(function() region:stop() end)

  -- Holds a lock on the file until the returned function is called.
  local function lock()
    local fifo = region:path "sql"
    os.execute("mkfifo -m 600 " .. fifo)
    local holder = support.start { "sqlite3", file.path, ".read " .. fifo }
    local sql = assert(io.open(fifo, "w"))
    sql:write "BEGIN IMMEDIATE;\n"
    sql:flush()
    support.wait_until(function()
      return support.run { "sqlite3", file.path, "BEGIN IMMEDIATE; ROLLBACK" } ~= 0
    end, 10, "the lock")
    return function()
      sql:close()
      holder:wait(10)
      os.remove(fifo)
    end
  end

  local function stage_of(id)
    for _, row in ipairs(region:inquire "socket") do
      if row.connection == id then return row.stage end
    end
  end

  it("answers when the record is written; then requests run", function()
    start(10)
    local p = support.raw(region:port "OPEN")
    local id = p:capex({ applid = "CTGAPP" }):read_message().body.connection
    assert.equal("accepted", file:rows(("SELECT outcome FROM record WHERE connection = '%s'"):format(id))[1].outcome)
    p:close()
    local result = support.connect { port = region:port "OPEN", link = "ECHO", tran = "CPMI", data = "x", sockets = 2 }
    assert.is_true(result.accepted)
  end)

  it("loses no acceptance that a partner was told when the region is killed at once", function()
    start(10)
    for _ = 1, 3 do
      local p = support.raw(region:port "OPEN")
      local answer = p:capex({ applid = "KILLED" }):read_message()
      region:signal "KILL"
      assert.equal(200, answer.status)
      region:wait(10)
      p:close()
      local rows = file:rows(("SELECT outcome FROM record WHERE connection = '%s'"):format(answer.body.connection))
      assert.same({ { outcome = "accepted" } }, rows)
      region:start()
    end
  end)

  it("keeps a partner waiting while the file cannot be written, and answers it then", function()
    start(30)
    local release = lock()
    local p = support.raw(region:port "OPEN")
    p:capex { applid = "CTGAPP" }
    local held = support.wait_until(function()
      local row = region:inquire("socket")[1]
      return row and row.stage == "HELD" and row
    end, 10, "a held socket")
    assert.equal(0, region:count_log("DFHIS2001"))
    region:wait_log "SP0080"
    release()
    local body = p:read_message().body
    assert.same({ "OK", held.connection }, { body.response, body.connection })
    assert.equal("INSTALLED", stage_of(held.connection))
    p:close()
  end)

  it("refuses with code record when that takes longer than capex_timeout, and the autoinstalled ipconn is gone", function()
    start(1)
    local release = lock()
    local p = support.raw(region:port "OPEN")
    local message = p:capex({ applid = "NEWAPPL" }):read_message()
    assert.same({ 403, "EXCEPTION" }, { message.status, message.body.response })
    local r = region:explain(message.body.connection)[1]
    assert.same({ "refused", "capex", "record" }, { r.outcome, r.stage, r.code })
    assert.is_nil(region:row("ipconn", "AUTO"))
    region:wait_log "SP0031 .*code=record"
    assert.equal(0, region:count_log "DFHIS2001")
    p:close()
    release()
    file:await(("SELECT 1 FROM record WHERE connection = '%s' AND outcome = 'refused' AND code = 'record'"):format(message.body.connection))
  end)

  it("drains without waiting for the file", function()
    start(60)
    local release = lock()
    local p = support.raw(region:port "OPEN")
    p:capex { applid = "CTGAPP" }
    support.wait_until(function()
      local row = region:inquire("socket")[1]
      return row and row.stage == "HELD"
    end, 10, "a held socket")
    region:signal "TERM"
    region:wait_log "SP0002"
    p:close()
    release()
  end)
end)
