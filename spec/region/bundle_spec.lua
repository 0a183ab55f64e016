-- SPDX-License-Identifier: Apache-2.0
-- Bundles of rules: policy export and policy sign.
local lfs = require "lfs"

local support = require "spec.support"
local rules = require "spec.support.rules"

local LIST = [[
local policy = require "policy"
local partners = policy.data("partners.csv", { key = "name" })
return { install = function(facts)
  if not partners:find(facts.capex.applid) then return policy.refuse("not_listed", "not on the list") end
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }
]]

local TEXT = [[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", versions = "kept" }
include "here/ports.lua"
include "conf.d/partners.lua"
]]

describe("a bundle of rules", function()
  local region, key

  setup(function()
    key = rules.key()
    region = support.region { text = TEXT, scripts = { list = LIST } }
    for _, folder in ipairs { "here", "conf.d" } do assert(lfs.mkdir(region:path(folder))) end
    support.write(region:path "here/ports.lua", 'tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, urm = "list" }\n')
    support.write(region:path "conf.d/partners.lua", 'ipconn "TMPL" { template = "only" }\n')
    support.write(region:path "policies/partners.csv", "name\nALICE\n")
    region:start()
  end)
  teardown(function() region:stop() end)

  local function head_of(path)
    local lines = {}
    for line in support.read(path):gmatch "([^\n]*)\n" do
      lines[#lines + 1] = line
      if line:find "^signature" then return lines end
    end
  end

  it("has scripts, data and included files, and none that defines a tcpipservice", function()
    local path, err = rules.export(region, 1)
    local lines = head_of(path)
    assert.are.same({ "sallyport bundle 1", "sysplex -", "serial 0", "created 0", "expires 0", "note ", "key -" },
      { table.unpack(lines, 1, 7) })
    assert.is_truthy(lines[8]:find "^include 36 %x+ conf.d/partners.lua$")
    assert.is_truthy(lines[9]:find "^script %d+ %x+ list$")
    assert.is_truthy(lines[10]:find "^data 11 %x+ partners.csv$")
    assert.are.equal("signature -", lines[11])
    assert.are.equal(11, #lines)
    assert.is_truthy(err:find("here/ports.lua: left out: it defines tcpipservice IPIC, which is local to each region", 1, true), err)
    assert.are.equal('ipconn "TMPL" { template = "only" }\n' .. LIST .. "name\nALICE\n", (support.read(path):gsub("^.-signature %-\n", "")))
  end)

  it("is exported from the directory of versions when no region runs", function()
    local other = support.region { text = TEXT, scripts = { list = LIST } }
    for _, folder in ipairs { "here", "conf.d" } do assert(lfs.mkdir(other:path(folder))) end
    support.write(other:path "here/ports.lua", 'tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, urm = "list" }\n')
    support.write(other:path "conf.d/partners.lua", 'ipconn "TMPL" { template = "only" }\n')
    support.write(other:path "policies/partners.csv", "name\nALICE\n")
    other:start()
    other:stop()
    assert.are.equal(support.read((rules.export(region, 1))), support.read((rules.export(other, 1))))
  end)

  it("is signed in its place, or into another file, for a sysplex and under a serial", function()
    local path = rules.export(region, 1)
    local plain = support.read(path)
    assert.are.equal(0, (rules.sign(key, path, { serial = 7, sysplex = "PLEX1", note = "November", output = path .. ".signed" })))
    assert.are.equal(plain, support.read(path))
    local lines = head_of(path .. ".signed")
    assert.are.same({ "sysplex PLEX1", "serial 7" }, { lines[2], lines[3] })
    assert.is_truthy(tonumber(lines[4]:match "^created (%d+)$") > 1e9)
    assert.are.equal("expires 0", lines[5])
    assert.are.equal("note November", lines[6])
    assert.is_truthy(lines[7]:find "^key %x+$" and #lines[7] == 68)
    assert.is_truthy(lines[11]:find "^signature %x+$" and #lines[11] == 138)
    -- the old rules under a new serial: the other values stay
    assert.are.equal(0, (rules.sign(key, path .. ".signed", { serial = 9, expires = "2h" })))
    lines = head_of(path .. ".signed")
    assert.are.same({ "sysplex PLEX1", "serial 9", "note November" }, { lines[2], lines[3], lines[6] })
    local created, expires = tonumber(lines[4]:match "%d+"), tonumber(lines[5]:match "%d+")
    assert.are.equal(7200, expires - created)
  end)

  local function refused(words, ...)
    local status, _, err = rules.sign(...)
    assert.are.equal(1, status, err)
    assert.is_truthy(err:find(words, 1, true), err)
  end

  it("is signed by a key of Ed25519 with its passphrase alone", function()
    local path = rules.export(region, 1)
    local options = { serial = 7, sysplex = "PLEX1" }
    local before = support.read(path)
    refused("the passphrase is wrong", key, path, options, "another")
    local dir = path:match "^(.*)/"
    assert.are.equal(0, (support.run { "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", dir .. "/ec.pem" }))
    assert.are.equal(0, (support.run { "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", dir .. "/ec.pem", "-out", dir .. "/ec.key" }))
    refused("the key is not an Ed25519 key", { private = dir .. "/ec.key" }, path, options)
    assert.are.equal(0, (support.run { "chmod", "644", dir .. "/ec.key" }))
    refused("ec.key: ", { private = dir .. "/ec.key" }, path, options)
    refused("nosuch.key: cannot be read", { private = dir .. "/nosuch.key" }, path, options)
    assert.are.equal(before, support.read(path))
    local status, _, err = rules.sign(rules.key(false), path, options)
    assert.are.equal(0, status, err)
    assert.is_truthy(err:find("warning: the key has no passphrase", 1, true), err)
  end)

  it("needs a sysplex, a serial and a time that is to come", function()
    local path = rules.export(region, 1)
    refused("--sysplex NAME is missing", key, path, { serial = 7 })
    refused("--sysplex: a name has", key, path, { serial = 7, sysplex = "plex1" })
    for _, serial in ipairs { "0", "-1", "x", "07", "9007199254740993" } do
      refused("--serial N is missing, or no number", key, path, { serial = serial, sysplex = "PLEX1" })
    end
    refused("--expires 2020-01-01 is over", key, path, { serial = 7, sysplex = "PLEX1", expires = "2020-01-01" })
    refused("--expires soon is not understood", key, path, { serial = 7, sysplex = "PLEX1", expires = "soon" })
    refused("a control character", key, path, { serial = 7, sysplex = "PLEX1", note = "a\nb" })
  end)

  it("is signed only when its files are those of its manifest", function()
    local path = rules.export(region, 1)
    support.write(path, (support.read(path):gsub("ALICE", "CAROL")))
    refused("data partners.csv: its bytes do not have the SHA-256 of the manifest", key, path, { serial = 7, sysplex = "PLEX1" })
  end)

  it("is of a generation that is kept", function()
    local status, _, err = region:command("policy", "export", "9")
    assert.are.equal(1, status)
    assert.is_truthy(err:find("generation 9 is not kept", 1, true), err)
    assert.are.equal(2, (region:command("policy", "export")))
    assert.are.equal(2, (region:command("policy", "sign", "--saf", "x")))
  end)
end)
