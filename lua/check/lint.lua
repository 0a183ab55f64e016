-- SPDX-License-Identifier: Apache-2.0
-- check.lint: looks through scripts before a partner meets them. The parser is luacheck's. The lint runs in a plain Lua
-- state of its own and never runs a script.

local decoder = require "luacheck.decoder"
local parser = require "luacheck.parser"

local allow = require "check.allow"
local rules = require "check.rules"
local scope = require "check.scope"
local walk = require "check.walk"

local lint = {}

-- The block and the comments of a script; nil when it cannot be parsed (the loader reports the syntax error).
local function parse(text)
  local ok, block, comments = pcall(parser.parse, decoder.decode(text), {}, {})
  if not ok then return nil end
  return block, comments
end

local function prepare(scripts)
  local parsed = {}
  for _, script in ipairs(scripts) do
    local block, comments = parse(script.text)
    if block then
      scope.resolve(block)
      parsed[#parsed + 1] = { name = script.name, file = script.file, urm = script.urm, block = block, comments = comments,
        text = script.text }
    end
  end
  return parsed
end

-- lint.run(model, scripts) -> a list of findings { file =, line =, rule =, level = "fault" or "warning", text = }, by
-- file and line. scripts: a list of { name =, file =, text =, urm = whether a tcpipservice names it so }. model: {
-- globals = { NAME = true or a set of names }, ipconns = the set of their names, doors = { NAME = { answers = boolean,
-- notes = whether a later door reads its notes } }, shapes = { NAME = { label =, element = a shape or nil, members = {
-- NAME = { type =, of = a shape or nil, doors = a set, or nil: all } } } } }, which the engine makes of its own tables
-- and of the definition. Raises nothing for any script.
function lint.run(model, scripts)
  local parsed = prepare(scripts)
  local findings = allow.filter(parsed, walk.run(model, parsed))
  local list = {}
  for _, each in ipairs(findings) do
    local rule = rules[each.rule]
    list[#list + 1] = { file = each.file, line = each.line, rule = each.rule, level = each.level or rule.level,
      text = each.text .. "; " .. rule.remedy }
  end
  table.sort(list, function(a, b)
    if a.file ~= b.file then return a.file < b.file end
    if a.line ~= b.line then return a.line < b.line end
    return a.rule .. a.text < b.rule .. b.text
  end)
  return list
end

return lint
