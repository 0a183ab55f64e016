-- SPDX-License-Identifier: Apache-2.0
-- text: words for a shell, data as Lua syntax, whole files.
local text = {}

function text.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

function text.words(list)
  local out = {}
  for i, word in ipairs(list) do out[i] = text.quote(word) end
  return table.concat(out, " ")
end

-- The number in so many digits and letters.
function text.base36(n, digits)
  local out = ""
  for _ = 1, digits do
    local at = n % 36 + 1
    out = ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"):sub(at, at) .. out
    n = n // 36
  end
  return out
end

local function by_name(a, b)
  if type(a) == type(b) then return a < b end
  return type(a) == "number"
end

function text.sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, by_name)
  return keys
end

-- Plain data as a Lua constructor.
function text.lua(value)
  if type(value) == "string" then return (("%q"):format(value):gsub("\\\n", "\\n")) end
  if type(value) ~= "table" then return tostring(value) end
  local out = {}
  for _, key in ipairs(text.sorted(value)) do
    local name = type(key) == "number" and "" or key .. " = "
    out[#out + 1] = name .. text.lua(value[key])
  end
  return "{ " .. table.concat(out, ", ") .. " }"
end

function text.read(path)
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  local all = file:read("a")
  file:close()
  return all
end

local function is_secret(path)
  return path:match "saf%.lua$" or path:match "%.key$"
end

-- Written beside and moved over: a reader meets the old file or the new. A saf and a key get the mode that the region demands.
function text.write(path, content)
  local file = assert(io.open(path .. ".new", "wb"))
  assert(file:write(content))
  assert(file:close())
  if is_secret(path) then assert(os.execute("chmod 600 " .. text.quote(path .. ".new"))) end
  assert(os.rename(path .. ".new", path))
end

return text
