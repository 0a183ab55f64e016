-- SPDX-License-Identifier: Apache-2.0
-- A reload whose rules ask a service about partners that are there: it waits for the answers, and everything else goes on.
local process = require "spec.support.process"
local requests = require "spec.support.requests"
local slow = require "spec.support.slow"
local support = require "spec.support"

describe("a reload whose rules ask a service", function()
  local region, backend, port

  before_each(function() backend = slow.backend() end)
  after_each(function()
    region:stop()
    backend.close()
  end)

  local OLD = "local policy = require 'policy'\nreturn { bind = function() return policy.accept() end }\n"
  local ASKS = [[
local policy = require "policy"
return { bind = function(f)
  local a = policy.http { url = "URL", body = f.capex.applid, timeout = %s }
  if a == "none" or a.body ~= "no" then return policy.accept() end
  return policy.refuse("not_any_more", a.body)
end }
]]

  local function new(options) return (ASKS:format(options or "50"):gsub("URL", backend.url)) end

  local function start(more, n)
    local own = { heartbeat = 0, wait_milliseconds = 60000, policy_http = { backend.url:match "//([^/]*)" } }
    for key, value in pairs(more or {}) do own[key] = value end
    local ipconns = {}
    for i = 1, n or 2 do ipconns["IP" .. i] = { applid = "APPL" .. i, networkid = "NETX", receivecount = 1 } end
    region = support.region { region = own, tcpipservices = { IPIC = { bind = "rules" } }, programs = { ECHO = {} }, ipconns = ipconns,
      scripts = { rules = OLD } }:start()
    port = region:port "IPIC"
  end

  local function reload() return process.start { support.binary, "reload", "--region", region:path "region.lua" } end

  -- The exit status of a reload, and its output.
  local function report(r) return r:wait(20), r:stdout() .. r:stderr() end

  it("waits for the answers while its partners work; it releases those that the service refuses", function()
    start()
    local first, second = requests.partner(port, "APPL1"), requests.partner(port, "APPL2")
    region:script("rules", new())
    local r = reload()
    backend.wait()
    backend.wait()
    assert.are.equal("still here", requests.run(first, "ECHO", "still here").data)
    assert.are.equal(1, region:row "region".generation)
    backend.release "no"
    assert.are.equal(0, (report(r)))
    assert.are.equal(2, region:row "region".generation)
    region:wait_log "SP0016 .*ipconn=IP1 door=bind .*code=not_any_more .*released=yes"
    region:wait_log "SP0016 .*ipconn=IP2 door=bind .*code=not_any_more .*released=yes"
    first:close()
    second:close()
  end)

  it("is shown by explain, and replayed with the answers that it got", function()
    start({ record = "records.db" }, 1)
    local partner = support.raw(port):capex { applid = "APPL1", networkid = "NETX" }
    local connection = partner:read_message().body.connection
    region:script("rules", new())
    local r = reload()
    backend.wait()
    backend.release "yes"
    assert.are.equal(0, (report(r)))
    partner:close()
    local doors = region:explain(connection)[1].doors
    local asked = doors[#doors]
    assert.are.same({ "bind", true, 2, "accept" }, { asked.door, asked.recheck, asked.generation, asked.verdict })
    assert.are.same({ "http", "yes" }, { asked.answers[1].asked, asked.answers[1].answer })
    assert.is_true(asked.waited > 0)
    local file = region:path "region.lua"
    region:stop()
    local function lines(...)
      local _, out = support.sallyport("decisions", "--region", file, "--door", "bind", ...)
      return select(2, out:gsub("bind", ""))
    end
    assert.are.same({ 2, 0 }, { lines(), lines "--refused" })
    local _, all = support.sallyport("explain", "--region", file, "--last", "5", "--refused")
    assert.is_nil(all:find(connection, 1, true))
    local status, out = support.sallyport("replay", "--with", file, "--region", file)
    assert.are.equal(0, status, out)
  end)

  it("asks once: a later reload has the answer, also when the service is gone", function()
    start(nil, 1)
    local p = requests.partner(port, "APPL1")
    region:script("rules", new())
    local r = reload()
    backend.wait()
    backend.release "yes"
    assert.are.equal(0, (report(r)))
    backend.close()
    for _ = 1, 2 do
      region:script("rules", new() .. "-- again\n")
      assert.are.equal(0, (report(reload())))
    end
    assert.are.equal("x", requests.run(p, "ECHO", "x").data)
    p:close()
  end)

  it("is refused when there is no answer and no `down`; the old rules stay in force", function()
    start { wait_milliseconds = 100 }
    local p = requests.partner(port, "APPL1")
    region:script("rules", new())
    local status, said = report(reload())
    assert.are.equal(1, status)
    assert.is_truthy(said:find "IP1, asked again at bind: policy_limit: waited longer than wait_milliseconds", said)
    assert.are.equal(1, region:row "region".generation)
    assert.are.equal("x", requests.run(p, "ECHO", "x").data)
    p:close()
  end)

  it("goes on when a partner leaves meanwhile", function()
    start()
    local first, second = requests.partner(port, "APPL1"), requests.partner(port, "APPL2")
    region:script("rules", new())
    local r = reload()
    local c = backend.wait()
    backend.wait()
    first:close()
    second:close()
    slow.gone(c)
    assert.are.same({ 0, 0 }, { (report(r)), region:row "region".scripts_waiting })
  end)

  it("ends with the region", function()
    start { drain = 0.1 }
    local p = requests.partner(port, "APPL1")
    region:script("rules", new())
    local r = reload()
    local c = backend.wait()
    region:signal "TERM"
    assert.are.equal(0, region:wait())
    slow.gone(c)
    assert.are_not.equal(0, (report(r)))
    p:close()
  end)

  it("is refused after ten times wait_milliseconds when its calls have no `down`, and says what to do", function()
    local service = process.start { "lua5.4", "spec/support/backend.lua" }
    local host = "127.0.0.1:" .. support.wait_until(function() return service:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
    start({ wait_milliseconds = 1000, waiting = 4, policy_http = { host } }, 80)
    local partners = {}
    for i = 1, 80 do partners[i] = requests.partner(port, "APPL" .. i) end
    region:script("rules", (new():gsub(backend.url, "http://" .. host .. "/later")))
    local status, said = report(reload())
    assert.are.equal(1, status)
    assert.is_truthy(said:find("policy_error: policy.http POST http://" .. host .. "/later", 1, true), said)
    local bound = "a reload waits at most 10 s (10 times wait_milliseconds) for the calls of its scripts, and 80 ipconns are there"
    assert.is_truthy(said:find(bound, 1, true), said)
    assert.are.equal(1, region:row "region".generation)
    for _, p in ipairs(partners) do p:close() end
    service:stop()
  end)

  it("asks a few at a time, and stops asking after ten times wait_milliseconds", function()
    start({ wait_milliseconds = 60, waiting = 4 }, 30)
    local partners = {}
    for i = 1, 30 do partners[i] = requests.partner(port, "APPL" .. i) end
    region:script("rules", new "0.05, down = 'none'")
    local status, said = report(reload())
    assert.message(said).are.equal(0, status)
    local asked = 0
    while not backend.idle() do asked = asked + 1 end
    assert.is_true(asked > 0 and asked < 30, "asked about " .. asked)
    for i = 1, 30 do assert.are.equal("ACQUIRED", region:row("ipconn", "IP" .. i).connstatus) end
    for _, p in ipairs(partners) do p:close() end
  end)
end)
