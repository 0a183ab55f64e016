-- SPDX-License-Identifier: Apache-2.0
-- The house: the order of the folders, the folders of each outside library, file sizes, licence lines, state at file scope.
local lfs = require "lfs"

local text = require "spec.support.text"
local tree = require "spec.support.tree"

local LINES_MAX = 700
local COMMENT_COLUMNS = 120
local PARSERS = { "exposition", "zone", "listing", "past", "version", "dataset", "ipic", "http", "wire", "flow", "definition", "addr",
  "cert", "store" }

local files = tree.files

-- Each folder includes itself and the folders to its left.
local ORDER = "base tls net store ipic sandbox config security policy records metrics conn request region candidate admin client main"

-- The folders, or files, that may include the headers of an outside library.
local LIBRARIES = {
  { library = "OpenSSL", header = "^openssl/", allowed = "tls security/scrypt" },
  { library = "Lua", header = "^l[ua]%w+%.h$", allowed = "sandbox config security policy candidate" },
  { library = "libev", header = "^ev%.h$", allowed = "net security/passwords conn/callers region candidate/shadow admin" },
  { library = "libcurl", header = "^curl/", allowed = "net/http_client net/http_url" },
  { library = "SQLite", header = "^sqlite3%.h$", allowed = "records" },
  { library = "libmicrohttpd", header = "^microhttpd%.h$", allowed = "metrics/exporter" },
  { library = "Jansson", header = "^jansson%.h$", allowed = "ipic policy request/program_builtin region candidate admin client main" },
  { library = "hiredis", header = "^hiredis/", allowed = "store" },
  { library = "jsmn", header = "^jsmn%.h$", allowed = "candidate/account" },
  { library = "signals", header = "^signal%.h$", allowed = "base/thread base/log_crash net/interrupt admin/signals client/screen" },
}

-- "engine/net/io.c" -> "net", "net/io"; "engine/main.c" -> "main", "main".
local function place_of(path)
  local folder, name = path:match "^engine/(%l+)/([%w_]+)%.[ch]$"
  if folder then return folder, folder .. "/" .. name end
  return assert(path:match "^engine/(main)%.c$", path), "main"
end

local function ranks(order)
  local rank, n = {}, 0
  for folder in order:gmatch "%l+" do
    n = n + 1
    rank[folder] = n
  end
  return rank
end

local function words(list)
  local set = {}
  for word in list:gmatch "%S+" do set[word] = true end
  return set
end

-- fn(path, header, where, own): own is true for "header", false for <header>.
local function each_include(fn)
  for _, path in ipairs(files("engine", "%.[ch]$")) do
    local number = 0
    for line in io.lines(path) do
      number = number + 1
      local open, header = line:match '^%s*#%s*include%s*([<"])([^>"]+)[>"]'
      if header then fn(path, header, path .. ":" .. number, open == '"') end
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
local PUT_BY = { ["loop.o: reserve"] = true, ["json_body.o: spare"] = true, ["free_lists.o: key"] = true,
  ["free_lists.o: own"] = true }

local function none(list)
  assert.equal("", table.concat(list, "\n"))
end

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>/dev/null"))
  local all = pipe:read "a"
  pipe:close()
  return all
end

describe("the house", function()
  local rank = ranks(ORDER)

  it("has a folder of the order for every file of engine/", function()
    local homeless = {}
    for _, path in ipairs(files("engine", "%.[ch]$")) do
      if not rank[place_of(path)] then homeless[#homeless + 1] = path end
    end
    none(homeless)
  end)

  it("has the same order in engine/README.md, and the same outside libraries by folder", function()
    local readme = assert(text.read "engine/README.md")
    local drawn = readme:match "\n(base < [%l <]-main)\n"
    assert.equal(ORDER:gsub(" ", " < "), drawn)
    for folder in ORDER:gsub(" main$", ""):gmatch "%l+" do
      local listed = assert(readme:match("\n| `" .. folder .. "` |[^|]*|([^|]*)|"), folder .. " has no row")
      for _, row in ipairs(LIBRARIES) do
        local allowed = (" " .. row.allowed):find("%s" .. folder .. "%f[^%l]") ~= nil
        local said = listed:find(row.library, 1, true) ~= nil
        if row.library ~= "signals" then assert.message(folder .. ": " .. row.library).equal(allowed, said) end
      end
    end
  end)

  it("measures on a bare machine: make bench installs first, then builds, then runs each program of its README", function()
    local pipe = assert(io.popen "env -u MAKEFLAGS make -n bench 2>&1")
    local said = pipe:read "a"
    assert.is_true(pipe:close(), said)
    assert.matches("^engine/packaging/deps gcc [^\n]+\nengine/packaging/deps haproxy [^\n]+\nmake [^\n]+ all ", said)
    local run, programs = " " .. said:match "\nfor one in ([^;]+);" .. " ", 0
    for name in assert(text.read "spec/bench/README.md"):gmatch "\n| `(%l+)%.lua`" do
      assert.is_truthy(run:find(" " .. name .. " ", 1, true), name)
      programs = programs + 1
    end
    assert.is_true(programs > 10)
  end)

  it("has every file that engine/README.md names", function()
    local missing, named = {}, 0
    for name in assert(text.read "engine/README.md"):gmatch "`(%l+/[%l_]+)%.?[ch]?`" do
      if rank[name:match "^%l+"] then
        named = named + 1
        local there = lfs.attributes("engine/" .. name .. ".c", "mode") or lfs.attributes("engine/" .. name .. ".h", "mode")
        if not there then missing[#missing + 1] = name end
      end
    end
    none(missing)
    assert.is_true(named > 40, "the pattern finds the files: " .. named)
  end)

  -- A member of a struct that several threads use: a lock, or an atomic.
  it("names each file with a lock or an atomic in the tables of engine/README.md about threads", function()
    local section = assert(text.read "engine/README.md"):match "\n## Threads and ownership\n(.-)\n## "
    local rows, missing, shared = {}, {}, 0
    for line in section:gmatch "[^\n]+" do
      if line:find "^|" then rows[#rows + 1] = line end
    end
    rows = table.concat(rows, "\n")
    for _, path in ipairs(files("engine", "%.[ch]$")) do
      for line in assert(text.read(path)):gmatch "\n(\t[^\n]*)" do
        local member = line:match "^\t+[%w ]*pthread_mutex_t [%l_]+;" or line:match "^\t+[%w ]*_Atomic[^;=]*;" or
          line:match "^\t+atomic_%l+ [%l_]+;"
        if member then
          local name = path:match "^engine/(.*)%.[ch]$":gsub("_internal$", "")
          shared = shared + 1
          if not rows:find("`" .. name .. "`", 1, true) then missing[#missing + 1] = ("%s: %s"):format(path, member:match "^%s*(.*)$") end
          break
        end
      end
    end
    none(missing)
    assert.is_true(shared > 40, "the pattern finds the files: " .. shared)
  end)

  it("includes each header by its folder", function()
    local bare = {}
    each_include(function(_, header, where, own)
      if own and not lfs.attributes("engine/" .. header, "mode") then bare[#bare + 1] = where .. ": " .. header end
    end)
    none(bare)
  end)

  it("includes nothing to the right", function()
    local right = {}
    each_include(function(path, header, where, own)
      local from, to = place_of(path), own and header:match "^%l+"
      if to and rank[to] > rank[from] then right[#right + 1] = ("%s: %s includes %s"):format(where, from, header) end
    end)
    none(right)
  end)

  it("includes an internal header in its own folder only", function()
    local strangers = {}
    each_include(function(path, header, where, own)
      local folder = own and header:match "^(%l+)/.*_internal%.h$"
      if folder and place_of(path) ~= folder then strangers[#strangers + 1] = where .. ": " .. header end
    end)
    none(strangers)
  end)

  it("includes each outside library in its folders only", function()
    local strangers, met = {}, {}
    each_include(function(path, header, where, own)
      local folder, file = place_of(path)
      for _, row in ipairs(LIBRARIES) do
        if not own and header:find(row.header) then
          local allowed = words(row.allowed)
          met[row.library .. " " .. (allowed[folder] and folder or file)] = true
          if not allowed[folder] and not allowed[file] then strangers[#strangers + 1] = where .. ": " .. row.library end
        end
      end
    end)
    none(strangers)
    for _, row in ipairs(LIBRARIES) do
      for place in row.allowed:gmatch "%S+" do
        assert.message(row.library .. ": no file of " .. place).is_true(met[row.library .. " " .. place])
      end
    end
  end)

  -- addr.c exports addr_*, ring_files.c ring_files_* or ring_*; a list of them is named in the plural, faults_*.
  it("begins each exported name with the name of its file, or with the first word of it", function()
    local strangers, exported = {}, 0
    for member, symbol in output_of("nm -A build/libsallyport.a"):gmatch "libsallyport%.a:([%w_]+)%.o:%x+ [TDRBVC] ([%w_]+)\n" do
      local family, own = member:match "^%w+", false
      for _, name in ipairs { member, family } do
        own = own or symbol == name or symbol:find("^" .. name .. "s?_") ~= nil
      end
      exported = exported + 1
      if not own then strangers[#strangers + 1] = member .. ".c exports " .. symbol end
    end
    assert.is_true(exported > 500, "nm lists the exported names: " .. exported)
    none(strangers)
  end)

  it("has no comment line of more than " .. COMMENT_COLUMNS .. " columns", function()
    local long = {}
    for _, path in ipairs(files("lua", "%.lua$", files("policies", "%.lua$", files("engine", "%.[ch]$")))) do
      local number = 0
      for line in io.lines(path) do
        number = number + 1
        local columns = utf8.len((line:gsub("\t", "        "))) or #line
        local comment = line:find "^%s*/%*" or line:find "^%s+%* " or line:find "^%s*%-%-"
        if comment and columns > COMMENT_COLUMNS then long[#long + 1] = path .. ":" .. number end
      end
    end
    none(long)
  end)

  it("gives every fault, warning and note a rule of [a-z0-9_]+", function()
    local nameless, named = {}, 0
    local calls = { faults_add = "^%b()", keypath_complain = "^%b()", definition_complain = "^%b()" }
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
      local flags, section, symbol = line:match("^%x+ (.......) (%S+)%s+%x+ (.*)$") -- d: the section; thread-local data has no O
      if section and not flags:find "d" and is_writable(section) and not PUT_BY[("%s: %s"):format(member, symbol)] then
        state[#state + 1] = ("%s: %s in %s"):format(member, symbol, section)
      end
    end
    pipe:close()
    assert.truthy(member, "build/libsallyport.a is not there: run make")
    none(state)
  end)
end)
