-- SPDX-License-Identifier: Apache-2.0
--[[
record_file: a region's file of records, read with sqlite3.

  local file = record_file.of(region, "records.db")
  file:rows(sql)            the rows of the answer, each a table by column; a failure of sqlite3 is an error
  file:await(sql, what)     waits until the answer has a row; returns the first row
  file:records()            the accounts, decoded, in the order of writing
]]
local dkjson = require "dkjson"

local process = require "spec.support.process"
local wait = require "spec.support.wait"

local record_file = {}
local File = {}
File.__index = File

function record_file.of(region, name)
  return setmetatable({ path = region:path(name) }, File)
end

function record_file.at(path)
  return setmetatable({ path = path }, File)
end

function File:rows(sql)
  local status, out, err = process.run { "sqlite3", "-bail", "-json", "-cmd", ".timeout 5000", self.path, sql }
  if status ~= 0 then error(("sqlite3: %s: %s"):format(sql, err), 2) end
  return out:find "%S" and assert(dkjson.decode(out)) or {}
end

function File:await(sql, what)
  return wait.wait_until(function()
    return self:rows(sql)[1]
  end, 10, what or sql)
end

function File:records()
  local list = {}
  for i, row in ipairs(self:rows "SELECT account FROM record ORDER BY id") do list[i] = assert(dkjson.decode(row.account)) end
  return list
end

return record_file
