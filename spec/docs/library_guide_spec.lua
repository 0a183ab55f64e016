-- SPDX-License-Identifier: Apache-2.0
-- lua/README.md: every public function of the library and no other, each with an example that runs.
local policy = require "policy"
local process = require "spec.support.process"
local support = require "spec.support"
local write = require("spec.support.text").write

local GUIDE = assert(support.read "lua/README.md")
local MODULES = { "policy", "policy.ip", "policy.cert", "policy.capex", "policy.saf" }
local COLUMNS = 140

-- Runs before each example, as the document says.
local PRELUDE = assert(GUIDE:match "```lua\n(local policy = require.-)```")

-- The sections of functions, in order: { name = "ip.set", text = … }.
local function sections()
  local list = {}
  for part in (GUIDE:gsub("\n##", "\0##") .. "\0"):gmatch "##([^\0]*)\0" do
    local name, text = part:match "^# `([%w_.:]+)%([^\n]*\n(.*)"
    if name then list[#list + 1] = { name = name, text = text } end
  end
  return list
end

-- The functions of the modules, and the methods of the objects that they make.
local function functions()
  local found = {}
  for _, module in ipairs(MODULES) do
    for name, value in pairs(require(module)) do
      if type(value) == "function" then found[module:gsub("^policy%.", "") .. "." .. name] = true end
      for each in pairs(type(value) == "table" and value or {}) do found[module .. "." .. name .. "." .. each] = true end
    end
  end
  for object, name in support.read("lua/policy.lua"):gmatch "\nfunction (%w+):([%w_]+)%(" do found[object .. ":" .. name] = true end
  for _, file in ipairs { "lhost_ip", "lhost_zone", "lhost_data" } do
    for name in support.read("engine/policy/" .. file .. ".c"):gmatch "\n/%* (%l+:[%w_]+)%(" do found[name] = true end
  end
  return found
end

describe("lua/README.md", function()
  local path, dir = package.path, process.directory()
  setup(function()
    write(dir .. "/partners.csv", assert(GUIDE:match "```csv\n(.-)```"))
    package.path = dir .. "/?.lua;" .. path
  end)
  teardown(function() package.path = path end)
  after_each(function() policy.mock(nil) end)

  it("has every public function, and no other", function()
    local documented = {}
    for _, section in ipairs(sections()) do
      assert.message(section.name .. " stands there twice").is_nil(documented[section.name])
      documented[section.name] = true
    end
    assert.are.same(functions(), documented)
  end)

  it("describes functions that have a comment in the source too", function()
    local sources = ""
    for _, module in ipairs(MODULES) do sources = sources .. support.read("lua/" .. module:gsub("%.", "/") .. ".lua") end
    for name in pairs(functions()) do
      assert.message(name).is_truthy(sources:find("\n%-%- " .. name:gsub("%.", "%%.") .. "[ (][^\n]+"))
    end
  end)

  for _, section in ipairs(sections()) do
    it("has an example of " .. section.name .. " that runs", function()
      local example = assert(section.text:match "```lua\n(.-)```", "no example")
      assert.message("the example uses it").is_truthy(example:find(section.name:match "[%w_]+$" .. "%f[^%w_]"))
      assert.message("the example asserts").is_truthy(example:find("assert(", 1, true))
      assert(load(PRELUDE .. example, "@lua/README.md " .. section.name))()
    end)
  end

  it("is short in columns", function()
    local fenced = false
    for line in GUIDE:gmatch "([^\n]*)\n" do
      if line:find "^```" then fenced = not fenced end
      if not fenced and not line:find "^|" then assert.message(line).is_true(utf8.len(line) <= COLUMNS) end
    end
  end)
end)
