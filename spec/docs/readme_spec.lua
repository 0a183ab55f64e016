-- SPDX-License-Identifier: Apache-2.0
-- The documents are true: each example to paste is pasted, and the tables have the rows of the sources.
local lfs = require "lfs"
local support = require "spec.support"
local tree = require "spec.support.tree"
local tutorial = require "spec.support.tutorial"

local CERTS = assert(support.read "certs/README.md")
local DEFINE = assert(support.read "engine/config/README.md")
local OPERATE = assert(support.read "engine/admin/README.md")
local POLICIES = assert(support.read "policies/README.md") .. "\n"
local WIRE = assert(support.read "engine/ipic/README.md")

local script, ports_in = tutorial.script, tutorial.ports()

-- A directory in which the examples work: what they name is linked there.
local function workplace()
  local dir, here = support.directory(), lfs.currentdir()
  local function link(from, to)
    if from:sub(1, 1) ~= "/" then from = here .. "/" .. from end
    assert(support.run { "ln", "-s", from, dir .. "/" .. to } == 0)
  end
  link((support.binary:gsub("^%./", "")), "sallyport")
  for _, name in ipairs { "spec", "lua", "build", "policies", "certs", ".busted" } do link(name, name) end
  return dir
end

-- The output and the exit status of this script, pasted into a shell in such a directory.
local function paste(words)
  local dir = workplace()
  support.write(dir .. "/paste", "cd " .. dir .. "\n" .. ports_in(words))
  local status, out, err = support.run({ "bash", dir .. "/paste" }, nil, 60)
  support.remove(dir)
  return status, out .. "\n--- stderr\n" .. err
end

describe("the documents", function()
  -- Pastes a section and looks for these in what it says, in this order.
  local function pastes(heading, expectations)
    local status, said = paste(script(heading))
    assert.message(said).are.equal(0, status)
    local at = 1
    for _, expected in ipairs(expectations) do
      expected = ports_in(expected)
      local from, to = said:find(expected, at)
      if not from then from, to = said:find(expected, at, true) end
      assert.message("in this order: " .. expected .. "\n" .. said).is_not_nil(from)
      at = to + 1
    end
  end

  for heading, row in pairs {
    ["Your first hour"] = { "portnumber = 14910", "portnumber = 70000", "portnumber is 70000" },
    ["Change a rule while partners are connected"] = { 'urm = "shop"', 'urm = "shup"', 'script "shup" does not exist' },
    ["From idea to live"] = { 'record = "', 'recrod = "', "unknown key 'recrod' in region" },
    ["Your own authority and partner"] = { 'bind = "partners"', 'bind = "partner"', 'script "partner" does not exist' },
    ["Two regions and a client"] = { 'saf = "b.saf"', 'saf = "c.saf"', "c.saf: No such file or directory" },
    ["Two regions and one Redis"] = { 'sysplex = "PLEXA"', 'sysplx = "PLEXA"', "unknown key 'sysplx' in region" },
  } do
    it(heading .. ": ends by itself and shows the log when its region does not start", function()
      local broken, n = script(heading):gsub(row[1], row[2])
      assert.is_true(n > 0)
      local status, said = paste(broken)
      assert.message(said).are_not.equal(124, status)
      assert.message(said).is_not_nil(said:find(row[3], 1, true))
    end)
  end

  it("Your first hour: can be pasted, and prints the documented text", function()
    pastes("Your first hour", {
      "0 faults, 1 warning", -- step 1: nobody could name the template
      '"reason": "AUTOINSTALL_FAILED"', "refused: exit status 3", -- 2
      "urm_no", "urm = NO",
      "shop +%d+ of %d+ +2 of 2", "3 passed, 0 failed", "0 faults", -- 4
      "outcome: accepted", "policy shop at hour/policies/shop.lua:%d+: install", "installed ipconn SHOPWEB1", -- 5
      "shop.lua:%d+: refuse other_applid", "NO  APPLID begins with SHOPWEB", "refused: exit status 3",
      "generation 2 is in use", "urm NO -> shop", -- 6
      "SHOPWEB1", "policy shop at hour/policies/shop.lua:%d+: install", "current", "the shop may come",
      "refused: exit status 3", -- 7: after urm=NO
      '"accepted": true', "DFHIS3000 ",
    })
  end)

  it("Change a rule while partners are connected: can be pasted, and prints the documented text", function()
    pastes("Change a rule while partners are connected", {
      "refused, nothing changed: exit status 1",
      "could be taken; nothing was changed", "ipconn SHOPWEB2 would be released: install not_listed",
      "generation %d+ is in use", "ipconn SHOPWEB2 released",
      '"released": "region"', "SHOPWEB1", "generation %d+ is in use", '"accepted": true', "policies/shop.lua:3: fault",
    })
  end)

  it("From idea to live: can be pasted, and prints the documented text", function()
    pastes("From idea to live", {
      "refused: exit status 3", "bind +refuse  not_known", "outcome: refused at capex, code not_known", "NO  partner is known", -- 1
      "NO  partner is known", "7 passed, 1 failed", "the row does not hold yet: exit status 1", -- 2
      "0 faults, 0 warnings", "known +24 of 24 +4 of 4", "8 passed, 0 failed", "outcome: accepted", "installed ipconn SHOPWEB2", -- 3
      "not_known", "the running region refuses still: exit status 3",
      "newly_accepted", '"accepted": true', "DECIDING", "127.0.0.0/8",
      "policy known would be changed", "generation %d+ is in use", '"accepted": true', "current", "SHOPWEB2 may come", -- 4
      '+  ["SHOP.SHOPWEB2"] = "KNOWN",',
      "refused: exit status 3", "the start has loaded the same: exit status 3", "accepted again", -- 5
    })
  end)

  it("Two regions and a client: can be pasted, and prints the documented text", function()
    pastes("Two regions and a client", {
      "two/a.lua: 0 faults, 0 warnings", "two/b.lua: 0 faults, 0 warnings", -- step 2
      "INSTALLED +IN +127.0.0.1:%d+ +CICSB ", "INSTALLED +IN +127.0.0.1:%d+ +CICSB ", -- 3: two of theirs, two of ours
      "INSTALLED +OUT +127.0.0.1:14913 +CICSB ", "INSTALLED +OUT +127.0.0.1:14913 +CICSB ",
      '"answered": 1', '"data": .-CICSB.-LINKA.-"userid.-FRED', -- 4
      '"sense": "080F6051"', "refused: exit status 3", -- 5
      '"sense": "080F0983"', "refused: exit status 3",
      "SP0050 W Request refused. .*userid=MARY users=MARY,LINKA .*code=not_authorised",
      'refuse not_authorised "MARY may not attach CPMI',
      "generation 2 is in use", '"answered": 1', '"data": .-LINKA.-"userid.-MARY', "INSTALLED +IN .* 2 +TLSv1.3", -- 6
      "CICSA +ACQUIRED +RECEIVE +10 +0 +10 +1 ", "isr_trans_attached +2\n", "isr_attaches_refused +1\n", -- 7
      "SP0036 I IPCONN acquired. ipconn=CICSB", "code=password_wrong",
    })
  end)

  it("Your own authority and partner: can be pasted, and prints the documented text", function()
    pastes("Your own authority and partner", {
      "own/region.lua: 0 faults, 0 warnings", '"accepted": true', -- step 3
      "generation 2 is in use", "ring own/CICSA changed", '"alert": "certificate_revoked"', "refused: exit status 3", -- 4
      "certificate revoked", "CN=SHOP.SHOPWEB1,O=Example, issued by CN=Example CA,O=Example",
    })
  end)

  it("Two regions and one Redis: can be pasted, and prints the documented text", function()
    pastes("Two regions and one Redis", {
      "plex/a/region.lua: 0 faults, 1 warning", "plex/b/region.lua: 0 faults, 1 warning", "127.0.0.1:14917/0 +UP ", -- step 4
      '"accepted": false', '"reason": "INVALID_PARTNER_STATE"', "refused: exit status 3", -- 5
      "refused at capex, code pair_elsewhere", "SHOP.SHOPWEB1 is held by region NETA.CICSA of the sysplex",
      '"released": "lost"', '"accepted": true', '"applid": "CICSB"', "NETA.CICSB +ACTIVE ", "NETA.CICSA +LOST ", -- 6
      "SP0149 I Claim of a lost region taken over. .-SHOP.SHOPWEB1 was held by region NETA.CICSA",
      '"applid": "CICSA"', '"applid": "CICSB"', -- 7
      '"reason": "AUTOINSTALL_FAILED"', "refused: exit status 3", "generation 2 is in use", '"applid": "CICSA"', -- 8
      "current +%S+ +%x+ +serial 1 .-SHOPWEB2 may come", '"accepted": true', '"applid": "CICSB"',
      '"reason": "AUTOINSTALL_FAILED"', "refused: exit status 3", "not published: exit status 1", -- 9
      "NETA.CICSA +ACTIVE +2 ", "NETA.CICSB +ACTIVE +2 ",
      "SP0161 I Published rules taken. .-serial=1 ", "SP0161 I Published rules taken. .-serial=2 ", "SP0141 I Sysplex left.", -- 10
      "policy: serial 2 is published already; sign these rules under a higher serial",
    })
  end)

  it("have a sample of a spec, which passes", function()
    local dir = support.directory()
    support.write(dir .. "/sample_spec.lua", support.read("spec/README.md"):match "\n## Write a spec\n.-\n```lua\n(.-)```")
    local status, out, err = support.run { "lua5.4", "/usr/bin/busted", dir .. "/sample_spec.lua" }
    assert.message(out .. err).are.equal(0, status)
    assert.is_truthy(out:find("1 success", 1, true), out)
    support.remove(dir)
  end)

  it("lists every ring of make certs, and its subject", function()
    local rings, listed = {}, {}
    for ring in lfs.dir "certs/rings" do rings[#rings + 1] = not ring:find "^%." and ring or nil end
    for ring in CERTS:match "\n## The rings of `make certs`\n(.-)\n## ":gmatch "\n| `([^`]+)` |" do listed[#listed + 1] = ring end
    table.sort(rings)
    table.sort(listed)
    assert.are.same(rings, listed)
  end)

  it("lists every message, word for word", function()
    local found = 0
    for id, severity, sentence in support.read("engine/base/message.h"):gmatch "X%((%w+), '(.)', \"(.-)\"%) *\\?\n" do
      found = found + 1
      local row = ("| `%s` | %s | %s |"):format(id, severity, sentence)
      assert.message(row).is_not_nil(OPERATE:find(row, 1, true))
    end
    assert.is_true(found >= 60, "the pattern finds the messages: " .. found)
  end)

  it("lists every code the engine refuses by", function()
    local found = 0
    for _, file in ipairs(tree.files("engine", "%.c$")) do
      local source = support.read(file)
      for _, call in ipairs { "%f[%w_][%w_]*refuse[%w_]*", "dial_failed" } do
        for code in source:gmatch(call .. '%([^;{]-"([a-z_]+)",') do
          found = found + 1
          assert.message(file .. ": " .. code).is_not_nil(POLICIES:find("`" .. code .. "`", 1, true))
        end
      end
    end
    assert.is_true(found >= 40, "the pattern finds the codes: " .. found)
  end)

  it("lists every CAPEX reason", function()
    local found = 0
    for reason in support.read("engine/ipic/reason.h"):gmatch "X%(([A-Z_]+), %d%d%d," do
      found = found + 1
      assert.message(reason).is_not_nil(WIRE:find("| `" .. reason .. "` |", 1, true))
    end
    assert.is_true(found >= 16, "the pattern finds the reasons: " .. found)
  end)

  it("lists every command of an operator, and --help does", function()
    local commands = assert(support.read("engine/admin/operator.c"):match "\n} commands%[%] = {\n(.-)\n};")
    local _, help = support.sallyport "--help"
    local found = 0
    for name in commands:gmatch '{ "(%l+)", operator_do_' do
      found = found + 1
      assert.message(name .. " in engine/admin/README.md").is_truthy(OPERATE:find("\n|[^|\n]*`" .. name .. "%f[%W]"))
      assert.message(name .. " in sallyport --help").is_truthy(help:find("\n  " .. name .. "%f[%W]"))
    end
    assert.is_true(found >= 7, "the pattern finds the commands: " .. found)
  end)

  -- The first row of a table of engine/config/README.md names the constructor. The sentence about keys that are not acted on
  -- has the others.
  it("lists every attribute of a definition, at its constructor", function()
    local idle = assert(DEFINE:match "not yet acted on: (.-)%.\n")
    local source, found = support.read "engine/config/resource.c", 0
    for kind, rows in source:gmatch "#define ROW (%l+)_def\n(.-)#undef ROW" do
      local listed = assert(DEFINE:match("\n| `" .. kind .. " [^\n]*\n|[^\n]*\n(.-)\n\n"), kind)
      for row in rows:gmatch "\n\t([^\n]+)" do
        local name = row:match '^{ %.name = "([%l%d_]+)"' or row:match "^[%u_]+%(([%l%d_]+)[,)]"
        if name then
          found = found + 1
          local known = listed:find("`" .. name .. "`", 1, true) or idle:find(kind .. "%f[%W][^;]*%f[%w_]" .. name .. "%f[^%w_]")
          assert.message(kind .. " " .. name).is_truthy(known)
        end
      end
    end
    assert.is_true(found >= 80, "the pattern finds the attributes: " .. found)
  end)

  -- The rows of engine/policy/fact_table.h, and how policies/README.md says which doors have one.
  local FROM = { FROM_ADMIT = "from `admit`", FROM_CERTIFY = "from `certify`", FROM_BIND = "from `bind`",
    FROM_ATTACH = "`attach` `delete`", AT_ATTACH = "`attach`" }
  local PREFIX = { facts = "", peer = "peer.", own = "own.", load = "load.", tls = "tls.", certificate = "certificate.",
    dn = "certificate.subject.", rdn = "certificate.subject[n].", san = "certificate.san.",
    chain = "certificate.chain.", chain_error = "certificate.chain.errors[n].",
    link = "certificate.chain.certificates[n].", anchor = "certificate.chain.anchor.",
    capex = "capex.", installed = "ipconn.", request = "request." }

  local function known(way_in, way_out, when)
    local at = FROM[way_in]
    if not at then at = "way out: " .. FROM[way_out]
    elseif way_out ~= way_in then at = at .. "; way out: " .. FROM[way_out] end
    return when == "" and at or at .. ", " .. when
  end

  local function fact_rows()
    local facts, program = {}, {}
    local pattern = 'X%(([%w_]+), ([%w_]+), .-, ([A-Z_]+), ([A-Z_]+), "([^"]*)"%) *\\?\n'
    for shape, member, way_in, way_out, when in support.read("engine/policy/fact_table.h"):gmatch("\t" .. pattern) do
      if way_in == "NO_DOOR" and way_out == "NO_DOOR" then program[shape .. "." .. member] = true
      else facts[assert(PREFIX[shape], shape) .. member] = known(way_in, way_out, when) end
    end
    return facts, program
  end

  -- `a.b` `.c` is a.b and a.c.
  local function names_in(cell)
    local names, prefix = {}, nil
    for name in cell:gmatch "`([^`]+)`" do
      if name:sub(1, 1) == "." then name = prefix .. name else prefix = name:match "^(.*)%." end
      names[#names + 1] = name
    end
    return names
  end

  -- The rows of engine/policy/door.h: what a door may answer, the verdict without a script, and whether a reload asks it again.
  it("lists every door in the order of the table of doors", function()
    local pattern = 'X%(%u+, "(%l+)", "%l+", DOOR_(%u+), [%u_]+, [%u_]+, [%u_]+, (%u+), [%u_]+, \\%s+' ..
      'REASK_(%u+), "[^"]*", DEFAULT_([%u_]+)%)'
    local without = { ACCEPT = "accepts", CHAIN = "verified", URM_NO = "`urm_no`", REFUSE = "`sec` decides" }
    local rows = assert(POLICIES:match "\n## Doors\n.-\n|%-[^\n]*\n(.-)\n\n"):gmatch "[^\n]+"
    local n = 0
    for name, kind, yes, again, default in support.read("engine/policy/door.h"):gmatch(pattern) do
      local door, answers, verdict, asked = rows():match "^| `(%l+)%(facts%)` | [^|]+ | ([^|]+) |([^|]*)| ([^|]+) |$"
      n = n + 1
      assert.equal(name, door)
      assert.equal(kind == "NOTICE" and "ignored" or yes:lower() .. ", refuse", answers)
      assert.is_true(kind == "NOTICE" or verdict:find(without[default], 1, true) ~= nil, door)
      assert.equal(again == "NEVER" and "no" or "yes", asked:match "^%l+")
    end
    assert.is_nil(rows())
    assert.equal(6, n)
  end)

  it("lists every fact, and which doors have it", function()
    local expected, found = fact_rows(), {}
    local section = assert(POLICIES:match "\n## Facts\n.-\n|[^\n]*\n|[^\n]*\n(.-)\n\n")
    for cell, at in section:gmatch "| ([^|]+) | ([^|]+) |" do
      for _, name in ipairs(names_in(cell)) do found[name] = at end
    end
    assert.is_not_nil(next(found))
    assert.are.same(expected, found)
  end)

  it("lists every member of a program's request", function()
    local _, others = fact_rows()
    local section = assert(POLICIES:match "\n| `request%.` | |\n|[^\n]*\n(.-)\n\n")
    for cell in section:gmatch "| ([^|]+) | [^|]+ |" do
      for name in cell:gmatch "`([%w_]+)`" do
        assert.message(name).is_true(others["program." .. name])
        others["program." .. name] = nil
      end
    end
    for name in pairs(others) do assert.message(name).is_nil(name:match "^program%.") end
  end)

  it("names every key that is not yet acted on, and only these", function()
    local said = assert(DEFINE:match "not yet acted on: (.-)%.\n")
    local source, shown, acted = support.read "engine/config/resource.c", 0, 0
    for name in source:gmatch "%(([a-z_]+), [^\n]-SHOWN%)" do
      shown = shown + 1
      assert.message(name).is_not_nil(said:find("%f[%w_]" .. name .. "%f[^%w_]"))
    end
    for name in source:gmatch "%(([a-z_]+), [^\n]-, ON%)" do
      acted = acted + 1
      assert.message(name .. " is acted on").is_nil(said:find("region [^;]*%f[%w_]" .. name .. "%f[^%w_][^;]*;"))
    end
    assert.is_true(shown > 0 and acted >= 30, ("the patterns find the keys: %d and %d"):format(shown, acted))
  end)
end)
