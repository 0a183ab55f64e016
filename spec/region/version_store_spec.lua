-- SPDX-License-Identifier: Apache-2.0
-- region { versions = … }: the generations that outlive the region's process, and a start with a pinned one.
local lfs = require "lfs"

local hanging_files = require "spec.support.hanging_files"
local support = require "spec.support"
local versions = require "spec.support.versions"

local LIST, lets_in, list, numbers = versions.LIST, versions.lets_in, versions.list, versions.numbers
local row_of, current, must, refused = versions.row_of, versions.current, versions.must, versions.refused

local function region_of(more, region)
  local t = { region = { versions = "kept" }, scripts = { list = LIST:format "ALICE" }, tcpipservices = { IPIC = { urm = "list" } },
    ipconns = { TMPL = { template = "only" } } }
  for key, value in pairs(region or {}) do t.region[key] = value end
  for key, value in pairs(more or {}) do t[key] = value end
  return support.region(t)
end

-- The start is written after the region answers its operator.
local function await_stored(region)
  support.wait_until(function()
    for _, row in ipairs(list(region)) do
      if not row.stored then return false end
    end
    return true
  end, 10, "the directory of versions")
end

local function begin(...)
  local region = region_of(...)
  region:start()
  await_stored(region)
  return region
end

local function again(region)
  region:stop()
  region:start()
  await_stored(region)
end

local function killed(region)
  region:signal "KILL"
  region:wait(5)
end

local function reload(region, applid, ...)
  region:script("list", LIST:format(applid))
  return must(region, "reload", ...)
end

-- ALICE is pinned, the files say BOB.
local function pinned(...)
  local region = begin(...)
  reload(region, "BOB")
  must(region, "policy", "rollback", "--note", "not yet")
  return region
end

local function fault(region, words)
  local status, log = region:start_and_end(10)
  assert.are.equal(1, status, log)
  assert.is_truthy(log:find(words, 1, true), log)
  return log
end

local function names(path)
  local out = {}
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

local function sha256(bytes)
  local _, out = support.run({ "openssl", "dgst", "-sha256", "-r" }, bytes)
  return out:match "^%x+"
end

-- A text of the directory with right sums, changed.
local function forge(path, change)
  local body = change(support.read(path):gsub("sum %x+\n$", ""), nil)
  support.write(path, body .. "sum " .. sha256(body) .. "\n")
end

describe("the kept generations, with a directory,", function()
  local region
  after_each(function() if region then region:stop() end end)

  it("are there after a restart, byte for byte, and the numbers go on", function()
    local odd = LIST:format "ALICE" .. "-- \xE4\xFF\n"
    region = begin { scripts = { list = odd } }
    reload(region, "BOB", "--note", "Bob replaces Ålice")
    local before = list(region)
    again(region)
    local after = list(region)
    assert.are.equal(3, #after)
    for i, row in ipairs(before) do
      row.state = "kept"
      assert.are.same(row, after[i])
    end
    assert.are.same({ 3, "start", 0, false, "" }, { after[3].generation, after[3].by, after[3].of, after[3].pinned, after[3].note })
    assert.are.equal(odd, must(region, "policy", "show", "1", "list"))
    assert.are.equal(support.read(region:path "region.lua"), must(region, "policy", "show", "1", "region.lua"))
    must(region, "policy", "use", "1")
    lets_in(region, "ALICE")
  end)

  it("are rolled back to other bytes after a restart that loaded the same files", function()
    region = begin()
    reload(region, "BOB")
    again(region)
    must(region, "policy", "rollback")
    lets_in(region, "ALICE")
  end)

  it("give no number twice, also when the newest one is not kept", function()
    region = begin({}, { generations = 1 })
    reload(region, "BOB")
    reload(region, "CAROL")
    assert.are.same({ 3 }, numbers(region))
    region:stop()
    os.remove(region:path "kept/3.version")
    region:start()
    assert.are.same({ 4 }, numbers(region))
  end)

  it("have their data files, and the urms that an operator had set", function()
    local csv = 'local policy = require "policy"\nlocal who = policy.data("who.csv", { key = "applid" })\n' ..
      'return { install = function(facts)\n  if who:find(facts.capex.applid) == nil then return policy.refuse("not_listed", "no") end\n' ..
      '  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }\nend }\n'
    region = region_of({ scripts = { list = csv, other = LIST:format "OTHER" },
      tcpipservices = { IPIC = { urm = "list" }, SECOND = { urm = "other" } } })
    support.write(region:path "policies/who.csv", "applid\nALICE\n")
    region:start()
    support.write(region:path "policies/who.csv", "applid\nBOB\n")
    must(region, "reload")
    must(region, "policy", "rollback")
    again(region)
    lets_in(region, "ALICE")
    must(region, "set", "tcpipservice", "IPIC", "urm=other")
    again(region)
    lets_in(region, "OTHER")
    assert.is_true(current(region).pinned)
  end)

  it("lie in files of the region's user only, each content once, without discarded versions", function()
    region = begin({}, { generations = 2 })
    for _, name in ipairs { "BOB", "CAROL", "BOB", "DAVE" } do reload(region, name) end
    assert.are.same({ 4, 5 }, numbers(region))
    support.wait_until(function() return #names(region:path "kept/objects") == 3 end, 10, "the objects: region.lua, BOB and DAVE")
    assert.are.same({ "4.version", "5.version", "lock", "objects", "store" }, names(region:path "kept"))
    assert.are.equal("rwx------", lfs.attributes(region:path "kept", "permissions"))
    assert.are.equal("rwx------", lfs.attributes(region:path "kept/objects", "permissions"))
    for _, name in ipairs { "4.version", "lock", "store" } do
      assert.are.equal("rw-------", lfs.attributes(region:path("kept/" .. name), "permissions"), name)
    end
    for _, name in ipairs(names(region:path "kept/objects")) do
      assert.are.equal(name, sha256(support.read(region:path("kept/objects/" .. name))))
      assert.are.equal("rw-------", lfs.attributes(region:path("kept/objects/" .. name), "permissions"))
    end
  end)

  it("have no private key and no password hash", function()
    local hash = assert(support.read "policies/saf.lua":match 'password = "(scrypt[^"]+)"')
    local key = assert(support.read "certs/rings/CICSA/CICSA.key":match "PRIVATE KEY%-+\n(%S+)")
    region = begin { tcpipservices = { IPIC = { urm = "list" }, TLS = { ssl = "clientauth", certificate = "CICSA" } },
      saf = ('return { users = { ALICE = { password = %q } }, classes = { TCICSTRN = {} } }'):format(hash) }
    reload(region, "BOB")
    local _, all = support.run { "sh", "-c", "cd " .. region:path "kept" .. " && cat *.version store objects/*" }
    assert.is_truthy(all:find("print %x+ saf\n") and all:find("print %x+ certificate CICSA\n"), all)
    assert.is_nil(all:find(hash, 1, true))
    assert.is_nil(all:find "PRIVATE KEY")
    assert.is_nil(all:find(key, 1, true))
  end)

  it("belong to one region: another one names the process that has them, or the names of the region", function()
    region = begin()
    local second = region_of({ region = { versions = lfs.currentdir() .. "/" .. region:path "kept" } })
    fault(second, ("kept: the process %d writes to it"):format(region:row("region", "CICSA").pid))
    region:stop()
    second:define { region = { applid = "CICSB", versions = lfs.currentdir() .. "/" .. region:path "kept" }, tcpipservices = { IPIC = {} } }
    fault(second, "kept: it has the generations of region CICSA of network NETA; give each region a directory of its own, or move it away")
  end)

  it("stay with a region that a reload has renamed, and that is rolled back", function()
    region = begin()
    local given = region.given
    given.region.applid = "CICSB"
    region:define(given)
    must(region, "reload")
    again(region)
    assert.are.equal("CICSB", region:inquire("region")[1].applid)
    must(region, "policy", "rollback")
    again(region)
    assert.are.equal("CICSA", region:inquire("region")[1].applid)
  end)
end)

describe("a pinned generation, with a directory,", function()
  local region
  after_each(function() if region then region:stop() end end)

  it("is loaded by a restart, with its definitions, and stays pinned", function()
    region = begin()
    region:define { region = { versions = "kept" }, tcpipservices = { IPIC = { urm = "list" } },
      ipconns = { TMPL = { template = "only", receivecount = 7 } } }
    reload(region, "BOB")
    must(region, "policy", "rollback", "--note", "not yet")
    again(region)
    region:wait_log "SP0090 I [^\n]*generation=4 use=3"
    lets_in(region, "ALICE")
    assert.are.equal(1, region:row("ipconn", "TMPL").receivecount)
    local row = current(region)
    assert.are.same({ 4, 3, "not yet", true, "start" }, { row.generation, row.of, row.note, row.pinned, row.by })
    assert.is_true(region:inquire("region")[1].pinned)
    region:signal "HUP"
    region:wait_log "SP0091 I [^\n]*by=signal generation=4"
    must(region, "policy", "rollback")
    lets_in(region, "BOB")
  end)

  it("ends with a reload, also for the next start", function()
    region = pinned()
    must(region, "reload")
    assert.is_nil(lfs.attributes(region:path "kept/pinned"))
    again(region)
    lets_in(region, "BOB")
    assert.is_false(current(region).pinned)
  end)

  it("is loaded when the region was killed as soon as the command had returned", function()
    region = begin({}, { generations = 100 })
    reload(region, "BOB")
    for _ = 1, 5 do
      must(region, "policy", "use", "1")
      killed(region)
      region:start()
      assert.is_true(current(region).pinned)
      lets_in(region, "ALICE")
      reload(region, "BOB")
      killed(region)
      region:start()
      assert.is_false(current(region).pinned)
      lets_in(region, "BOB")
    end
  end)

  it("is loaded although the files have a fault, which is a warning", function()
    region = pinned()
    local text = support.read(region:path "region.lua")
    support.write(region:path "region.lua", (text:gsub("drain", "drian")))
    region:script("list", "return {")
    region:stop()
    region:start()
    region:wait_log "SP0012 W [^\n]*unknown key 'drian'"
    lets_in(region, "ALICE")
    region:stop()
    support.write(region:path "region.lua", text .. "tcpipservice {\n")
    fault(region, "region.lua:")
    region = nil
  end)

  it("stops the start when its ring is not there, and names the file whose removal lets the files in", function()
    local ring = support.directory() .. "/ring"
    support.run { "cp", "-rp", "certs/rings/CICSA", ring }
    region = begin({}, { ring = ring })
    local given = region.given
    given.region.ring = nil
    region:define(given)
    reload(region, "BOB")
    must(region, "policy", "rollback")
    os.rename(ring, ring .. ".away")
    region:stop()
    local log = fault(region, "kept/pinned: a generation is pinned, and the region starts with no other")
    assert.is_truthy(log:find(ring, 1, true), log)
    assert.are.equal(3, #names(region:path "kept") - #{ "lock", "objects", "pinned", "store" })
    os.remove(region:path "kept/pinned")
    region:start()
    lets_in(region, "BOB")
  end)

  for what, case in pairs {
    ["an object is damaged"] = { function(r)
      local hash = support.read(r:path "kept/3.version"):match "script list (%x+)"
      support.write(r:path("kept/objects/" .. hash), LIST:format "MALLORY")
    end, "its bytes do not fit its name" },
    ["an object is not there"] = { function(r)
      os.remove(r:path("kept/objects/" .. support.read(r:path "kept/3.version"):match "script list (%x+)"))
    end, "No such file" },
    ["its manifest is cut off"] = { function(r)
      support.write(r:path "kept/3.version", support.read(r:path "kept/3.version"):sub(1, 200))
    end, "kept/3.version: its bytes do not fit the sum in its last line" },
    ["its manifest is not there"] = { function(r) os.remove(r:path "kept/3.version") end, "generation 3, which is pinned, is not there" },
    ["the pin is cut off"] = { function(r) support.write(r:path "kept/pinned", "sallyport pinned 1\n") end,
      "kept/pinned: its bytes do not fit the sum in its last line; put back a copy of it, or remove it, and the region loads its own" },
    ["the pin is a symbolic link"] = { function(r)
      os.rename(r:path "kept/pinned", r:path "kept/away")
      lfs.link("away", r:path "kept/pinned", true)
    end, "kept/pinned: is a symbolic link, not a regular file; put back" },
    ["the pin is of another directory"] = { function(r)
      forge(r:path "kept/pinned", function(text) return (text:gsub("store %x+", "store 0123456789abcdef")) end)
    end, "kept/pinned: it is of another directory of versions" },
  } do
    it("stops the start when " .. what .. "; without the pin the files are loaded", function()
      region = pinned()
      region:stop()
      case[1](region)
      local log = fault(region, case[2])
      assert.is_truthy(log:find("kept/pinned: ", 1, true), log)
      os.remove(region:path "kept/pinned")
      region:start()
      lets_in(region, "BOB")
    end)
  end
end)

describe("a directory of versions", function()
  local region
  after_each(function() if region then region:stop() end end)

  -- Damage of generation 1, which is not in use: it is listed, and nothing else works with it.
  for what, case in pairs {
    ["an object with other bytes"] = { function(r)
      local hash = support.read(r:path "kept/1.version"):match "script list (%x+)"
      support.write(r:path("kept/objects/" .. hash), LIST:format "MALLORY")
    end, "its bytes do not fit its name" },
    ["an object that is a symbolic link"] = { function(r)
      local hash = support.read(r:path "kept/1.version"):match "script list (%x+)"
      os.rename(r:path("kept/objects/" .. hash), r:path "kept/away")
      lfs.link("../away", r:path("kept/objects/" .. hash), true)
    end, "is a symbolic link" },
    ["an object that is a pipe"] = { function(r)
      local hash = support.read(r:path "kept/1.version"):match "script list (%x+)"
      os.remove(r:path("kept/objects/" .. hash))
      support.run { "mkfifo", r:path("kept/objects/" .. hash) }
    end, "is a pipe (FIFO)" },
    ["a manifest that is a symbolic link"] = { function(r)
      os.rename(r:path "kept/1.version", r:path "kept/away")
      lfs.link("away", r:path "kept/1.version", true)
    end, "kept/1.version: is a symbolic link" },
    ["a manifest that is a pipe"] = { function(r)
      os.remove(r:path "kept/1.version")
      support.run { "mkfifo", r:path "kept/1.version" }
    end, "kept/1.version: is a pipe (FIFO)" },
    ["a manifest that is a directory"] = { function(r)
      os.remove(r:path "kept/1.version")
      lfs.mkdir(r:path "kept/1.version")
    end, "kept/1.version: is a directory" },
    ["a manifest that is cut off"] = { function(r)
      support.write(r:path "kept/1.version", support.read(r:path "kept/1.version"):sub(1, -2))
    end, "its bytes do not fit the sum in its last line" },
    ["a manifest that is empty"] = { function(r) support.write(r:path "kept/1.version", "") end, "its bytes do not fit the sum" },
    ["a manifest that is larger than a MiB"] = { function(r)
      forge(r:path "kept/1.version", function(text) return text .. ("print " .. ("0"):rep(64) .. " crl\n"):rep(16000) end)
    end, "kept/1.version: is larger than 1048576 bytes" },
    ["a manifest of another directory"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("store %x+", "store 0123456789abcdef")) end)
    end, "kept/1.version: it is of another directory of versions" },
    ["a manifest under the name of another"] = { function(r)
      support.write(r:path "kept/1.version", support.read(r:path "kept/2.version"))
    end, "kept/1.version: it is the manifest of generation 2" },
    ["a manifest with a number of 2^63"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("number 1\n", "number 9223372036854775808\n")) end)
    end, "kept/1.version: line 3 is not 'number'" },
    ["a name that leads out of the directory"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("script list", "script ../../list")) end)
    end, "kept/1.version: line 13 is not 'region, include, script, data or env NAME SHA256'" },
    ["an absolute name"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("script list", "script /etc/passwd")) end)
    end, "line 13 is not" },
    ["a hash that is a path"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("script list %x+", "script list ../../region.lua")) end)
    end, "line 13 is not" },
    ["an unknown kind"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("script list", "binary list")) end)
    end, "line 13 is not 'region, include, script, data, env, print or urm'" },
    ["a script twice"] = { function(r)
      forge(r:path "kept/1.version", function(text) return text .. text:match "script list %x+\n" end)
    end, "is not 'region, include, script, data or env NAME SHA256'" },
    ["no region.lua"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("region region.lua %x+\n", "")) end)
    end, "line 12 is not 'region region.lua SHA256'" },
    ["a note of two lines"] = { function(r)
      forge(r:path "kept/1.version", function(text) return (text:gsub("note \n", "note a\nb\n")) end)
    end, "line 11 is not 'hash'" },
  } do
    it("lists a generation with " .. what .. " as damaged, and lets no command use it", function()
      region = begin()
      reload(region, "BOB")
      region:stop()
      case[1](region)
      region:start()
      await_stored(region)
      lets_in(region, "BOB")
      assert.are.same({ 1, 2, 3 }, numbers(region))
      local damage = row_of(region, 1).damage
      assert.is_truthy(damage and damage:find(case[2], 1, true), damage)
      assert.is_nil(row_of(region, 2).damage)
      assert.is_truthy(must(region, "policy", "list"):find(damage:sub(1, 20), 1, true))
      local sentence = "generation 1 cannot be used: "
      refused(region, sentence .. damage:sub(1, 60), "policy", "show", "1", "list")
      refused(region, sentence, "policy", "diff", "1")
      refused(region, sentence, "policy", "use", "1")
      refused(region, sentence, "policy", "rollback")
      assert.are.equal(3, current(region).generation)
      reload(region, "ALICE")
      again(region)
      lets_in(region, "ALICE")
      assert.is_nil(current(region).damage)
    end)
  end

  for what, case in pairs {
    ["is a symbolic link"] = { function(r)
      os.rename(r:path "kept", r:path "away")
      lfs.link("away", r:path "kept", true)
    end, "kept: is a symbolic link or no directory; give the path of a directory itself" },
    ["is a file"] = { function(r)
      os.rename(r:path "kept", r:path "away")
      support.write(r:path "kept", "")
    end, "kept: is a symbolic link or no directory" },
    ["can be read by others"] = { function(r) os.execute("chmod 750 " .. r:path "kept") end,
      "kept: others may read or write it (mode 0750); chmod 700 " },
    ["has objects that others may write"] = { function(r) os.execute("chmod 770 " .. r:path "kept/objects") end,
      "kept/objects: others may read or write it (mode 0770); chmod 700 objects" },
    ["has objects behind a symbolic link"] = { function(r)
      os.rename(r:path "kept/objects", r:path "away")
      lfs.link("../away", r:path "kept/objects", true)
    end, "kept/objects: is a symbolic link or no directory" },
    ["has a lock that is a symbolic link"] = { function(r)
      os.remove(r:path "kept/lock")
      lfs.link("../region.lua", r:path "kept/lock", true)
    end, "kept: lock file lock: it is a symbolic link; remove it" },
    ["has a lock that is a pipe"] = { function(r)
      os.remove(r:path "kept/lock")
      support.run { "mkfifo", r:path "kept/lock" }
    end, "kept: lock file lock: not a regular file; move it away" },
    ["has no head"] = { function(r) os.remove(r:path "kept/store") end,
      "kept/store: it is not there; put back a copy of it, or move the directory away" },
    ["has a damaged head"] = { function(r) support.write(r:path "kept/store", "sallyport versions 1\n") end,
      "kept/store: its bytes do not fit the sum in its last line; put back a copy of it, or move the directory away" },
    ["has a head with a number of 2^63"] = { function(r)
      forge(r:path "kept/store", function(text) return (text:gsub("last %d+", "last 9223372036854775808")) end)
    end, "kept/store: line 3 is not 'last'" },
    ["has a manifest with the last number"] = { function(r) support.write(r:path "kept/4503599627370496.version", "") end,
      "kept: the number of generation 4503599627370496 leaves none for others; move its manifest away, or the directory" },
    ["has a manifest without a number"] = { function(r) support.write(r:path "kept/01.version", "") end,
      "kept/01.version: the name has no number of a generation; move it away" },
    ["has a manifest with a number of 2^63"] = { function(r) support.write(r:path "kept/9223372036854775808.version", "") end,
      "kept/9223372036854775808.version: the name has no number of a generation; move it away" },
  } do
    it("that " .. what .. " stops the start, and check says so", function()
      local own = begin()
      own:stop()
      case[1](own)
      local log = fault(own, "region.lua:1: fault: region: versions: ")
      assert.is_truthy(log:find(case[2], 1, true), log)
      local status, out, err = support.sallyport("check", "--region", own:path "region.lua")
      local lock = what:find "lock" or what:find "last number" -- check takes no lock, and reads no generation
      assert.are.equal(lock and 0 or 1, status, out .. err)
      assert.is_truthy(lock or (out .. err):find(case[2], 1, true), out .. err)
    end)
  end

  it("that is damaged does not hide the faults of region.lua", function()
    local own = begin()
    own:stop()
    support.write(own:path "kept/store", "sallyport versions 1\n")
    support.write(own:path "region.lua", support.read(own:path "region.lua") .. '\nipconn "LATER" { applid = "far too long" }\n')
    fault(own, "ipconn LATER: applid")
    local _, out, err = support.sallyport("check", "--region", own:path "region.lua")
    assert.is_truthy((out .. err):find("ipconn LATER: applid", 1, true), out .. err)
  end)

  it("is made with its parent; check needs none, and notes a pin", function()
    region = region_of({}, { versions = "new/kept" })
    local status, out, err = support.sallyport("check", "--strict", "--region", region:path "region.lua")
    assert.are.equal(1, status) -- urm without TLS
    assert.is_nil((out .. err):find("versions", 1, true), out .. err)
    assert.is_nil(lfs.attributes(region:path "new"))
    region:start()
    await_stored(region)
    assert.are.equal("rwx------", lfs.attributes(region:path "new", "permissions"))
    must(region, "policy", "use", "1")
    status, out, err = support.sallyport("check", "--region", region:path "region.lua")
    assert.are.equal(0, status)
    assert.is_truthy((out .. err):find("note: generation 2 is pinned", 1, true), out .. err)
  end)

  it("of another path counts from the next start", function()
    region = begin()
    local given = region.given
    given.region.versions = "other"
    region:define(given)
    local out = must(region, "reload")
    assert.is_truthy(out:find("versions kept -> other; it counts from the next start", 1, true) or
      out:find("it counts from the next start", 1, true), out)
    assert.is_nil(lfs.attributes(region:path "other"))
    again(region)
    assert.are.same({ 1 }, numbers(region))
  end)

  it("that is full says so, holds nothing up, and gets everything when there is room", function()
    region = region_of { wrapper = { "prlimit", "--fsize=30000:unlimited" } }
    region:start()
    await_stored(region)
    local pid = region:row("region", "CICSA").pid
    region:script("list", LIST:format "BOB" .. ("-- a comment of some length\n"):rep(1500))
    local _, err = must(region, "reload")
    assert.is_truthy(err:find("not on disk yet: ", 1, true) and err:find("kept/objects/", 1, true), err)
    region:wait_log "SP0093 E [^\n]*kept/objects/%x+: File too large"
    lets_in(region, "BOB")
    assert.are.same({ true, false }, { row_of(region, 1).stored, row_of(region, 2).stored })
    assert.are.equal("FAILING", region:row("region", "CICSA").versionstatus)
    assert.is_truthy(must(region, "policy", "list"):find "STORED")
    assert.are.equal(0, (support.run { "prlimit", "--pid", tostring(math.tointeger(pid)), "--fsize=unlimited" }))
    region:wait_log "SP0094 I "
    await_stored(region)
    assert.are.equal("WRITTEN", region:row("region", "CICSA").versionstatus)
    assert.are.equal(1, region:count_log "SP0093")
    again(region)
    assert.are.same({ 1, 2, 3 }, numbers(region))
    assert.is_nil(row_of(region, 2).damage)
  end)

  it("keeps the files of others", function()
    region = begin({}, { generations = 1 })
    local others = { "kept/region.lua.new", "kept/notes", "kept/objects/README", "kept/objects/" .. ("x"):rep(64) }
    for _, name in ipairs(others) do support.write(region:path(name), "mine") end
    reload(region, "BOB")
    reload(region, "CAROL")
    again(region)
    support.wait_until(function() return lfs.attributes(region:path "kept/3.version") == nil end, 10, "the discarded manifest")
    region:stop()
    for _, name in ipairs(others) do assert.are.equal("mine", support.read(region:path(name))) end
  end)

  it("that is gone says so, and the region goes on", function()
    region = begin()
    os.rename(region:path "kept", region:path "away")
    os.execute("rm -r " .. region:path "away")
    local _, err = must(region, (function() region:script("list", LIST:format "BOB") return "reload" end)())
    assert.is_truthy(err:find("not on disk yet: ", 1, true), err)
    region:wait_log "SP0093 E "
    lets_in(region, "BOB")
    again(region)
    assert.are.same({ 1 }, numbers(region))
  end)

  it("on a disk that does not answer holds up neither partners nor the end of the region", function()
    local disk = hanging_files.new()
    region = region_of { wrapper = disk.wrapper }
    region:start()
    await_stored(region)
    disk:hold "fsync"
    region:script("list", LIST:format "BOB")
    local _, err = must(region, "reload")
    assert.is_truthy(err:find("kept: the disk did not answer within 2 seconds", 1, true), err)
    lets_in(region, "BOB")
    assert.is_false(row_of(region, 2).stored)
    region:stop()
    assert.is_truthy(region:log():find("SP0093 E [^\n]*the region ends, and the disk did not answer within 2 seconds"), region:log())
    disk:release()
  end)

  it("on a disk that does not answer at the end of the region leaves no operator without an answer", function()
    local disk = hanging_files.new()
    region = region_of { wrapper = disk.wrapper }
    region:start()
    await_stored(region)
    disk:hold "fsync"
    region:script("list", LIST:format "BOB")
    local command = support.start { support.binary, "reload", "--control", region.control }
    support.wait_until(function() return disk:held() > 0 end, 10, "the write")
    region:stop()
    assert.are.equal(0, command:wait(10))
    assert.is_truthy(command:stdout():find("generation 2 is in use", 1, true), command:stdout())
    assert.is_truthy(command:stderr():find("not on disk yet: the region ended before the disk answered", 1, true), command:stderr())
    disk:release()
    region:start()
    lets_in(region, "BOB")
  end)

  for _, point in ipairs { ".new", "rename", "2.version.new", "rename 2.version", "rename store", "unlink 1.version", "fsync", "pinned.new",
    "rename pinned" } do
    it("can be read after a kill at " .. point, function()
      local disk = hanging_files.new()
      region = region_of({ wrapper = disk.wrapper }, { generations = 1 })
      region:start()
      await_stored(region)
      region:script("list", LIST:format "BOB")
      disk:hold(point)
      local words = point:find "pinned" and "policy use 1" or "reload"
      local command = support.start { "sh", "-c", ("exec %s %s --control %s"):format(support.binary, words, region.control) }
      support.wait_until(function() return disk:held() > 0 end, 10, "the write")
      killed(region)
      command:wait(10)
      disk:release()
      region:start()
      await_stored(region)
      for _, row in ipairs(list(region)) do assert.is_nil(row.damage) end
      assert.is_true(current(region).generation >= 2)
      assert.is_false(current(region).pinned)
      lets_in(region, "BOB")
      again(region)
      for _, name in ipairs(names(region:path "kept")) do assert.is_nil(name:find "%.new$", name) end
    end)
  end

  -- Changes the script and gives the command, until the region does not answer.
  local LOOP = [[while printf -- '-- %%s\n' $((i=i+1)) >>%s; do %s %s --control %s || exit 0; done]]

  it("can be read after kills at any moment, and has each generation that an operator was told", function()
    region = region_of({}, { generations = 3 })
    local greatest = 0
    for round = 1, 8 do
      region:start()
      assert.is_true(current(region).generation > greatest)
      for _, row in ipairs(list(region)) do assert.is_nil(row.damage) end
      local loop = support.start { "sh", "-c", LOOP:format(region:path "policies/list.lua", support.binary,
        round % 2 == 0 and "policy rollback" or "reload", region.control) }
      support.wait_until(function() return select(2, loop:stdout():gsub("is in use", "")) >= round end, 10, "reloads")
      killed(region)
      loop:wait(10)
      for number in loop:stdout():gmatch "generation (%d+) is in use" do greatest = math.max(greatest, tonumber(number)) end
    end
  end)
end)
