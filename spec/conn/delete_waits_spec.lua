-- SPDX-License-Identifier: Apache-2.0
-- A `delete` that waits: it outlives its connection, the name of its ipconn is free meanwhile, and its ends.
local dkjson = require "dkjson"

local requests = require "spec.support.requests"
local slow = require "spec.support.slow"
local support = require "spec.support"

local RELEASE = "1 cmd; name=release"

describe("a delete that waits", function()
  local region, backend

  before_each(function() backend = slow.backend() end)
  after_each(function()
    region:stop()
    backend.close()
  end)

  local function rules(word)
    return ([[
local policy = require "policy"
return {
  install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
  delete = function(f)
    local body = policy.http { url = "URL", body = f.ipconn.ipconn .. " " .. f.connection, timeout = 50 }.body
    policy.check("told", true, "WORD " .. body .. " " .. f.ipconn.applid)
  end,
}]]):gsub("URL", backend.url):gsub("WORD", word)
  end

  local function start(more)
    local own = { wait_milliseconds = 60000, drain = 0.2, policy_http = { backend.url:match "//([^/]*)" } }
    for key, value in pairs(more or {}) do own[key] = value end
    region = support.region { region = own, tcpipservices = { IPIC = { urm = "rules" } },
      ipconns = { ALL = { template = "only", receivecount = 5 } }, scripts = { rules = rules "old" } }:start()
    return region:port "IPIC"
  end

  local function released(port)
    local p, answer = requests.partner(port, "ONE")
    p:request(RELEASE)
    assert.are.equal(200, p:read_message().status)
    assert.are.equal("closed", p:closed())
    return answer.connection
  end

  -- A connection's id in a pattern.
  local function escaped(id) return (id:gsub("%-", "%%-")) end

  local function told(id)
    return support.wait_until(function()
      local record = region:explain(id)[1]
      local d = record.doors[#record.doors]
      return d.verdict and d
    end, 10, "the verdict of delete")
  end

  it("outlives its connection; its partner may come back meanwhile, and explain shows its answer", function()
    local port = start()
    local id = released(port)
    backend.wait()
    assert.is_nil(region:row("ipconn", "ONE"))
    local p = requests.partner(port, "ONE")
    assert.are.equal("ACQUIRED", region:row("ipconn", "ONE").connstatus)
    support.wait_until(function() return region:explain(id)[1].outcome == "released" end, 10, "the end of the connection")
    assert.are.equal(0, region:count_log "SP0024")
    backend.release "heard"
    local d = told(id)
    assert.are.same({ "delete", "accept", "old heard ONE" }, { d.door, d.verdict, d.checks[2].detail })
    assert.is_true(d.waited > 0)
    region:wait_log("SP0024 I .*ipconn=ONE .*connection=" .. escaped(id))
    assert.are.equal(200, p:beat().status)
    p:close()
  end)

  it("ends by policy_limit after wait_milliseconds", function()
    start { wait_milliseconds = 200 }
    local id = released(region:port "IPIC")
    region:wait_log("SP0022 .*connection=" .. escaped(id) ..
      " .*door=delete .*code=policy_limit at=%S*rules.lua:5 .*waited longer than wait_milliseconds")
    region:wait_log("SP0024 .*connection=" .. escaped(id))
  end)

  it("goes on under its generation when a reload comes, and the generation ends with it", function()
    local id = released(start())
    backend.wait()
    region:script("rules", rules "new")
    assert.are.equal(0, (region:command "reload"))
    backend.release "heard"
    assert.are.equal("old heard ONE", told(id).checks[2].detail)
    region:wait_log "SP0013 .*generation=1"
  end)

  it("is waited for by a drain, also when the drain released its ipconn", function()
    local p = requests.partner(start { drain = 30 }, "ONE")
    region:signal "TERM"
    assert.are.equal(RELEASE, assert(p:read_message()).is)
    p:answer(RELEASE)
    p:closed()
    backend.wait()
    assert.are.equal(1, region:row "region".scripts_waiting)
    backend.release "heard"
    region:wait_log "SP0024 I .*ipconn=ONE"
    assert.are.equal(0, region:wait())
  end)

  it("ends with the region's drain time, and has its own place in the file of records", function()
    local id = released(start { record = "records.db" })
    backend.wait()
    backend.release "heard"
    told(id)
    local other = released(region:port "IPIC")
    local c = backend.wait()
    assert.are.equal(0, (region:command "shutdown"))
    slow.gone(c)
    assert.are.equal(0, region:wait())
    local function kept(connection)
      local _, out = support.run { support.binary, "explain", connection, "--json", "--record", region:path "records.db" }
      local record = dkjson.decode(out)
      return (record[1] or record).doors
    end
    local doors = kept(id)
    assert.are.equal("accept", doors[#doors].verdict)
    doors = kept(other)
    assert.are.equal("ended without a verdict: the region ends", doors[#doors].checks[2].name .. ": " .. doors[#doors].checks[2].detail)
  end)
end)
