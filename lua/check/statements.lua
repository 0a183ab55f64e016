-- SPDX-License-Identifier: Apache-2.0
-- check.statements: declarations, assignments, conditions, loops, and calls whose value is dropped.

local values = require "check.values"
local walker = require "check.walker"

local ANY, NONE = values.ANY, values.NONE
walker.TRUTHY = { True = true, Number = true, String = true, Table = true, Function = true }
local index, literal, statement = walker.index, walker.literal, walker.statement

local SEVERAL = { Call = true, Invoke = true, Dots = true }

-- The values of a list of expressions for n names: a call at the end may give several; without one the rest is nil.
function walker:spread(nodes, n)
  local list, last = {}, nodes[#nodes]
  for i, node in ipairs(nodes) do list[i] = self:eval(node) end
  for i = #nodes + 1, n do list[i] = last and SEVERAL[last.tag] and ANY or values.NIL end
  return list
end

function statement.Local(self, node)
  local list = self:spread(node[2] or {}, #node[1])
  for i, id in ipairs(node[1]) do
    id.variable.owner = self.node
    if list[i] then self:grow(id.variable, "value", list[i]) end
  end
end

function statement.Localrec(self, node)
  local id = node[1][1] or node[1]
  id.variable.owner = self.node
  self:grow(id.variable, "value", { kind = "closure", node = node[2][1] or node[2] })
  self:eval(node[2][1] or node[2])
end

-- The local at the root of a.b.c, or nil.
local function root(node)
  while node.tag == "Index" do node = node[1] end
  return node.tag == "Id" and node.variable or nil
end

-- A door's function that changes a local of the script, or a table of it: the next partner meets the change.
function walker:check_memory(node, name, persists)
  if self.at_door and persists then
    self:report(node, "nondeterminism", ("a door changes '%s', so its answers depend on earlier partners"):format(name))
  end
end

-- Whether the variable outlives the question: one of the script, or of a function that ran while the script loaded.
local function outlives(self, variable)
  local owner = variable.owner
  if owner == nil then return variable.chunk end
  return owner ~= self.node and not self:closure(owner).at_door
end

-- The same for the table that the expression gives.
function walker:check_changed(node, base)
  local variable = root(node)
  local persists = base.kind == "record" and base.node.owner == nil or variable and variable.owner == nil and variable.chunk
  self:check_memory(node, variable and variable.name or "a table of the script", base.kind == "record" and persists)
end

function walker:assign(target, value)
  if target.tag == "Id" and target.variable then
    self:check_memory(target, target.variable.name, outlives(self, target.variable))
    return self:grow(target.variable, "value", value)
  end
  if target.tag == "Id" then
    return self:report(target, "global_write", ("assigns to the global '%s'"):format(target[1]))
  end
  local base = self:eval(target[1])
  self:eval(target[2])
  self:check_changed(target[1], base)
  if base.kind == "record" and literal(target[2]) then return self:grow(self:record(base.node), literal(target[2]), value) end
  self:escape(value)
end

function statement.Set(self, node)
  local list = self:spread(node[2], #node[1])
  for i, target in ipairs(node[1]) do self:assign(target, list[i] or ANY) end
end

local function lone_call(self, node)
  local verdict = self:eval(node).kind == "verdict" or node.tag == "Call" and self:eval(node[1]).kind == "chain"
  if verdict then self:report(node, "lost_verdict", "the verdict is dropped, and the function goes on") end
end

statement.Call, statement.Invoke = lone_call, lone_call

-- Whether an expression is `a or LITERAL` with a literal that is true, and `a` no comparison, which is reported anyway.
function walker.is_always_true(node)
  while node.tag == "Paren" do node = node[1] end
  return node.tag == "Op" and node[1] == "or" and walker.TRUTHY[node[3].tag] == true and not walker.is_uncompared(node)
end

local function condition(self, node)
  self:decide(node)
  if walker.is_always_true(node) then
    self:report(node, "constant_check", "the condition is always true, because of the literal behind `or`")
  end
end

statement["If"] = function(self, node)
  for i, part in ipairs(node) do
    if i % 2 == 1 and i < #node then condition(self, part) else self:each(part) end
  end
end

statement["While"] = function(self, node)
  self:decide(node[1])
  self:each(node[2])
end

statement["Repeat"] = function(self, node)
  self:each(node[1])
  self:eval(node[2])
end

function statement.Fornum(self, node)
  local last = node[5] or node[4]
  for i = 2, #node do
    if node[i] ~= last then self:eval(node[i]) end
  end
  node[1].variable.owner = self.node
  self:grow(node[1].variable, "value", ANY)
  self:each(last)
end

-- The value of the elements that ipairs or pairs gives: of a list of facts.
local function elements(self, node)
  local list = node[2]
  if #list ~= 1 or list[1].tag ~= "Call" then return nil end
  local callee, of = self:eval(list[1][1]), list[1][2]
  if not of or callee.kind ~= "standard" or not (callee.name == "ipairs" or callee.name == "pairs") then return nil end
  local base = self:eval(of)
  return base.kind == "shape" and index.shape(self, of, base, nil) or base.kind == "none" and NONE or ANY, callee.name
end

local function mentions(nodes, variables)
  for _, node in ipairs(nodes) do
    if type(node) == "table" and (node.tag == "Id" and variables[node.variable or false] or mentions(node, variables)) then return true end
  end
  return false
end

-- A return inside a loop over pairs that names a variable of the loop: the order of pairs differs from run to run.
local function check_order(self, node)
  local variables = {}
  for _, id in ipairs(node[1]) do variables[id.variable] = true end
  local function look(nodes)
    for _, each in ipairs(nodes) do
      if type(each) == "table" and each.tag ~= "Function" then
        if each.tag == "Return" and mentions(each, variables) then
          self:report(each, "nondeterminism", "answers with the first match in the order of pairs, which differs from run to run")
        end
        look(each)
      end
    end
  end
  look(node[3])
end

function statement.Forin(self, node)
  local value, name = elements(self, node)
  if not value then self:spread(node[2], 0) end
  for i, id in ipairs(node[1]) do
    id.variable.owner = self.node
    self:grow(id.variable, "value", i == 2 and value or ANY)
  end
  if name == "pairs" and self.at_door then check_order(self, node) end
  self:each(node[3])
end
