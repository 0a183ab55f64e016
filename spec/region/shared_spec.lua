-- SPDX-License-Identifier: Apache-2.0
-- The shared objects of a region's workers: counts, records, metrics and the ipconns that scripts see, for a connection of each worker.
local record_file = require "spec.support.record_file"
local scrape = require "spec.support.scrape"
local support = require "spec.support"

local WORKERS = 3
local MANY = 24 -- connections at the same time, so that each worker has some

-- Refuses callers while the partner P1 is acquired, and tells its view of P1.
local GUARD = [[
local policy = require "policy"
return { admit = function()
  local one = policy.ipconn "P1"
  if one and one.connstatus == "ACQUIRED" then
    local same = policy.ipconns { applid = "P1", networkid = "NETX" }
    local none = policy.ipconns { applid = "NOPE" }
    return policy.refuse("occupied", one.servstatus .. " " .. one.receivecount .. " " .. #same .. " " .. #none)
  end
  return policy.accept()
end }]]

local WHOLE = [[
local policy = require "policy"
return { install = function(facts)
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }]]

local PATIENT = [[
local policy = require "policy"
return { admit = function()
  policy.sleep(20)
  return policy.accept()
end }]]

local function start(t)
  local given = { region = { workers = WORKERS, heartbeat = 60, tcp_timeout = 60 },
    tcpipservices = { IPIC = { urm = "whole" }, GUARDED = { urm = "whole", admit = "guard" },
      PATIENT = { urm = "whole", admit = "patient" } },
    ipconns = { TMPL = { template = "only", receivecount = 10 } },
    scripts = { whole = WHOLE, guard = GUARD, patient = PATIENT } }
  for name, value in pairs(t or {}) do given.region[name] = value end
  return support.region(given):start()
end

local function callers(port, n)
  local out = {}
  for i = 1, n do out[i] = support.raw(port) end
  return out
end

local function all_closed(all)
  for _, p in ipairs(all) do p:closed() end
end

describe("workers share", function()
  local region
  after_each(function() region:stop() end)

  it("the ipconns that a script sees: their states, counts and end, at each worker", function()
    region = start()
    local port = region:port "GUARDED"
    local p1 = support.raw(region:port "IPIC")
    assert.are.equal(200, p1:capex({ applid = "P1", networkid = "NETX", sendcount = 4 }):read_message().status)
    support.wait_until(function() return region:row("ipconn", "P1").connstatus == "ACQUIRED" end, 10, "P1") -- behind its 200
    all_closed(callers(port, MANY))
    local refused = region:explain { refused = true, last = 1000 }
    assert.are.equal(MANY, #refused)
    for _, record in ipairs(refused) do
      assert.are.same({ "occupied", "INSERVICE 4 1 0" }, { record.code, record.doors[1].text })
    end
    assert.are.equal(0, (region:command("set", "ipconn", "P1", "outservice")))
    all_closed(callers(port, MANY))
    assert.are.equal("OUTSERVICE 4 1 0", region:explain({ refused = true, last = 1 })[1].doors[1].text)
    p1:close()
    support.wait_until(function() return region:row("ipconn", "P1") == nil end)
    local let_in = callers(port, MANY)
    support.wait_until(function() return region:row("tcpipservice", "GUARDED").halfopen == MANY end, 10, "admitted callers")
    for _, p in ipairs(let_in) do p:close() end
  end)

  it("the counts of statistics, doors and metrics: no event is lost or counted twice", function()
    region = start { metrics = "127.0.0.1:0" }
    local all = callers(region:port "IPIC", MANY)
    for i, p in ipairs(all) do p:capex { applid = "S" .. i, networkid = "NETX" } end
    for _, p in ipairs(all) do assert.are.equal(200, p:read_message().status) end
    for _, p in ipairs(all) do p:close() end
    support.wait_until(function() return region:row("region").sockets == 0 end)
    local service, region_row = region:row("statistics", "IPIC"), region:row("statistics", "CICSA")
    assert.are.same({ 0, MANY, MANY, 0 },
      { service.sor_current_conns, service.sor_peak_conns, service.sor_sockets_accepted, service.sor_sockets_refused })
    assert.are.same({ 0, MANY, MANY },
      { region_row.sog_curr_inbound_sockets, region_row.sog_peak_inbound_sockets, region_row.sog_inb_sockets_created })
    assert.are.equal(MANY, region:row("door", "install").asked)
    support.wait_until(function()
      return scrape.metrics(region)['sallyport_connections_total{tcpipservice="IPIC",outcome="accepted"}'] == MANY
    end)
  end)

  it("the limit of waiting: as many scripts wait as it says, all workers together", function()
    region = start { waiting = 5, waiting_peer = 100, wait_milliseconds = 30000 }
    local all = callers(region:port "PATIENT", MANY)
    support.wait_until(function() return region:row("region").refusals == MANY - 5 end, 10, "the refusals")
    local row = region:row "region"
    assert.are.same({ 5, MANY - 5, 5 }, { row.scripts_waiting, row.wait_limits, row.sockets })
    for _, record in ipairs(region:explain { refused = true, last = 1000 }) do assert.are.equal("policy_limit", record.code) end
    for _, p in ipairs(all) do p:close() end
    support.wait_until(function() return region:row("region").scripts_waiting == 0 end)
  end)

  it("the records: explain shows the connections of each worker, open and closed, and the file has them all", function()
    region = start { record = "records.db" }
    local all = callers(region:port "IPIC", MANY)
    support.wait_until(function() return region:row("region").sockets == MANY end)
    local ids = {}
    for _, record in ipairs(region:explain { last = 1000 }) do
      assert.are.equal("open", record.outcome)
      ids[#ids + 1] = record.connection
    end
    assert.are.equal(MANY, #ids)
    for _, p in ipairs(all) do p:capex({ applid = "toolongname", networkid = "NETX" }) end
    for _, p in ipairs(all) do assert.are_not.equal(200, p:read_message().status) end
    all_closed(all)
    for _, id in ipairs(ids) do
      support.wait_until(function() return region:explain(id)[1].outcome == "refused" end)
    end
    assert.are.equal(MANY, #region:explain { refused = true, last = 1000 })
    local all_of_them = "SELECT 1 FROM record WHERE outcome = 'refused' AND closed GROUP BY tcpipservice HAVING count(*) = %d"
    record_file.of(region, "records.db"):await(all_of_them:format(MANY))
  end)
end)
