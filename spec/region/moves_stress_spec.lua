-- SPDX-License-Identifier: Apache-2.0
--[[
Many partners of two sockets that come and go at three workers, beside reloads. MOVES_PARTNERS=5000 MOVES_SECONDS=20 make test
SPEC=spec/region/moves_stress_spec.lua is the long form, which needs 12,000 descriptors.
]]
local crew = require "spec.support.crew"
local record_file = require "spec.support.record_file"
local support = require "spec.support"
local text = require "spec.support.text"

local PARTNERS = tonumber(os.getenv "MOVES_PARTNERS" or "210")
local SECONDS = tonumber(os.getenv "MOVES_SECONDS" or "2")
local EACH = 420 -- partners of one process, whose descriptors select() takes

local DOORS = [[
local policy = require "policy"
local function names(facts) policy.check("name", true, facts.capex.applid) end
return { bind = function(facts)
  names(facts)
  return policy.accept()
end, attach = function(facts)
  names(facts)
  return policy.accept()
end, install = function(facts)
  names(facts)
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }
]]

-- Every name in a record is the one of its partner: those of the CAPEX, of the ipconn, of the checks and of the requests.
local MIXED = [[
WITH one AS (SELECT id, account, json_extract(account, '$.facts.capex.applid') AS name FROM record)
SELECT name, 'ipconn' AS what, json_extract(account, '$.ipconn.ipconn') AS other FROM one WHERE other <> name
UNION ALL SELECT name, 'check', json_extract(c.value, '$.detail')
  FROM one, json_each(account, '$.doors') d, json_each(d.value, '$.checks') c WHERE json_extract(c.value, '$.detail') <> name
UNION ALL SELECT name, 'request', json_extract(q.account, '$.request.tran') FROM one JOIN request q ON q.record = one.id
  WHERE json_extract(q.account, '$.request.tran') <> name
UNION ALL SELECT name, 'check of a request', json_extract(c.value, '$.detail') FROM one JOIN request q ON q.record = one.id,
  json_each(q.account, '$.checks') c WHERE json_extract(c.value, '$.detail') <> name
]]

-- What an operator sees of connections whose facts change meanwhile, at the gates and at home, is of one partner each.
local function assert_whole(region)
  for _, account in ipairs(region:explain { last = 50 }) do
    local capex, ipconn = account.facts.capex, account.ipconn
    if ipconn then assert.are.equal(capex.applid, ipconn.ipconn) end
    if capex then assert.are.equal("NETX", capex.networkid) end
  end
  for _, row in ipairs(region:inquire "socket") do assert.is_string(row.connection) end
end

describe("partners of two sockets that come and go", function()
  for _, way in ipairs { "plain", "tls" } do
    it("each get their own answers, and leave nothing behind: " .. way, function()
      local transactions = {}
      for n = 1, PARTNERS do transactions["M" .. text.base36(n, 3)] = { program = "ECHO" } end
      local region = crew.start { region = { maxsockets = 3 * PARTNERS + 100, halfopen = 3 * PARTNERS, halfopen_peer = 3 * PARTNERS,
          record = "records.db", record_requests = "all", heartbeat = 3600 },
        tcpipservices = { IPIC = { ssl = way == "tls" and "clientauth" or "no", bind = "doors", attach = "doors", urm = "doors" } },
        programs = { ECHO = {} }, transactions = transactions, scripts = { doors = DOORS } }
      finally(function() region:stop() end)
      local port, movers = region:port "IPIC", {}
      for from = 1, PARTNERS, EACH do
        local count = math.min(EACH, PARTNERS - from + 1)
        movers[#movers + 1] = support.start { "lua5.4", "spec/support/mover.lua", port, from, count, SECONDS, way }
      end
      local reloads = 0
      support.wait_until(function()
        region:script("doors", DOORS .. "-- " .. reloads)
        assert.are.equal(0, (region:command "reload"))
        reloads = reloads + 1
        assert_whole(region)
        for _, m in ipairs(movers) do
          if not m:status() then return false end
        end
        return true
      end, SECONDS + 120, "the partners to end")
      local served, answered = 0, 0
      for _, m in ipairs(movers) do
        assert.message(m:stderr()).are.equal(0, m:wait())
        local of_one, of_requests = m:stdout():match "served=(%d+) answered=(%d+)"
        served, answered = served + of_one, answered + of_requests
      end
      assert.is_true(served >= PARTNERS * 5 // 7, served .. " served")
      assert.is_true(reloads > 1)
      crew.accepted(region, 0)
      assert.are.equal(1, #region:inquire "ipconn") -- the template
      assert.are.same({ 0, 0 }, { region:row("tcpipservice", "IPIC").connections, region:row("tcpipservice", "IPIC").halfopen })
      region:stop()
      local file = record_file.of(region, "records.db")
      assert.are.same({}, file:rows(MIXED))
      local rows = file:rows "SELECT (SELECT count(*) FROM record) AS records, (SELECT count(*) FROM request) AS requests"
      assert.is_true(rows[1].records >= 2 * served)
      assert.are.equal(answered, rows[1].requests)
    end)
  end
end)
