-- SPDX-License-Identifier: Apache-2.0
-- check.values: the knowledge of the lint about the value of an expression. A value is an immutable table with `kind`:
--   any       nothing is known
--   none      not known yet: the value of a function that nothing called so far
--   const     a literal; `value`, and `type`
--   shape     a table of facts: `shape`, and `doors`, the set of doors as { [name] = true }
--   module    a module of the library: `name`
--   member    a function of the library: `name` as written, `entry` of check.library
--   class     an object of the library: `name`
--   standard  a table or function of Lua: `name`
--   verdict   `gives`: "accept", "refuse", "install" or "pass"
--   closure   a function of the script: `node`
--   chain     a rule made by policy.first, policy.all or policy.when: `node`, `rules`
--   record    a table of the script: `node`
--   text      a string
-- maybe = true: nil is possible too. nil in place of a value is the same as none.

local values = {}

values.ANY = { kind = "any" }
values.NONE = { kind = "none" }
values.NIL = { kind = "const", value = "nil", type = "nil" }

local IDENTITY = {
  const = "value", module = "name", member = "name", class = "name", standard = "name", verdict = "gives", closure = "node",
  chain = "node", record = "node",
}

local function union(a, b)
  local both = {}
  for door in pairs(a) do both[door] = true end
  for door in pairs(b) do both[door] = true end
  return both
end

-- A variable that is nil at first and one of these later: a use of it is a use of the later value.
local LATER = { shape = true, class = true, module = true, member = true, closure = true }

local function is_nil(value) return value.kind == "const" and value.type == "nil" end

-- The value of a variable that is nil at first; nil: no value is known.
local function later(a, b)
  if not (is_nil(a) and LATER[b.kind]) then return nil end
  local value = {}
  for k, v in pairs(b) do value[k] = v end
  value.maybe = true
  return value
end

local function is_unknown(value) return value == nil or value.kind == "none" end

local function join_shapes(a, b)
  if a.shape ~= b.shape then return values.ANY end
  return { kind = "shape", shape = a.shape, doors = union(a.doors, b.doors) }
end

-- values.join(a, b) -> the value of a variable that may have either. Either may be nil.
function values.join(a, b)
  if is_unknown(a) then return b end
  if is_unknown(b) then return a end
  local value = later(a, b) or later(b, a)
  if value or a.kind ~= b.kind then return value or values.ANY end
  if a.kind == "shape" then return join_shapes(a, b) end
  local key = IDENTITY[a.kind]
  if a.kind == "text" or key and rawequal(a[key], b[key]) then return a.maybe and a or b end
  return values.ANY
end

local function equal(a, b)
  for door in pairs(union(a, b)) do
    if not (a[door] and b[door]) then return false end
  end
  return true
end

-- values.same(a, b) -> boolean: whether the two say the same; nil is allowed.
function values.same(a, b)
  if a == nil or b == nil then return a == b end
  if a.kind ~= b.kind then return false end
  if a.kind == "shape" then return a.shape == b.shape and equal(a.doors, b.doors) end
  local key = IDENTITY[a.kind]
  return key == nil or rawequal(a[key], b[key]) and a.maybe == b.maybe
end

return values
