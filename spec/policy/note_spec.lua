-- SPDX-License-Identifier: Apache-2.0
-- policy.note and facts.notes: later doors and requests read what earlier doors noted; in a re-ask it is noted anew.
local policy = require "policy"
local fails = require "spec.support.fails"
local support = require "spec.support"

describe("policy.note", function()
  it("takes a name and a string, a number or a boolean", function()
    assert.are.equal(0, select("#", policy.note("a", "text")))
    policy.note("_A1", 1.5)
    policy.note("flag", false)
    fails("the key must be a string, not a nil", policy.note)
    for _, bad in ipairs { "", "1a", "a b", "a.b", "a\0", ("x"):rep(65) } do
      fails("the key must be a name of 1 to 64 letters", policy.note, bad, 1)
    end
    for _, bad in ipairs { {}, print } do
      fails("'a' must be a string, a number or a boolean, not a " .. type(bad), policy.note, "a", bad)
    end
    fails("'a' must be a string, a number or a boolean, not a nil", policy.note, "a")
    fails("'a' is no finite number", policy.note, "a", 0 / 0)
    fails("'a' has 1025 bytes; a note has at most 1024", policy.note, "a", ("x"):rep(1025))
  end)

  it("is given by a row as facts.notes, where any key may be read", function()
    local facts = policy.facts({ notes = { network = "lab", level = 3 } }, "bind")
    assert.are.same({ "lab", 3 }, { facts.notes.network, facts.notes.level })
    assert.is_nil(facts.notes.anything)
    assert.is_nil(policy.facts({}, "admit").notes.anything)
    fails("facts.notes: 'no name' is no name of a note", policy.facts, { notes = { ["no name"] = 1 } })
    fails("facts.notes.a: must be a string, a number or a boolean, not a table", policy.facts, { notes = { a = {} } })
    fails("facts.notes: must be a table, not a string", policy.facts, { notes = "a" })
  end)
end)

describe("the notes of a connection", function()
  local region
  after_each(function() region:stop() end)

  local RULES = [[
local policy = require "policy"
local function seen(facts) return tostring(facts.notes.net) .. " " .. tostring(facts.notes.level) .. " " .. tostring(facts.notes.late) end
return {
  admit = function(facts)
    policy.check("seen", true, seen(facts))
    policy.note("net", "%s")
    policy.note("level", 7)
    return policy.accept()
  end,
  bind = function(facts)
    policy.check("seen", true, seen(facts))
    policy.note("late", facts.recheck)
    policy.note("level", facts.notes.level + 1)
    return policy.accept()
  end,
  install = function(facts)
    policy.check("seen", true, seen(facts))
    if facts.recheck and facts.notes.net ~= "%s" then return policy.refuse("stale", facts.notes.net) end
    return policy.install { ipconn = "A" .. facts.notes.level, template = "ALL" }
  end,
  attach = function(facts)
    policy.check("seen", true, seen(facts))
    return facts.notes.late and policy.refuse "reasked" or policy.accept()
  end,
}]]

  local function start(rules)
    region = support.region { tcpipservices = { IPIC = { admit = "rules", bind = "rules", urm = "rules", attach = "rules" } },
      ipconns = { ALL = { template = "only", receivecount = 5 } }, programs = { ECHO = {} }, scripts = { rules = rules } }:start()
  end

  local function details(record)
    local list = {}
    for _, door in ipairs(record.doors) do list[#list + 1] = door.door .. ": " .. door.checks[1].detail end
    return list
  end

  it("are read at later doors and by requests, and explain shows them", function()
    start(RULES:format("lab", "lab"))
    local said = support.connect { port = region:port "IPIC", applid = "ONE", networkid = "NETX", link = "ECHO", data = "x" }
    local record = region:explain(said.connection)[1]
    assert.are.same({ "admit: nil nil nil", "bind: lab 7 nil", "install: lab 8 false" }, details(record))
    assert.are.equal("lab 8 false", record.requests[1].checks[1].detail)
    assert.are.same({ net = "lab", level = 8, late = false }, record.facts.notes)
    assert.are.equal("A8", record.installed.ipconn)
    local _, text = region:command("explain", said.connection)
    assert.is_truthy(text:find("note         net = lab", 1, true), text)
  end)

  it("are made anew in a re-ask, by the new rules, and requests see the new ones", function()
    start(RULES:format("lab", "lab"))
    local p = support.raw(region:port "IPIC")
    local answer = p:capex({ applid = "ONE", networkid = "NETX" }):read_message().body
    assert.are.equal("OK", answer.response)
    region:script("rules", RULES:format("field", "field"))
    local status, out, err = region:command "reload"
    assert.message(err).are.equal(0, status)
    assert.message(out).is_nil(out:find("released", 1, true))
    local record = region:explain(answer.connection)[1]
    assert.are.same({ net = "field", level = 8, late = true }, record.facts.notes)
    p:request "1 cmd; name=heartbeat"
    assert.are.equal(200, (p:read_message() or {}).status)
  end)

  it("stay as they were when a reload is refused", function()
    start(RULES:format("lab", "lab"))
    local p = support.raw(region:port "IPIC")
    local answer = p:capex({ applid = "ONE", networkid = "NETX" }):read_message().body
    region:script("rules", (RULES:format("field", "field"):gsub("install = function%(facts%)", "%0\n    error 'broken'")))
    assert.are.equal(1, (region:command "reload"))
    assert.are.same({ net = "lab", level = 8, late = false }, region:explain(answer.connection)[1].facts.notes)
  end)

  it("are at most 16: one more is an error, and so a refusal", function()
    start [[
local policy = require "policy"
return { admit = function() for i = 1, 17 do policy.note("n" .. i, i) end return policy.accept() end,
  bind = function() return policy.accept() end, install = function() return policy.refuse() end,
  attach = function() return policy.accept() end }]]
    support.connect { port = region:port "IPIC", applid = "ONE" }
    assert.is_truthy(region:wait_log
      "code=policy_error .*policy%.note: a connection has at most 16 notes, and 'n17' would be one more")
  end)

  it("are made at doors that a later door follows", function()
    start [[
local policy = require "policy"
return { admit = function() return policy.accept() end, bind = function() return policy.accept() end,
  install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
  attach = function() policy.note("a", 1) return policy.accept() end }]]
    support.connect { port = region:port "IPIC", applid = "ONE", networkid = "NETX", link = "ECHO", data = "x" }
    assert.is_truthy(region:wait_log "door=attach .*code=policy_error .*policy%.note: no later door reads a note of this function")
  end)

  it("are checked in the rows of a decision table like those of a door", function()
    start(RULES:format("lab", "lab"))
    region:script("rules_spec", [[return {
      { door = "install", facts = { notes = { net = "lab", level = 8 } }, expect = { verdict = "install", ipconn = "A8" } },
      { door = "install", facts = {}, expect = { verdict = "refuse", code = "policy_error" } },
      { door = "bind", facts = { notes = { level = 1 }, recheck = false }, expect = { verdict = "accept" } },
      { door = "bind", facts = { notes = { level = {} } }, expect = { verdict = "accept" } } }]])
    local _, out, err = support.sallyport("check", "--specs", "--region", region:path "region.lua")
    assert.message(out .. err).is_truthy((out .. err):find(
      "facts.notes.level: must be a string, a number or a boolean, not a table", 1, true))
    assert.message(out .. err).is_nil((out .. err):find("row 1", 1, true))
  end)
end)
