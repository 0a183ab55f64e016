-- SPDX-License-Identifier: Apache-2.0
-- Decision tables at a reload: a row that does not hold refuses it, and the running rules stay.
local support = require "spec.support"

local OPEN = [[local policy = require "policy"
return { admit = function() return policy.accept() end }]]
local SHUT = [[local policy = require "policy"
return { admit = function() return policy.refuse "shut" end }]]
local ROWS = [[return {
  { name = "the door is open", door = "admit", facts = {}, expect = { verdict = "accept" } },
}]]
local SAID = 'a_spec.lua:2: %s: row 1 "the door is open": verdict: expected accept, got refuse'

describe("a row that does not hold", function()
  local region

  after_each(function() region:stop() end)

  local function start(specs, scripts)
    region = support.region { region = { specs = specs }, tcpipservices = { IPIC = { admit = "a" } },
      scripts = scripts or { a = OPEN, a_spec = ROWS } }
    region:start()
  end

  local function admitted()
    local p = support.raw(region:port "IPIC")
    local answer = p:capex({ applid = "A" }):read_message()
    p:close()
    return answer ~= nil and answer.body.reason ~= nil
  end

  local function generation() return region:inquire("region")[1].generation end

  local function has(text, part) assert.is_truthy(text:find(part, 1, true), text) end

  it("refuses the reload and names the row; the running rules stay, and a later reload is taken", function()
    start()
    region:script("a", SHUT)
    local status, out, err = region:command "reload"
    assert.equal(1, status, out)
    has(out .. err, SAID:format "fault")
    has(err, "refused: generation 1 stays in use; mend the rows or the script, or load it all the same with --force")
    assert.equal(1, generation())
    assert.is_true(admitted())
    status, out, err = region:command("reload", "--check")
    assert.equal(1, status, out)
    has(out .. err, SAID:format "fault")
    region:script("a_spec", (ROWS:gsub('"accept"', '"refuse"')))
    assert.equal(0, (region:command "reload"))
    assert.is_false(admitted())
    region:script("a", "return {")
    status, out, err = region:command "reload"
    assert.equal(1, status, out)
    assert.is_truthy(err:find "refused: generation 2 stays in use\n$", err)
  end)

  it("refuses a reload by SIGHUP, and the log has the row", function()
    start()
    region:script("a", SHUT)
    region:signal "HUP"
    region:wait_log 'SP0011 E .*a_spec.lua:2: fault: row 1 .*expected accept, got refuse'
    assert.equal(1, generation())
  end)

  it("is a warning with --force, with specs = warn, and at a start", function()
    start(nil, { a = SHUT, a_spec = ROWS })
    region:wait_log 'SP0012 W .*a_spec.lua line=2 .*row 1 .*expected accept, got refuse'
    local status, out = region:command("reload", "--force")
    assert.equal(0, status, out)
    has(out, SAID:format "warning")
    assert.equal(1, (region:command "reload"))
    region.given.region.specs = "warn"
    region:define(region.given)
    status, out = region:command "reload"
    assert.equal(0, status, out)
    has(out, SAID:format "warning")
    assert.is_false(admitted())
  end)

  it("is not run with specs = off", function()
    start("off", { a = SHUT, a_spec = ROWS })
    local status, out = region:command "reload"
    assert.equal(0, status, out)
    assert.is_nil(out:find("row 1", 1, true), out)
    assert.equal(0, region:count_log "row 1")
  end)

  it("does not count for a script that the generation does not load; for one that is required, it does", function()
    start(nil, { a = OPEN, other = SHUT, other_spec = ROWS })
    assert.equal(0, (region:command "reload"))
    region:script("a", 'require "other"\n' .. OPEN)
    local status, out, err = region:command "reload"
    assert.equal(1, status, out)
    has(out .. err, "other_spec.lua:2: fault: row 1")
  end)

  it("refuses urm=NAME, and never urm=NO", function()
    region = support.region { tcpipservices = { IPIC = { urm = "u" } }, scripts = {
      u = 'return { install = function() return require("policy").refuse "none" end }',
      u_spec = '\n\nreturn { { door = "install", facts = {}, expect = { verdict = "install" } } }',
      v = 'return { install = function() return require("policy").refuse "none" end }', v_spec = "return 1",
    } }
    region:start()
    local status, out, err = region:command("set", "tcpipservice", "IPIC", "urm=v")
    assert.equal(1, status, out)
    has(out .. err, "v_spec")
    assert.equal("U", region:row("tcpipservice", "IPIC").urm:upper())
    status, out, err = region:command("set", "tcpipservice", "IPIC", "urm=NO")
    assert.equal(0, status, out .. err)
    assert.equal("NO", region:row("tcpipservice", "IPIC").urm)
  end)

  it("stands beside a table that cannot be loaded, which refuses too", function()
    start()
    region:script("a_spec", "return {")
    local status, out, err = region:command "reload"
    assert.equal(1, status, out)
    has(out .. err, "a_spec.lua:1: fault: ")
    region:script("a_spec", "while true do end")
    status, out, err = region:command "reload"
    assert.equal(1, status, out)
    has(out .. err, "a_spec")
  end)
end)
