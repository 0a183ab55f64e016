-- SPDX-License-Identifier: Apache-2.0
-- The stubs of lua/types as they should be. Run as a script it writes them: `make types`.
local types = {}

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

-- types.files() -> { [path] = text }
function types.files()
  local path, cpath = package.path, package.cpath
  package.path, package.cpath = "lua/?.lua;" .. path, "build/?.so;" .. cpath
  local model = require("sallyport.host").model()
  local list = {}
  local function source(module) return read("lua/" .. module:gsub("%.", "/") .. ".lua") end
  for name, text in pairs(require("check.stubs").files(model, source)) do list["lua/types/" .. name] = text end
  package.path, package.cpath = path, cpath
  return list
end

if arg and arg[0] and arg[0]:find "support/types.lua$" then
  os.execute "rm -rf lua/types && mkdir -p lua/types/policy"
  for path, text in pairs(types.files()) do
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end
end

return types
