-- SPDX-License-Identifier: Apache-2.0
-- Rules in step: regions of a sysplex take the published rules, by their signature and their serial.
local lfs = require "lfs"

local support = require "spec.support"
local rules = require "spec.support.rules"
local small_disk = require "spec.support.small_disk"
local store = require "spec.support.store"
local versions = require "spec.support.versions"

local LIST = versions.LIST
local publish, must_publish, row, wait_serial = rules.publish, rules.must_publish, rules.row, rules.wait_serial

local PARTNERS = 'ipconn "TMPL" { template = "only" }\n'

describe("published rules", function()
  local server, key, regions

  setup(function() key = rules.key() end)
  before_each(function() server, regions = store.start { "--appendonly", "yes" }, {} end)
  after_each(function()
    for _, r in ipairs(regions) do r:stop() end
    server:kill()
  end)

  -- more: attributes of the region; nil: those of a follower. Each region has its own local files, which let ALICE in.
  local function region(applid, more)
    local r = rules.region(server, applid, more or rules.follow(key), PARTNERS)
    regions[#regions + 1] = r
    return r
  end

  local function start(applid, more)
    local r = region(applid, more):start()
    r:wait_log "SP0130 "
    return r
  end

  -- A region in which rules are written and tried: it does not follow.
  local function author()
    return start("AUTHOR", "versions = \"versions\"")
  end

  -- The rules of the author that let one partner in, signed; the path.
  local function write(a, partner, serial, more)
    a:script("list", LIST:format(partner))
    versions.must(a, "reload")
    return rules.bundle(a, key, serial, more)
  end

  local function wait_store(r)
    support.wait_until(function() return r:inquire "store"[1].state == "UP" end, 10, "the store")
  end

  it("are taken by each region that follows, and shown to all", function()
    local a, b, c = author(), start "CICSB", start "CICSC"
    versions.lets_in(b, "ALICE")
    must_publish(a, write(a, "BOB", 7, { note = "November", expires = "30d" }))
    for _, r in ipairs { b, c } do
      r:wait_log 'SP0161 .*sysplex=PLEX1 serial=7 note=November'
      versions.lets_in(r, "BOB")
      assert.are.equal("AUTOINSTALL_FAILED", versions.outcome(r, "ALICE"))
      local last = versions.current(r)
      assert.are.same({ "serial 7", "November" }, { last.by, last.note })
    end
    for _, r in ipairs { a, b, c } do
      wait_serial(r, "NETA.CICSB", 7)
      wait_serial(r, "NETA.CICSC", 7)
    end
    local shown = row(a, "NETA.CICSB")
    assert.is_truthy(shown.expires > os.time() and shown.expired == false)
    support.wait_until(function() return row(a, "NETA.CICSC").version == "7" end, 10, "the version of CICSC")
    assert.is_nil(row(a, "NETA.AUTHOR").serial)
    assert.are.equal(1, a:count_log("SP0160 .*serial=7", 1))
  end)

  it("replace local files, and a file on the disk that differs from them is named", function()
    local a, b = author(), start "CICSB"
    local function check()
      local status, out, err = support.run { support.binary, "check", "--region", b:path "region.lua" }
      assert.are.equal(0, status, err)
      return out .. err
    end
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    b:wait_log "SP0165 .*the published rules %(serial 7%) are in force: list of this machine, which differ from them, have no effect"
    b:script("list", LIST:format "BOB") -- as published
    assert.is_nil(check():find("have no effect", 1, true))
    b:script("list", LIST:format "ALICE")
    support.write(b:path "conf.d/partners.lua", PARTNERS .. 'ipconn "MINE" {}\n')
    versions.must(b, "reload")
    b:wait_log "SP0165 .*conf.d/partners.lua and 1 further files of this machine"
    assert.is_truthy(check():find("note: the published rules (serial 7) are in force: conf.d/partners.lua and 1 further files", 1, true))
    versions.lets_in(b, "BOB")
  end)

  it("change no local resource: a tcpipservice in a published file is refused, and told to all", function()
    local a, b = author(), start "CICSB"
    local path = support.directory() .. "/rules.bundle"
    local own = 'tcpipservice "OTHER" { host = "127.0.0.1", portnumber = 0 }\n'
    support.write(path, rules.made { ["include conf.d/partners.lua"] = PARTNERS .. own, ["script list"] = LIST:format "BOB" })
    assert.are.equal(0, (rules.sign(key, path, { serial = 7, sysplex = "PLEX1" })))
    must_publish(a, path)
    b:wait_log 'SP0162 .*serial=7 .*the published file defines tcpipservice OTHER'
    a:wait_log 'SP0164 .*region=NETA.CICSB serial=7 why=.*defines tcpipservice OTHER'
    versions.lets_in(b, "ALICE")
    assert.are.same({ 0, 7 }, { row(b, "NETA.CICSB").serial, row(b, "NETA.CICSB").refused })
  end)

  it("that a region cannot load leave it at its rules; the others take them", function()
    local a, b = author(), start "CICSB"
    local c = region "CICSC"
    -- CICSC has one more listener of its own, whose script the rules do not have
    support.write(c:path "region.lua", support.read(c:path "region.lua") ..
      'tcpipservice "MORE" { host = "127.0.0.1", portnumber = 0, urm = "own" }\n')
    c:script("own", LIST:format "ALICE")
    c:start()
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    a:wait_log 'SP0164 .*region=NETA.CICSC serial=7 .*own'
    b:wait_log 'SP0164 .*region=NETA.CICSC serial=7 .*own'
    versions.lets_in(c, "ALICE")
    versions.lets_in(b, "BOB")
    assert.are.equal(1, c:count_log("SP0162 ", 1)) -- it is not tried again
    support.wait_until(function() return not lfs.attributes(c:path "kept/rules") end, 10, "the file without the refused rules")
    -- rules that it can load
    a:script("own", LIST:format "CAROL")
    support.write(a:path "region.lua", support.read(a:path "region.lua") ..
      'tcpipservice "MORE" { host = "127.0.0.1", portnumber = 0, urm = "own" }\n')
    must_publish(a, write(a, "CAROL", 8))
    wait_serial(a, "NETA.CICSC", 8)
    wait_serial(a, "NETA.CICSB", 8)
    assert.is_nil(row(a, "NETA.CICSC").refused)
    versions.lets_in(c, "CAROL")
  end)

  it("that were refused are taken after a reload that makes room for them, and never kept before", function()
    local a, b = author(), start "CICSB"
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    local seven, local_definition = support.read(b:path "kept/rules"), support.read(b:path "region.lua")
    support.write(b:path "region.lua", local_definition ..
      'tcpipservice "MORE" { host = "127.0.0.1", portnumber = 0, urm = "own" }\n')
    versions.refused(b, "own", "reload") -- the rules in use have no such script
    must_publish(a, write(a, "CAROL", 8))
    b:wait_log "SP0162 .*serial=8 .*own"
    a:wait_log "SP0164 .*region=NETA.CICSB serial=8"
    versions.lets_in(b, "BOB")
    support.wait_until(function() return support.read(b:path "kept/rules") == seven end, 10, "the file with the rules in use")
    support.write(b:path "region.lua", local_definition)
    versions.must(b, "reload")
    wait_serial(a, "NETA.CICSB", 8)
    versions.lets_in(b, "CAROL")
  end)

  it("are the last ones after a kill", function()
    local a, b = author(), start "CICSB"
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    b:signal "KILL"
    b:wait(10)
    must_publish(a, write(a, "CAROL", 8))
    server:pause()
    b:start()
    versions.lets_in(b, "BOB")
    server:go_on()
    wait_serial(b, "NETA.CICSB", 8)
    versions.lets_in(b, "CAROL")
  end)

  it("are not taken twice: a replayed version is refused although its signature is good", function()
    local a, b = author(), start "CICSB"
    local seven = write(a, "BOB", 7)
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 7)
    must_publish(a, write(a, "CAROL", 8))
    wait_serial(a, "NETA.CICSB", 8)
    local status, _, err = publish(a, seven)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("is not above 8", 1, true) or err:find("serial 8 is published already", 1, true), err)
    -- a writer of the store puts it back
    rules.put(server, 7, support.read(seven))
    -- and names it as a higher one
    rules.put(server, 9, support.read(seven))
    b:wait_log "SP0162 .*serial=9 .*the bundle is of serial 7"
    versions.lets_in(b, "CAROL")
    -- rollback: the old rules under a new serial
    assert.are.equal(0, (rules.sign(key, seven, { serial = 10 })))
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 10)
    versions.lets_in(b, "BOB")
  end)

  it("are taken from nobody who can only write to the store", function()
    local a, b = author(), start "CICSB"
    local other = rules.key()
    local path = rules.export(a, 1)
    assert.are.equal(0, (rules.sign(other, path, { serial = 7, sysplex = "PLEX1" })))
    rules.put(server, 7, support.read(path))
    b:wait_log "SP0162 .*serial=7 .*which is not in follow_keys"
    rules.put(server, 8, "rubbish")
    b:wait_log "SP0162 .*serial=8 .*line 1 is not"
    local good = rules.export(a, 1)
    assert.are.equal(0, (rules.sign(key, good, { serial = 9, sysplex = "PLEX2" })))
    rules.put(server, 9, support.read(good))
    b:wait_log "SP0162 .*serial=9 .*is for the sysplex PLEX2"
    server:cli("HSET", "sallyport:rules:PLEX1", "all", ("10 %s 100"):format(("0"):rep(64)))
    b:wait_log "SP0162 .*serial=10 .*does not have the bundle"
    server:cli("HSET", "sallyport:rules:PLEX1", "all", ("11 %s 99999999"):format(("0"):rep(64)))
    b:wait_log "SP0162 .*serial=11 .*names a bundle of 99999999 bytes"
    server:cli("SET", "sallyport:rules:PLEX1:x", "y")
    server:cli("DEL", "sallyport:rules:PLEX1")
    server:cli("SET", "sallyport:rules:PLEX1", "no hash")
    versions.lets_in(b, "ALICE")
    assert.are.equal(0, row(b, "NETA.CICSB").serial)
    assert.is_nil(lfs.attributes(b:path "kept/rules"))
  end)

  it("are published by a region that follows, when its keys have signed them", function()
    local a, b = author(), start "CICSB"
    local path = write(a, "BOB", 7)
    local function refused(words)
      local status, _, err = publish(b, path)
      assert.are.equal(1, status)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.are.equal("", server:cli("HGETALL", "sallyport:rules:PLEX1"))
    end
    assert.are.equal(0, (rules.sign(rules.key(), path, { serial = 7 })))
    refused "which is not in follow_keys"
    assert.are.equal(0, (rules.sign(key, path, { serial = 7, sysplex = "PLEX2" })))
    refused "serial 7 is for the sysplex PLEX2, not for PLEX1"
    assert.are.equal(0, (rules.sign(key, path, { serial = 7, sysplex = "PLEX1" })))
    must_publish(b, path)
    wait_serial(a, "NETA.CICSB", 7)
    must_publish(b, path) -- the same again changes nothing
    support.write(path, (support.read(path):gsub("BOB", "EVE")))
    local status, _, err = publish(b, path)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("do not have the SHA-256 of the manifest", 1, true), err)
  end)

  it("are published by a region of a sysplex alone", function()
    local a = author()
    local path = write(a, "BOB", 7)
    local alone = support.region {}:start()
    regions[#regions + 1] = alone
    local status, _, err = publish(alone, path)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("the region is in no sysplex", 1, true), err)
    status, _, err = publish(a, (rules.export(a, 1)))
    assert.are.equal(1, status)
    assert.is_truthy(err:find("the bundle is not signed", 1, true), err)
  end)

  it("are not published while the store takes no changes, and the sentence has the text of the store", function()
    local a, b = author(), start "CICSB"
    local seven = write(a, "BOB", 7)
    server:cli("CONFIG", "SET", "min-replicas-to-write", 1)
    local status, _, err = publish(a, seven)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("NOREPLICAS", 1, true), err)
    assert.is_nil(err:find("did not answer", 1, true), err)
    server:cli("CONFIG", "SET", "min-replicas-to-write", 0)
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 7)
    versions.lets_in(b, "BOB")
  end)

  it("go to a canary first", function()
    local a, b, c = author(), start "CICSB", start "CICSC"
    must_publish(a, write(a, "BOB", 7))
    for _, name in ipairs { "NETA.CICSB", "NETA.CICSC" } do wait_serial(a, name, 7) end
    local eight = write(a, "CAROL", 8)
    local status, _, err = publish(a, eight, "--canary", "NETA.NOSUCH")
    assert.are.equal(1, status)
    assert.is_truthy(err:find("no region of that name follows", 1, true), err)
    must_publish(a, eight, "--canary", "NETA.CICSB")
    wait_serial(a, "NETA.CICSB", 8)
    versions.lets_in(b, "CAROL")
    versions.lets_in(c, "BOB")
    assert.are.equal(7, row(c, "NETA.CICSC").serial)
    must_publish(a, eight)
    wait_serial(a, "NETA.CICSC", 8)
    versions.lets_in(c, "CAROL")
    assert.are.equal(1, b:count_log("SP0161 .*serial=8", 1))
  end)

  it("stay in use over a restart, without the store too", function()
    local a, b = author(), start "CICSB"
    local seven = write(a, "BOB", 7)
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 7)
    assert.are.equal(support.read(seven), support.read(b:path "kept/rules"))
    b:stop()
    server:kill()
    os.remove(b:path "conf.d/partners.lua") -- the rules have it
    b:start()
    versions.lets_in(b, "BOB")
    assert.are.equal(7, row(b, "NETA.CICSB").serial)
    -- a reload has them too, and the local region.lua
    support.write(b:path "region.lua", (support.read(b:path "region.lua"):gsub("heartbeat = 0", "heartbeat = 7")))
    versions.must(b, "reload")
    assert.are.equal(7, b:inquire("region")[1].heartbeat)
    versions.lets_in(b, "BOB")
    -- an urm is local
    versions.must(b, "set", "tcpipservice", "IPIC", "urm=no")
    assert.are.equal("AUTOINSTALL_FAILED", versions.outcome(b, "BOB"))
    b:wait_log "SP0021 .*code=urm_no"
    server:again()
    wait_store(a)
    must_publish(a, write(a, "CAROL", 8))
    wait_serial(b, "NETA.CICSB", 8)
    versions.lets_in(b, "CAROL")
    assert.are.equal(0, (support.run { support.binary, "check", "--region", b:path "region.lua" }))
  end)

  it("end with the sentence of a refusal when the store is down, and wait for it", function()
    local a, b = author(), start "CICSB"
    local seven = write(a, "BOB", 7)
    server:kill()
    a:wait_log "SP0131 "
    local status, _, err = publish(a, seven)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("the store is down", 1, true), err)
    versions.lets_in(b, "ALICE")
    server:again()
    wait_store(a)
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 7)
  end)

  it("are larger than one piece", function()
    local a, b = author(), start "CICSB"
    local lines = { "name" }
    for i = 1, 60000 do lines[#lines + 1] = ("PARTNER%d"):format(i) end
    support.write(a:path "policies/large.csv", table.concat(lines, "\n") .. "\n")
    a:script("list", [[
local policy = require "policy"
local names = policy.data("large.csv", { key = "name" })
return { install = function(facts)
  if not names:find("PARTNER60000") then return policy.refuse("not_listed", "not on the list") end
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }
]])
    versions.must(a, "reload")
    local path = rules.bundle(a, key, 7)
    assert.is_truthy(lfs.attributes(path, "size") > 600000)
    must_publish(a, path)
    wait_serial(a, "NETA.CICSB", 7)
    versions.lets_in(b, "ANYBODY")
  end)

  it("are refused while the disk of follow_file is full, and taken when it has room", function()
    local disk = small_disk.new(64)
    finally(function() disk:drop() end)
    local a, b = author(), region("CICSA", rules.follow(key, disk.path))
    b.given.wrapper = disk.wrapper
    b:start()
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSA", 7)
    local seven = support.read(disk.path .. "/rules")
    local lines = { "name" }
    for i = 1, 20000 do lines[#lines + 1] = ("PARTNER%d"):format(i) end
    support.write(a:path "policies/large.csv", table.concat(lines, "\n") .. "\n")
    a:script("list", 'require "policy".data("large.csv", { key = "name" })\n' .. LIST:format "CAROL")
    versions.must(a, "reload")
    must_publish(a, rules.bundle(a, key, 8))
    b:wait_log "SP0162 .*serial=8 .*follow_file: .*/rules: .*"
    a:wait_log "SP0164 .*region=NETA.CICSA serial=8 .*follow_file"
    versions.lets_in(b, "BOB")
    assert.are.equal(seven, support.read(disk.path .. "/rules"))
    disk:grow(b)
    versions.must(b, "reload")
    wait_serial(a, "NETA.CICSA", 8)
    versions.lets_in(b, "CAROL")
  end)

  it("warn when they have expired, and stay in use", function()
    local a, b = author(), start "CICSB"
    must_publish(a, write(a, "BOB", 7, { expires = "3s" }))
    b:wait_log("SP0163 .*serial=7 expires=%d+", 10)
    versions.lets_in(b, "BOB")
    support.wait_until(function() return row(a, "NETA.CICSB").expired end, 10, "the expiry")
  end)

  it("are for a region that follows the only rules: no kept generation is used", function()
    local a, b = author(), start "CICSB"
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    versions.refused(b, "the region has the published rules of serial 7; sign older rules", "policy", "use", "1")
    versions.refused(b, "the region has the published rules of serial 7", "policy", "rollback")
  end)

  it("go over to another key while both are named", function()
    local a, b = author(), start "CICSB"
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    local other = rules.key()
    support.write(b:path "both.pub", support.read(key.public) .. support.read(other.public))
    support.write(b:path "region.lua", (support.read(b:path "region.lua"):gsub('follow_keys = "[^"]*"', 'follow_keys = "both.pub"')))
    versions.must(b, "reload")
    local path = rules.export(a, versions.current(a).generation)
    assert.are.equal(0, (rules.sign(other, path, { serial = 8, sysplex = "PLEX1" })))
    must_publish(a, path)
    wait_serial(a, "NETA.CICSB", 8)
    -- the new key alone: the rules in use are signed by it
    support.write(b:path "both.pub", support.read(other.public))
    versions.must(b, "reload")
    -- the old key alone: they are not
    support.write(b:path "both.pub", support.read(key.public))
    versions.refused(b, "serial 8 is signed by the key", "reload")
    b:stop()
    local status, log = b:start_and_end(10)
    assert.are.equal(1, status)
    assert.is_truthy(log:find("follow_file: .*serial 8 is signed by the key"), log)
  end)

  it("are no longer followed when the definition says so", function()
    local a, b = author(), start "CICSB"
    must_publish(a, write(a, "BOB", 7))
    wait_serial(a, "NETA.CICSB", 7)
    support.write(b:path "region.lua", rules.definition(server, "CICSB", ""))
    versions.must(b, "reload")
    versions.lets_in(b, "ALICE")
    assert.is_nil(row(b, "NETA.CICSB").serial)
    support.write(b:path "region.lua", rules.definition(server, "CICSB", rules.follow(key)))
    versions.must(b, "reload")
    versions.lets_in(b, "BOB")
  end)

  it("need a file of public keys that can be read, before there are any rules", function()
    local r = region "CICSB"
    local text = support.read(r:path "region.lua")
    support.write(r:path "private.key", support.read(key.private))
    for name, words in pairs { ["none.pub"] = "No such file or directory", ["private.key"] = "a public key is a block" } do
      support.write(r:path "region.lua", (text:gsub('follow_keys = "[^"]+"', ('follow_keys = "%s"'):format(name))))
      local _, out, err = support.run { support.binary, "check", "--region", r:path "region.lua" }
      assert.is_truthy((out .. err):find("fault: region: follow_keys: .*" .. name) and (out .. err):find(words, 1, true), out .. err)
      local status, log = r:start_and_end(10)
      assert.is_true(status ~= 0)
      assert.is_truthy(log:find("region: follow_keys: .*" .. name), log)
    end
  end)

  it("need store, sysplex, keys and a file", function()
    local r = support.region { text = 'region { applid = "A", networkid = "B", control = "c.sock", follow = "yes" }\n' }
    local _, out, err = support.run { support.binary, "check", "--region", r:path "region.lua" }
    for _, name in ipairs { "store", "sysplex", "follow_keys", "follow_file" } do
      assert.is_truthy((out .. err):find("follow is yes, and " .. name .. " is missing", 1, true), out .. err)
    end
  end)
end)
