-- SPDX-License-Identifier: Apache-2.0
-- Each row of each NAME_spec.lua in policies/ and its folders is an `it`: the facts go to the policy's door, and the
-- answer is compared with `expect`. `sallyport test` puts the same rows through the engine's own ask, and also those with
-- a real certificate or walk = true, which a plain Lua cannot run.

local lfs = require "lfs"
local host = require "sallyport.host"
local policy = require "policy"

local DIRECTORY = os.getenv "SALLYPORT_POLICIES" or "policies"
package.path = DIRECTORY .. "/?.lua;" .. package.path

local KEYS = { name = true, door = true, facts = true, mock = true, params = true, certificate = true, walk = true, expect = true }

-- The names of all scripts, as a definition has them: "rate", "cookbook/cap", "rate_spec". The prefix is "" or a folder
-- and a slash.
local function scripts(prefix, names)
  for file in lfs.dir(DIRECTORY .. "/" .. prefix) do
    local name, is_folder = file:match "^([a-z0-9_]+)%.lua$", prefix == "" and file:find "^[a-z0-9_]+$"
    if name then names[#names + 1] = prefix .. name end
    if is_folder and lfs.attributes(DIRECTORY .. "/" .. file, "mode") == "directory" then scripts(file .. "/", names) end
  end
  table.sort(names)
  return names
end

local function specs()
  local names = {}
  for _, script in ipairs(scripts("", {})) do names[#names + 1] = script:match "^(.*)_spec$" end
  return names
end

local function run(name)
  return assert(loadfile(DIRECTORY .. "/" .. name .. ".lua"))()
end

-- The verdict of the door. In a plain Lua the refusal of a call that waits is an error, "PLACE: service_down: …".
local function ask(door, ...)
  local ok, verdict = pcall(door, ...)
  local down = not ok and tostring(verdict):match "^%S+: service_down: (.*)"
  if down then return policy.refuse("service_down", down) end
  return ok and verdict or error(verdict, 0)
end

local function judge(name, row)
  policy.mock(row.mock or {}) -- a row without one has an empty world, as in the engine
  local script = run(name)
  local door = script[row.door]
  assert.is_function(door, name .. " has no function for the door " .. row.door)
  local verdict = ask(door, policy.facts(row.facts, row.door), host.params(script.params, row.params))
  assert.is_userdata(verdict, "the answer is no verdict")
  for key, want in pairs(row.expect) do
    local got = verdict[key]
    if want == false and got == nil then got = false end -- nothing is said there
    assert.message(key .. " of: " .. tostring(verdict)).are.equal(want, got)
  end
end

describe("policy", function()
  local names = specs()
  after_each(function() policy.mock(nil) end)

  it("scripts all have a decision table", function()
    assert.is_true(#names > 0)
    for _, name in ipairs(scripts("", {})) do
      if name ~= "region" and name ~= "saf" and not name:match "_spec$" and not name:match "_invariant$" then -- region and saf are data
        assert.message("no " .. DIRECTORY .. "/" .. name .. "_spec.lua").is_not_nil(lfs.attributes(DIRECTORY .. "/" .. name .. "_spec.lua"))
      end
    end
  end)

  for _, name in ipairs(names) do
    describe(name, function()
      local rows = run(name .. "_spec")

      it("has rows, and one that refuses", function()
        local refuses = false
        for i, row in ipairs(rows) do
          for key in pairs(row) do assert.message("row " .. i .. ": no key " .. tostring(key)).is_true(KEYS[key]) end
          assert.message("row " .. i .. " expects no verdict").is_string(row.expect.verdict)
          refuses = refuses or row.expect.verdict == "refuse"
        end
        assert.is_true(refuses)
      end)

      it("is another value each time it is loaded", function()
        assert.are_not.equal(run(name), run(name))
      end)

      for _, row in ipairs(rows) do
        if not (row.certificate or row.walk) then it(row.name, function() judge(name, row) end) end
      end
    end)
  end
end)
