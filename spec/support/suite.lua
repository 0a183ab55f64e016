-- SPDX-License-Identifier: Apache-2.0
--[[
suite: what the Makefile runs before and after the jobs of the suite.

  suite.lua order RESULTS [SPEC...] -- [UNIT...]   writes RESULTS/order.mk: the jobs that run together, and those that run alone
  suite.lua again RESULTS JOBS                     writes RESULTS/again/order.mk: the failed spec files that run once more, alone
  suite.lua report RESULTS                         the slowest ten, the failed, and "N passed, N failed" of all

Without a SPEC the jobs are lint, the units and every spec file; a SPEC may be a folder. A comment among the first ten lines of a job's
source may say "Runs alone: WHY" or "Starts first: WHY". The longest job starts first. build/seconds, which all build trees share, holds
how long each took in earlier runs; without a record those marked to start first come before the others, which are taken by size.

A spec file that failed beside others, and may have failed because of them alone, runs once more after all jobs. Its second run counts,
and the report says so. A job that died or hung, and one with a crash or a sanitizer's report in its output, has failed at once.
]]
local lfs = require "lfs"

local text = require "spec.support.text"

local RECORD = "build/seconds"
local BYTES_A_SECOND = 2000
-- With more failed jobs than this the load of a moment is not the cause.
local FAILED_MAX = 8
-- Of an output: a sanitizer's report; a program under test that crashed or hung (spec/support/process.lua, spec/support/region.lua).
local GRAVE = { "%u%a+Sanitizer", "runtime error:", "ended with status %d" }

local function spec_files(dir, into)
  for name in lfs.dir(dir) do
    local path = dir .. "/" .. name
    if name:sub(1, 1) ~= "." and lfs.attributes(path, "mode") == "directory" then spec_files(path, into) end
    if name:find "_spec%.lua$" then into[#into + 1] = path end
  end
  table.sort(into)
  return into
end

-- The source of a unit binary, or the spec file itself; nil for lint.
local function source_of(name)
  if name:find "_spec%.lua$" then return name end
  local unit = name:match "/unit/(.*)$"
  return unit and "spec/unit/" .. unit .. ".c"
end

local function is_marked(name, mark)
  local n, path = 0, source_of(name)
  if not path then return false end
  for line in io.lines(path) do
    n = n + 1
    if line:find("^[-/ ]*[-*] " .. mark .. ":") then return true end
    if n == 10 then return false end
  end
end

-- A unit has one record, whatever build tree its binary is in.
local function key_of(name)
  return source_of(name) or name
end

local function read_seconds()
  local seconds = {}
  for name, took in (text.read(RECORD) or ""):gmatch "(%S+) (%S+)\n" do seconds[name] = tonumber(took) end
  return seconds
end

local function length_of(name)
  if is_marked(name, "Starts first") then return math.huge end
  return name:find "_spec%.lua$" and lfs.attributes(name, "size") / BYTES_A_SECOND or 1
end

local function sort_by_length(jobs, seconds)
  local length = {}
  for _, name in ipairs(jobs) do length[name] = seconds[key_of(name)] or length_of(name) end
  table.sort(jobs, function(a, b)
    if length[a] ~= length[b] then return length[a] > length[b] end
    return a < b
  end)
end

-- A SPEC is a spec file, a unit binary, or a folder, which stands for its spec files.
local function add_chosen(path, into)
  local mode = lfs.attributes(path, "mode")
  if mode == "directory" then return spec_files(path, into) end
  if not mode then
    io.stderr:write(("SPEC: there is no %s\n"):format(path))
    os.exit(1)
  end
  into[#into + 1] = path
end

local function write_order(results, together, alone)
  text.write(results .. "/order.mk", ("TOGETHER := %s\nALONE := %s\n"):format(table.concat(together, " "), table.concat(alone, " ")))
end

local function order(results, words)
  local jobs, units, in_units = {}, {}, false
  for _, word in ipairs(words) do
    if in_units then units[#units + 1] = word end
    if word == "--" then in_units = true end
    if not in_units then add_chosen(word, jobs) end
  end
  if #jobs == 0 then jobs = spec_files("spec", { "lint" }) end
  table.move(units, 1, #units, #jobs + 1, jobs)
  sort_by_length(jobs, read_seconds())
  local together, alone = {}, {}
  for _, name in ipairs(jobs) do
    local list = is_marked(name, "Runs alone") and alone or together
    list[#list + 1] = name
  end
  write_order(results, together, alone)
end

-- A job without a result died with its script, or never began.
local function result_of(results, name)
  local line = text.read(("%s/%s/result"):format(results, name))
  if not line then return { name = name, passed = 0, failed = 1, seconds = 0, cpu = 0, why = "; has no result" } end
  local passed, failed, _, seconds, cpu, why = line:match "(%d+) (%d+) (%d+) (%S+) (%S+) ([^\n]*)"
  return { name = name, passed = tonumber(passed), failed = tonumber(failed), seconds = tonumber(seconds), cpu = tonumber(cpu), why = why }
end

-- The jobs of one line of order.mk, TOGETHER or ALONE.
local function names_of(results, line)
  local names = {}
  local order_mk = text.read(results .. "/order.mk") or ""
  for name in (order_mk:match(line .. " :=([^\n]*)") or ""):gmatch "%S+" do names[#names + 1] = name end
  return names
end

local function results_of(results)
  local list = {}
  for _, line in ipairs { "TOGETHER", "ALONE" } do
    for _, name in ipairs(names_of(results, line)) do list[#list + 1] = result_of(results, name) end
  end
  return list
end

local function output_of(results, name)
  return text.read(("%s/%s/output"):format(results, name)) or ""
end

local function is_grave(output)
  for _, mark in ipairs(GRAVE) do
    if output:find(mark) then return true end
  end
  return false
end

local function may_run_again(results, r)
  return r.failed > 0 and r.why == "" and r.name:find "_spec%.lua$" and not is_grave(output_of(results, r.name))
end

-- `words` has JOBS, how many ran at a time.
local function again(results, words)
  local chosen, failed, together = {}, 0, names_of(results, "TOGETHER")
  for _, r in ipairs(results_of(results)) do failed = failed + (r.failed > 0 and 1 or 0) end
  local had_others = #together > 1 and tonumber(words[1]) > 1
  for _, name in ipairs(had_others and failed <= FAILED_MAX and together or {}) do
    if may_run_again(results, result_of(results, name)) then chosen[#chosen + 1] = name end
  end
  os.execute("mkdir -p " .. text.quote(results .. "/again"))
  write_order(results .. "/again", {}, chosen)
end

local function write_seconds(list)
  local seconds, lines = read_seconds(), {}
  for _, r in ipairs(list) do seconds[key_of(r.name)] = r.seconds end
  for _, name in ipairs(text.sorted(seconds)) do
    if name == "lint" or lfs.attributes(name) then lines[#lines + 1] = ("%s %s\n"):format(name, seconds[name]) end
  end
  text.write(RECORD, table.concat(lines))
end

local function print_slowest(list)
  table.sort(list, function(a, b) return a.seconds > b.seconds end)
  print "the slowest ten:"
  for n = 1, math.min(10, #list) do
    print(("%7.1f s, %5.1f s of CPU  %s"):format(list[n].seconds, list[n].cpu, list[n].name))
  end
end

-- The failed tests that an output names: busted gives the place and then the title, cmocka the name.
local function failed_tests(output)
  local list = {}
  for place, title in ("\n" .. output):gmatch "\n%a+ %-> ([^\n]-_spec%.lua @ %d+)\n([^\n]*)" do list[#list + 1] = place .. ": " .. title end
  for name in ("\n" .. output):gmatch "\n%[  FAILED  %] ([%a_][^\n]*)" do list[#list + 1] = name end
  return list
end

local function print_failed(results, r, how)
  print(("%s: %s: %d failed%s; see %s/%s/output"):format(how or "failed", r.name, r.failed, r.why, results, r.name))
  for _, test in ipairs(failed_tests(output_of(results, r.name))) do print("  " .. test) end
end

local function print_passed_alone(results, name)
  local tests = failed_tests(output_of(results, name))
  for _, test in ipairs(#tests > 0 and tests or { name }) do print("failed beside other specs, passed alone: " .. test) end
  print(("  see %s/%s/output and %s/again/%s/output"):format(results, name, results, name))
end

-- A second run takes the place of the first one when all its tests passed. Each second run is reported.
local function count_second_runs(results, list)
  local second = {}
  for _, name in ipairs(names_of(results .. "/again", "ALONE")) do second[name] = result_of(results .. "/again", name) end
  for n, r in ipairs(list) do
    local run = second[r.name]
    if run and run.failed == 0 and run.passed > 0 then
      print_passed_alone(results, r.name)
      list[n] = run
    elseif run then
      print_failed(results .. "/again", run, "failed again, alone")
    end
  end
end

local function report(results)
  local list, total = results_of(results), { passed = 0, failed = 0, cpu = 0 }
  write_seconds(list)
  count_second_runs(results, list)
  if #list > 1 then print_slowest(list) end
  for _, r in ipairs(list) do
    for key in pairs(total) do total[key] = total[key] + r[key] end
    if r.failed > 0 then print_failed(results, r) end
  end
  print(("%.0f s of CPU"):format(total.cpu))
  print(("%d passed, %d failed"):format(total.passed, total.failed))
  os.exit(total.failed == 0 and total.passed > 0)
end

local modes = { order = order, again = again, report = report }
modes[arg[1]](arg[2], { table.unpack(arg, 3) })
