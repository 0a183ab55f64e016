-- SPDX-License-Identifier: Apache-2.0
-- make.lua BINARY DIRECTORY HELPER: writes the completion of bash, zsh and fish, and the script that the three ask, into
-- DIRECTORY. HELPER: the path that the script will have when it is installed.
package.path = "engine/packaging/manual/?.lua;" .. package.path
local help = require "help"
local textfile = require "textfile"

local HERE = "engine/packaging/completion/"
local TEXT_MAX = 70 -- bytes of the text beside an option

-- The kinds of names by the option, or by the word of the synopsis, that asks for one.
local KIND_OF_OPTION = { ["--tcpipservice"] = "tcpipservice", ["--ipconn"] = "ipconn", ["--out"] = "ipconn" }
local KIND_OF_ARGUMENT = { FILE = "file", F = "file", PATH = "file", DIR = "dir", ID = "connection", IPCONN = "ipconn" }
-- inquire session NAME and conversation NAME are about an ipconn; a region, a shadow and a canary have no names.
local KIND_OF_OBJECT = { tcpipservice = "tcpipservice", ipconn = "ipconn", session = "ipconn", conversation = "ipconn", program = "program",
  transaction = "transaction", policy = "policy", counter = "counter", rate = "rate", user = "user", statistics = "ipconn" }
-- The commands whose N is a generation.
local GENERATIONS = { policy = true, shadow = true, canary = true, replay = true }

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- One branch of a case: the pattern, and printf with a line for each candidate, each once.
local function branch(pattern, lines)
  local words, seen = {}, {}
  for _, line in ipairs(lines) do
    if not seen[line] then words[#words + 1] = quoted(line) end
    seen[line] = true
  end
  return ("\t%s) printf '%%s\\n' %s ;;"):format(pattern, table.concat(words, " "))
end

local function short(text)
  if not text then return "" end
  text = text:gsub(" *[:;(].*", "")
  return "\t" .. (#text <= TEXT_MAX and text or text:sub(1, TEXT_MAX - 3):gsub("%s+%S*$", "") .. "...")
end

-- What completes a word of the synopsis such as "open|closed" or "N|DIR", behind the word `before`; it is added to `lines`.
local function complete(command, text, before, lines)
  for word in text:gmatch "[^|]+" do
    local kind = KIND_OF_ARGUMENT[word]
    if word == "N" or word == "M" then kind = GENERATIONS[command] and "generation" end
    if word == "NAME" then kind = KIND_OF_OBJECT[before or "ipconn"] end
    if kind then lines[#lines + 1] = "@" .. kind
    elseif not word:find "%u" or word:find "=NO$" then lines[#lines + 1] = word end
  end
end

-- The places behind `words`, where `rest` of a form follows; into[pattern] = lines, in the order of into.order.
local function walk(command, words, rest, into)
  if #rest == 0 then return end
  local pattern = ("'%d %s'"):format(#words, table.concat(words, " ")):gsub("%*", "'*'"):gsub("''$", "")
  if not into[pattern] then
    into[pattern] = {}
    into.order[#into.order + 1] = pattern
  end
  complete(command, rest[1].text, words[2] and words[#words], into[pattern])
  local behind = table.move(rest, 2, #rest, 1, {})
  for word in rest[1].text:gmatch "[^|]+" do
    local next_words = table.move(words, 1, #words, 1, {})
    next_words[#next_words + 1] = word:find "%u" and "*" or word
    walk(command, next_words, behind, into)
  end
  if rest[1].optional then walk(command, words, behind, into) end
end

local function places(commands)
  local into, list = { order = {} }, {}
  local names = {}
  for _, command in ipairs(commands) do
    names[#names + 1] = command.name .. short(command.summary)
    for _, form in ipairs(command.forms) do walk(command.name, { command.name }, form, into) end
  end
  list[1] = branch("0", names)
  for _, pattern in ipairs(into.order) do
    if #into[pattern] > 0 then list[#list + 1] = branch(pattern, into[pattern]) end
  end
  return table.concat(list, "\n")
end

local function options(commands)
  local list = { branch("''", { "--help", "--version" }) }
  for _, command in ipairs(commands) do
    local lines = {}
    for _, option in ipairs(command.options) do
      lines[#lines + 1] = option.name .. (option.argument and "=" or "") .. short(option.text)
    end
    list[#list + 1] = branch(command.name, lines)
  end
  return table.concat(list, "\n")
end

local function values(commands)
  local list = {}
  for _, command in ipairs(commands) do
    for _, option in ipairs(command.options) do
      local lines = {}
      if KIND_OF_OPTION[option.name] then lines[1] = "@" .. KIND_OF_OPTION[option.name]
      elseif option.words then lines = option.words
      elseif option.argument then complete(command.name, option.argument, nil, lines) end
      if #lines > 0 then list[#list + 1] = branch(("'%s %s'"):format(command.name, option.name), lines) end
    end
  end
  return table.concat(list, "\n")
end

local binary, directory, helper = table.unpack(arg)
local commands = help.commands(binary)
local fill = { PLACES = places(commands), OPTIONS = options(commands), VALUES = values(commands), HELPER = helper }
for from, to in pairs { ["complete.sh"] = "complete", ["sallyport.bash"] = "sallyport.bash", ["sallyport.zsh"] = "_sallyport",
  ["sallyport.fish"] = "sallyport.fish" } do
  textfile.write(directory .. "/" .. to, (textfile.read(HERE .. from):gsub("#?@(%u+)@", fill)))
end
