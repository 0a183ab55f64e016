-- SPDX-License-Identifier: Apache-2.0
-- tree: the files under a directory.
local lfs = require "lfs"

local tree = {}

-- Appends the paths of the files under `dir` whose names match `pattern` to `into` (a new list by default) and returns the list, sorted.
-- Hidden names and links are left out.
function tree.files(dir, pattern, into)
  into = into or {}
  for name in lfs.dir(dir) do
    local path = dir .. "/" .. name
    local mode = name:sub(1, 1) ~= "." and lfs.symlinkattributes(path, "mode")
    if mode == "directory" then tree.files(path, pattern, into) end
    if mode == "file" and name:find(pattern) then into[#into + 1] = path end
  end
  table.sort(into)
  return into
end

return tree
