-- SPDX-License-Identifier: Apache-2.0
--[[
replay: the speed of `sallyport replay`. Records the connections of spec/bench/connections.lua, makes 100,000 records of
them, replays these under the same definition, and prints the decisions per second of CPU, and the differences.
`lua5.4 spec/bench/replay.lua [records]`.
]]
local RECORDS = tonumber(arg[1] or "100000")
local DIR = "build/bench"

local function output(command)
  local pipe = assert(io.popen(command))
  local out = pipe:read "a"
  return out, pipe:close()
end

assert(os.execute "SALLYPORT_RECORD=records.db lua5.4 spec/bench/connections.lua 200 1 >build/bench.out")
local MULTIPLY = [[
PRAGMA synchronous = OFF;
CREATE TEMP TABLE base AS SELECT * FROM record;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d / (SELECT count(*) FROM base))
INSERT INTO record SELECT NULL, %s FROM n, base;
]]
local SQLITE = "sqlite3 -cmd '.timeout 10000' " .. DIR .. "/records.db"
local columns = output(SQLITE .. " \"SELECT group_concat(name, ', ') FROM pragma_table_info('record') WHERE name <> 'id'\"")
local sql = assert(io.open(DIR .. "/multiply.sql", "w"))
sql:write(MULTIPLY:format(RECORDS, (columns:gsub("%s*$", ""))))
sql:close()
assert(os.execute(SQLITE .. " < " .. DIR .. "/multiply.sql"))

local REPLAY = "./sallyport replay --with " .. DIR .. "/region.lua --from " .. DIR .. "/records.db"
local out = output(("bash -c 'TIMEFORMAT=\"cpu %%U %%S\"; time %s' 2>&1"):format(REPLAY))
local connections, decisions, same = out:match "(%d+) connections, (%d+) decisions, (%d+) of them the same"
local user, system = out:match "cpu (%S+) (%S+)"
print(("replay: %d connections, %d decisions, %d the same, %.0f decisions per second of CPU"):format(connections, decisions, same,
  decisions / (user + system)))
