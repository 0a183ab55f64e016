-- SPDX-License-Identifier: Apache-2.0
-- The saf of published rules: encrypted for the regions that follow, and in force with the rules alone.
local lfs = require "lfs"

local conversation = require "spec.support.conversation"
local support = require "spec.support"
local rules = require "spec.support.rules"
local store = require "spec.support.store"
local versions = require "spec.support.versions"

local must_publish, row, wait_serial = rules.must_publish, rules.row, rules.wait_serial
local here = lfs.currentdir() .. "/"

-- The password is "fred's secret"; a cheap hash, so that the specs are quick.
local HASH = "scrypt:10:8:1:rl9NF11rOqeBjhV38OmLtw:mk-WquLqKv3g8815qCMrwxHVdEAyebN4GjASo1sE1WA"
local SECRET = "fred's secret"
local SAF = "return { users = { %s = { password = '" .. HASH .. "' }, CICSUSER = {} }, " ..
  "classes = { TCICSTRN = { CPMI = { uacc = 'read' } } } }\n"

local PARTNERS = [[
ipconn "TMPL" { template = "only", receivecount = 5, userauth = "verify" }
program "ECHO" { builtin = "echo" }
]]

describe("the saf of published rules", function()
  local server, key, regions

  setup(function() key = rules.key() end)
  before_each(function() server, regions = store.start { "--appendonly", "yes" }, {} end)
  after_each(function()
    for _, r in ipairs(regions) do r:stop() end
    server:kill()
  end)

  local function follow() return rules.follow(key) .. ', saf = "saf.lua"' end

  local function write_saf(r, user)
    support.write(r:path "saf.lua", SAF:format(user))
    assert.are.equal(0, (support.run { "chmod", "600", r:path "saf.lua" }))
  end

  -- A region whose local saf has the user LOCAL alone. more: attributes of the region; nil: it follows.
  local function region(applid, more)
    local r = rules.region(server, applid, more or follow(), PARTNERS)
    write_saf(r, "LOCAL")
    regions[#regions + 1] = r
    return r
  end

  local function start(r)
    r:start()
    r:wait_log "SP0130 "
    return r
  end

  local function author()
    return start(region("AUTHOR", 'versions = "versions", saf = "saf.lua"'))
  end

  -- A region that follows and has a key of its own; the key.
  local function follower(applid, more)
    local own = rules.saf_key()
    local attributes = follow() .. (', follow_decrypt_key = "%s"'):format(here .. own.private)
    return start(region(applid, more and more:format(attributes) or attributes)), own
  end

  -- Exports and signs the author's rules with a saf of this user, for these keys. Returns the path.
  local function write(a, user, serial, keys)
    write_saf(a, user)
    versions.must(a, "reload")
    local words = { "--saf" }
    for _, one in ipairs(keys) do
      words[#words + 1] = "--to"
      words[#words + 1] = one.public
    end
    local path = rules.export(a, math.tointeger(versions.current(a).generation), table.unpack(words))
    local status, _, err = rules.sign(key, path, { serial = serial, sysplex = "PLEX1" })
    assert.are.equal(0, status, err)
    return path
  end

  local function knows(r, user)
    return (r:command("inquire", "user", user)) == 0
  end

  local function has_saf_of(r, user)
    for _, name in ipairs { "FRED", "ANNA", "LOCAL" } do assert.are.equal(name == user, knows(r, name), name) end
  end

  -- The result of a request of that user: its data, or the sense.
  local function logs_on(r, userid, password)
    local p = support.raw(r:port "IPIC")
    assert.are.equal(200, p:capex({ networkid = "NETX", applid = "ALICE", sendcount = 5 }):read_message().status)
    conversation.ask(p, { program = "ECHO", userid = userid, password = password, conv = 1, data = "in" })
    local a = conversation.answer(p, 1, 20)
    p:close()
    return a.is7 and a.is7:lower() or a.data
  end

  it("comes into force and out of force with the rules, and decides on passwords", function()
    local a = author()
    local b, own = follower "CICSB"
    has_saf_of(b, "LOCAL")
    assert.are.equal("in", logs_on(b, "LOCAL", SECRET))
    local seven = write(a, "FRED", 7, { own })
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 7)
    has_saf_of(b, "FRED")
    assert.are.equal("in", logs_on(b, "FRED", SECRET))
    assert.are.equal("080f6051", logs_on(b, "FRED", "wrong"))
    assert.are.equal("080f6051", logs_on(b, "LOCAL", SECRET))
    must_publish(a, write(a, "ANNA", 8, { own }))
    wait_serial(a, "NETA.CICSB", 8)
    has_saf_of(b, "ANNA")
    -- roll back: the old rules under a new serial
    assert.are.equal(0, (rules.sign(key, seven, { serial = 9 })))
    must_publish(a, seven)
    wait_serial(a, "NETA.CICSB", 9)
    has_saf_of(b, "FRED")
    -- rules without a saf: that of the region's own file
    must_publish(a, rules.bundle(a, key, 10))
    wait_serial(a, "NETA.CICSB", 10)
    has_saf_of(b, "LOCAL")
  end)

  it("stays over a reload, another urm and a restart without the store", function()
    local a = author()
    local b, own = follower "CICSB"
    must_publish(a, write(a, "FRED", 7, { own }))
    wait_serial(a, "NETA.CICSB", 7)
    versions.must(b, "reload")
    has_saf_of(b, "FRED")
    versions.must(b, "set", "tcpipservice", "IPIC", "urm=no")
    has_saf_of(b, "FRED")
    b:stop()
    server:kill()
    b:start()
    has_saf_of(b, "FRED")
    local status, out, err = support.run { support.binary, "check", "--region", b:path "region.lua" }
    assert.are.equal(0, status, out .. err)
  end)

  it("is in no file of a region that follows, not in the store, and in no log", function()
    local a = author()
    local b, own = follower "CICSB"
    local path = write(a, "FRED", 7, { own })
    must_publish(a, path)
    wait_serial(a, "NETA.CICSB", 7)
    has_saf_of(b, "FRED")
    b:stop()
    a:stop()
    server:cli "SHUTDOWN SAVE"
    local _, found = support.run { "grep", "-rlaE", "--exclude=saf.lua", "scrypt:10:8:1:rl9NF11rOq|FRED", b.dir, server.dir, path }
    assert.are.equal("", found)
    assert.are.equal(SAF:format "LOCAL", support.read(b:path "saf.lua"))
    local _, own_file = support.run { "grep", "-rla", "scrypt:10:8:1:rl9NF11rOq", a.dir }
    assert.are.equal(a:path "saf.lua", (own_file:gsub("\n", ""))) -- the search finds what is there
  end)

  it("takes the place of the region's file, and check, the log and inquire say so", function()
    local a = author()
    local b, own = follower "CICSB"
    local function check()
      local status, out, err = support.run { support.binary, "check", "--region", b:path "region.lua" }
      assert.are.equal(0, status, err)
      return out .. err
    end
    assert.is_nil(check():find("has no effect", 1, true))
    assert.are.equal("FILE", b:row("region", "CICSB").saf_from)
    must_publish(a, write(a, "FRED", 7, { own }))
    wait_serial(a, "NETA.CICSB", 7)
    local words = "region: saf: the saf of the published rules %(serial 7%) is in force, and %S*saf%.lua has no effect"
    b:wait_log("SP0165 .*" .. words .. ".*rule=replaced_saf")
    assert.is_truthy(check():find("note: " .. words))
    assert.are.equal("RULES", b:row("region", "CICSB").saf_from)
    b:stop()
    b:start()
    assert.are.equal(2, b:count_log("SP0165 .*" .. words, 2))
    must_publish(a, rules.bundle(a, key, 8))
    wait_serial(a, "NETA.CICSB", 8)
    assert.is_nil(check():find("has no effect", 1, true))
    assert.are.equal("FILE", b:row("region", "CICSB").saf_from)
  end)

  it("is refused by a region without the key, and without the right key: its rules and its saf stay, and all regions report it", function()
    local a = author()
    local b, own = follower "CICSB"
    local c = start(region "CICSC")
    local d = follower "CICSD"
    must_publish(a, write(a, "FRED", 7, { own, rules.saf_key() }))
    wait_serial(a, "NETA.CICSB", 7)
    c:wait_log "SP0162 .*serial=7 .*the published rules have a saf, and follow_decrypt_key is missing; add follow_decrypt_key"
    d:wait_log("SP0162 .*serial=7 .*is not encrypted for this key; export the rules again, " ..
      "with this region's public key in %-%-to %(its id is %x+%)")
    b:wait_log "SP0164 .*region=NETA.CICSC serial=7 .*follow_decrypt_key is missing"
    b:wait_log "SP0164 .*region=NETA.CICSD serial=7 .*is not encrypted for this key"
    has_saf_of(c, "LOCAL")
    has_saf_of(d, "LOCAL")
    assert.are.same({ 0, 7 }, { row(a, "NETA.CICSC").serial, row(a, "NETA.CICSC").refused })
    -- the key comes to the region
    support.write(c:path "region.lua", (support.read(c:path "region.lua"):gsub('follow = "yes"',
      ('follow = "yes", follow_decrypt_key = "%s"'):format(here .. own.private))))
    versions.must(c, "reload")
    wait_serial(a, "NETA.CICSC", 7)
    has_saf_of(c, "FRED")
    -- others may read the key
    assert.are.equal(0, (support.run { "chmod", "644", own.private }))
    versions.refused(c, "holds secrets and can be read by everybody", "reload")
    has_saf_of(c, "FRED")
    c:stop()
    local status, log = c:start_and_end(10)
    assert.are.equal(1, status)
    assert.is_truthy(log:find("holds secrets and can be read by everybody", 1, true), log)
    assert.are.equal(0, (support.run { "chmod", "600", own.private }))
  end)

  it("is refused when its bytes are damaged, although the rules are signed", function()
    local a = author()
    local b, own = follower "CICSB"
    local good = support.read(write(a, "FRED", 7, { own }))
    local size = tonumber(good:match "\nsaf (%d+) ")
    local sealed = good:sub(-size)
    local text = ("return { users = { FRED = { password = '%s' }"):format(HASH)
    local function refused(serial, bytes, words)
      local path = support.directory() .. "/rules.bundle"
      support.write(path, rules.made { ["include conf.d/partners.lua"] = PARTNERS, ["script list"] = versions.LIST:format "BOB",
        ["saf saf"] = bytes })
      assert.are.equal(0, (rules.sign(key, path, { serial = serial, sysplex = "PLEX1" })))
      must_publish(a, path)
      b:wait_log(("SP0162 .*serial=%d .*%s"):format(serial, words))
      has_saf_of(b, "LOCAL")
      versions.lets_in(b, "ALICE")
    end
    refused(8, sealed:sub(1, -2), "it is no envelope of CMS, or it is cut off")
    refused(9, sealed:sub(1, -2) .. string.char(sealed:byte(-1) ~ 1), "it is damaged")
    -- a text with a fault: the fault is counted, and never quoted
    local plain = support.directory() .. "/saf"
    support.write(plain, text)
    local request = { "openssl", "req", "-x509", "-new", "-key", own.private, "-subj", "/CN=B", "-out", plain .. ".crt", "-addext",
      "subjectKeyIdentifier=" .. rules.key_id(own):gsub("%x%x", "%0:"):sub(1, -2) }
    assert.are.equal(0, (support.run(request)))
    assert.are.equal(0, (support.run { "openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-keyid", "-outform", "DER", "-in", plain,
      "-out", plain .. ".der", "-recip", plain .. ".crt", "-keyopt", "ecdh_kdf_md:sha256" }))
    refused(10, support.read(plain .. ".der"), "it has 1 faults; export the rules again")
    for _, r in ipairs { a, b } do assert.is_nil(r:log():find("scrypt:", 1, true)) end
    -- the good one
    local path = support.directory() .. "/rules.bundle"
    support.write(path, good)
    assert.are.equal(0, (rules.sign(key, path, { serial = 11 })))
    must_publish(a, path)
    wait_serial(a, "NETA.CICSB", 11)
    has_saf_of(b, "FRED")
  end)

  it("checks requests also where the region has no file of its own", function()
    local a = author()
    local own = rules.saf_key()
    local text = follow():gsub(', saf = "saf.lua"', "") ..
      (', follow_decrypt_key = "%s"'):format(here .. own.private)
    local b = start(region("CICSB", text))
    b:wait_log "no published rules with a saf are in use, and the region names none: all requests to tcpipservice IPIC are refused"
    assert.are.equal("080f6051", logs_on(b, "LOCAL", SECRET))
    must_publish(a, write(a, "FRED", 7, { own }))
    wait_serial(a, "NETA.CICSB", 7)
    assert.are.equal("in", logs_on(b, "FRED", SECRET))
  end)

  it("is that of the exported generation, for keys that are named", function()
    local a = author()
    local own, number = rules.saf_key(), tostring(math.tointeger(versions.current(a).generation))
    local function refused(words, ...)
      local status, out, err = a:command("policy", "export", number, "--region", a:path "region.lua", ...)
      assert.are.equal(1, status)
      assert.are.equal("", out)
      assert.is_truthy(err:find(words, 1, true), err)
    end
    refused("--saf and --to FILE go together", "--saf")
    refused("--saf and --to FILE go together", "--to", own.public)
    refused("a block PRIVATE KEY; a public key is a block PUBLIC KEY", "--saf", "--to", own.private)
    refused("not a public key of EC P-256; make one by openssl genpkey", "--saf", "--to", key.public)
    refused("nosuch.pub: cannot be read", "--saf", "--to", "nosuch.pub")
    write_saf(a, "OTHER")
    refused("differs from the file of the generation: reload, and export the generation", "--saf", "--to", own.public)
    support.write(a:path "region.lua", (support.read(a:path "region.lua"):gsub(', saf = "saf.lua"', "")))
    versions.must(a, "reload")
    number = tostring(math.tointeger(versions.current(a).generation))
    refused(("generation %s has no saf"):format(number), "--saf", "--to", own.public)
  end)

  it("is opened by openssl too", function()
    local a = author()
    local one, two = rules.saf_key(), rules.saf_key()
    local bundle = support.read(write(a, "FRED", 7, { one, two }))
    local size = tonumber(bundle:match "\nsaf (%d+) ")
    local file = support.directory() .. "/saf.der"
    support.write(file, bundle:sub(-size))
    for _, own in ipairs { one, two } do
      local words = { "openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", file, "-inkey", own.private }
      local status, out, err = support.run(words)
      assert.are.equal(0, status, err)
      assert.are.equal(SAF:format "FRED", out)
    end
    local other = rules.saf_key().private
    assert.are_not.equal(0, (support.run { "openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-inkey", other }))
  end)

  it("is not published by a region that has it from rules", function()
    local a = author()
    local b, own = follower("CICSB", 'versions = "versions", %s')
    must_publish(a, write(a, "FRED", 7, { own }))
    wait_serial(a, "NETA.CICSB", 7)
    local number = tostring(math.tointeger(versions.current(b).generation))
    local status, _, err = b:command("policy", "export", number, "--region", b:path "region.lua", "--saf", "--to", own.public)
    assert.are.equal(1, status)
    assert.is_truthy(err:find("differs from the file of the generation", 1, true), err)
  end)
end)
