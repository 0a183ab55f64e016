-- SPDX-License-Identifier: Apache-2.0
-- The manual pages have each command, option, attribute, door, fact and function, and are well-formed.
local support = require "spec.support"

package.path = "engine/packaging/manual/?.lua;" .. package.path
local help = require "help"

local PAGES = { "sallyport.1", "sallyport-region.5", "sallyport-policy.7" }

-- A page as words: without fonts and escapes, in lines as long as a paragraph.
local function plain(source)
  source = source:gsub("\\f%u", ""):gsub("\\:", ""):gsub("\\%-", "-"):gsub("\n", " ")
  return (source:gsub("\\%((%l%l)", { aq = "'", ga = "`", ha = "^", ti = "~" }))
end

describe("the manual pages", function()
  local dir
  local words = {}

  setup(function()
    dir = support.directory()
    local status, out, err = support.run { "lua5.4", "engine/packaging/manual/pages.lua", support.binary, dir }
    assert(status == 0, out .. err)
    for _, page in ipairs(PAGES) do words[page] = plain(assert(support.read(dir .. "/" .. page))) end
  end)
  teardown(function() support.remove(dir) end)

  local function has(page, text)
    assert.message(page .. " has " .. text).is_truthy(words[page]:find(text, 1, true))
  end

  it("have no fault that mandoc sees", function()
    for _, page in ipairs(PAGES) do
      local status, out, err = support.run { "mandoc", "-T", "lint", dir .. "/" .. page }
      assert.same({ "", 0 }, { out .. err, status })
    end
  end)

  it("name the arguments of each command, and each of its options", function()
    local options = 0
    for _, command in ipairs(help.commands(support.binary)) do
      for _, usage in ipairs(command.usage) do has("sallyport.1", usage) end
      for _, option in ipairs(command.options) do
        options = options + 1
        if option.name ~= "--help" then has("sallyport.1", option.name) end
      end
    end
    assert.is_true(options > 100, options)
  end)

  it("have each message, with its sentence", function()
    local found = 0
    for id, sentence in support.read("engine/base/message.h"):gmatch "X%((SP%d+), '.', \"(.-)\"%) *\\?\n" do
      found = found + 1
      has("sallyport.1", id)
      has("sallyport.1", sentence)
    end
    assert.is_true(found >= 60, found)
  end)

  it("have each attribute of a definition", function()
    local found = 0
    for kind, rows in support.read("engine/config/resource.c"):gmatch "#define ROW (%l+)_def\n(.-)#undef ROW" do
      has("sallyport-region.5", kind .. " ")
      for row in rows:gmatch "\n\t([^\n]+)" do
        local name = row:match '^{ %.name = "([%l%d_]+)"' or row:match "^[%u_]+%(([%l%d_]+)[,)]"
        if name then
          found = found + 1
          assert.message(kind .. " " .. name).is_truthy(words["sallyport-region.5"]:find("%f[%w_]" .. name .. "%f[^%w_]"))
        end
      end
    end
    assert.is_true(found >= 80, found)
  end)

  it("have each door, and each function of the library", function()
    local found = 0
    for name in support.read("engine/policy/door.h"):gmatch 'X%(%u+, "(%l+)"' do has("sallyport-policy.7", name .. "(facts)") end
    for heading in support.read("lua/README.md"):gmatch "\n### `([^`\n]+)`" do
      found = found + 1
      has("sallyport-policy.7", heading)
    end
    assert.is_true(found > 20, found)
  end)

  it("can be shown by a terminal that has ASCII only", function()
    for _, page in ipairs(PAGES) do
      local status, out = support.run { "mandoc", "-T", "ascii", dir .. "/" .. page }
      assert.equal(0, status)
      assert.is_nil(out:find "[\x80-\xff]")
      assert.is_truthy(out:find("%(" .. page:match "%d$" .. "%)"))
    end
  end)
end)
