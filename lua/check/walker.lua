-- SPDX-License-Identifier: Apache-2.0
-- check.walker: the state of a walk through scripts: its knowledge of functions, tables and variables, the functions
-- that doors call, and the findings. The handlers of the syntax are in check.expressions, check.calls, check.statements
-- and check.functions.

local values = require "check.values"

local ANY = values.ANY

local walker = { expression = {}, statement = {} } -- handlers by tag: handler(self, node); one of an expression returns a value
walker.__index = walker

-- ---- functions, tables and variables

-- The account of a function of a script: the values of its parameters, whether a door calls it, whether it answers a
-- door, and what it returns.
function walker:closure(node)
  local known = self.closures[node]
  if not known then
    known = { parameters = {}, at_door = false, answers = false, node = node, may_pass = false, returns = 0 }
    self.closures[node] = known
  end
  return known
end

function walker:grow(holder, key, value)
  local joined = values.join(holder[key], value)
  if not values.same(holder[key], joined) then
    holder[key] = joined
    self.changed = self.script
  end
end

function walker:mark(holder, key)
  if not holder[key] then
    holder[key] = true
    self.changed = self.script
  end
end

function walker:record(node)
  self.records[node] = self.records[node] or {}
  return self.records[node]
end

-- Reports once, in the last round.
function walker:report(node, rule, text, more)
  if not self.reporting then return end
  local file, line = self.script.file, node.line
  local key = ("%s:%d:%s:%s"):format(file, line, rule, text)
  if self.reported[key] then return end
  self.reported[key] = true
  local found = { script = self.script, file = file, line = line, rule = rule, text = text }
  for k, v in pairs(more or {}) do found[k] = v end
  self.findings[#self.findings + 1] = found
end

-- ---- roles: the functions that doors call

-- The value is the rule of these doors; answers: it must answer a verdict.
function walker:give_role(value, doors, answers)
  if value == nil then return end
  if value.kind == "closure" then
    local known = self:closure(value.node)
    self:grow(known.parameters, 1, { kind = "shape", shape = "facts", doors = doors })
    self:mark(known, "at_door")
    if answers then self:mark(known, "answers") end
  elseif value.kind == "chain" then
    for _, rule in ipairs(value.rules) do self:give_role(rule.value, doors, answers and rule.answers) end
  end
end

-- A value that goes to code the lint does not follow.
function walker:escape(value)
  if value == nil then return end
  if value.kind == "record" and not self.escaping[value.node] then
    self.escaping[value.node] = true
    for _, field in pairs(self:record(value.node)) do self:escape(field) end
    self.escaping[value.node] = nil
  end
  if value.kind ~= "closure" then return end
  local known = self:closure(value.node)
  if self.at_door then self:mark(known, "at_door") end
  for i = 1, #value.node[1] do self:grow(known.parameters, i, ANY) end
end

-- ---- the walk

local expression, statement = walker.expression, walker.statement

function walker:eval(node)
  local handler = expression[node.tag]
  if handler then return handler(self, node) end
  self:each(node)
  return ANY
end

function walker:each(nodes)
  for _, node in ipairs(nodes) do
    if type(node) == "table" then
      if statement[node.tag] then statement[node.tag](self, node) elseif expression[node.tag] then self:eval(node) else self:each(node) end
    end
  end
end

-- The text of a literal string, or nil.
function walker.literal(node) return node.tag == "String" and node[1] or nil end

return walker
