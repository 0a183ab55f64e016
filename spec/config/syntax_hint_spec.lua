-- SPDX-License-Identifier: Apache-2.0
-- What an author of region.lua gets for a slip: one fault, at its line, with the remedy in words.
local support = require "spec.support"

local REGION = 'region { applid = "CICSA", networkid = "NETA" }\n'

local function service(fields)
  return REGION .. 'tcpipservice "A" { portnumber = 0, ' .. fields .. " }"
end

-- The text; the line of its fault and a part of that.
local SLIPS = {
  { 'region { applid = "CICSA" networkid = "NETA" }', 1, "a comma is missing before networkid" },
  { REGION .. 'tcpipservice "A" { portnumber = 0\n  urm = "x" }', 3, "a comma is missing before urm" },
  { REGION .. 'tcpipservice "A" { portnumber = 0 [[x]] }', 2, "a comma is missing before [[x]]" },
  { "* the test region\n" .. REGION, 1, "a comment begins with --, not with *" },
  { "-- good\n// bad\n" .. REGION, 2, "a comment begins with --, not with //" },
  { "/* bad */\n" .. REGION, 1, "a comment begins with --, not with /" },
  { service "# a port\n", 2, "a comment begins with --, not with #" },
  { service 'urm = “shop”', 2, 'a curly quotation mark (U+201C); a text needs straight ones: "..."' },
  { REGION .. "tcpipservice ‘A’ { portnumber = 0 }", 2, "a curly quotation mark (U+2018)" },
  { service 'urm = "shop”', 2, "a curly quotation mark is not one" },
  { service "\u{a0}urm = 'x'", 2, "a character that is not ASCII (U+00A0) is outside of quotation marks" },
  { service "\xe4 = 1", 2, "a byte that is not ASCII (0xE4)" },
  { service "urm = shop", 2, 'tcpipservice A: urm = shop needs quotation marks: "shop"' },
  { service "ssl = yes", 2, 'tcpipservice A: ssl = yes needs quotation marks: "yes"' },
  { service "heartbeat = never", 2, "tcpipservice A: heartbeat is never; it must be a number" },
  { service "urm = dfh$isai", 2, 'dfh$... needs quotation marks' },
  { service "host = shop.example", 2, "there is no 'shop' here; a text needs quotation marks" },
  { service "host = my-host", 2, "there is no 'my' here; a text needs quotation marks" },
  { service "host = 127.0.0.1", 2, '127.0.0.1 is no number; a text needs quotation marks: "127.0.0.1"' },
  { service "description = my own port", 2, "my own needs quotation marks, or a comma is missing before own" },
  { REGION .. "tcpipservice A { portnumber = 0 }", 2, 'a name needs quotation marks: tcpipservice "A" { ... }' },
  { REGION .. "ipconn(A){ }", 2, 'a name needs quotation marks: ipconn "A" { ... }' },
  { service 'install = "shop"', 2, "unknown key 'install' in tcpipservice A; the script for that door is named by 'urm'" },
  { service 'delete = "shop"', 2, "the script for that door is named by 'urm'" },
  { 'tcpipservice "A" { portnumber = 0 }', 1, 'there is no region { applid = "...", networkid = "..." }' },
  { "", 1, 'there is no region { applid = "...", networkid = "..." }' },
  { 'region = { applid = "CICSA", networkid = "NETA" }', 1, "region is not a variable; remove the =" },
  { 'Region { applid = "CICSA", networkid = "NETA" }', 1, "did you mean 'region'?" },
  { 'region "CICSA"', 1, "region takes one table" },
  { 'region applid = "CICSA"', 1, "region takes one table" },
  { REGION .. 'ipconn "A" ( receivecount = 5 )', 2, "a table needs { }, not ( )" },
  { REGION .. 'tcpipservice "A" { portnumber: 0 }', 2, "a key and its value need = between them, not a colon: portnumber = ..." },
  { REGION .. 'tcpipservice "A" { "portnumber" = 0 }', 2, "a key has no quotation marks: portnumber =" },
  { service "ssl-x = 1", 2, "-x = is no key; a key is made of letters, digits and _" },
  { 'local = "A", heart\xfft = 0.2 }', 1, "\\xfft = is no key; a key is made of letters, digits and _" },
  { REGION .. 'tcpipservice "A" { "s\xffl" = 0 }', 2, "a key has no quotation marks: s\\xffl =" },
  { REGION .. 'tcpipservice "A" { portnumber 0 }', 2, "behind portnumber a = is missing: portnumber = 0" },
  { service "urm = ", 2, "urm = has no value" },
  { service "backlog = 1,, backlog = 2", 2, "two commas in a row" },
  { service "" .. "}", 2, "there is one } too many" },
  { REGION .. 'tcpipservice "A" { portnumber = 0 )', 2, "a table ends with }, not with )" },
  { REGION .. 'tcpipservice "A" { portnumber = 0,\n\n', 4, "the file ends inside a table; a } is missing" },
  { REGION .. 'tcpipservice "A" { portnumber = 0\n\n', 4, "the file ends before the { of line 2 is closed by a }" },
  { REGION .. 'tcpipservice "A { portnumber = 0 }', 2, 'the text "A { portnumber = 0 } has no " at its end in the same line' },
  { REGION:gsub("\n", ",\n") .. 'tcpipservice "A" { portnumber = 0 }', 1, "there is a comma between two definitions" },
  { REGION .. "local shop = shape", 2, "there is no 'shape' here, only region" },
}

describe("a slip in region.lua", function()
  local dir

  setup(function() dir = support.directory() end)
  teardown(function() support.remove(dir) end)

  local function check(text)
    support.write(dir .. "/region.lua", text)
    local status, _, err = support.sallyport("check", "--region", dir .. "/region.lua")
    return status, err
  end

  for _, slip in ipairs(SLIPS) do
    local text, line, part = slip[1], slip[2], slip[3]
    it("is one fault with its remedy: " .. part .. " (" .. text:match "([^\n]*)\n*$" .. ")", function()
      local status, err = check(text)
      assert.equal(1, status)
      local faults = {}
      for found in err:gmatch "[^\n]*: fault: [^\n]*" do faults[#faults + 1] = found end
      assert.equal(1, #faults, err)
      local expected = ("region.lua:%d: fault: "):format(line)
      assert.is_truthy(faults[1]:find(expected, 1, true), err)
      assert.is_truthy(faults[1]:find(part, 1, true), err)
    end)
  end

  it("is Lua's own sentence where no remedy is known", function()
    local status, err = check(REGION .. "goto = 1")
    assert.equal(1, status)
    assert.is_truthy(err:find "region%.lua:2: fault: [^\n]*near '='", err)
  end)

  it("has the same words in the other files of data", function()
    support.write(dir .. "/saf.lua", "return { users = { FRED = {} ANNA = {} } }")
    local status, err = check 'region { applid = "CICSA", networkid = "NETA", saf = "saf.lua" }'
    assert.equal(1, status)
    assert.is_truthy(err:find("saf.lua:1: fault: a comma is missing before ANNA", 1, true), err)
  end)
end)
