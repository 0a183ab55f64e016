-- SPDX-License-Identifier: Apache-2.0
-- Rows of decision tables: what is misspelt or cannot be in a row is a fault with the row's line; the same facts under busted.
local policy = require "policy"
local support = require "spec.support"

local SCRIPT = [[
local policy = require "policy"
local saf = require "policy.saf"
return {
  admit = function(facts) return facts.peer.host and policy.refuse "host" or policy.accept() end,
  certify = function(facts) return facts.certificate.userid and policy.refuse "userid" or policy.accept() end,
  bind = function(facts) return facts.ipconn and policy.refuse "ipconn" or policy.accept() end,
  install = function(facts)
    if policy.ipconn "X" or #policy.ipconns() > 0 or saf.user "FRED" then return policy.refuse "world" end
    return policy.install { ipconn = "A" .. policy.counter "N":next() .. math.type(facts.now or 0.5):sub(1, 1):upper() }
  end,
} ]]

local ACCEPT = 'expect = { verdict = "accept" }'

-- A row, and what its fault says; false: it holds.
local ROWS = {
  { [[door = "bind", facts = { capex = { networkID = "A" } }, ]] .. ACCEPT, "facts.capex has no 'networkID'; is 'networkid' meant?" },
  { [[door = "bind", facts = { cpaex = {} }, ]] .. ACCEPT, "facts has no 'cpaex'; is 'capex' meant?" },
  { [[door = "bind", facts = { capex = { applid = "NINECHARS" } }, ]] .. ACCEPT, "facts.capex.applid: 'NINECHARS' is not 1 to 8 of A-Z" },
  { [[door = "bind", facts = { capex = { applid = "lower" } }, ]] .. ACCEPT, "facts.capex.applid: 'lower' is not 1 to 8 of A-Z" },
  { [[door = "bind", facts = { capex = { networkid = "" } }, ]] .. ACCEPT, "facts.capex.networkid: '' is not 1 to 8" },
  { [[door = "bind", facts = { capex = { port = 70000 } }, ]] .. ACCEPT, "facts.capex.port: is 70000; it is -1 to 65535" },
  { [[door = "bind", facts = { capex = { port = 0 } }, ]] .. ACCEPT, "facts.capex.port: is 0; it is -1 to 65535, not 0" },
  { [[door = "bind", facts = { capex = { port = "1435" } }, ]] .. ACCEPT, "facts.capex.port: must be a whole number, not a string" },
  { [[door = "bind", facts = { capex = { sendcount = 1.5 } }, ]] .. ACCEPT, "facts.capex.sendcount: must be a whole number, not 1.5" },
  { [[door = "bind", facts = { capex = { sendcount = 1000 } }, ]] .. ACCEPT, "facts.capex.sendcount: is 1000; it is 0 to 999" },
  { [[door = "bind", facts = { capex = 1 }, ]] .. ACCEPT, "facts.capex: must be a table, not a number" },
  { [[door = "bind", facts = { recheck = "no" }, ]] .. ACCEPT, "facts.recheck: must be true or false, not a string" },
  { [[door = "bind", facts = { way = "inn" }, ]] .. ACCEPT, "facts.way: 'inn' is not one of: in out" },
  { [[door = "bind", facts = { way = "out" }, ]] .. ACCEPT, "facts.way: bind is never asked way out" },
  { [[door = "bind", facts = { "x" }, ]] .. ACCEPT, "facts: has a key that is a number; its keys are names" },
  { [[door = "admit", facts = { peer = { ip = "10.0.0.256" } }, ]] .. ACCEPT, "facts.peer.ip: '10.0.0.256' is not a numeric IP address" },
  { [[door = "certify", facts = { tls = { version = "TLS1.3" } }, ]] .. ACCEPT,
    "facts.tls.version: 'TLS1.3' is not one of: TLSv1.2 TLSv1.3" },
  { [[door = "certify", facts = { certificate = { sha256 = "AB" } }, ]] .. ACCEPT,
    "facts.certificate.sha256: 'AB' is not 64 hexadecimal digits" },
  { [[door = "certify", facts = { certificate = { subject = { { tpye = "CN" } } } }, ]] .. ACCEPT,
    "facts.certificate.subject[1]: a part of a certificate's subject or issuer has no 'tpye'; is 'type' meant?" },
  { [[door = "certify", facts = { certificate = { subject = { "CN=x" } } }, ]] .. ACCEPT,
    "facts.certificate.subject[1]: must be a table, not a string" },
  { [[door = "certify", facts = { certificate = { san = { dns = { 1 } } } }, ]] .. ACCEPT,
    "facts.certificate.san.dns[1]: must be a string, not a number" },
  { [[door = "certify", facts = { certificate = { san = { dns = { first = "a" } } } }, ]] .. ACCEPT, "has no 'first'; it is a list" },
  { [[door = "bind", facts = {}, mock = { ipconn = {} }, ]] .. ACCEPT, "mock: no key 'ipconn'" },
  { [[door = "bind", facts = {}, mock = { ipconns = { X = { recievecount = 1 } } }, ]] .. ACCEPT, "recievecount" },
  { [[door = "bind", facts = {}, mock = { ipconns = { X = { receivecount = 1000 } } }, ]] .. ACCEPT, "receivecount" },
  { [[door = "bind", facts = {}, mock = { saf = { users = { FRED = { grops = {} } } } }, ]] .. ACCEPT, "grops" },
  { [[door = "bind", facts = {}, mock = 1, ]] .. ACCEPT, "mock: takes a table" },
  { [[door = "bind", facts = {}, expect = { verdict = "accept", coed = "x" }]], 'expect has no key "coed"; is "code" meant?' },
  { [[dor = "bind", facts = {}, ]] .. ACCEPT, 'a row has no key "dor"; is "door" meant?' },
  { [[door = "bnid", facts = {}, ]] .. ACCEPT, 'door is bnid; it must be admit, certify' },
  -- a fault of the row is one even when a failure of the script was expected
  { [[door = "bind", facts = { cpaex = {} }, expect = { verdict = "refuse", code = "policy_error" }]], "facts has no 'cpaex'" },
  -- an empty world, and one type of now
  { [[door = "install", facts = {}, expect = { verdict = "install", ipconn = "A1F" }]], false },
  { [[door = "install", facts = { now = 1000 }, expect = { verdict = "install", ipconn = "A1F" }]], false },
  { [[door = "install", facts = { now = 1000 }, mock = { counters = { N = 4 } }, expect = { verdict = "install", ipconn = "A5F" }]],
    false },
  -- a fact that the door does not have is not there: a row may be pasted from `explain`
  { [[door = "bind", facts = { ipconn = { ipconn = "A" } }, ]] .. ACCEPT, false },
  { [[door = "admit", facts = { peer = { host = "a" } }, ]] .. ACCEPT, false },
  { [[door = "admit", facts = { way = "out", peer = { host = "a" } }, expect = { verdict = "refuse", code = "host" }]], false },
  { [[door = "certify", facts = { certificate = { userid = "FRED" } }, ]] .. ACCEPT, false },
}

describe("rows of decision tables", function()
  local region, out, err, status

  local function check(...)
    status, out, err = support.sallyport("check", "--region", region.dir .. "/region.lua", "--specs", ...)
    return status, out, err
  end

  local function define(rows, more)
    local t = { scripts = { s = SCRIPT, s_spec = rows }, tcpipservices = { IPIC = { bind = "s" } } }
    for key, value in pairs(more or {}) do t[key] = value end
    region = support.region(t)
  end

  after_each(function() support.remove(region.dir) end)

  it("are judged, each with its line", function()
    local lines = { "-- a comment", "return {" }
    for _, row in ipairs(ROWS) do lines[#lines + 1] = "  { " .. row[1] .. " }," end
    define(table.concat(lines, "\n") .. "\n}\n")
    check()
    local faults = 0
    for i, row in ipairs(ROWS) do
      local line = err:match("s_spec%.lua:" .. i + 2 .. ": fault: row " .. i .. ": ([^\n]*)")
      if row[2] then
        faults = faults + 1
        assert.is_not_nil(line, row[1] .. "\n" .. err)
        assert.is_truthy(line:find(row[2], 1, true), row[1] .. "\n" .. line)
      else
        assert.is_nil(line, row[1])
      end
    end
    assert.is_truthy(out:find(("%d rows, %d failed"):format(#ROWS, faults), 1, true), out)
    assert.are.equal(1, status)
  end)

  it("have the line where each begins, however they are written", function()
    define(table.concat({
      "local function row(name, applid) -- return { not this }",
      "  return { name = name, door = 'bind', facts = { capex = { applid = applid } }, expect = { verdict = 'accept' } }",
      "end",
      "local text = [[ return {",
      "  { ]] .. '}'",
      "return {",
      "  row('one', 'A'),",
      "  row('two',",
      "    'lower two'), row('three', 'lower three');",
      "  {",
      "    name = 'four', door = 'bind',",
      "    facts = { cpaex = {} }, expect = { verdict = 'accept' },",
      "  },",
      "}",
    }, "\n"))
    check()
    assert.is_nil(err:find '"one"', err)
    assert.is_truthy(err:find('s_spec.lua:8: fault: row 2 "two": facts.capex.applid', 1, true), err)
    assert.is_truthy(err:find('s_spec.lua:9: fault: row 3 "three": facts.capex.applid', 1, true), err)
    assert.is_truthy(err:find('s_spec.lua:10: fault: row 4 "four": facts has no \'cpaex\'', 1, true), err)
  end)

  it("have it also when the list has a name, or rows are added to it", function()
    define(table.concat({
      "local rows = {",
      "  { name = 'one', door = 'bind', facts = {}, expect = { verdict = 'refuse' } },",
      "}",
      "rows[#rows + 1] =",
      "  { name = 'two', door = 'bind', facts = {}, expect = { verdict = 'refuse' } }",
      "return rows",
    }, "\n"))
    check()
    assert.is_truthy(err:find('s_spec.lua:2: fault: row 1 "one": verdict: expected refuse, got accept', 1, true), err)
    assert.is_truthy(err:find('s_spec.lua:5: fault: row 2 "two": verdict: expected refuse, got accept', 1, true), err)
  end)

  it("are all asked: one under a name, or behind a gap, is a fault", function()
    define("return { { door = 'bind', facts = {}, expect = { verdict = 'accept' } }, last = {}, [7] = {} }")
    check()
    assert.is_truthy(err:find("s_spec.lua: fault: the list of rows has a key last, which is not asked", 1, true), err)
    assert.is_truthy(err:find("s_spec.lua: fault: the list of rows has a key 7, which is not asked", 1, true), err)
    assert.are.equal(1, status)
  end)

  it("have one fault, not one for each key, when the verdict is another one", function()
    define('return { { door = "bind", facts = {}, expect = { code = "low", text = "too low", verdict = "refuse" } } }')
    check()
    assert.are.equal(1, select(2, err:gsub("row 1", "")), err)
    assert.is_truthy(err:find("row 1: verdict: expected refuse, got accept (accept at ", 1, true), err)
  end)

  it("are not counted as failed when their table, or its script, cannot be loaded", function()
    define("return {}", { scripts = { s = "return {", s_spec = "return { {} }", t = SCRIPT, t_spec = "local rows = {}" } })
    check()
    assert.is_truthy(out:find("0 rows, 0 failed; 2 decision tables did not run", 1, true), out)
    assert.is_truthy(err:find("t_spec.lua: fault: returns nothing; a decision table ends with return { ... }, its rows", 1, true), err)
    assert.are.equal(1, status)
  end)

  it("are asked although the ring has a fault", function()
    define("return { { door = 'bind', facts = {}, expect = { verdict = 'refuse' } } }", { region = { ring = "certs/rings/nowhere" } })
    check()
    assert.is_truthy(err:find "nowhere", err)
    assert.is_truthy(err:find("s_spec.lua:1: fault: row 1: verdict: expected refuse, got accept", 1, true), err)
    assert.is_truthy(out:find("1 rows, 1 failed", 1, true), out)
  end)

  it("that fail are told by a reload, which is done all the same with specs = warn", function()
    define("return { { door = 'bind', facts = {}, expect = { verdict = 'accept' } } }", { region = { specs = "warn" } })
    region:start()
    local code, said = region:command "reload"
    assert.are.equal(0, code)
    assert.is_nil(said:find "row 1", said)
    region:script("s_spec", "return {\n  { name = 'no', door = 'bind', facts = {}, expect = { verdict = 'refuse' } },\n}")
    local words = "s_spec.lua:2: warning: row 1 \"no\": verdict: expected refuse, got accept"
    code, said = region:command("reload", "--check")
    assert.are.equal(0, code)
    assert.is_truthy(said:find(words, 1, true), said)
    code, said = region:command "reload"
    assert.are.equal(0, code)
    assert.is_truthy(said:find("generation 4 is in use", 1, true), said)
    assert.is_truthy(said:find(words, 1, true), said)
    assert.is_truthy(region:wait_log "SP0012 W [^\n]*s_spec.lua line=2 [^\n]*row 1")
    region:stop()
  end)
end)

describe("policy.facts", function()
  local function fails(text, ...)
    local ok, message = pcall(policy.facts, ...)
    assert.is_false(ok)
    assert.is_truthy(message:find(text, 1, true), message)
  end

  it("is strict in a plain Lua, as in the engine", function()
    local facts = policy.facts { capex = { applid = "A" }, now = 5 }
    assert.are.equal("A", facts.capex.applid)
    assert.is_nil(facts.certificate)
    assert.is_nil(facts.capex.port)
    assert.are.equal("float", math.type(facts.now))
    local ok, message = pcall(function() return facts.capex.networkID end)
    assert.is_false(ok)
    assert.is_truthy(message:find("^[^:]*decision_table_spec%.lua:%d+: facts.capex has no 'networkID'; is 'networkid' meant%?"), message)
    assert.is_false(getmetatable(facts))
  end)

  it("takes no name that facts never have, and no value that no peer can send", function()
    fails("policy.facts: facts has no 'cpaex'; is 'capex' meant?", { cpaex = {} })
    fails("policy.facts: facts.capex.applid: 'NINECHARS' is not 1 to 8", { capex = { applid = "NINECHARS" } })
    fails("policy.facts: facts must be a table, not a nil")
    fails("policy.facts: the door must be admit", {}, "bnid")
  end)

  it("leaves out what the door does not have", function()
    assert.is_nil(policy.facts({ capex = {} }, "admit").capex)
    assert.is_not_nil(policy.facts({ capex = {} }, "bind").capex)
    assert.is_not_nil(policy.facts { capex = {} }.capex)
  end)

  it("leaves the table it was given as it was", function()
    local given = { capex = { applid = "A" } }
    policy.facts(given).capex.applid = "B"
    assert.are.same({ capex = { applid = "A" } }, given)
    assert.is_nil(getmetatable(given.capex))
  end)
end)
