-- SPDX-License-Identifier: Apache-2.0
--[[
records: the cost of the file of records. Runs spec/bench/connections.lua's connection against a region without a file and
one with it, in turns, and prints for each the CPU seconds (user + system) per 1000 connections, the ratio of the medians,
and the bytes of a record. `lua5.4 spec/bench/records.lua [rounds] [connections]`.
]]
local ROUNDS, COUNT = tonumber(arg[1] or "9"), tonumber(arg[2] or "600")

local function run(record)
  local pipe = assert(io.popen(("SALLYPORT_RECORD='%s' lua5.4 spec/bench/connections.lua %d 1"):format(record, COUNT)))
  local out = pipe:read "a"
  assert(pipe:close(), out)
  return tonumber(out:match "CPU per 1000 connections: (%S+)")
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local without, with = {}, {}
for i = 1, ROUNDS do
  without[i] = run ""
  with[i] = run "records.db"
end
local pipe = io.popen "sqlite3 build/bench/records.db 'SELECT count(*), sum(length(account)) FROM record'"
local n, bytes = pipe:read "a":match "(%d+)|(%d+)"
pipe:close()
print(("CPU per 1000 connections: without a file %.3f s, with it %.3f s, ratio %.3f"):format(median(without), median(with),
  median(with) / median(without)))
print(("bytes of a record: %.0f"):format(bytes / n))
