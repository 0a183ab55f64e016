-- SPDX-License-Identifier: Apache-2.0
-- The style of the documents, their links, and the references that the sources make to them.
local documents = require "spec.support.documents"
local support = require "spec.support"
local tree = require "spec.support.tree"

local COLUMNS = 140 -- of a line of prose; tables and examples are wider
local README_LINES = 300

-- Every source, spec and document of the repository.
local function sources()
  local found = documents.all()
  for _, dir in ipairs { "engine", "lua", "policies", "spec", "certs" } do
    tree.files(dir, "%.[ch]$", found)
    tree.files(dir, "%.lua$", found)
  end
  return found
end

describe("the documents", function()
  it("are linked by files and headings that exist", function()
    local broken, links = documents.broken_links(".", documents.all())
    assert.are.same({}, broken)
    assert.is_true(links > 20, links)
  end)

  it("name files of the repository that exist", function()
    local named = 0
    for _, path in ipairs(documents.all()) do
      for _, line in ipairs(documents.prose(path)) do
        for file in line.text:gmatch "`([%l]+/[%w_/.]+%.[%l]+)`" do
          if file:find "^engine/" or file:find "^spec/" or file:find "^policies/" or file:find "^lua/" then
            named = named + 1
            assert.message(("%s:%d: %s"):format(path, line.n, file)).is_not_nil(support.read(file))
          end
        end
      end
    end
    assert.is_true(named > 3, named)
  end)

  it("have lines of prose of a readable length", function()
    for _, path in ipairs(documents.all()) do
      for _, line in ipairs(documents.prose(path)) do
        local length = utf8.len(line.text) or #line.text
        local wide = length > COLUMNS and not line.text:find "^|"
        assert.message(("%s:%d has %d columns"):format(path, line.n, length)).is_false(wide)
      end
    end
  end)

  it("have a README that a newcomer can finish", function()
    local _, lines = support.read("README.md"):gsub("\n", "")
    assert.is_true(lines <= README_LINES, lines)
  end)

  it("are all reached from README", function()
    local readme = support.read "README.md"
    for _, path in ipairs(documents.all()) do
      if path ~= "README.md" then assert.message(path).is_truthy(readme:find("](" .. path, 1, true)) end
    end
  end)

  it("are in the repository when a source cites them", function()
    local word = "DES" .. "IGN"
    for _, path in ipairs(sources()) do
      local source = support.read(path)
      assert.message(path .. " cites a paper that is not in the repository").is_nil(source:find("%f[%w]" .. word .. "%f[%W]"))
      for cited in path:find "%.[ch]$" and source:gmatch "[%l/]+/README%.md" or function() end do
        assert.message(path .. " cites " .. cited).is_not_nil(support.read(cited))
      end
    end
  end)
end)

describe("IPIC.md", function()
  local sections = {}
  for _, line in ipairs(documents.prose "engine/ipic/IPIC.md") do
    local number = line.text:match "^#+ ([%d.]+)"
    if number then sections[(number:gsub("%.$", ""))] = true end
  end

  -- The numbers of a citation, from the text behind "IPIC.md": " 6.6, 10" or " section 11, row 3".
  local function cited(text)
    local numbers, at = {}, text:match "^ section ()" or text:match "^ ()"
    while at do
      local number, after = text:match("^(%d[%d.]*)()", at)
      if not number then break end
      numbers[#numbers + 1] = (number:gsub("%.$", ""))
      at = text:match("^, ()", after)
    end
    return numbers
  end

  it("has each section that is cited", function()
    local found = 0
    for _, path in ipairs(sources()) do
      for text in support.read(path):gmatch "IPIC%.md([^\n]*)" do
        for _, number in ipairs(cited(text)) do
          found = found + 1
          assert.message(path .. ": IPIC.md " .. number).is_true(sections[number])
        end
      end
    end
    assert.is_true(found > 80, found)
  end)
end)
