-- SPDX-License-Identifier: Apache-2.0
-- policy.store against a real server: values, times, answers that are missing, and the same answers again.
local dkjson = require "dkjson"

local support = require "spec.support"
local store = require "spec.support.store"

local RULES = [[
local policy = require "policy"
local store = policy.store
local function note(name, ...) policy.check(name, true, table.concat({ ... }, " ")) end
return { bind = function(f)
  %s
  return policy.accept()
end, install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end }]]

describe("policy.store", function()
  local region, server

  before_each(function() server = store.start {} end)
  after_each(function()
    if region then region:stop() end
    region = nil
  end)

  local function start(body, more)
    local attributes = { heartbeat = 0, specs = "off", store = "redis://127.0.0.1:" .. server.port }
    for key, value in pairs(more or {}) do attributes[key] = value end
    region = support.region { region = attributes, tcpipservices = { IPIC = { bind = "rules", urm = "rules" } },
      ipconns = { ALL = { template = "only" } }, scripts = { rules = RULES:format(body) } }:start()
    region:wait_log "SP0130 "
    return region
  end

  local function come(applid)
    local p = support.raw(region:port "IPIC")
    local answer = p:capex({ applid = applid or "ONE", networkid = "NETX" }):read_message(10).body
    local found, door = {}, nil
    for _, d in ipairs(region:explain(answer.connection)[1].doors) do
      if d.door == "bind" then door = d end
    end
    for _, c in ipairs(door.checks or {}) do found[c.name] = c.detail end
    return found, door, answer, p
  end

  it("keeps values of each type, for other regions too", function()
    start [[
      local values = { i = 7, big = math.maxinteger, f = 2.5, s = "7 \0 x", t = true, n = false, list = { 1, { a = "b" } } }
      for key, value in pairs(values) do store.set(key, value) end
      note("numbers", math.type(store.get "i"), store.get "i" + 1, store.get "big", store.get "f")
      note("strings", type(store.get "s"), #store.get "s")
      note("booleans", tostring(store.get "t"), tostring(store.get "n"), tostring(store.get "none"))
      note("tables", #store.get "list", store.get "list"[2].a)
      note("added", tostring(store.add_if_absent("i", 1)), tostring(store.add_if_absent("new", "x")), store.get "new")
      note("sums", store.incr "i", store.incr("i", { by = -10 }), store.incr "sum")
      note("deleted", tostring(store.delete "i"), tostring(store.delete "i"), tostring(store.get "i"))]]
    local found = come()
    assert.same({ numbers = "integer 8 9223372036854775807 2.5", strings = "string 5", booleans = "true false nil", tables = "2 b",
      added = "false true x", sums = "8 -2 1", deleted = "true false nil" }, { numbers = found.numbers, strings = found.strings,
      booleans = found.booleans, tables = found.tables, added = found.added, sums = found.sums, deleted = found.deleted })
    assert.equal("1", server:cli("GET", "sallyport:value:sum"))
    region:stop()
    start [[note("other", store.get "s" == "7 \0 x" and store.incr "sum")]]
    assert.equal("2", (come()).other)
  end)

  it("refuses a value that another program has written, and takes none for an absent one", function()
    start [[note("value", type(store.get "k"))]]
    for _, written in ipairs { "", "x", " 5", "\t5", "+5", "5 ", "99999999999999999999", "f", "fabc", "fnan", "finf", "f0x10", "f1.5x",
      "f1e999", "b", "b2", "b11", "j", "jnull", "j5", "j[1,2", '{"a":1}', 'j{"a":1}x' } do
      server:cli("SET", "sallyport:value:k", written)
      local _, door = come()
      assert.are.same({ written, "policy_error" }, { written, door.code })
      assert.matches("another program has written the value", door.text, 1, true)
    end
    for written, kind in pairs { ["-5"] = "number", ["f-2.5e-07"] = "number", s = "string", b0 = "boolean", ["j[]"] = "table" } do
      server:cli("SET", "sallyport:value:k", written)
      assert.equal(kind, (come().value))
    end
  end)

  it("takes a value away after its ttl", function()
    start [[
      store.set("s", 1, { ttl = 100 })
      store.add_if_absent("a", 1, { ttl = 0.01 })
      store.incr("n", { ttl = 50 })
      store.incr("n", { ttl = 500 })]]
    come()
    local function left(key) return tonumber(server:cli("PTTL", "sallyport:value:" .. key)) end
    assert.is_true(left "s" > 90000 and left "s" <= 100000)
    assert.is_true(left "n" > 40000 and left "n" <= 50000)
    support.wait_until(function() return left "a" == -2 end, 10, "the end of a value")
  end)

  it("loads its scripts again when the server has forgotten them", function()
    start [[note("n", store.incr "n")]]
    assert.equal("1", (come()).n)
    server:cli("SCRIPT", "FLUSH")
    assert.equal("2", (come "TWO").n)
  end)

  it("answers by down when the store is down, refuses a value that is no number, and says why", function()
    start [[
      store.set("s", "text")
      local ok, why = pcall(store.incr, "s")
      note("why", tostring(ok), why)
      note("down", store.incr("s", { down = "none" }))]]
    local found = come()
    local words = "false .*policy%.store%.incr s by 1: no answer: the store answers: ERR value is not an integer"
    assert.is_truthy(found.why:find(words), found.why)
    assert.equal("none", found.down)
    region:stop()
    start [[
      note("value", store.get("s", { down = 5 }))
      local ok, why = pcall(store.get, "s")
      note("why", why)
      store.get("s", { down = "refuse" })]]
    server:kill()
    region:wait_log "SP0131 "
    local door, answer
    found, door, answer = come()
    assert.equal("5", found.value)
    assert.is_truthy(found.why:find "policy.store.get s: no answer: the store is down: 127", found.why)
    assert.equal("service_down", door.code)
    assert.equal("SECURITY_VIOLATION", answer.reason)
  end)

  it("waits no longer than its time, and the first silence of a second ends the waiting of all", function()
    start [[
      local from = store.get("now", { down = "late", timeout = 0.3 })
      note("got", from)]]
    server:pause()
    local found, door = come()
    assert.equal("late", found.got)
    assert.equal("no answer within 0.3 s", door.answers[1].reason)
    region:wait_log "SP0131 "
    found, door = come "TWO"
    assert.equal("late", found.got)
    assert.is_truthy(door.answers[1].reason:find "the store is down", door.answers[1].reason)
    assert.is_true(door.answers[1].milliseconds < 100)
    server:go_on()
  end)

  it("has no answer in a region without a store", function()
    region = support.region { region = { heartbeat = 0 }, tcpipservices = { IPIC = { bind = "rules" } }, scripts = {
      rules = RULES:format [[note("why", select(2, pcall(store.get, "k")))]] } }:start()
    assert.is_truthy((come()).why:find "policy.store.get k: no answer: the region names no store")
  end)

  it("names a wrong key, value and option", function()
    start [[
      local function why(name, f, ...) note(name, select(2, pcall(f, ...))) end
      why("key", store.get, "")
      why("bytes", store.get, "a\n")
      why("long", store.set, "k", ("x"):rep(70000))
      why("type", store.set, "k", note)
      why("nan", store.set, "k", 0 / 0)
      why("ttl", store.set, "k", 1, { ttl = 0 })
      why("option", store.get, "k", { ttl = 1 })]]
    local found = come()
    local words = { key = "policy.store.get: the key must be", bytes = "printable ASCII", long = "more than 49152 bytes", type = "not a ",
      nan = "no finite number", ttl = "ttl must be a number of seconds", option = "policy.store.get: no option 'ttl'" }
    for name, text in pairs(words) do assert.is_truthy((found[name] or ""):find(text, 1, true), name .. ": " .. tostring(found[name])) end
  end)

  it("gives the same answers to a re-ask and to a replay, and changes nothing there", function()
    start([[note("n", store.incr "n")]], { record = "records.db" })
    local found, door, _, partner = come()
    assert.equal("1", found.n)
    assert.same({ "store.incr", "1", 1 }, { door.answers[1].asked, door.answers[1].answer, door.answers[1].status })
    region:script("rules", RULES:format [[note("again", store.incr "n")]])
    local status, out, err = region:command "reload"
    assert.message(out .. err).equal(0, status)
    assert.equal(200, partner:beat().status)
    assert.equal("1", server:cli("GET", "sallyport:value:n"))
    local text
    status, text, err = support.sallyport("replay", "--with", region.dir .. "/policies", "--region", region.dir .. "/region.lua")
    assert.message(text .. err).equal(0, status)
    assert.equal("1", server:cli("GET", "sallyport:value:n"))
    region:script("rules", RULES:format [[
      note("calls", store.incr("n", { by = 2 }), store.incr "other", tostring(store.add_if_absent("new", 1)))
      note("more", tostring(store.add_if_absent("n", 1)), tostring(store.delete "n"), tostring(store.set("new", 2)), store.get "n")]])
    status, out, err = region:command "reload"
    assert.message(out .. err).equal(0, status)
    assert.equal(200, partner:beat().status)
    assert.equal("1", server:cli("GET", "sallyport:value:n"))
    assert.equal("0", server:cli("EXISTS", "sallyport:value:other", "sallyport:value:new"))
    assert.equal(6, region:inquire "store"[1].reads)
    region:script("rules", RULES:format [[if store.incr("n", { by = 2 }) ~= 3 then return policy.refuse "other" end]])
    assert.equal(0, (region:command "reload"))
    assert.equal(200, partner:beat().status)
  end)

  -- A partner who finds two values of one digest would get the answer of another question: 128 bits are out of reach.
  it("has a name with a digest of 128 bits for each value", function()
    start [[for _, value in ipairs { "one", "two", "one" } do store.set("k", value) end]]
    local names = {}
    for name in pairs((come())) do names[#names + 1] = name:match "^store%.set k #(%x+)$" end
    assert.are.equal(2, #names)
    assert.are.same({ 32, 32 }, { #names[1], #names[2] })
  end)

  it("is in the row that explain prints, which holds", function()
    start [[note("n", store.incr("n", { by = 3 }), store.get "k")]]
    server:cli("SET", "sallyport:value:n", "4")
    server:cli("SET", "sallyport:value:k", "svalue")
    local _, _, answer = come()
    local _, text = region:command("explain", answer.connection, "--row")
    local row = text:match "store = (%b{})"
    assert.is_truthy(row and row:find("n = 4", 1, true) and row:find('k = "value"', 1, true), text)
    support.write(region.dir .. "/policies/rules_spec.lua", "return {\n" .. text .. "}\n")
    local status, out, err = support.sallyport("check", "--specs", "--region", region.dir .. "/region.lua")
    assert.message(out .. err).equal(0, status)
  end)

  it("is known to the mock: its values, its absence, its slowness", function()
    package.path, package.cpath = "lua/?.lua;" .. package.path, "build/?.so;" .. package.cpath
    local policy = require "policy"
    local now = 100
    policy.mock { store = { n = 4, list = { 1, 2 } }, clock = function() return now end }
    local s = policy.store
    assert.equal(5, s.incr "n")
    assert.same({ 1, 2 }, s.get "list")
    assert.is_false(s.add_if_absent("n", 1))
    assert.is_true(s.add_if_absent("m", "x", { ttl = 10 }))
    assert.equal("x", s.get "m")
    now = 110
    assert.is_nil(s.get "m")
    assert.is_true(s.set("n", false) and s.get "n" == false and s.delete "n" and not s.delete "n")
    policy.mock {}
    assert.has_error(function() s.get "n" end)
    assert.equal(1, s.get("n", { down = 1 }))
    policy.mock { store = {}, store_seconds = 0.5 }
    assert.is_nil(s.get "n")
    assert.equal("slow", s.get("n", { timeout = 0.5, down = "slow" }))
    assert.has_error(function() policy.mock { store = 5 } end)
    policy.mock(nil)
  end)

  it("goes on for other partners while one waits, and in the thread of each worker", function()
    start([[policy.check("n", true, store.incr "n")]], { workers = 2 })
    local partners = {}
    for i = 1, 40 do
      partners[i] = support.raw(region:port "IPIC")
      partners[i]:capex { applid = ("P%03d"):format(i), networkid = "NETX" }
    end
    for _, p in ipairs(partners) do assert.equal("OK", p:read_message(10).body.response) end
    assert.equal("40", server:cli("GET", "sallyport:value:n"))
    assert.same(1, region:inquire "store"[1].regions)
    assert.is_truthy(dkjson.encode(region:inquire "store"))
  end)
end)
