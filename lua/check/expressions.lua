-- SPDX-License-Identifier: Apache-2.0
-- check.expressions: the values of names, literals and indexes, and the findings about unknown ones.

local library = require "check.library"
local near = require "check.near"
local values = require "check.values"
local walker = require "check.walker"

local ANY, NONE = values.ANY, values.NONE
local expression, literal = walker.expression, walker.literal

local function constant(value, kind) return function() return { kind = "const", value = value, type = kind } end end
expression.True, expression.False, expression.Nil = constant(true, "boolean"), constant(false, "boolean"), constant("nil", "nil")
function expression.String(_, node) return { kind = "const", value = node[1], type = "string" } end
function expression.Number(_, node) return { kind = "const", value = tonumber(node[1]) or node[1], type = "number" } end
function expression.Paren(self, node) return self:eval(node[1]) end

-- The value of an expression that decides, as a condition or an operand of `and` or `not`.
function walker:decide(node)
  local value = self:eval(node)
  if (value.kind == "closure" or value.kind == "member") and not value.maybe then
    self:report(node, "constant_check", "the condition is a function, which is always true; call it")
  end
  return value
end

local COMPARISON = { eq = true, ne = true, lt = true, le = true, gt = true, ge = true, ["not"] = true }

-- Whether the expression is `COMPARISON or LITERAL` with a literal that is true: the literal was meant to be compared.
function walker.is_uncompared(node)
  local left = node[2]
  while left.tag == "Paren" do left = left[1] end
  return node[1] == "or" and left.tag == "Op" and COMPARISON[left[1]] and walker.TRUTHY[node[3].tag]
end

-- The value of `left or right`; unsure: the left operand decides whether the literal on the right counts.
local function either(left, right, unsure)
  if left.kind == "none" and unsure then return NONE end
  return values.join(left.kind ~= "const" and left or nil, right) or NONE
end

function expression.Op(self, node)
  local decides = node[1] == "and" or node[1] == "not"
  local left = decides and self:decide(node[2]) or self:eval(node[2])
  if walker.is_uncompared(node) then
    self:report(node, "constant_check", "the value is always true, because of the literal behind `or`")
  end
  local right = node[3] and self:eval(node[3])
  local unsure = right and right.kind == "const"
  if node[1] == "and" then return unsure and ANY or right end
  return node[1] == "or" and either(left, right, unsure) or ANY
end

local FAULT = { level = "fault" }
local CLOCKS = { os = true, io = true }
local CHANCE = { random = true, randomseed = true }

function expression.Id(self, node)
  if node.variable then return node.variable.value or NONE end
  local name = node[1]
  if name == "_ENV" then return ANY end
  if not self.model.globals[name] then
    if CLOCKS[name] then
      self:report(node, "nondeterminism", ("there is no '%s' here; facts.now is the time of the decision"):format(name), FAULT)
    else
      self:report(node, "global_read", ("there is no global '%s'%s"):format(name, near.hint(name, self.model.globals)))
    end
    return ANY
  end
  return { kind = "standard", name = name }
end

expression["Function"] = function(self, node)
  self:body(node)
  return { kind = "closure", node = node }
end

function expression.Table(self, node)
  node.owner = self.node
  local fields, n = self:record(node), 0
  for _, item in ipairs(node) do
    if item.tag == "Pair" then
      local value = self:eval(item[2])
      if literal(item[1]) then
        self:grow(fields, literal(item[1]), value)
      else
        self:eval(item[1])
        self:escape(value)
      end
    else
      n = n + 1
      self:grow(fields, n, self:eval(item))
    end
  end
  return { kind = "record", node = node }
end

local index = {} -- index.KIND(self, node, base, key) -> value; key: the text of a literal key, or nil
walker.index = index

function index.module(self, node, base, key)
  if not key then return ANY end
  local entry = library.modules[base.name][key]
  if not entry then
    self:report(node, "library_field", ("%s has no '%s'%s"):format(base.name, key, near.hint(key, library.modules[base.name])))
    return ANY
  end
  if entry.part then return { kind = "module", name = entry.part } end
  return { kind = "member", name = base.name .. "." .. key, entry = entry }
end

function index.standard(self, node, base, key)
  local names = self.model.globals[base.name]
  if not key or type(names) ~= "table" then return ANY end
  if base.name == "math" and CHANCE[key] then
    self:report(node, "nondeterminism", "there is no 'math." .. key .. "': a decision by chance cannot be explained", FAULT)
  elseif not names[key] then
    self:report(node, "library_field", ("%s has no '%s'%s"):format(base.name, key, near.hint(key, names)))
  end
  return { kind = "standard", name = base.name .. "." .. key }
end

function index.text(self, node, _, key) return index.standard(self, node, { name = "string" }, key) end

function index.const(self, node, base, key)
  return base.type == "string" and index.standard(self, node, { name = "string" }, key) or ANY
end

index["class"] = function(self, node, base, key)
  local class = library.classes[base.name]
  if not key or class.open then return ANY end
  local method = class.methods and class.methods[key]
  if method then return { kind = "member", name = base.name:match "[^.]+$" .. ":" .. key, entry = method } end
  if not class.fields[key] then
    local meant = near.hint(key, class.fields, class.methods)
    self:report(node, "library_field", ("%s has no '%s'%s"):format(base.name:match "[^.]+$", key, meant))
  end
  return ANY
end

function index.verdict(self, node, _, key)
  return index["class"](self, node, { name = "sallyport.Verdict" }, key)
end

function index.record(self, _, base, key)
  return key and self:record(base.node)[key] or NONE
end

-- The doors of the set that never have the member; and whether another door of the set has it.
local function absent(member, doors)
  local missing, some = {}, false
  if not member.doors then return missing, true end
  for door in pairs(doors) do
    if member.doors[door] then some = true else missing[#missing + 1] = door end
  end
  table.sort(missing)
  return missing, some
end

function walker:check_absent(node, base, key, label, member)
  local missing, some = absent(member, base.doors)
  if #missing == 0 or (some and (self.tested[key] or self.tested["*"])) then return end
  self:report(node, "fact_absent", ("%s.%s is never there at %s"):format(label, key, table.concat(missing, ", ")),
    not some and FAULT or nil)
end

function index.shape(self, node, base, key)
  local shape = self.model.shapes[base.shape]
  if not key then
    if shape.element and shape.element ~= "" then return { kind = "shape", shape = shape.element, doors = base.doors } end
    return ANY
  end
  if shape.open then return ANY end
  local member = shape.members[key]
  if not member then
    self:report(node, "fact_unknown", ("%s has no '%s'%s"):format(shape.label, key, near.hint(key, shape.members)))
    return ANY
  end
  self:check_absent(node, base, key, shape.label, member)
  if member.type == "string" then return { kind = "text" } end
  return member.of and { kind = "shape", shape = member.of, doors = base.doors } or ANY
end

function expression.Index(self, node)
  local base, key = self:eval(node[1]), self:eval(node[2])
  local handler = index[base.kind]
  local known = literal(node[2]) or (key.kind == "const" and key.type == "string" and key.value) or nil
  if base.kind == "none" then return NONE end
  return handler and handler(self, node, base, known) or ANY
end
