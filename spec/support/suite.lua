-- SPDX-License-Identifier: Apache-2.0
-- suite.lua [SPEC...] -- [UNIT...]: lint, C unit tests, specs. The last line says how many passed and failed.
local total = { passed = 0, failed = 0 }

local function count(passed, failed)
  total.passed = total.passed + passed
  total.failed = total.failed + failed
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>&1 </dev/null"))
  local text = pipe:read("a")
  return text, (pipe:close())
end

-- A unit that dies before its own count is one failure, whatever it had passed.
local function unit(path)
  local text, ok = output_of("timeout 300 " .. quote(path))
  local passed = tonumber(text:match("%[  PASSED  %] (%d+) test")) or 0
  local failed = tonumber(text:match("%[  FAILED  %] (%d+) test")) or 0
  if not ok and failed == 0 then failed = 1 end
  if passed + failed == 0 then failed = 1 end
  if failed > 0 then io.write(text) end
  print(("%s: %d passed, %d failed"):format(path, passed, failed))
  count(passed, failed)
end

local function lint()
  local text, ok = output_of("make --no-print-directory -s lint")
  if not ok then io.write(text) end
  print("lint: " .. (ok and "clean" or "failed"))
  count(ok and 1 or 0, ok and 0 or 1)
end

local function specs(list)
  local results = os.tmpname()
  local command = { "SALLYPORT_RESULTS=" .. results, "lua5.4 /usr/bin/busted" }
  for _, path in ipairs(list) do command[#command + 1] = quote(path) end
  local ok = os.execute(table.concat(command, " "))
  local file = assert(io.open(results))
  local passed, failed = file:read("n", "n")
  file:close()
  os.remove(results)
  if not ok and (failed or 0) == 0 then failed = 1 end
  count(passed or 0, failed or 0)
end

local chosen, units = {}, {}
local into = chosen
for _, word in ipairs(arg) do
  if word == "--" then into = units else into[#into + 1] = word end
end

if #chosen == 0 then lint() end
for _, path in ipairs(units) do unit(path) end
specs(chosen)
print(("%d passed, %d failed"):format(total.passed, total.failed))
os.exit(total.failed == 0 and total.passed > 0)
