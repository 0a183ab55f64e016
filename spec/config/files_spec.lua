-- SPDX-License-Identifier: Apache-2.0
-- Starts first: a region with a file that does not answer takes 2 s to end.
-- Files that a definition names: what they must be, who may read and write them, and what a file that never answers holds up.
local lfs = require "lfs"

local pair = require "spec.support.pair"
local hanging_files = require "spec.support.hanging_files"
local support = require "spec.support"

local function shell(command)
  assert(os.execute(command), command)
end

-- A directory with a region.lua, a ring of its own, a saf and a script.
local function new()
  local region = support.region {
    region = { applid = "CICSA" },
    tcpipservices = { IPIC = { urm = "yes" } },
    scripts = { yes = "return { install = function() return require 'policy'.refuse 'no' end }" },
    saf = "return { users = { CICSUSER = {} } }",
  }
  shell(("cp -RL certs/rings/CICSA %s/ring"):format(region.dir))
  region.given.region.ring = region.dir .. "/ring"
  region:define(region.given)
  return region
end

local function check(region, ...)
  local status, out, err = support.sallyport("check", "--region", region:path "region.lua", ...)
  return status, out .. err
end

local function has(text, pattern)
  assert.is_truthy(text:find(pattern), text)
end

describe("a file that a definition names", function()
  local FIFOS = { "region.lua", "saf.lua", "ring/maps.lua", "policies/yes.lua", "ring/CICSA.key", "ring/crls/new.crl", "ring/permit" }
  for _, name in ipairs(FIFOS) do
    it("is a fault when it is a FIFO: " .. name, function()
      local region = new()
      shell(("rm -f %s; mkfifo -m 600 %s"):format(region:path(name), region:path(name)))
      local status, said = check(region)
      assert.equal(1, status, said)
      has(said, name:gsub("%p", "%%%0") .. ": .*is a pipe %(FIFO%), not a regular file")
    end)
  end

  local FAULTS = {
    { "666", "region.lua", "can be written by everybody %(mode 0666%); chmod o%-w %S+/region%.lua" },
    { "606", "saf.lua", "can be written by everybody" },
    { "666", "policies/yes.lua", "can be written by everybody" },
    { "602", "ring/maps.lua", "can be written by everybody" },
    { "644", "saf.lua", "holds secrets and can be read by everybody %(mode 0644%); chmod 600 %S+/saf%.lua" },
    { "660", "saf.lua", "holds secrets and can be written by its group" },
    { "644", "ring/CICSA.key", "holds secrets and can be read by everybody %(mode 0644%); chmod 600 %S+/ring/CICSA%.key" },
    { "660", "ring/CICSA.key", "holds secrets and can be written by its group" },
    { "666", "ring/CICSA.pem", "can be written by everybody %(mode 0666%); chmod o%-w %S+/ring/CICSA%.pem" },
    { "777", "ring", "everybody can add files %(mode 0777%); chmod o%-w %S+/ring" },
    { "777", "ring/signers", "everybody can add files" },
    { "1777", "ring/crls", "everybody can add files" },
    { "777", "policies", "everybody can add files %(mode 0777%); chmod o%-w" },
    { "1777", "policies", "everybody can add files" },
  }
  for _, row in ipairs(FAULTS) do
    it(("is a fault with its remedy: mode %s of %s"):format(row[1], row[2]), function()
      local region = new()
      if row[2] == "ring/maps.lua" then support.write(region:path(row[2]), "return {}") end
      shell(("chmod %s %s"):format(row[1], region:path(row[2])))
      local status, said = check(region)
      assert.equal(1, status, said)
      has(said, row[3])
    end)
  end

  it("may be a secret that its group reads", function()
    local region = new()
    shell(("chmod 640 %s %s"):format(region:path "saf.lua", region:path "ring/CICSA.key"))
    local status, said = check(region)
    assert.equal(0, status, said)
  end)

  it("may be what a link of a link points to, as Kubernetes mounts it", function()
    local region = new()
    local mount = "mkdir ..2026 && mv %s ..2026 && ln -s ..2026 ..data && for f in ..2026/*; do ln -s ..data/${f##*/} .; done"
    shell(("cd %s && " .. mount):format(region.dir, "region.lua saf.lua"))
    shell(("cd %s/ring && " .. mount):format(region.dir, "*.pem *.key"))
    local status, said = check(region)
    assert.equal(0, status, said)
  end)
end)

describe("a doubtful file", function()
  local function doubtful()
    local region = new()
    shell(("chmod 664 %s/policies/yes.lua %s/region.lua"):format(region.dir, region.dir))
    return region
  end

  it("is a warning of check", function()
    local status, said = check(doubtful())
    assert.equal(0, status, said)
    has(said, "policies/yes%.lua: warning: can be written by its group %(gid %d+%); chmod g%-w %S+/policies/yes%.lua")
    has(said, "region%.lua: warning: can be written by its group")
    assert.equal(1, (check(doubtful(), "--strict")))
  end)

  it("is a ring's file of rules, too", function()
    local region = new()
    for _, name in ipairs { "maps.lua", "permit" } do
      support.write(region:path("ring/" .. name), name == "permit" and "owner CICSA\n" or "return {}")
      shell(("chmod 664 %s/ring/%s"):format(region.dir, name))
      local _, said = check(region)
      has(said, "ring/" .. name .. ": warning: can be written by its group %(gid %d+%); chmod g%-w %S+/ring/" .. name)
    end
  end)

  it("is one warning for a directory of them", function()
    local region = doubtful()
    for i = 1, 3 do region:script("more" .. i, "return {}") end
    shell(("chmod 664 %s/policies/*"):format(region.dir))
    local _, said = check(region)
    has(said, "the same is true of 3 more in %S+/policies\n")
    assert.equal(2, select(2, said:gsub("can be written by its group", "")))
  end)

  it("is told by the log at the start and at a reload", function()
    local region = doubtful()
    region:start()
    local warning = "SP0012 W .*can be written by its group.*rule=file_group"
    assert.equal(2, region:count_log(warning, 2))
    assert.equal(0, (region:command "reload"))
    assert.equal(4, region:count_log(warning, 4))
    region:stop()
  end)

  it("belongs to neither root nor the region's user", function()
    if not os.execute "test $(id -u) = 0" then return pending "needs root to give a file away" end
    local region = new()
    shell(("chown 4711 %s/policies/yes.lua %s/saf.lua %s/ring/CICSA.pem"):format(region.dir, region.dir, region.dir))
    local status, said = check(region)
    assert.equal(0, status, said)
    has(said, "ring/CICSA%.pem: warning: belongs to uid 4711")
    has(said, "policies/yes%.lua: warning: belongs to uid 4711, which is neither root nor the region's user %(uid 0%)")
    has(said, "saf%.lua: warning: belongs to uid 4711")
    shell(("chmod 640 %s/saf.lua"):format(region.dir))
    status, said = check(region)
    assert.equal(1, status, said)
    has(said, "saf%.lua: fault: holds secrets, can be read by its group and belongs to uid 4711")
  end)
end)

describe("a FIFO that takes a file's place", function()
  local NAMES = { "region.lua", "saf.lua", "ring/maps.lua", "policies/yes.lua", "ring/CICSA.key", "ring/signers/root.pem", "ring/permit" }
  for _, name in ipairs(NAMES) do
    it("refuses the reload, and neither the next reload nor the end waits for it: " .. name, function()
      local region = new()
      region:start()
      local old = support.read(region:path(name))
      shell(("rm -f %s; mkfifo -m 600 %s"):format(region:path(name), region:path(name)))
      local status, _, err = region:command "reload"
      assert.equal(1, status, err)
      has(err, "is a pipe %(FIFO%)")
      os.remove(region:path(name))
      if old then support.write(region:path(name), old) end
      assert.equal(0, (region:command "reload"))
      region:stop()
    end)
  end

  it("is a log: its lines wait for the reader", function()
    local region = new()
    shell("mkfifo -m 600 " .. region:path "log")
    region.given.arguments = { "--log", region:path "log" }
    region:start()
    local reader = support.start { "timeout", "10", "grep", "-m1", "SP0001", region:path "log" }
    assert.equal(0, reader:wait(10))
    region:stop()
  end)

  it("is no log when everybody may write it, nor in a directory that everybody may write", function()
    local region = new()
    region.given.arguments = { "--log", region:path "open/log" }
    shell(("mkdir -m 777 %s/open"):format(region.dir))
    local status, said = region:start_and_end()
    assert.equal(1, status)
    has(said, "log file %S+/open/log: the directory %S+/open can be written by everybody %(mode 0777%); chmod o%-w %S+/open")
    shell(("chmod 1777 %s/open; mkfifo %s/open/log; chmod 666 %s/open/log"):format(region.dir, region.dir, region.dir))
    status, said = region:start_and_end()
    assert.equal(1, status)
    has(said, "log file %S+/open/log: can be written by everybody %(mode 0666%); chmod o%-w")
  end)
end)

describe("a file system that does not answer", function()
  -- The region answers while it hangs, and ends by SIGTERM all the same.
  local function lives_and_ends(region)
    assert(region:inquire "region")
    local began = support.now()
    region:stop()
    assert.is_true(support.now() - began < 8)
    has(region:log(), "SP0002")
  end

  for _, part in ipairs { "region.lua", "saf.lua", "ring/maps.lua", "policies/yes.lua", "CICSA.key" } do
    it("holds up a reload and nothing else: " .. part, function()
      local disk = hanging_files.new()
      local region = new()
      region.given.wrapper = disk.wrapper
      region:start()
      disk:hold(part)
      region:signal "HUP"
      support.wait_until(function() return disk:held() > 0 end, 10, "the loader to hang")
      local _, _, err = region:command "reload"
      has(err, "a reload is under way")
      lives_and_ends(region)
    end)
  end

  it("holds up a reload, whose operator is answered when the region ends", function()
    local disk = hanging_files.new()
    local region = new()
    region.given.wrapper = disk.wrapper
    region:start()
    disk:hold "saf.lua"
    local reload = support.start { support.binary, "reload", "--control", region.control }
    support.wait_until(function() return disk:held() > 0 end, 10, "the loader to hang")
    lives_and_ends(region)
    assert.equal(1, reload:wait(8))
    has(reload:stderr(), "the region ended before the reload did")
    has(region:log(), "SP0009 .*command=reload .*refused=\"fault: the region ended before the reload did\"")
  end)

  for _, part in ipairs { "region.lua", "CICSA.key", "recovery" } do
    it("holds up a start, which a signal ends all the same: " .. part, function()
      local disk = hanging_files.new()
      local region = new()
      region.given.region.recovery = region:path "recovery"
      region:define(region.given)
      disk:hold(part)
      local words = { support.binary, "run", "--region", region:path "region.lua" }
      for i, word in ipairs(disk.wrapper) do table.insert(words, i, word) end
      local p = support.start(words, region.dir)
      support.wait_until(function() return disk:held() > 0 end, 10, "the start to hang")
      p:signal "TERM"
      assert.equal(0, p:wait(8))
      assert.is_nil(lfs.attributes(region.control, "mode"))
    end)
  end

  it("holds up a reload until it answers again", function()
    local disk = hanging_files.new()
    local region = new()
    region.given.wrapper = disk.wrapper
    region:start()
    disk:hold "maps.lua"
    region:signal "HUP"
    support.wait_until(function() return disk:held() > 0 end, 10, "the loader to hang")
    disk:release()
    region:wait_log "SP0010 I .*generation=2"
    region:stop()
  end)

  it("holds up run --watch and nothing else", function()
    local disk = hanging_files.new()
    local region = new()
    region.given.wrapper, region.given.arguments = disk.wrapper, { "--watch" }
    region:start()
    disk:hold "saf.lua"
    support.wait_until(function() return disk:held() > 0 end, 10, "a look to hang")
    lives_and_ends(region)
  end)

  it("holds up the recovery file and no partner", function()
    local disk = hanging_files.new()
    local a, b = pair.new { region_a = {}, region_b = {} }
    a.given.region.recovery, a.given.wrapper = a:path "recovery", disk.wrapper
    a:define(a.given)
    b:start()
    a:start()
    disk:hold "fsync"
    pair.acquire(a)
    pair.becomes(a, "ACQUIRED")
    support.wait_until(function() return disk:held() > 0 end, 10, "the write to hang")
    assert.is_nil(support.read(a:path "recovery"))
    lives_and_ends(a)
    has(a:log(), "SP0056 E [^\n]*the disk did not answer within 2 seconds")
    b:stop()
  end)

  it("is written to when it answers again, over a FIFO at RECOVERY.new", function()
    local disk = hanging_files.new()
    local a, b = pair.new { region_a = {}, region_b = {} }
    a.given.region.recovery, a.given.wrapper = a:path "recovery", disk.wrapper
    a:define(a.given)
    shell("mkfifo " .. a:path "recovery.new")
    b:start()
    a:start()
    disk:hold "fsync"
    pair.acquire(a)
    pair.becomes(a, "ACQUIRED")
    support.wait_until(function() return disk:held() > 0 end, 10, "the write to hang")
    disk:release()
    support.wait_until(function() return support.read(a:path "recovery") end, 10, "the file to be written")
    has(support.read(a:path "recovery"), "partner NETB CICSB %x+ %S+ 0\n$")
    assert.equal(0, a:count_log "SP0056")
    a:stop()
    b:stop()
  end)

  it("is a recovery file that everybody could replace: the start says so", function()
    local region = new()
    shell(("mkdir -m 777 %s/open"):format(region.dir))
    region.given.region.recovery = region:path "open/recovery"
    region:define(region.given)
    local status, said = region:start_and_end()
    assert.equal(1, status)
    has(said, "recovery file %S+/open/recovery .*: the directory %S+/open can be written by everybody")
    status, said = check(region)
    assert.equal(1, status)
    has(said, "region%.lua:%d+: fault: recovery file %S+/open/recovery .*: the directory %S+/open can be written by everybody")
  end)
end)
