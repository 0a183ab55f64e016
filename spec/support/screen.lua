-- SPDX-License-Identifier: Apache-2.0
--[[
screen: a command on a terminal of its own (script(1)), with keys and a size.

  local s = screen.start({ "top", "--control", path }, { columns = 80, lines = 24 })
  s:keys "q"; s:resize(100, 40); s:signal "TERM"
  s:frame()             the lines of the last whole picture, without styles; s.styled has them
  s:wait_for(text)      waits until a picture has the text, and returns it
  s:ended()             the exit status; s:restored() whether the terminal has its former mode and page again
]]
local process = require "spec.support.process"
local region = require "spec.support.region"
local text = require "spec.support.text"
local wait = require "spec.support.wait"

local screen = {}
local Screen = {}
Screen.__index = Screen

local INSIDE = [[
tty >DIR/tty; stty cols COLUMNS rows LINES; stty -g >DIR/before
sh -c 'echo $$ >DIR/own; exec COMMAND'; status=$?
stty -g >DIR/after; exit $status
]]

function screen.start(words, t)
  local self = setmetatable({ dir = process.directory() }, Screen)
  local all = { "env", "TERM=" .. (t and t.term or "xterm"), region.binary, table.unpack(words) }
  local command = text.words(all):gsub("'", "'\\''")
  local values = { DIR = self.dir, COLUMNS = t and t.columns or 80, LINES = t and t.lines or 24, COMMAND = command }
  text.write(self.dir .. "/inside", (INSIDE:gsub("%u%u+", values)))
  assert(os.execute("mkfifo " .. self.dir .. "/keys"))
  local outside = ("exec script -qefc 'sh %s/inside' %s/picture <%s/keys >/dev/null"):format(self.dir, self.dir, self.dir)
  self.process = process.start { "bash", "-c", outside }
  self.to = assert(io.open(self.dir .. "/keys", "w"))
  return self
end

function Screen:keys(bytes)
  self.to:write(bytes)
  self.to:flush()
end

function Screen:resize(columns, lines)
  os.execute(("stty -F %s cols %d rows %d"):format(text.read(self.dir .. "/tty"):match "%S+", columns, lines))
end

function Screen:signal(name)
  os.execute(("kill -%s %d"):format(name, tonumber(text.read(self.dir .. "/own"))))
end

function Screen:output()
  return text.read(self.dir .. "/picture") or ""
end

local function pictures_of(output)
  local pictures, at = {}, output:find("\27[H", 1, true)
  while at do
    local following = output:find("\27[H", at + 3, true)
    pictures[#pictures + 1] = output:sub(at + 3, (following or #output + 1) - 1)
    at = following
  end
  return pictures
end

local function plain(picture)
  return (picture:gsub("\27%[[%d?]*%a", ""):gsub("\r", ""))
end

-- The lines of the last picture that is whole, since its last line names the keys.
function Screen:frame()
  local pictures = pictures_of(self:output())
  for i = #pictures, 1, -1 do
    local shown = plain(pictures[i])
    if shown:find("\nq quit[^\n]*$") then
      local lines = {}
      for line in (shown .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
      self.styled = pictures[i]
      return lines
    end
  end
  return {}
end

function Screen:wait_for(wanted)
  local shown
  wait.wait_until(function()
    shown = table.concat(self:frame(), "\n")
    return shown:find(wanted, 1, true)
  end, nil, function() return ("%q in the picture; there is:\n%s"):format(wanted, shown) end)
  return shown
end

function Screen:ended()
  local status = self.process:wait()
  self.to:close()
  return status
end

function Screen:restored()
  local output = self:output()
  local entered, left = output:find("\27[?1049h", 1, true), output:find("\27[?1049l", 1, true)
  return entered ~= nil and left ~= nil and left > entered and output:find("\27[?25h", 1, true) ~= nil and
    text.read(self.dir .. "/before") == text.read(self.dir .. "/after")
end

-- Ends it, and removes its directory.
function Screen:stop()
  if not self.process:status() then self.process:stop() end
  if io.type(self.to) == "file" then self.to:close() end
  process.remove(self.dir)
end

return screen
