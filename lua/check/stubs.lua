-- SPDX-License-Identifier: Apache-2.0
-- check.stubs: writes the stubs of lua/types for editors, in the annotations of LuaCATS: the library by check.library,
-- the facts of each door by the engine's table of facts. `make types` writes the files.

local library = require "check.library"

local stubs = {}

local HEAD = "---@meta %s\n-- SPDX-License-Identifier: Apache-2.0\n-- Written by `make types`; do not edit.\n\n"

local function sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- ---- the library

-- The comment in the source that begins with the function's name, as lines of a description.
local function described(source, name)
  local lines, on = {}, false
  for line in source:gmatch "([^\n]*)\n" do
    local text = line:match "^%-%- ?(.*)$"
    if on and (not text or text:find "^%l+[.:][%l_]+[ (]") then break end
    on = on or (text ~= nil and text:find("^" .. name:gsub("%p", "%%%0") .. "[ (]") ~= nil)
    if on then lines[#lines + 1] = "---" .. text:gsub("^%s+", "") end
  end
  return #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
end

-- The annotations and the declaration of a function.
local function declaration(owner, separator, name, entry)
  local out, parameters = {}, {}
  for _, parameter in ipairs(entry.params) do
    local plain = parameter[1]:gsub("%?$", "")
    parameters[#parameters + 1] = plain
    out[#out + 1] = ("---@param %s %s"):format(parameter[1], parameter[2])
  end
  for _, result in ipairs(entry.returns) do out[#out + 1] = "---@return " .. result end
  out[#out + 1] = ("function %s%s%s(%s) end\n\n"):format(owner, separator, name, table.concat(parameters, ", "))
  return table.concat(out, "\n")
end

-- Adds the functions of a module, which `owner` names in the stub, to `out`.
local function add_functions(name, owner, source, out)
  for _, each in ipairs(sorted(library.modules[name])) do
    local entry = library.modules[name][each]
    if entry.part then
      out[#out + 1] = ("---@class sallyport.library.%s.%s\n%s.%s = {}\n\n"):format(owner, each, owner, each)
      add_functions(entry.part, owner .. "." .. each, source, out)
    elseif entry.phase ~= "spec" then
      out[#out + 1] = described(source, owner .. "." .. each)
      out[#out + 1] = declaration(owner, ".", each, entry)
    end
  end
end

local function module_stub(name, source)
  local short = name:match "[^.]+$"
  local out = { HEAD:format(name), ("---@class %s\nlocal %s = {}\n\n"):format("sallyport.library." .. short, short) }
  add_functions(name, short, source, out)
  out[#out + 1] = ("return %s\n"):format(short)
  return table.concat(out)
end

local function class_stub(name, class, source)
  local short = name:match "[^.]+$"
  local out = { ("---@class %s\n"):format(name) }
  for _, field in ipairs(sorted(class.fields)) do out[#out + 1] = ("---@field %s %s\n"):format(field, class.fields[field]) end
  out[#out + 1] = ("local %s = {}\n\n"):format(short)
  for _, method in ipairs(sorted(class.methods or {})) do
    out[#out + 1] = described(source, short:lower() .. ":" .. method)
    out[#out + 1] = declaration(short, ":", method, class.methods[method])
  end
  return table.concat(out)
end

local function objects_stub(source)
  local out = { HEAD:format "_" }
  for _, name in ipairs(sorted(library.classes)) do out[#out + 1] = class_stub(name, library.classes[name], source) end
  for _, name in ipairs(sorted(library.tables)) do
    out[#out + 1] = ("---@class %s\n"):format(name)
    for _, field in ipairs(sorted(library.tables[name])) do
      out[#out + 1] = ("---@field %s %s\n"):format(field, library.tables[name][field])
    end
    out[#out + 1] = "\n"
  end
  return table.concat(out)
end

-- ---- the facts

local function words(list)
  local quoted = {}
  for word in list:gmatch "%S+" do quoted[#quoted + 1] = ('"%s"'):format(word) end
  return table.concat(quoted, "|")
end

-- Whether the member is there at the door; door nil: at any.
local function is_there(member, door) return door == nil or member.doors == nil or member.doors[door] == true end

local function exists(model, shape, door)
  for _, member in pairs(model.shapes[shape].members) do
    if is_there(member, door) then return true end
  end
  return false
end

-- Whether the tables of the shape differ at the door from those with all members.
local function differs(model, shape, door)
  for _, member in pairs(model.shapes[shape].members) do
    if not is_there(member, door) or (member.of and differs(model, member.of, door)) then return true end
  end
  return false
end

local function class_of(model, shape, door)
  if door and (shape == "facts" or differs(model, shape, door)) then return ("sallyport.%s.%s"):format(door, shape) end
  return "sallyport." .. shape
end

local function type_of(model, member, door)
  if member.of then return class_of(model, member.of, door) end
  return member.words and words(member.words) or member.type
end

-- Whether a member that is there may be nil: by its condition, or on one of the door's ways.
local function is_optional(member, door)
  return (member.when or "") ~= "" or (door ~= nil and member.one_way ~= nil and member.one_way[door] == true)
end

local function field_stub(model, key, member, door)
  local when = (member.when or "") ~= "" and " " .. member.when or ""
  return ("---@field %s%s %s%s\n"):format(key, is_optional(member, door) and "?" or "", type_of(model, member, door), when)
end

local function shape_stub(model, shape, door)
  local row = model.shapes[shape]
  local parent = door and shape ~= "facts" and " : sallyport." .. shape or ""
  local out = { ("---@class %s%s\n"):format(class_of(model, shape, door), parent) }
  if row.element then
    out[#out + 1] = ("---@field [integer] %s\n"):format(row.element ~= "" and class_of(model, row.element, door) or "string")
  end
  if row.open then out[#out + 1] = "---@field [string] string|number|boolean\n" end
  for _, key in ipairs(sorted(row.members)) do
    local member = row.members[key]
    if is_there(member, door) then out[#out + 1] = field_stub(model, key, member, door) end
  end
  return table.concat(out) .. "\n"
end

local function script_stub(model)
  local out = { "---@class sallyport.Script the table that a script returns\n---@field params? table<string, table>\n" }
  for _, door in ipairs(sorted(model.doors)) do
    out[#out + 1] = ("---@field %s? fun(facts: %s, params: table?)%s\n"):format(door, class_of(model, "facts", door),
      model.doors[door].answers and ": sallyport.Verdict" or "")
  end
  out[#out + 1] = "---@field run? fun(request: sallyport.program): string|sallyport.Verdict\n"
  return table.concat(out)
end

local function facts_stub(model)
  local out = { HEAD:format "_" }
  for _, shape in ipairs(sorted(model.shapes)) do
    if shape ~= "facts" then out[#out + 1] = shape_stub(model, shape) end
    for _, door in ipairs(sorted(model.doors)) do
      local own = class_of(model, shape, door) ~= class_of(model, shape)
      if own and exists(model, shape, door) then out[#out + 1] = shape_stub(model, shape, door) end
    end
  end
  out[#out + 1] = script_stub(model)
  return table.concat(out)
end

-- stubs.files(model, source) -> { [path below lua/types] = text }. model: as for check.lint. source(name): the text of
-- the library's module of that name.
function stubs.files(model, source)
  local files = { ["facts.lua"] = facts_stub(model), ["objects.lua"] = objects_stub(source "policy" .. source "policy.ip") }
  for name in pairs(library.modules) do
    if not library.parts[name] then files[name:gsub("%.", "/") .. ".lua"] = module_stub(name, source(name)) end
  end
  return files
end

return stubs
