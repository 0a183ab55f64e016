-- SPDX-License-Identifier: Apache-2.0
--[[
versions: a region whose script lets one partner in, and its kept generations.

  versions.LIST:format "ALICE"              the script: only that applid gets in
  versions.outcome(region, applid)          the code, the reason or the response that a partner gets; versions.lets_in asserts "OK"
  versions.list(region)                     the rows of policy list; versions.numbers: their numbers
  versions.row_of(region, n); versions.current(region)
  versions.must(region, ...)                runs a command, which must succeed; returns stdout and stderr
  versions.refused(region, words, ...)      runs one that must be refused with these words
]]
local json = require "dkjson"

local assert = require "luassert"

local support = require "spec.support"

local versions = {}

versions.LIST = [[
local policy = require "policy"
return { install = function(facts)
  if facts.capex.applid ~= "%s" then return policy.refuse("not_listed", "not on the list") end
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }
]]

function versions.outcome(region, applid)
  local said = support.connect { port = region:port "IPIC", networkid = "NETX", applid = applid }
  return said.code or said.reason or said.response
end

function versions.lets_in(region, applid)
  assert.are.equal("OK", versions.outcome(region, applid))
end

function versions.list(region)
  local status, out = region:command("policy", "list", "--json")
  assert.are.equal(0, status)
  return json.decode(out)
end

function versions.numbers(region)
  local out = {}
  for i, row in ipairs(versions.list(region)) do out[i] = row.generation end
  return out
end

function versions.row_of(region, number)
  for _, row in ipairs(versions.list(region)) do
    if row.generation == number then return row end
  end
end

function versions.current(region)
  for _, row in ipairs(versions.list(region)) do
    if row.state == "current" then return row end
  end
end

function versions.must(region, ...)
  local status, out, err = region:command(...)
  assert.are.equal(0, status, err)
  return out, err
end

function versions.refused(region, words, ...)
  local status, _, err = region:command(...)
  assert.are.equal(1, status)
  assert.is_truthy(err:find(words, 1, true), err)
end

return versions
