-- SPDX-License-Identifier: Apache-2.0
-- check.calls: calls of the library, of the script's own functions, and of the rest.

local library = require "check.library"
local near = require "check.near"
local paths = require "check.paths"
local values = require "check.values"
local walker = require "check.walker"

local ANY, NONE = values.ANY, values.NONE
local expression, index = walker.expression, walker.index

local PLAIN = { string = true, number = true, boolean = true }

-- The value of a type of check.library.
local function typed(self, name)
  local plain = name and name:gsub("%?$", "")
  if not plain then return ANY end
  if library.classes[plain] then return { kind = "class", name = plain } end
  local shape, list = plain:match "^sallyport%.([%w_]+)(%[?%]?)$"
  if shape and list == "[]" then shape = shape .. "s" end
  return shape and self.model.shapes[shape] and { kind = "shape", shape = shape, doors = {} } or ANY
end

local PHASES = {
  load = "belongs to the loading of the script, not into a function of a door",
  door = "asks the region, which answers at a door and not while the script loads",
}

function walker:check_phase(node, member)
  local phase = member.entry.phase
  if phase == "load" and self.at_door or phase == "door" and not self.inside then
    self:report(node, "phase", member.name .. " " .. PHASES[phase])
  elseif phase == "spec" then
    self:report(node, "phase", member.name .. " is for a plain Lua; in the engine it is nil")
  end
end

-- policy.note where no later door reads the note: it raises there.
function walker:check_note(node)
  local unread = {}
  for _, value in pairs(self.inside and self.inside.parameters or {}) do
    for door in pairs(value.kind == "shape" and value.shape == "facts" and value.doors or {}) do
      if not self.model.doors[door].notes then unread[#unread + 1] = door end
    end
  end
  table.sort(unread)
  if #unread > 0 then self:report(node, "phase", "no later door reads a note of " .. table.concat(unread, ", ")) end
end

local special = {}

special["policy.note"] = function(self, node)
  self:check_note(node)
  return ANY
end

special["policy.check"] = function(self, node, arguments)
  local value = arguments[2]
  if node[3] and walker.is_always_true(node[3]) then
    self:report(node, "constant_check", "the value of the check is always true, because of the literal behind `or`")
  elseif value and value.kind == "const" then
    self:report(node, "constant_check", ("the value of the check is always %s"):format(tostring(value.value)))
  elseif value and (value.kind == "closure" and not value.maybe or value.kind == "record") then
    local what = value.kind == "closure" and "function" or "table"
    self:report(node, "constant_check", "the value of the check is a " .. what .. ", which is always true")
  end
  return value or ANY
end

local RESERVED = { policy_error = true, policy_limit = true } -- the engine's

local function is_code(constant)
  local code = constant.value
  return constant.type == "string" and code:find "^[a-z0-9_]+$" ~= nil and #code <= 32 and not RESERVED[code]
end

special["policy.refuse"] = function(self, node, arguments)
  local code = arguments[1]
  if code == nil or (code.kind == "const" and code.type == "nil") then
    self:report(node, "refuse_code", "the refusal has no code")
  elseif code.kind == "const" and not is_code(code) then
    self:report(node, "refuse_code", ("'%s' is no code, which is 1 to 32 of a-z, 0-9 and _"):format(code.value), { level = "fault" })
  end
  return { kind = "verdict", gives = "refuse" }
end

-- The text of a key of a table in the source; nil: it is not there, or no literal.
local function literal(node, key)
  for _, item in ipairs(node and node.tag == "Table" and node or {}) do
    if item.tag == "Pair" and item[1].tag == "String" and item[1][1] == key and item[2].tag == "String" then return item[2][1] end
  end
end

-- Of a script that a urm names; other scripts of the directory may be for other regions.
special["policy.install"] = function(self, node, arguments)
  local template = literal(node[2], "template")
  if template and self.script.urm and not self.model.ipconns[template] then
    self:report(node, "template_unknown", ("there is no ipconn %s to copy%s"):format(template, near.hint(template, self.model.ipconns)))
  end
  for _, value in ipairs(arguments) do self:escape(value) end
  return { kind = "verdict", gives = "install" }
end

-- Whether the rule never passes.
local function decides(self, value)
  if value.kind ~= "closure" then return false end
  local known = self:closure(value.node)
  return known.returns > 0 and not known.may_pass and not paths.completes(value.node[2])
end

-- The rule of a call of policy.first, policy.all or policy.when; `rules` keeps the values of its parts.
function walker:chain(node, parts)
  local rules = self.chains[node] or {}
  self.chains[node] = rules
  for i, part in ipairs(parts) do
    rules[i] = rules[i] or { answers = part.answers }
    self:grow(rules[i], "value", part.value)
  end
  return { kind = "chain", node = node, rules = rules }
end

local function list_chain(self, node)
  local parts, list = {}, node[2]
  if not list or list.tag ~= "Table" then return ANY end
  for i, item in ipairs(list) do
    if item.tag == "Pair" then return ANY end
    parts[i] = { value = self:eval(item), answers = true }
  end
  return self:chain(node, parts)
end

special["policy.all"] = list_chain

special["policy.first"] = function(self, node)
  local chain = list_chain(self, node)
  for i, rule in ipairs(chain.rules or {}) do
    if i < #chain.rules and decides(self, rule.value or NONE) then
      self:report(node[2][i + 1], "unreachable", ("rule %d never passes, so rule %d is never asked"):format(i, i + 1))
      break
    end
  end
  return chain
end

special["policy.when"] = function(self, node, arguments)
  return self:chain(node, { { value = arguments[1] or ANY, answers = false }, { value = arguments[2] or ANY, answers = true } })
end

function walker:call_member(node, member, arguments)
  self:check_phase(node, member)
  local handler = special[member.name]
  if handler then return handler(self, node, arguments) end
  if member.entry.gives then return { kind = "verdict", gives = member.entry.gives } end
  for _, value in ipairs(arguments) do self:escape(value) end
  local first = member.entry.returns[1]
  if first and PLAIN[first] then return ANY end
  return typed(self, first)
end

function walker:call_closure(value, arguments)
  local known = self:closure(value.node)
  for i = 1, #value.node[1] do
    self:grow(known.parameters, i, arguments[i])
  end
  if self.at_door then self:mark(known, "at_door") end
  return known.result or NONE
end

-- require "NAME": a module of the library, or the result of another script.
function walker:required(name)
  if library.modules[name] and not library.parts[name] then return { kind = "module", name = name } end
  local script = self.scripts[name]
  return script and (script.result or NONE) or ANY
end

local standard = {} -- standard.NAME(self, arguments, node) -> value

function standard.require(self, arguments)
  local name = arguments[1]
  return name and name.kind == "const" and self:required(name.value) or ANY
end

-- The functions that change the table that they get.
for _, name in ipairs { "rawset", "table.insert", "table.remove", "table.sort" } do
  standard[name] = function(self, arguments, node)
    if node[2] and node.tag == "Call" then self:check_changed(node[2], arguments[1]) end
    for _, value in ipairs(arguments) do self:escape(value) end
    return ANY
  end
end

function standard.assert(_, arguments) return arguments[1] or ANY end

function walker:call_chain(callee, arguments)
  if arguments[1] and arguments[1].kind == "shape" then self:give_role(callee, arguments[1].doors, true) end
  return ANY
end

function walker:call(node, callee, arguments)
  if callee.kind == "none" then return NONE end
  if callee.kind == "member" then return self:call_member(node, callee, arguments) end
  if callee.kind == "closure" then return self:call_closure(callee, arguments) end
  if callee.kind == "chain" then return self:call_chain(callee, arguments) end
  local handler = callee.kind == "standard" and standard[callee.name]
  if handler then return handler(self, arguments, node) end
  for _, value in ipairs(arguments) do self:escape(value) end
  return ANY
end

local function arguments_of(self, node, from)
  local list = {}
  for i = from, #node do list[#list + 1] = self:eval(node[i]) end
  return list
end

function expression.Call(self, node)
  return self:call(node, self:eval(node[1]), arguments_of(self, node, 2))
end

function expression.Invoke(self, node)
  local base = self:eval(node[1])
  local handler = index[base.kind]
  local callee = handler and handler(self, node, base, node[2][1]) or base.kind == "none" and NONE or ANY
  local arguments = arguments_of(self, node, 3)
  if callee.kind == "closure" then table.insert(arguments, 1, base) end
  return self:call(node, callee, arguments)
end
