-- SPDX-License-Identifier: Apache-2.0
-- The suite itself: a spec file that failed beside others runs once more alone, unless the others cannot be the cause.
local lfs = require "lfs"

local support = require "spec.support"
local text = require "spec.support.text"

local GREEN = 'it("stands", function() end)'
local RED = 'it("falls", function() assert.is_true(false) end)'
local RESULTS = "build/results"

-- A test that fails in the first run of its job and passes in the next. `first`: Lua statements that run before it fails.
local function once_red(first)
  return ([[
it("falls once", function()
  if io.open "was_here" then return end
  io.open("was_here", "w"):close()
  %s
  assert.is_true(false)
end)]]):format(first or "")
end

describe("the suite", function()
  local dir

  -- A directory with the files of the repository that jobs need, and the specs of the test alone.
  before_each(function()
    dir = support.directory()
    local here = lfs.currentdir()
    for _, name in ipairs { "spec", "spec/x", "build" } do lfs.mkdir(dir .. "/" .. name) end
    for _, name in ipairs { ".busted", "spec/support" } do assert(lfs.link(here .. "/" .. name, dir .. "/" .. name, true)) end
  end)
  after_each(function() support.remove(dir) end)

  local function in_dir(words)
    local status, out, err = support.run({ "env", "-C", dir, "-u", "MAKEFLAGS", "-u", "SALLYPORT_RESULTS", "-u", "TMPDIR",
      table.unpack(words) }, nil, 120)
    return status, out .. err
  end

  local function suite(mode, ...)
    return in_dir { "lua5.4", "spec/support/suite.lua", mode, RESULTS, ... }
  end

  local function jobs(results, goal)
    return in_dir { "make", "-s", "-k", "-j4", "-f", "spec/support/jobs.mk", "RESULTS=" .. results, goal }
  end

  -- Runs the steps of the Makefile for these spec files (name = text), with that number of jobs at a time. Returns the exit status and the
  -- report.
  local function run(specs, at_a_time)
    local names = {}
    for _, name in ipairs(text.sorted(specs)) do
      names[#names + 1] = ("spec/x/%s_spec.lua"):format(name)
      support.write(dir .. "/" .. names[#names], "-- SPDX-License-Identifier: Apache-2.0\n" .. specs[name] .. "\n")
    end
    in_dir { "mkdir", "-p", RESULTS }
    names[#names + 1] = "--"
    assert.equal(0, (suite("order", table.unpack(names))))
    jobs(RESULTS, "together")
    jobs(RESULTS, "alone")
    assert.equal(0, (suite("again", at_a_time or "4")))
    jobs(RESULTS .. "/again", "alone")
    return suite "report"
  end

  local function assert_failed_at_once(specs, at_a_time)
    local status, said = run(specs, at_a_time)
    assert.equal(1, status, said)
    assert.is_truthy(("\n" .. said):find("\nfailed: spec/x/red_spec.lua: 1 failed", 1, true), said)
    assert.is_falsy(said:find("passed alone", 1, true), said)
    assert.is_nil(support.read(("%s/%s/again/spec/x/red_spec.lua/output"):format(dir, RESULTS)))
  end

  it("runs the units that are named beside spec files", function()
    support.write(dir .. "/spec/x/green_spec.lua", GREEN)
    in_dir { "mkdir", "-p", RESULTS, "spec/unit" }
    support.write(dir .. "/spec/unit/one_test.c", "/* SPDX-License-Identifier: Apache-2.0 */\n")
    assert.equal(0, (suite("order", "spec/x/green_spec.lua", "--", "build/unit/one_test")))
    local listed = text.read(dir .. "/" .. RESULTS .. "/order.mk")
    for _, name in ipairs { "spec/x/green_spec.lua", "build/unit/one_test" } do
      assert.is_truthy((" " .. listed:gsub("\n", " ")):find(" " .. name .. " ", 1, true), listed)
    end
  end)

  it("counts a spec file that failed beside others and passes alone as passed, and reports it", function()
    local status, said = run { green = GREEN, red = once_red() }
    assert.equal(0, status, said)
    assert.is_truthy(said:find("failed beside other specs, passed alone: spec/x/red_spec.lua @ 2: falls once\n", 1, true), said)
    assert.is_truthy(said:find "\n2 passed, 0 failed\n$", said)
  end)

  it("keeps the outputs of both runs, and names them", function()
    local _, said = run { green = GREEN, red = once_red() }
    local first, second = said:match "see (%S+red_spec%.lua/output) and (%S+red_spec%.lua/output)\n"
    assert.is_truthy(support.read(dir .. "/" .. first):find("falls once", 1, true))
    assert.is_falsy(support.read(dir .. "/" .. second):find("falls once", 1, true))
  end)

  it("counts a spec file that fails again as failed", function()
    local status, said = run { green = GREEN, red = RED }
    assert.equal(1, status, said)
    assert.is_truthy(said:find "\n1 passed, 1 failed\n$", said)
    assert.is_truthy(support.read(dir .. "/" .. RESULTS .. "/again/spec/x/red_spec.lua/output"))
  end)

  for what, line in pairs {
    ["AddressSanitizer"] = "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x1",
    ["ThreadSanitizer"] = "WARNING: ThreadSanitizer: data race (pid=12)",
    ["LeakSanitizer"] = "==12==ERROR: LeakSanitizer: detected memory leaks",
    ["UBSan"] = "engine/net/io.c:12:3: runtime error: null pointer passed as argument 2",
  } do
    it("does not repeat a job with a report of " .. what, function()
      assert_failed_at_once { green = GREEN, red = once_red(("io.stderr:write(%q, '\\n')"):format(line)) }
    end)
  end

  it("does not repeat a job whose program crashed, also when the spec expects the crash", function()
    assert_failed_at_once { green = GREEN, red = once_red [[require("spec.support").run { "sh", "-c", "kill -ABRT $$" }]] }
  end)

  it("does not repeat a job whose program had a report on stderr", function()
    assert_failed_at_once { green = GREEN,
      red = once_red [[require("spec.support").run { "sh", "-c", "echo ERROR: LeakSanitizer: leaks >&2" }]] }
  end)

  it("does not repeat a job whose program crashed beside the test", function()
    assert_failed_at_once { green = GREEN, red = once_red [[require("spec.support").start({ "sh", "-c", "kill -SEGV $$" }):wait()]] }
  end)

  it("does not repeat a job that died", function()
    assert_failed_at_once { green = GREEN, red = once_red "os.exit(3)" }
  end)

  it("repeats no job when more than eight failed", function()
    local specs = { red = once_red() }
    for n = 1, 8 do specs["red" .. n] = RED end
    assert_failed_at_once(specs)
  end)

  it("does not repeat the only job", function()
    assert_failed_at_once { red = once_red() }
  end)

  it("does not repeat a job when one job ran at a time", function()
    assert_failed_at_once({ green = GREEN, red = once_red() }, "1")
  end)

  it("does not repeat a job that runs alone", function()
    assert_failed_at_once { green = GREEN, green2 = GREEN, red = "-- Runs alone: it is the test's\n" .. once_red() }
  end)
end)
