-- SPDX-License-Identifier: Apache-2.0
-- The answers of calls that waited, given again: in `replay` and `ask --from` from the record, to a shadow from the live script. A canary
-- waits as the live generation does.
local dkjson = require "dkjson"
local process = require "spec.support.process"
local support = require "spec.support"
local versions = require "spec.support.versions"

local must = versions.must

describe("an answer of a call that waited", function()
  local region, backend, url, directories

  -- Lets in the partners whose host resolves and whose name the server repeats.
  local RULES = [[
local policy = require "policy"
return {
  admit = function() return policy.accept() end,
  bind = function(f)
    local a = policy.http { url = "URL/echo", json = { applid = f.capex.applid }, down = "refuse" }
    if a.json.applid ~= "GOOD" then return policy.refuse("NOT", a.json.applid) end
    return policy.accept()
  end,
  install = function(f)
    policy.check("address", true, policy.resolve("localhost", { down = "refuse" })[1])
    return policy.install { ipconn = f.capex.applid, template = "ALL" }
  end,
}]]

  local function rules(code) return (RULES:gsub("URL", url):gsub("NOT", code or "not_good")) end

  local function candidate(script)
    local dir = support.directory()
    directories[#directories + 1] = dir
    support.write(dir .. "/rules.lua", script)
    return dir
  end

  -- Ends the server; its lines are those of the requests that it was sent.
  local function silence()
    backend:stop()
    local _, n = backend:stdout():gsub("POST /echo", "")
    backend = nil
    return n
  end

  local function come(applid)
    local p = support.raw(region:port "IPIC")
    local answer = p:capex({ applid = applid }):read_message(10)
    p:close()
    return answer.body.connection
  end

  before_each(function()
    directories = {}
    backend = process.start { "lua5.4", "spec/support/backend.lua" }
    url = "http://127.0.0.1:" .. support.wait_until(function() return backend:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
    region = support.region { region = { heartbeat = 0, specs = "off", record = "records.db", policy_http = { url:match "//(.*)" } },
      tcpipservices = { IPIC = { admit = "rules", bind = "rules", urm = "rules" } },
      ipconns = { ALL = { template = "only", receivecount = 5 } }, scripts = { rules = rules() } }:start()
  end)
  after_each(function()
    region:stop()
    if backend then backend:stop() end
    for _, dir in ipairs(directories) do support.remove(dir) end
  end)

  it("is that of the record in a replay, and a call that the record lacks makes the decision unknown", function()
    come "GOOD"
    come "BAD"
    region:stop()
    assert.equal(2, silence())
    local function replay(code)
      support.write(region:path "policies/rules.lua", code)
      local _, out, err = support.sallyport("replay", "--json", "--with", region:path "region.lua", "--region", region:path "region.lua")
      return assert(dkjson.decode(out, 1, dkjson.null), err)
    end
    local r = replay(rules())
    assert.same({ 5, 5 }, { r.decisions, r.same })
    r = replay(rules "other")
    assert.same({ 4, 1, "not_good", "other" }, { r.same, #r.changed, r.changed[1].before.code, r.changed[1].after.code })
    r = replay((rules():gsub("/echo", "/upper")))
    assert.is_truthy(r.unknown[1].why:find("the record does not answer: http POST " .. url .. "/upper", 1, true), r.unknown[1].why)
  end)

  it("is that of the record in `ask --from`, of the region and of a definition on disk", function()
    local good, bad = come "GOOD", come "BAD"
    assert.equal(2, silence())
    local function ask(...)
      local _, out, err = support.sallyport("ask", "--json", "--region", region:path "region.lua", ...)
      return assert(dkjson.decode(out, 1, dkjson.null), err)[1]
    end
    for _, where in ipairs { "--running", "--all" } do -- without --running the definition on disk is asked
      local r = ask("--from", good, where)
      assert.message(where).same({ true, 2 }, { r.accepted, #r.doors[2].answers + #r.doors[3].answers })
      r = ask("--from", bad, where)
      assert.message(where).same({ false, "not_good" }, { r.accepted, r.code })
      r = ask("--from", good, where, "--applid", "OTHER")
      assert.message(where).same({ false, "service_down" }, { r.accepted, r.code })
    end
  end)

  it("is that of the live script for a shadow, which asks nobody", function()
    must(region, "shadow", candidate(rules "other"))
    come "GOOD"
    come "BAD"
    local row = support.wait_until(function()
      local r = region:inquire("shadow")[1]
      return r.asked == 5 and r
    end, 10, "five questions of the shadow")
    assert.same({ 1, 0, "not_good", "other" }, { row.changed, row.unknown, row.last[1].before.code, row.last[1].after.code })
    assert.equal(2, silence())
  end)

  it("is one of the world for a canary, whose connections the live generation is asked about with the same answers", function()
    must(region, "canary", candidate(rules "other"), "--share", "100%")
    local p = support.raw(region:port "IPIC")
    assert.equal("OK", p:capex({ applid = "GOOD" }):read_message(10).body.response)
    come "BAD"
    region:wait_log "SP0021 .*code=other"
    must(region, "canary", "stop")
    assert.equal(2, silence())
    support.wait_until(function() return region:row("ipconn", "GOOD").generation == 1 end, 10, "the live generation's answer")
    p:request "1 cmd; name=heartbeat"
    assert.equal(200, p:read_message().status)
    p:close()
  end)
end)
