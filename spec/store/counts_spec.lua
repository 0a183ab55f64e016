-- SPDX-License-Identifier: Apache-2.0
-- Counters and rates of scope = "store": one for all regions; without the store a counter has no number, and a rate goes on in shares.
local support = require "spec.support"
local store = require "spec.support.store"

local RULES = [[
local policy = require "policy"
local function note(name, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  policy.check(name, true, table.concat(words, " "))
end
return { bind = function(f)
  %s
  return policy.accept()
end, install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end }]]

describe("a scope of store", function()
  local regions, server

  before_each(function() regions, server = {}, store.start {} end)
  after_each(function()
    for _, r in ipairs(regions) do r:stop() end
  end)

  local function start(body, more)
    local attributes = { heartbeat = 0, specs = "off", store = "redis://127.0.0.1:" .. server.port, wait_milliseconds = 20000,
      instructions = 10000000 }
    for key, value in pairs(more or {}) do attributes[key] = value end
    local r = support.region { region = attributes, tcpipservices = { IPIC = { bind = "rules", urm = "rules" } },
      ipconns = { ALL = { template = "only" } }, scripts = { rules = RULES:format(body) } }:start()
    regions[#regions + 1] = r
    r:wait_log "SP0130 "
    return r
  end

  -- A partner that comes and goes; the details of its checks, and its door.
  local function come(r, applid)
    local p = support.raw(r:port "IPIC")
    local answer = p:capex({ applid = applid or "ONE", networkid = "NETX" }):read_message(30).body
    p:close()
    local found, door = {}, nil
    for _, d in ipairs(r:explain(answer.connection)[1].doors) do
      if d.door == "bind" then door = d end
    end
    for _, c in ipairs(door.checks or {}) do found[c.name] = c.detail end
    return found, door, answer
  end

  local function wait_for_regions(n)
    for _, r in ipairs(regions) do
      support.wait_until(function() return r:inquire "store"[1].regions == n end, 15, n .. " regions")
    end
  end

  local function lose()
    server:kill()
    for _, r in ipairs(regions) do
      support.wait_until(function() return r:inquire "store"[1].state == "DOWN" end, 10, "the loss of the store")
    end
  end

  -- Ten partners, in turn at the first region and the second one; each one takes EACH numbers in a row.
  local EACH = support.sanitized and 100 or 1000
  local function count_together(body)
    start(body)
    start(body)
    local partners = {}
    for i = 1, 10 do
      partners[i] = support.raw(regions[i % 2 + 1]:port "IPIC")
      partners[i]:capex { applid = "P" .. i, networkid = "NETX" }
    end
    return partners
  end

  -- The records of their doors.
  local function doors_of(partners)
    local doors = {}
    for i, p in ipairs(partners) do
      local connection = p:read_message(30).body.connection
      for _, d in ipairs(regions[i % 2 + 1]:explain(connection)[1].doors) do doors[#doors + 1] = d end
      p:close()
    end
    return doors
  end

  it("counts in one row for two regions, without a gap and without a repeated number", function()
    local sum, all = 0, 10 * EACH
    local doors = doors_of(count_together(([[
      local c, sum = policy.counter("all", { scope = "store" }), 0
      for _ = 1, %d do sum = sum + c:next() end
      if sum > 0 then return policy.refuse("sum", tostring(sum)) end]]):format(EACH)))
    for _, d in ipairs(doors) do sum = sum + (d.code == "sum" and tonumber(d.text) or 0) end
    assert.equal(tostring(all), server:cli("HGET", "sallyport:counter:all", "last"))
    assert.equal(all * (all + 1) // 2, sum)
  end)

  it("holds no asking longer than the time-out of a call while the store is stopped", function()
    local partners = count_together(([[
      local c = policy.counter("all", { scope = "store" })
      for _ = 1, %d do
        if not c:next() then break end
      end]]):format(EACH))
    support.wait_until(function() return server:cli("EXISTS", "sallyport:counter:all") == "1" end, 10, "the first number")
    server:pause()
    local doors, without = doors_of(partners), 0 -- each asking has ended, and the store is still stopped
    server:go_on()
    for _, d in ipairs(doors) do
      local last = d.answers[#d.answers]
      if last and not last.answer then
        without = without + 1
        assert.message(last.reason).is_truthy(last.reason:find("no answer within 1 s", 1, true))
      end
      for i = 1, #d.answers - 1 do assert.message(d.answers[i].call).is_truthy(d.answers[i].answer) end
    end
    assert.is_true(without > 0)
  end)

  it("has the ranges, the ends and the answers of a region's counters", function()
    local r = start [[
      local c = policy.counter("few", { scope = "store", expires = 100 })
      note("first", c:peek(), c:next { min = 5, max = 6 }, c:next { min = 5, max = 6 }, c:peek())
      note("end", c:next { min = 5, max = 6 })
      note("wrap", c:next { min = 5, max = 6, wrap = true })
      note("own", policy.counter("few"):next())
      note("other", pcall(function() return policy.counter("few", { scope = "store" }):next() end))
      note("large", pcall(function() return c:next { max = math.maxinteger } end))
      note("wrong", pcall(policy.counter, "x", { scope = "world" }))
      note("lone", pcall(policy.counter, "x", { down = 1 }))]]
    local found = come(r)
    assert.same({ "nil 5 6 6", "nil exhausted", "5", "1" }, { found.first, found["end"], found.wrap, found.own })
    assert.is_truthy(found.other:find("expires = 100, and here expires = 0", 1, true), found.other)
    assert.is_truthy(found.large:find("from -2^53 to 2^53", 1, true), found.large)
    assert.is_truthy(found.wrong:find('scope must be "region" or "store"', 1, true), found.wrong)
    assert.is_truthy(found.lone:find('go with scope = "store"', 1, true), found.lone)
    local left = tonumber(server:cli("PTTL", "sallyport:counter:few"))
    assert.is_true(left > 90000 and left <= 100000)
  end)

  it("answers store_down, the value of down or a refusal when a counter has no store", function()
    local r = start [[
      note("none", policy.counter("c", { scope = "store" }):next())
      note("peek", policy.counter("c", { scope = "store" }):peek())
      note("value", policy.counter("c", { scope = "store", down = 7 }):next())
      policy.counter("c", { scope = "store", down = "refuse" }):next()]]
    lose()
    local found, door = come(r)
    assert.same({ "nil store_down", "nil store_down", "7" }, { found.none, found.peek, found.value })
    assert.equal("service_down", door.code)
  end)

  local TAKES = [[
    local rate, taken = policy.rate("all", { count = 10, per = 3600, burst = 10, scope = "store" }), 0
    for _ = 1, %d do taken = taken + (rate:take() and 1 or 0) end
    note("taken", taken)
    note("next", rate:take())]]

  it("has one rate for two regions", function()
    for _ = 1, 2 do start(TAKES:format(7)) end
    assert.equal("7", (come(regions[1])).taken)
    local found = come(regions[2])
    assert.equal("2", found.taken) -- the first region took one more
    assert.is_true(tonumber(found.next:match "^false (%d+)") > 300)
  end)

  it("goes on without the store in shares, and brings back the spent tokens", function()
    for _ = 1, 2 do start(TAKES:format(0)) end
    wait_for_regions(2)
    assert.equal("true", (come(regions[1])).next) -- 9 tokens are left
    server:pause()
    for _, r in ipairs(regions) do r:wait_log "SP0131 " end
    for _, r in ipairs(regions) do
      r:script("rules", RULES:format(TAKES:format(20)))
      assert.equal(0, (r:command "reload"))
      local found = come(r, "CUT")
      assert.equal("5", found.taken)
      assert.is_truthy(found.next:find "^false %d")
      assert.is_true(r:inquire "store"[1].estimated >= 20)
    end
    server:go_on()
    for _, r in ipairs(regions) do
      support.wait_until(function() return r:inquire "store"[1].state == "UP" end, 15, "the store")
    end
    assert.equal("4", (come(regions[1], "BACK")).taken) -- 9 less the 5 that it spent
    assert.equal("0", (come(regions[2], "BACK")).taken)
    assert.is_true(tonumber(server:cli("HGET", "sallyport:rate:all", "left")) < -4)
  end)

  it("begins in shares with the tokens that were left, and with none for a region that never saw the store", function()
    local r = start(TAKES:format(9))
    wait_for_regions(1)
    assert.equal("9", (come(r)).taken) -- and one more: no token is left
    lose()
    assert.equal("0", (come(r)).taken)
    local never = support.region { region = { heartbeat = 0, specs = "off", store = "redis://127.0.0.1:1" },
      tcpipservices = { IPIC = { bind = "rules" } }, scripts = { rules = RULES:format [[
        note("none", policy.rate("all", { count = 10, per = 3600, scope = "store" }):take())
        note("value", policy.rate("all", { count = 10, per = 3600, scope = "store", down = true }):take())]] } }:start()
    regions[#regions + 1] = never
    never:wait_log "SP0131 "
    local found = come(never)
    assert.same({ "nil store_down", "true" }, { found.none, found.value })
  end)

  it("gives the same answers to a re-ask, which counts and takes nothing", function()
    local r = start [[
      note("n", policy.counter("c", { scope = "store" }):next())
      note("t", policy.rate("r", { count = 2, per = 3600, scope = "store" }):take())]]
    local p = support.raw(r:port "IPIC")
    assert.equal("OK", p:capex({ applid = "ONE", networkid = "NETX" }):read_message(10).body.response)
    local left = server:cli("HGET", "sallyport:rate:r", "left")
    r:script("rules", RULES:format [[
      if policy.counter("c", { scope = "store" }):next() ~= 1 then return policy.refuse "counted" end
      if policy.counter("c", { scope = "store" }):next { max = 9 } ~= 2 then return policy.refuse "new" end
      if not policy.rate("r", { count = 2, per = 3600, scope = "store" }):take() then return policy.refuse "taken" end
      if not policy.rate("r", { count = 3, per = 3600, scope = "store" }):take() then return policy.refuse "new take" end]])
    local status, out, err = r:command "reload"
    assert.message(out .. err).equal(0, status)
    assert.equal(200, p:beat().status)
    assert.equal("1", server:cli("HGET", "sallyport:counter:c", "last"))
    assert.equal(left, server:cli("HGET", "sallyport:rate:r", "left"))
    assert.equal(2, r:inquire "store"[1].reads)
    local _, text = r:command("explain", r:explain { last = 1 }[1].connection, "--row")
    assert.is_truthy(text:find("c = 0", 1, true) and text:find("r = 2", 1, true) and text:find("store = {", 1, true), text)
  end)

  it("is known to the mock", function()
    package.path, package.cpath = "lua/?.lua;" .. package.path, "build/?.so;" .. package.cpath
    local policy = require "policy"
    policy.mock { store = {}, counters = { c = 4 }, rates = { r = 1 } }
    local counter, rate = policy.counter("c", { scope = "store" }), policy.rate("r", { count = 2, per = 60, scope = "store" })
    assert.same({ 5, 5 }, { counter:next(), counter:peek() })
    assert.is_true(rate:take())
    assert.is_false((rate:take()))
    policy.mock { counters = { c = 4 } }
    assert.same({ n = 2, nil, "store_down" }, table.pack(counter:next()))
    assert.same({ n = 2, nil, "store_down" }, table.pack(rate:take()))
    policy.mock(nil)
  end)
end)
