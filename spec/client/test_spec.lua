-- SPDX-License-Identifier: Apache-2.0
-- `sallyport test`: the rows of decision tables by the engine's own ask, and its report of the rows that do not hold.
local json = require "dkjson"
local lfs = require "lfs"

local support = require "spec.support"

local SCRIPT = [[
local policy = require "policy"

return {
  admit = function(facts)
    if not policy.check("the peer is near", facts.peer.ip == "192.0.2.1", facts.peer.ip) then
      return policy.refuse("far", "too far")
    end
    return policy.accept()
  end,
}
]]

local function row(name, ip, expect)
  return ("  { name = %q, door = 'admit', facts = { peer = { ip = %q } }, expect = %s },"):format(name, ip, expect)
end

local NEAR = row("lets in the neighbour", "192.0.2.1", "{ verdict = 'accept' }")
local FAR = row("refuses the rest", "198.51.100.1", "{ verdict = 'refuse', code = 'far' }")
local WRONG = row("lets in everybody", "198.51.100.1", "{ verdict = 'accept' }")

describe("sallyport test", function()
  local dir

  local function write(files)
    for name, text in pairs(files) do support.write(dir .. "/" .. name .. ".lua", text) end
  end

  local function rows(...) return "return {\n" .. table.concat({ ... }, "\n") .. "\n}\n" end

  local function test(...)
    local status, out, err = support.sallyport("test", ...)
    return status, out, err
  end

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  it("counts the rows that hold", function()
    write { near = SCRIPT, near_spec = rows(NEAR, FAR) }
    local status, out, err = test(dir)
    assert.equal(0, status, out .. err)
    assert.is_truthy(out:find("2 passed, 0 failed", 1, true), out)
    assert.equal("", err)
  end)

  it("shows the line, the checks and the verdict of a row that does not hold", function()
    write { near = SCRIPT, near_spec = rows(NEAR, WRONG) }
    local status, out = test(dir)
    assert.equal(1, status)
    assert.is_truthy(out:find(dir .. '/near_spec.lua:3: row 2 "lets in everybody" does not hold', 1, true), out)
    assert.is_truthy(out:find("verdict: expected accept, got refuse", 1, true), out)
    assert.is_truthy(out:find("NO  the peer is near  (198.51.100.1)", 1, true), out)
    assert.is_truthy(out:find(dir .. '/near.lua:6: refuse far "too far"', 1, true), out)
    assert.is_truthy(out:find("1 passed, 1 failed", 1, true), out)
    assert.is_nil(out:find("lets in the neighbour", 1, true), out)
  end)

  it("prints one object with --json", function()
    write { near = SCRIPT, near_spec = rows(NEAR, WRONG) }
    local status, out = test(dir, "--json")
    local o = assert(json.decode(out))
    assert.equal(1, status)
    assert.equal(1, o.passed)
    assert.equal(1, o.failed)
    assert.is_number(o.seconds)
    assert.equal(1, #o.failures)
    local failure = o.failures[1]
    assert.equal(dir .. "/near_spec.lua", failure.file)
    assert.equal(3, failure.line)
    assert.equal("near", failure.script)
    assert.equal(2, failure.row)
    assert.equal("lets in everybody", failure.name)
    assert.is_truthy(failure.text[1]:find("expected accept", 1, true))
    assert.same({ { name = "the peer is near", value = false, detail = "198.51.100.1" } }, failure.doors[1].checks)
    assert.equal("far", failure.doors[1].code)
  end)

  it("runs the rows that the filter finds in their name or their script", function()
    write { near = SCRIPT, near_spec = rows(NEAR, FAR, WRONG), far = SCRIPT, far_spec = rows(FAR) }
    local status, out = test(dir, "--filter", "refuses*rest")
    assert.equal(0, status)
    assert.is_truthy(out:find("2 passed, 0 failed", 1, true), out)
    status, out = test(dir, "--filter", "far")
    assert.equal(0, status)
    assert.is_truthy(out:find("1 passed, 0 failed", 1, true), out)
  end)

  it("fails without a row, and names the missing thing", function()
    write { near = SCRIPT }
    local status, out, err = test(dir)
    assert.equal(1, status)
    assert.is_truthy(err:find("there is no NAME_spec.lua with rows", 1, true), out .. err)
    write { near_spec = rows(NEAR) }
    status, out, err = test(dir, "--filter", "nothing")
    assert.equal(1, status)
    assert.is_truthy(err:find("no row has a name or a script with 'nothing'", 1, true), out .. err)
    status, out, err = test(dir .. "/none")
    assert.equal(1, status)
    assert.is_truthy(err:find(dir .. "/none", 1, true), out .. err)
  end)

  it("fails for a script that does not load, and lists it as a failure", function()
    write { near = "return {", near_spec = rows(NEAR) }
    local status, out, err = test(dir, "--json")
    local o = assert(json.decode(out))
    assert.equal(1, status)
    assert.equal(0, o.passed)
    assert.equal(1, o.failed)
    assert.equal(dir .. "/near.lua", o.failures[1].file)
    assert.is_truthy(err:find("near.lua", 1, true))
  end)

  it("takes the directory and the limits of a definition", function()
    local region = support.region { region = { instructions = 1000 }, scripts = {
      s = "return { admit = function() for _ = 1, 1e6 do end return require('policy').accept() end }",
      s_spec = "return { { name = 'n', door = 'admit', facts = {}, expect = { verdict = 'refuse', code = 'policy_limit' } } }",
    } }
    region:define(region.given)
    for _, words in ipairs { { "--region", region:path "region.lua" }, { region.dir }, { region:path "policies" } } do
      local status, out, err = test(table.unpack(words))
      assert.equal(0, status, out .. err)
      assert.is_truthy(out:find("1 passed, 0 failed", 1, true), out)
    end
    support.remove(region.dir)
  end)

  it("does not count the faults of a definition beside the directory that has other scripts", function()
    local scripts = dir .. "/scripts"
    assert(lfs.mkdir(scripts))
    support.write(dir .. "/region.lua", 'region { applid = "TOOLONGNAME" }\n')
    support.write(scripts .. "/near.lua", SCRIPT)
    support.write(scripts .. "/near_spec.lua", rows(NEAR, WRONG))
    local status, out, err = test(scripts .. "/")
    assert.equal(1, status)
    assert.equal("", err)
    assert.is_truthy(out:find(scripts .. "/near_spec.lua:3: row 2", 1, true), out)
    assert.is_truthy(out:find("1 passed, 1 failed", 1, true), out)
  end)

  it("runs 1000 rows in less than 2 seconds of CPU", function()
    local many = {}
    for i = 1, 500 do
      many[#many + 1] = row("near " .. i, "192.0.2.1", "{ verdict = 'accept' }")
      many[#many + 1] = row("far " .. i, "198.51.100.1", "{ verdict = 'refuse', code = 'far' }")
    end
    write { near = SCRIPT, near_spec = rows(table.unpack(many, 1, 250)), a = SCRIPT, a_spec = rows(table.unpack(many, 251, 500)),
      b = SCRIPT, b_spec = rows(table.unpack(many, 501, 750)), c = SCRIPT, c_spec = rows(table.unpack(many, 751, 1000)) }
    local status, out, err = support.run { "sh", "-c", "ulimit -t 2; exec " .. support.binary .. " test " .. dir }
    assert.equal(0, status, out .. err)
    assert.is_truthy(out:find("1000 passed, 0 failed", 1, true), out)
  end)

  it("refuses a second directory and an unknown option", function()
    local status, _, err = test(dir, dir)
    assert.equal(2, status)
    assert.is_truthy(err:find("takes one directory", 1, true), err)
    assert.equal(2, (test("--covert")))
  end)
end)
