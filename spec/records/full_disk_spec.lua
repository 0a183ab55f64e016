-- SPDX-License-Identifier: Apache-2.0
-- The file of records on a full disk: the region's messages and losses, and the partners' answers, by record_full.
local record_file = require "spec.support.record_file"
local small_disk = require "spec.support.small_disk"
local support = require "spec.support"

-- Refuses, with an account of about 30 KB.
local WORDY = [[
local policy = require "policy"
local detail, text = ("d"):rep(200), ("t"):rep(1000)
return { admit = function()
  for i = 1, 64 do policy.check(("c"):rep(98) .. i, false, detail) end
  for i = 1, 12 do policy.note("n" .. i, text) end
  return policy.refuse("stranger")
end }]]

describe("a full disk", function()
  local disk, region, file

  local function start(full)
    disk = small_disk.new(400)
    region = support.region { wrapper = disk.wrapper, scripts = { wordy = WORDY, named = [[local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]] },
      region = { record = disk.path .. "/records.db", record_full = full, capex_timeout = 1, instructions = 1000000 },
      tcpipservices = { NO = { admit = "wordy" }, OPEN = { urm = "named" } } }
    region:start()
    file = record_file.at(disk.path .. "/records.db")
  end
  after_each(function()
    region:stop()
    disk:drop()
  end)

  local function refuse_one()
    support.raw(region:port "NO"):closed()
  end

  -- Refuses connections until the log has the message.
  local function refuse_until(pattern)
    support.wait_until(function()
      for _ = 1, 20 do refuse_one() end
      return region:log():find(pattern)
    end, 60, pattern)
    return region:wait_log(pattern)
  end

  it("loses what has no room in the queue, counts it and says so, under record_full = count; then it writes again", function()
    start "count"
    local why = refuse_until "SP0080 E"
    assert.is_truthy(why:find(disk.mounted and "records.db: no room on the disk" or "records.db: ", 1, true), why)
    local lost = refuse_until "SP0082 E"
    assert.is_true(tonumber(lost:match "lost=(%d+)") > 0)
    assert.is_truthy(lost:find("records.db", 1, true), lost)
    local row = region:row("region", "CICSA")
    assert.equal("FAILING", row.recordstatus)
    assert.is_true(row.records_lost > 0)
    local p = support.raw(region:port "OPEN")
    assert.equal(200, p:capex({ applid = "ANY" }):read_message().status)
    disk:grow(region)
    region:wait_log "SP0081 I"
    support.wait_until(function() return region:row("region", "CICSA").recordstatus == "WRITTEN" end, 10, "the records to be written")
    p:close()
    file:await "SELECT 1 FROM record WHERE code = 'stranger'"
    refuse_one()
    local last = region:explain({ last = 1 })[1].connection
    file:await(("SELECT 1 FROM record WHERE connection = '%s' AND closed"):format(last))
  end)

  it("counts the records that the end of the region loses", function()
    start "count"
    refuse_until "SP0080 E"
    refuse_one()
    region:signal "TERM"
    region:wait(10)
    assert.is_true(tonumber(region:wait_log("SP0082 E"):match "lost=(%d+)") > 0)
  end)

  it("tells no partner 200 under record_full = hold: it is refused with code record; then partners are let in again", function()
    start "hold"
    refuse_until "SP0080 E"
    local p = support.raw(region:port "OPEN")
    local message = p:capex({ applid = "HELD" }):read_message()
    assert.same({ 403, "EXCEPTION" }, { message.status, message.body.response })
    p:close()
    assert.equal("record", region:explain(message.body.connection)[1].code)
    assert.is_nil(region:row("ipconn", "HELD"))
    disk:grow(region)
    region:wait_log "SP0081 I"
    local q = support.raw(region:port "OPEN")
    local answer = q:capex({ applid = "LATER" }):read_message()
    assert.equal(200, answer.status)
    assert.equal("accepted", file:rows(("SELECT outcome FROM record WHERE connection = '%s'"):format(answer.body.connection))[1].outcome)
    q:close()
  end)
end)
