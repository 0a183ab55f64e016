-- SPDX-License-Identifier: Apache-2.0
-- `sallyport test --cover`: the lines that rows have run, and the checks that were true and false.
local json = require "dkjson"

local support = require "spec.support"

local SCRIPT = [[
local policy = require "policy"
local near = require "near"

return {
  admit = function(facts)
    if not policy.check("the peer is near", near(facts.peer.ip), facts.peer.ip) then
      return policy.refuse("far", "too far")
    end
    if policy.check("at night", facts.now > 1000) then
      return policy.refuse "closed"
    end
    return policy.accept()
  end,
  bind = function()
    return policy.accept()
  end,
}
]]
local NEAR = [[
return function(ip)
  if ip == "192.0.2.1" then
    return true
  end
  return false
end
]]

local function row(ip, now, verdict)
  return ("{ door = 'admit', facts = { now = %d, peer = { ip = %q } }, expect = { verdict = %q } },\n"):format(now, ip, verdict)
end

local NEIGHBOUR, STRANGER, NIGHT = row("192.0.2.1", 0, "accept"), row("192.0.2.2", 0, "refuse"), row("192.0.2.1", 2000, "refuse")
local BIND = "{ door = 'bind', facts = {}, expect = { verdict = 'accept' } },\n"

describe("sallyport test --cover", function()
  local dir

  local function cover(rows, ...)
    support.write(dir .. "/script.lua", SCRIPT)
    support.write(dir .. "/near.lua", NEAR)
    support.write(dir .. "/script_spec.lua", "return {\n" .. rows .. "}\n")
    local status, out, err = support.sallyport("test", dir, ...)
    return status, out, err
  end

  local function of(rows, ...)
    local status, out = cover(rows, "--json", ...)
    return assert(json.decode(out)).cover, status
  end

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  it("counts the lines of each script, also of one that another requires", function()
    local scripts, status = of(NEIGHBOUR)
    assert.equal(0, status)
    assert.same({ 7, 10, 15 }, scripts.script.missing)
    assert.equal(scripts.script.lines, scripts.script.covered + 3)
    assert.same({ 5 }, scripts.near.missing)
    assert.equal(scripts.near.lines, scripts.near.covered + 1)
  end)

  it("counts the checks that were true and false", function()
    local script = of(NEIGHBOUR .. STRANGER).script
    assert.equal(2, script.checks)
    assert.equal(1, script.both)
    assert.same({ { line = 9, name = "at night", value = false } }, script.onesided)
    script = of(STRANGER).script
    assert.equal(0, script.both)
    assert.equal("at night", script.onesided[2].name)
    assert.is_nil(script.onesided[2].value)
  end)

  it("is whole when rows run all lines and both values of all checks", function()
    local scripts = of(NEIGHBOUR .. STRANGER .. NIGHT .. BIND)
    for _, script in pairs(scripts) do
      assert.equal(script.lines, script.covered)
      assert.equal(script.checks, script.both)
      assert.same({}, script.missing)
      assert.same({}, script.onesided)
    end
    assert.equal(2, scripts.script.both)
  end)

  it("prints the lines that were not run and the checks with one value", function()
    local status, out = cover(NEIGHBOUR .. STRANGER, "--cover")
    assert.equal(0, status)
    assert.is_truthy(out:find(dir .. "/script.lua: lines not run: 10, 15", 1, true), out)
    assert.is_truthy(out:find(dir .. '/script.lua:9: check "at night" was never true', 1, true), out)
    assert.is_nil(out:find("near.lua: lines", 1, true), out)
  end)

  it("counts a script without rows", function()
    support.write(dir .. "/alone.lua", "return {\n  admit = function()\n    return require('policy').accept()\n  end,\n}\n")
    local alone = of(NEIGHBOUR).alone
    assert.equal(0, alone.covered)
    assert.is_true(alone.lines > 0)
  end)

  it("fails below the threshold, of lines or of checks, and names the script", function()
    local all = NEIGHBOUR .. STRANGER .. NIGHT .. BIND
    assert.equal(0, (cover(all, "--cover", "--threshold", "100")))
    local status, _, err = cover(NEIGHBOUR .. STRANGER .. NIGHT, "--cover", "--threshold", "95")
    assert.equal(1, status)
    assert.is_truthy(err:find(dir .. "/script.lua: fault: coverage is below 95 %", 1, true), err)
    status, _, err = cover(NEIGHBOUR .. STRANGER .. BIND, "--threshold", "80")
    assert.equal(1, status)
    assert.is_truthy(err:find("1 of 2 checks were true and false", 1, true), err)
    assert.equal(0, (cover(NEIGHBOUR .. STRANGER .. BIND, "--threshold", "50")))
    assert.equal(2, (cover(all, "--cover", "--threshold", "lots")))
  end)

  it("is complete for the shipped policies but for an empty list of pins", function()
    local _, out = support.sallyport("test", "policies", "--json")
    local onesided = {}
    for name, script in pairs(assert(json.decode(out)).cover) do
      assert.message(name).same({}, script.missing)
      for _, check in ipairs(script.onesided) do onesided[#onesided + 1] = name .. ": " .. check.name end
    end
    assert.same({ "pinned: fingerprint pinned" }, onesided)
  end)
end)
