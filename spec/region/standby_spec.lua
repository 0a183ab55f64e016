-- SPDX-License-Identifier: Apache-2.0
-- Partners that come while a reload waits for its last answers: they stand by until it has ended, and the rules then in force judge them.
local process = require "spec.support.process"
local slow = require "spec.support.slow"
local support = require "spec.support"

local RULES = [[
local policy = require "policy"
local asks = { %s }
local function decide(door, f)
  if not asks[door] then return policy.accept() end
  local a = policy.http { url = "URL" .. door, body = f.peer.ip, timeout = 50 }
  return a.body == "no" and policy.refuse("not_any_more", door) or policy.accept()
end
return {
  admit = function(f) return decide("admit", f) end,
  bind = function(f) return decide("bind", f) end,
  install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
}]]

describe("a partner that comes when the end of a reload is near", function()
  local region, backend, port
  local there -- kept: a socket that is collected is closed

  before_each(function() backend = slow.backend() end)
  after_each(function()
    if there then there:close() end
    there = nil
    region:stop()
    backend.close()
  end)

  local function rules(asks) return (RULES:format(asks):gsub("URL", backend.url)) end

  local function start(more)
    local own = { heartbeat = 0, wait_milliseconds = 60000, policy_http = { backend.url:match "//([^/]*)" } }
    for key, value in pairs(more or {}) do own[key] = value end
    region = support.region { region = own, tcpipservices = { IPIC = { admit = "rules", bind = "rules", urm = "rules" } },
      ipconns = { ALL = { template = "only", receivecount = 1 } }, scripts = { rules = rules "" } }:start()
    port = region:port "IPIC"
  end

  local function come(applid, from)
    return support.raw(port, nil, from):capex { applid = applid, networkid = "NETX" }
  end

  local function let_in(applid)
    local p = come(applid)
    assert.equal("OK", p:read_message().body.response)
    return p
  end

  local function reload(...)
    return process.start { support.binary, "reload", "--control", region.control, ... }
  end

  local function standing()
    local n = 0
    for _, row in ipairs(region:inquire "socket") do n = n + (row.stage == "STANDBY" and 1 or 0) end
    return n
  end

  local function wait_standing(n)
    support.wait_until(function() return standing() == n end, 20, n .. " partners that stand by")
  end

  -- One partner is there, the service is being asked about it, and another one comes: both, and the reload.
  local function near_the_end(asks)
    there = let_in "THERE"
    region:script("rules", rules(asks or "bind = true"))
    local r = reload()
    backend.wait()
    local comes = come "COMES"
    wait_standing(1)
    return r, comes
  end

  local function ended(r, status)
    assert.equal(status, (r:wait(20)), r:stdout() .. r:stderr())
  end

  local function record(connection) return region:explain(connection)[1] end

  local function last() return region:explain({ last = 1 })[1] end

  it("is asked by the new rules alone, and by the service", function()
    start()
    local r, comes = near_the_end()
    backend.release "yes"
    ended(r, 0)
    backend.wait()
    backend.release "yes"
    local answer = comes:read_message().body
    assert.equal("OK", answer.response)
    local admit, bind, install = table.unpack(record(answer.connection).doors)
    assert.same({ "admit", "bind", "install" }, { admit.door, bind.door, install.door })
    assert.not_equal(admit.hash, bind.hash)
    assert.equal(bind.hash, install.hash)
    assert.is_false(bind.recheck)
    assert.same({ "http" }, { bind.answers[1].asked })
    assert.equal(2, record(answer.connection).facts.generation)
    assert.equal(200, comes:beat().status)
  end)

  it("is refused when the service refuses it", function()
    start()
    local r, comes = near_the_end()
    backend.release "yes"
    ended(r, 0)
    backend.wait()
    backend.release "no"
    assert.equal("SECURITY_VIOLATION", comes:read_message().body.reason)
    region:wait_log "SP0021 .*door=bind .*code=not_any_more"
    assert.is_nil(region:row("ipconn", "COMES"))
  end)

  it("is let in by the old rules when the reload is refused", function()
    start()
    local r, comes = near_the_end()
    backend.close()
    ended(r, 1)
    assert.equal("OK", comes:read_message().body.response)
    assert.equal(1, region:row "region".generation)
    assert.equal(200, comes:beat().status)
  end)

  it("is asked again at its earlier doors, whose scripts may wait too", function()
    start()
    local r, comes = near_the_end "admit = true"
    backend.release "yes"
    ended(r, 0)
    backend.wait()
    backend.release "yes"
    local answer = comes:read_message().body
    assert.equal("OK", answer.response)
    local first, again, bind = table.unpack(record(answer.connection).doors)
    assert.same({ "admit", "admit", "bind" }, { first.door, again.door, bind.door })
    assert.same({ false, true, false }, { first.recheck, again.recheck, bind.recheck })
    assert.same({ 2, bind.hash, 1 }, { again.generation, again.hash, #again.answers })
    assert.is_true(again.waited > 0)
    local later = support.raw(port)
    backend.wait()
    backend.release "yes"
    assert.equal("OK", later:capex({ applid = "LATER", networkid = "NETX" }):read_message().body.response)
  end)

  it("is refused when an earlier door refuses it now", function()
    start()
    local r, comes = near_the_end "admit = true"
    backend.release "yes"
    ended(r, 0)
    backend.wait()
    backend.release "no"
    assert.equal("SECURITY_VIOLATION", comes:read_message().body.reason)
    region:wait_log "SP0021 .*door=admit .*code=not_any_more"
  end)

  for what, asked in pairs { ["while it stands by"] = false, ["while an earlier door asks the service again"] = true } do
    local function until_asked(asks)
      local r, comes = near_the_end(asks)
      if asked then
        backend.release "yes"
        ended(r, 0)
        backend.wait()
      end
      return r, comes
    end

    it("ends when it closes " .. what, function()
      start()
      local r, comes = until_asked "admit = true"
      local connection = last().connection
      comes:close()
      support.wait_until(function() return record(connection).outcome == "closed" end, 10, "the end of the connection")
      backend.release "yes"
      if not asked then ended(r, 0) end
      assert.is_nil(region:row("ipconn", "COMES"))
      assert.equal(0, region:row "region".scripts_waiting)
    end)

    it("is refused when it sends more " .. what, function()
      start()
      local r, comes = until_asked "admit = true"
      comes:request "1 cmd; name=heartbeat"
      assert.equal("ISCE_ERROR", comes:read_message().body.reason)
      region:wait_log "SP0031 .*bytes after the CAPEX request, before its answer"
      backend.release "yes"
      if not asked then ended(r, 0) end
      assert.equal(0, region:row "region".scripts_waiting)
    end)
  end

  it("is refused when its listener was closed meanwhile", function()
    start()
    local r, comes = near_the_end()
    assert.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
    backend.release "yes"
    ended(r, 0)
    assert.equal("TCPIPSERVICE_NOT_OPEN", comes:read_message().body.reason)
  end)

  it("ends with the region", function()
    start { drain = 0.1 }
    local r, comes = near_the_end()
    region:signal "TERM"
    assert.equal(0, region:wait())
    assert.is_truthy(comes:read_message().body.reason)
    assert.not_equal(0, (r:wait(20)))
  end)

  it("is one of many, which all go on", function()
    start()
    local r, comes = near_the_end()
    local many = {}
    for i = 1, 60 do many[i] = come(("M%04d"):format(i)) end
    wait_standing(61)
    local gone = table.remove(many, 30)
    gone:close()
    wait_standing(60)
    backend.release "yes"
    ended(r, 0)
    comes:close()
    for _, p in ipairs(many) do p:close() end
    support.wait_until(function() return standing() == 0 end, 20, "the end of standing by")
  end)

  it("stands by for no reload that only checks", function()
    start()
    there = let_in "THERE"
    region:script("rules", rules "bind = true")
    local r = reload "--check"
    backend.wait()
    local comes = let_in "COMES"
    backend.release "yes"
    ended(r, 0)
    comes:close()
  end)

  it("does not hold up the reload, however many come", function()
    start()
    region:stop()
    local service = process.start { "lua5.4", "spec/support/backend.lua" }
    local host = "127.0.0.1:" .. support.wait_until(function() return service:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
    local new = [[
local policy = require "policy"
return {
  bind = function() policy.http { url = "http://HOST/later", body = "x", timeout = 9 } return policy.accept() end,
  install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
}]]
    local old = new:gsub("policy%.http {.-}", "")
    region = support.region {
      region = { heartbeat = 0, policy_http = { host }, wait_milliseconds = 10000, waiting_peer = 2000, halfopen_peer = 2000 },
      tcpipservices = { IPIC = { bind = "rules", urm = "rules" } }, ipconns = { ALL = { template = "only", receivecount = 1 } },
      scripts = { rules = old } }:start()
    local load = process.start { support.binary, "load", "--to", "127.0.0.1:" .. region:port "IPIC", "--connections", "1000000",
      "--rate", "100", "--concurrency", "1000", "--hold", "1", "--timeout", "60", "--applid", "LA######", "--networkid", "NETX" }
    support.wait_until(function() return #(region:inquire "ipconn" or {}) > 50 end, 20, "partners")
    region:script("rules", (new:gsub("HOST", host)))
    local r = reload()
    ended(r, 0)
    assert.equal(2, region:row "region".generation)
    support.wait_until(function() return region:row("region").scripts_waiting > 5 end, 20, "partners that the new rules are asked about")
    load:stop()
    assert.equal(0, region:count_log "SP002[12]")
    service:stop()
  end)
end)
