-- SPDX-License-Identifier: Apache-2.0
-- help: the commands of the binary as its help texts give them: the source of sallyport(1) and of the completion.
local help = {}

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  assert(pipe:close(), command .. " failed")
  return text
end

-- "  --peer IP  the address": the flags, and the text or nil. Between flags may be two blanks, and a text may follow a
-- flag whose value fills its column after one blank.
local function split_entry(line)
  local from = 1
  while true do
    local at, after = line:find("  +", from)
    if not at then break end
    if not line:find("^%-", after + 1) then return line:sub(1, at - 1), line:sub(after + 1) end
    from = after + 1
  end
  local flags, text = line:match "^(%-%-[%w-]+ %u+) (%l.*)$"
  return flags or line, text
end

-- The lines of the synopsis, each with its continuations, and the number of the line behind them.
local function synopsis(lines)
  local usage, n = {}, 1
  while lines[n] and (lines[n]:find "^usage: " or lines[n]:find "^ +sallyport " or lines[n]:find "^          +[%[(]") do
    local line = lines[n]:gsub("^usage: ", ""):gsub("^ +", "")
    if line:find "^sallyport " then usage[#usage + 1] = line else usage[#usage] = usage[#usage] .. " " .. line end
    n = n + 1
  end
  return usage, n
end

-- The blocks of a help text: { text = } is a paragraph, { flags =, text = } describes options or an argument.
local function blocks(lines, n)
  local list, open = {}, nil
  for i = n, #lines do
    local entry, more = lines[i]:match "^  (%S.*)$", lines[i]:match "^   +(%S.*)$"
    if more and open then
      open.text = open.text and open.text .. " " .. more or more
    elseif entry then
      local flags, text = split_entry(entry)
      open = { flags = flags, text = text }
      list[#list + 1] = open
    elseif open and not open.flags then
      open.text = open.text .. " " .. lines[i]
    else
      open = { text = lines[i] }
      list[#list + 1] = open
    end
  end
  return list
end

local function words_of(argument)
  if not argument or not argument:find "|" or argument:find "%u" then return nil end
  local words = {}
  for word in argument:gmatch "[^|]+" do words[#words + 1] = word end
  return words
end

-- The value that follows an option in a text, " FILE" or " text|json", or nil.
local function argument_at(line, at)
  local word = line:match("^ (%S+)", at) or ""
  if not (word:find "^[%u%d]" or word:find "%w|%w") then return nil end
  return (word:gsub("|%-%-.*", ""):gsub("%[.*", ""):gsub(",%.%.%.$", ""):gsub("[%],;.:)]+$", ""))
end

-- The options of a command in the order of its help text, each once: { name =, argument =, words =, text = }.
local function options(command, text)
  local list, by_name = {}, {}
  for line in text:gmatch "[^\n]+" do
    for name, behind in line:gmatch "(%-%-[%w.-]*%w)()" do
      local known = by_name[name]
      if not known then
        known = { name = name }
        by_name[name] = known
        list[#list + 1] = known
      end
      known.argument = known.argument or argument_at(line, behind)
    end
  end
  for _, block in ipairs(command.blocks) do
    for name in (block.flags or ""):gmatch "%-%-[%w.-]*%w" do by_name[name].text = by_name[name].text or block.text end
  end
  for _, one in ipairs(list) do one.words = words_of(one.argument) end
  return list
end

-- The arguments of a line of the synopsis, without the options: a list of { text =, optional = }.
local function form(usage)
  local list = {}
  local rest = usage:gsub("^sallyport %S+", "")
  repeat
    local before = rest
    rest = rest:gsub("%[(%-%-[^%[%]]*)%]", "")
  until rest == before
  rest = rest:gsub("%[option %.%.%.%]", ""):gsub("|%-%-", " --"):gsub("%-%-%S+ [%u%d][^%s|]*", ""):gsub("%-%-%S+", "")
  for word in rest:gmatch "%S+" do
    if word ~= "|" and word ~= "..." then
      list[#list + 1] = { text = word:gsub("[%[%]]", ""), optional = word:find "^%[" ~= nil }
    end
  end
  return list
end

local function command_of(name, summary, text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  local command = { name = name, summary = summary, forms = {} }
  local n
  command.usage, n = synopsis(lines)
  command.blocks = blocks(lines, n)
  command.options = options(command, text .. "\n--help")
  for _, usage in ipairs(command.usage) do command.forms[#command.forms + 1] = form(usage) end
  return command
end

-- help.commands(binary) -> the commands in the order of `sallyport --help`, a list of
--   { name =, summary =, usage = lines, blocks =, options =, forms = }
-- binary: the path of the program, which is run. Raises when it does not run or describes no command.
function help.commands(binary)
  local list = {}
  for line in output_of(("'%s' --help"):format(binary)):gmatch "[^\n]+" do
    local name, summary = line:match "^  (%l+) +(%S.*)$"
    if name then list[#list + 1] = command_of(name, summary, output_of(("'%s' %s --help"):format(binary, name))) end
  end
  assert(#list > 0, binary .. " --help describes no command")
  return list
end

return help
