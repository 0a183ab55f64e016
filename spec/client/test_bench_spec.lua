-- SPDX-License-Identifier: Apache-2.0
-- `sallyport test --bench`: the cost of each door of each script, by the rows.
local json = require "dkjson"

local support = require "spec.support"

local SCRIPT = [[
local policy = require "policy"

return {
  admit = function(facts)
    local n = 0
    for _ = 1, facts.peer.port do n = n + 1 end
    return policy.accept()
  end,
  bind = function(facts)
    local long = ("x"):rep(facts.load.from_peer)
    if policy.counter("N"):next() ~= 5 then return policy.refuse("counted", #long .. " bytes") end
    return policy.accept()
  end,
}
]]

local function admit(port)
  return ("{ door = 'admit', facts = { peer = { port = %d } }, expect = { verdict = 'accept' } },\n"):format(port)
end

local function bind(bytes)
  local facts = ("facts = { load = { from_peer = %d } }, mock = { counters = { N = 4 } }"):format(bytes)
  return "{ door = 'bind', " .. facts .. ", expect = { verdict = 'accept' } },\n"
end

describe("sallyport test --bench", function()
  local dir

  local function bench(...)
    support.write(dir .. "/s.lua", SCRIPT)
    support.write(dir .. "/s_spec.lua", "return {\n" .. table.concat { ... } .. "}\n")
    local status, out, err = support.sallyport("test", dir, "--bench", "--json")
    assert.equal(0, status, out .. err)
    local by_door, o = {}, assert(json.decode(out))
    for _, entry in ipairs(o.bench) do
      assert.equal("s", entry.script)
      by_door[entry.door] = entry
    end
    return by_door, o
  end

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  it("counts the instructions of the row that costs most, exactly", function()
    local one, hundred = bench(admit(1)).admit, bench(admit(1), admit(101)).admit
    assert.equal(1, one.rows)
    assert.equal(2, hundred.rows)
    assert.equal(0, (hundred.instructions - one.instructions) % 100)
    assert.is_true(hundred.instructions > one.instructions)
    assert.equal(one.instructions, bench(admit(1)).admit.instructions)
  end)

  it("counts the bytes of the function", function()
    local small, large = bench(bind(1)).bind.bytes, bench(bind(100000)).bind.bytes
    assert.is_true(large >= small + 100000 and large <= small + 400000, small .. " " .. large)
  end)

  it("measures the time of each door, and changes no result", function()
    local doors, o = bench(admit(1), bind(1))
    assert.equal(2, o.passed)
    assert.is_true(doors.admit.nanoseconds > 0 and doors.bind.nanoseconds > 0)
    assert.same({}, o.cover.s.missing)
  end)

  it("prints a table", function()
    bench(admit(1), bind(1))
    local _, out = support.sallyport("test", dir, "--bench")
    assert.is_truthy(out:find("SCRIPT +DOOR +ROWS +INSTRUCTIONS +BYTES +NANOSECONDS\n"), out)
    assert.is_truthy(out:find("\ns +admit +1 +%d+ +%d+ +%d+\ns +bind +1 +"), out)
  end)
end)
