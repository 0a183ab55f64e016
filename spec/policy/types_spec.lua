-- SPDX-License-Identifier: Apache-2.0
-- lua/types, the stubs for editors: they are those that the engine's tables and the library give.
local support = require "spec.support"
local tree = require "spec.support.tree"
local types = require "spec.support.types"

describe("lua/types", function()
  local expected = types.files()

  it("are the files that `make types` writes", function()
    local there = {}
    for _, path in ipairs(tree.files("lua/types", "%.lua$", {})) do there[path] = support.read(path) end
    assert.is_true(next(there) ~= nil)
    assert.same(expected, there)
  end)

  -- A module, and its stub; a part of the library is a table of policy.lua.
  local function pair(library, name)
    local part = library.parts[name] and name:match "[^.]+$"
    local stub = dofile("lua/types/" .. (part and "policy" or name:gsub("%.", "/")) .. ".lua")
    if part then return require "policy"[part], stub[part] end
    return require(name), stub
  end

  it("load as Lua, with each function of each module", function()
    local modules = 0
    for path in pairs(expected) do assert(loadfile(path)) end
    local library = dofile "lua/check/library.lua"
    for name in pairs(library.modules) do
      modules = modules + 1
      local real, stub = pair(library, name)
      for key, value in pairs(real) do
        local here = name ~= "policy" or (key ~= "mock" and key ~= "facts") -- the engine has neither
        if type(value) == "function" and here then assert.message(name .. "." .. key).is_function(stub[key]) end
      end
    end
    assert.equal(6, modules)
  end)

  it("describe each function with the text of its comment", function()
    for path, text in pairs(expected) do
      if path:find "policy" then
        for before, name in text:gmatch "([^\n]*)\nfunction ([%w_.:]+)" do
          assert.message(name).is_truthy(before:find "^%-%-%-" or text:find("\n%-%-%-" .. name:gsub("%p", "%%%0")))
        end
      end
    end
  end)

  it("have the keys of rows that the engine knows", function()
    local dir = support.directory()
    local tables = dofile("lua/check/library.lua").tables
    local row = "{ facts = {}, expect = { verdict = 'refuse' }, door = 'admit', %s = %s },\n"
    local lines = { "return {\n" }
    for key in pairs(tables["sallyport.Row"]) do lines[#lines + 1] = row:format(key, "1") end
    local parts = { RowExpect = { "expect", "verdict = 'refuse'," }, RowMock = { "mock", "" }, RowCertificate = { "certificate", "" } }
    for name, of in pairs(parts) do
      for key in pairs(tables["sallyport." .. name]) do lines[#lines + 1] = row:format(of[1], ("{ %s %s = 1 }"):format(of[2], key)) end
    end
    for key in pairs(tables["sallyport.WalkExpect"]) do
      lines[#lines + 1] = ("{ walk = true, facts = {}, expect = { verdict = 'refuse', %s = false } },\n"):format(key)
    end
    support.write(dir .. "/s.lua", "return { admit = function() return require('policy').refuse() end }")
    support.write(dir .. "/s_spec.lua", table.concat(lines) .. "}")
    local _, out = support.sallyport("test", dir)
    support.remove(dir)
    assert.is_truthy(out:find("[1-9]%d* failed"), out)
    assert.is_nil(out:find("has no key", 1, true), out)
  end)

  it("have the members that a claim gets", function()
    local tables = dofile("lua/check/library.lua").tables
    local function list(name)
      local keys = {}
      for key in pairs(tables["sallyport." .. name]) do keys[#keys + 1] = ("%q"):format(key) end
      return table.concat(keys, ", ")
    end
    local region = support.region { tcpipservices = { OPEN = { urm = "s" } }, scripts = {
      s = "return { install = function() return require('policy').install { ipconn = 'ONE' } end }",
      s_invariant = ([[
        local walks, doors = { %s }, { %s }
        local function has(t, keys)
          for _, key in ipairs(keys) do keys[key] = true end
          for key in pairs(t) do assert(keys[key], key) end
        end
        return { { name = "members", holds = function(walk)
          has(walk, walks)
          for _, door in ipairs(walk.doors) do has(door, doors) end
          for _, key in ipairs(walks) do assert(not walk.accepted or walk[key] ~= nil, key) end
          return true
        end } }]]):format(list "Walk", list "WalkDoor") } }
    region:define(region.given)
    local status, out, err = support.sallyport("test", "--region", region:path "region.lua", "--invariants", "--seconds", "1")
    support.remove(region.dir)
    assert.equal(0, status, out .. err)
  end)

  it("have the facts of a door, and not those of a later one", function()
    local facts = expected["lua/types/facts.lua"]
    local function class(name) return assert(facts:match("%-%-%-@class " .. name:gsub("%p", "%%%0") .. "[^\n]*\n(.-)\n\n"), name) end
    assert.is_nil(class("sallyport.admit.facts"):find "@field capex")
    assert.is_truthy(class("sallyport.bind.facts"):find "@field capex sallyport.capex\n")
    assert.is_nil(class("sallyport.certify.certificate"):find "@field userid")
    assert.is_truthy(class("sallyport.bind.certificate"):find "@field userid%? string")
    assert.is_truthy(class("sallyport.certify.certificate"):find "@field names_host%? boolean") -- way out only
    assert.is_truthy(class("sallyport.installed"):find "@field ipconn string")
  end)
end)
