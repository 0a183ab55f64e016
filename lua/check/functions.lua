-- SPDX-License-Identifier: Apache-2.0
-- check.functions: the bodies of functions: the values that they return, and whether control can pass their end.

local paths = require "check.paths"
local values = require "check.values"
local walker = require "check.walker"

local ANY = values.ANY
local literal, statement = walker.literal, walker.statement

local NO_VERDICT = { const = true, closure = "function", member = "function", record = "table", shape = "table", module = "table",
  class = "table", text = "string" }

-- The findings of `a and b` and `a or b`; allowed: false or nil is allowed, because `or` follows.
function walker:must_answer_either(node, allowed)
  if node[1] == "or" then
    self:must_answer(node[2], true)
  elseif not allowed then
    self:report(node, "no_verdict", "answers false or nil when the left side of `and` does not hold")
  end
  self:must_answer(node[3], allowed)
end

-- The findings of an expression that a door gets as its verdict.
function walker:must_answer(node, allowed)
  if node.tag == "Paren" then return self:must_answer(node[1], allowed) end
  if node.tag == "Op" and (node[1] == "and" or node[1] == "or") then return self:must_answer_either(node, allowed) end
  if node.tag == "Call" then
    local callee = self:eval(node[1])
    if callee.kind == "closure" then self:mark(self:closure(callee.node), "answers") end
  end
  local value = self:eval(node)
  local what = NO_VERDICT[value.kind]
  if what then self:report(node, "no_verdict", ("answers a %s, not a verdict"):format(what == true and value.type or what)) end
end

function statement.Return(self, node)
  local list = self:spread(node, #node)
  if not self.inside then
    return self:grow(self.script, "result", list[1] or ANY)
  end
  local known = self.inside
  known.returns = known.returns + 1
  if not (list[1] and list[1].kind == "verdict" and list[1].gives ~= "pass") then self:mark(known, "may_pass") end
  self:grow(known, "result", list[1] or ANY)
  for i = 2, #list do self:escape(list[i]) end
  if not known.answers then return end
  if #node == 0 then
    self:report(node, "no_verdict", "returns nothing where a verdict is due")
  elseif #node > 1 then
    self:report(node, "no_verdict", ("returns %d values; a door answers one verdict"):format(#node))
  else
    self:must_answer(node[1], false)
  end
end

-- seen: the expressions that were looked at, so that a long chain of `and` is looked at once.
local function tested_names(nodes, found, seen)
  local function test(node)
    if seen[node] then return end
    seen[node] = true
    if node.tag == "Paren" then return test(node[1]) end
    if node.tag == "Index" and literal(node[2]) then found[node[2][1]] = true end
    if node.tag == "Op" then
      local compared = node[1] == "eq" or node[1] == "ne"
      for i = 2, #node do
        local key = node[i].tag == "Index" and literal(node[i][2])
        if compared and (key == "stage" or key == "way") then found["*"] = true end
        if not compared or node[5 - i].tag == "Nil" then test(node[i]) end
      end
    end
  end
  for _, node in ipairs(nodes) do
    if type(node) == "table" then
      if node.tag == "If" then
        for i = 1, #node - 1, 2 do test(node[i]) end
      elseif node.tag == "Op" and (node[1] == "and" or node[1] == "or" or node[1] == "not") then
        test(node)
      end
      tested_names(node, found, seen)
    end
  end
  return found
end

function walker:body(node)
  local known, saved = self:closure(node), { self.inside, self.at_door, self.node, self.tested }
  self.inside, self.at_door, self.node = known, known.at_door, node
  self.tested = self.tests[node] or tested_names(node[2], {}, {})
  self.tests[node] = self.tested
  known.returns = 0
  for i, id in ipairs(node[1]) do
    if id.tag == "Id" then
      id.variable.owner = node
      self:grow(id.variable, "value", known.parameters[i])
    end
  end
  self:each(node[2])
  local open = paths.completes(node[2], function(behind)
    self:report(behind, "unreachable", "control never reaches this statement")
  end)
  if open and known.answers then
    self:report({ line = node.end_range and node.end_range.line or node.line }, "no_verdict", "the function can end without a verdict")
  end
  self.inside, self.at_door, self.node, self.tested = saved[1], saved[2], saved[3], saved[4]
end
