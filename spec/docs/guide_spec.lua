-- SPDX-License-Identifier: Apache-2.0
-- policies/cookbook/README.md: its recipes are the files they name, every script of the cookbook is a recipe, and every recipe
-- loads with its rows. policies/README.md is short.
local lfs = require "lfs"
local support = require "spec.support"

local GUIDE = assert(support.read "policies/README.md")
local COOKBOOK = assert(support.read "policies/cookbook/README.md")
local LICENCE = "-- SPDX-License-Identifier: Apache-2.0\n"
local LINES, COLUMNS = 900, 140

-- The recipes in order: { title =, script = "cookbook/cap", key = "urm", text = the fenced script }.
local function recipes()
  local list = {}
  local pattern = "\n## ([^\n]+)\n`([%w_/]+)%.lua`, `(%a+) = \"([%w_/]+)\"`[^#]-\n```lua\n(.-)```\n"
  for title, file, key, script, text in COOKBOOK:gmatch(pattern) do
    assert(file == script, title)
    list[#list + 1] = { title = title, script = script, key = key, text = text }
  end
  return list
end

-- A region with a tcpipservice for each recipe, and what `check --specs` says of it.
local function check(list)
  local services = {}
  for i, recipe in ipairs(list) do
    local name = ("R%d"):format(i)
    services[name] = { ssl = "clientauth", [recipe.key] = recipe.script }
  end
  local region = support.region { region = { policies = "policies" }, tcpipservices = services, programs = { ECHO = {} },
    saf = support.read "policies/saf.lua" }
  support.run { "chmod", "600", region:path "saf.lua" }
  local status, out, err = support.sallyport("check", "--specs", "--region", region:path "region.lua")
  return status, out .. err
end

describe("policies/cookbook/README.md", function()
  local list = recipes()

  it("has twelve recipes and more, each with a heading", function()
    local _, headings = COOKBOOK:gsub("\n## ", "")
    assert.are.equal(headings, #list)
    assert.is_true(#list >= 12)
  end)

  it("shows every script of the cookbook", function()
    local shown = {}
    for _, recipe in ipairs(list) do shown[recipe.script] = true end
    for file in lfs.dir "policies/cookbook" do
      local name = file:match "^([a-z0-9_]+)%.lua$"
      if name and not name:find "_spec$" then assert.message(name).is_true(shown["cookbook/" .. name]) end
    end
  end)

  it("shows the data file of a recipe as it is", function()
    local name, bytes = COOKBOOK:match "`([%w_/]+%.csv)`:\n\n```csv\n(.-)```\n"
    assert.are.equal(support.read("policies/" .. name), bytes)
  end)

  for _, recipe in ipairs(list) do
    it(recipe.title .. ": the script shown is the file", function()
      assert.are.equal(support.read("policies/" .. recipe.script .. ".lua"), LICENCE .. recipe.text)
    end)
  end

  it("has recipes that a region loads, with rows for their doors that pass", function()
    local status, said = check(list)
    assert.message(said).are.equal(0, status)
    assert.message(said).is_truthy(said:find("[1-9]%d* rows, 0 failed"))
    assert.message(said).is_nil(said:find("has no row", 1, true))
  end)

  it("has recipes with a row that refuses", function()
    for _, recipe in ipairs(list) do
      local refused = 0
      for _, row in ipairs(assert(loadfile("policies/" .. recipe.script .. "_spec.lua"))()) do
        if row.expect.verdict == "refuse" then refused = refused + 1 end
      end
      assert.message(recipe.title).is_true(refused > 0)
    end
  end)

end)

describe("policies/README.md", function()
  it("is short, in lines and in columns", function()
    local n, fenced = 0, false
    for line in GUIDE:gmatch "([^\n]*)\n" do
      n = n + 1
      if line:find "^```" then fenced = not fenced end
      if not fenced and not line:find "^|" then assert.message(line).is_true(utf8.len(line) <= COLUMNS) end
    end
    assert.message(n .. " lines").is_true(n <= LINES)
  end)
end)
