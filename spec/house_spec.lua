-- SPDX-License-Identifier: Apache-2.0
-- The house against its drawing: README's floors and doorkeepers, file sizes, licence lines, state at file scope.
local lfs = require "lfs"

local text = require "spec.support.text"
local tree = require "spec.support.tree"

local LINES_MAX = 450
local PARSERS = { "http", "wire", "flow", "definition", "addr", "cert" }

local files = tree.files

local function room_of(path)
  return path:match("([%w_]+)%.[ch]$")
end

-- { room = floor } from the lines "N  name  room room …" and their continuations.
local function read_floors(readme)
  local floors, floor = {}, nil
  local drawing = assert(readme:match("```\n(5  house.-)```"), "README has no table of floors")
  for line in drawing:gmatch("[^\n]+") do
    local number, rooms = line:match("^(%d)%s+%a+%s+(.*)$")
    floor = tonumber(number) or floor
    for room in (rooms or line):gmatch("[%w_]+") do
      assert(not floors[room], room .. " stands twice in README's table")
      floors[room] = floor
    end
  end
  return floors
end

local function words(list)
  local set = {}
  for word in list:gmatch("%S+") do set[word] = true end
  return set
end

-- { { library, headers = { "ev.h" }, rooms = set } } from README's second table.
local function read_doorkeepers(readme)
  local keepers = {}
  for library, headers, rooms in readme:gmatch("\n| ([^|\n]+) | `([^`\n]+%.?[h*][^`\n]*)` | `([^`\n]+)` |") do
    keepers[#keepers + 1] = { library = library, headers = words(headers), rooms = words(rooms) }
  end
  return keepers
end

local function keeps(keeper, header)
  return keeper.headers[header] or keeper.headers[header:gsub("/.*", "/*")]
end

local function each_include(fn)
  for _, path in ipairs(files("engine", "%.[ch]$")) do
    local number = 0
    for line in io.lines(path) do
      number = number + 1
      local header = line:match('^%s*#%s*include%s*[<"]([^>"]+)[>"]')
      if header then fn(path, header, path .. ":" .. number) end
    end
  end
end

local function lines_of(path)
  local n = 0
  for _ in io.lines(path) do n = n + 1 end
  return n
end

-- What relocation writes before main() is constant afterwards: .data.rel.ro is not state.
local function is_writable(section)
  if section:find("^%.data%.rel%.ro") then return false end
  return section == "*COM*" or section:find("^%.t?data") or section:find("^%.t?bss")
end

-- Memory for libraries that cannot bear to have none: their allocators are the process's and are told no object.
local PUT_BY = { ["loop.o: reserve"] = true, ["body.o: spare"] = true }

local function none(list)
  assert.equal("", table.concat(list, "\n"))
end

describe("the house", function()
  local readme = assert(text.read("README.md"))
  local floors, keepers = read_floors(readme), read_doorkeepers(readme)

  it("has every file of engine/ as a room in README's table", function()
    local homeless = {}
    for _, path in ipairs(files("engine", "%.[ch]$")) do
      if not floors[room_of(path)] then homeless[#homeless + 1] = path end
    end
    none(homeless)
  end)

  it("has no room in README's table without a file", function()
    local there, empty = {}, {}
    for _, path in ipairs(files("engine", "%.[ch]$")) do there[room_of(path)] = true end
    for room in pairs(floors) do
      if not there[room] then empty[#empty + 1] = room end
    end
    none(empty)
  end)

  it("includes nothing upwards", function()
    local upwards = {}
    each_include(function(path, header, where)
      local from, to = floors[room_of(path)], floors[room_of(header)]
      if from and to and to > from then upwards[#upwards + 1] = ("%s: floor %d includes %s of floor %d"):format(where, from, header, to) end
    end)
    none(upwards)
  end)

  it("meets each outside library at its doorkeepers only", function()
    assert.equal(6, #keepers)
    local strangers = {}
    each_include(function(path, header, where)
      for _, keeper in ipairs(keepers) do
        if keeps(keeper, header) and not keeper.rooms[room_of(path)] then
          strangers[#strangers + 1] = ("%s: %s is not for %s"):format(where, keeper.library, room_of(path))
        end
      end
    end)
    none(strangers)
  end)

  it("names no doorkeeper that is not a room", function()
    local unknown = {}
    for _, keeper in ipairs(keepers) do
      for room in pairs(keeper.rooms) do
        if not floors[room] then unknown[#unknown + 1] = keeper.library .. ": " .. room end
      end
    end
    none(unknown)
  end)

  it("gives every fault, warning and note a rule of [a-z0-9_]+", function()
    local nameless, named = {}, 0
    local calls = { faults_add = "^%b()", keypath_complain = "^%b()", reading_complain = "^%b()" }
    for _, path in ipairs(files("engine", "%.c$")) do
      local source = assert(text.read(path))
      for call, rest in source:gmatch("\n\t+[^\n]-(%l+_%l+)(%b())") do
        if calls[call] and not rest:find("struct", 1, true) then
          named = named + 1
          if not rest:find('^%([^"]-, "[a-z0-9_]+", ') and not rest:find(", rule, ", 1, true) then
            nameless[#nameless + 1] = path .. ": " .. call .. rest
          end
        end
      end
    end
    none(nameless)
    assert.is_true(named > 100)
  end)

  it("marks each number of a message as a number", function()
    local unmarked = {}
    for _, path in ipairs(files("engine", "%.c$")) do
      for insert in assert(text.read(path)):gmatch '"[%l_]+",%s*log_number%b()' do unmarked[#unmarked + 1] = path .. ": " .. insert end
    end
    none(unmarked)
  end)

  -- The log escapes whatever is not ASCII, since a peer or a script may have said it; so what the engine itself says is ASCII.
  it("says everything in ASCII", function()
    local foreign = {}
    for _, path in ipairs(files("engine", "%.[ch]$")) do
      local number = 0
      for line in io.lines(path) do
        number = number + 1
        local code = line:match "^%s*/?%*" and "" or line:gsub("/%*.*", "")
        if code:find "[\x80-\xff]" then foreign[#foreign + 1] = path .. ":" .. number end
      end
    end
    none(foreign)
  end)

  it("has no file above " .. LINES_MAX .. " lines", function()
    local long = {}
    for _, path in ipairs(files("lua", "%.lua$", files("engine", "%.[ch]$"))) do
      local n = lines_of(path)
      if n > LINES_MAX then long[#long + 1] = ("%s: %d lines"):format(path, n) end
    end
    none(long)
  end)

  it("says its licence at the top of every file", function()
    local bare = {}
    local all = { "Makefile", ".ci/run", ".busted", ".luacheckrc", "certs/make-rings", "certs/rings.cnf" }
    for _, dir in ipairs { "engine", "lua", "policies", "spec" } do files(dir, "%.[ch]$", files(dir, "%.lua$", all)) end
    for _, path in ipairs(all) do
      local head = text.read(path):match("^[^\n]*\n?[^\n]*")
      if not head:find("SPDX-License-Identifier: Apache-2.0", 1, true) then bare[#bare + 1] = path end
    end
    none(bare)
  end)

  it("has a fuzz target, and seeds for it, for every parser of strangers' bytes", function()
    local missing = {}
    for _, parser in ipairs(PARSERS) do
      if not text.read("spec/fuzz/" .. parser .. "_fuzz.c") then missing[#missing + 1] = parser .. "_fuzz.c" end
      local corpus = "spec/fuzz/corpus/" .. parser
      if lfs.attributes(corpus, "mode") ~= "directory" or #files(corpus, ".") == 0 then missing[#missing + 1] = corpus end
    end
    none(missing)
  end)

  it("keeps no state at file scope", function()
    local state = {}
    local member
    local pipe = assert(io.popen("objdump -t build/libsallyport.a"))
    for line in pipe:lines() do
      member = line:match("^([%w_]+%.o):") or member
      local section, symbol = line:match("^%x+ ......O (%S+)%s+%x+ (.*)$")
      if section and is_writable(section) and not PUT_BY[("%s: %s"):format(member, symbol)] then
        state[#state + 1] = ("%s: %s in %s"):format(member, symbol, section)
      end
    end
    pipe:close()
    assert.truthy(member, "build/libsallyport.a is not there: run make")
    none(state)
  end)
end)
