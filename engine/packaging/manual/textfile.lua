-- SPDX-License-Identifier: Apache-2.0
-- textfile: whole files as texts.
local textfile = {}

-- textfile.read(path) -> the text. Raises when it cannot be read.
function textfile.read(path)
  local file = assert(io.open(path))
  local text = assert(file:read "a")
  file:close()
  return text
end

-- textfile.write(path, text). Raises when it cannot be written whole.
function textfile.write(path, text)
  local file = assert(io.open(path, "w"))
  assert(file:write(text))
  assert(file:close())
end

return textfile
