-- SPDX-License-Identifier: Apache-2.0
--[[
rules: keys that sign rules, and bundles of the rules of a region.

  local key = rules.key()                     -- key.private has the passphrase rules.PASSPHRASE; key.public
  local path = rules.export(region, 2)        -- the bundle of a generation, not signed
  rules.sign(key, path, { serial = 7, sysplex = "PLEX1", expires = "30d", note = "…", output = "…" })   -- status, stdout, stderr
  rules.bundle(region, key, 7)                -- the current generation, signed for PLEX1
  rules.made { ["script list"] = "…" }        -- the bytes of a bundle of these files
  rules.publish(region, path, …)              -- status, stdout, stderr; rules.must_publish asserts success
  rules.row(region, "NETA.CICSB")             -- a region in inquire sysplex
  rules.wait_serial(region, "NETA.CICSB", 7)  -- until that region has the rules
  local r = rules.region(server, "CICSB", rules.follow(key), partners)   -- it lets ALICE in; includes conf.d/partners.lua with this text
  rules.definition(server, "CICSB", attributes)                         -- the text of its definition
  local saf = rules.saf_key()                 -- the key of a region that decrypts a saf: saf.private, saf.public
  rules.put(server, 8, bytes)                 -- makes them the head in the store, past every region
]]
local lfs = require "lfs"

local process = require "spec.support.process"
local region = require "spec.support.region"
local text = require "spec.support.text"
local versions = require "spec.support.versions"
local wait = require "spec.support.wait"

local assert = require "luassert"

local rules = { PASSPHRASE = "two words", SYSPLEX = "PLEX1" }

local function must(words, input)
  local status, out, err = process.run(words, input)
  assert.are.equal(0, status, err)
  return out
end

-- passphrase false: a key without one.
function rules.key(passphrase)
  local dir = process.directory()
  local key = { private = dir .. "/rules.key", public = dir .. "/rules.pub" }
  local plain = must { "openssl", "genpkey", "-algorithm", "ed25519" }
  text.write(key.private, plain)
  must { "chmod", "600", key.private }
  text.write(key.public, must { "openssl", "pkey", "-in", key.private, "-pubout" })
  if passphrase ~= false then
    text.write(key.private, must { "openssl", "pkcs8", "-topk8", "-in", key.private, "-v2", "aes-256-cbc", "-passout",
      "pass:" .. rules.PASSPHRASE })
  end
  return key
end

function rules.saf_key()
  local dir = process.directory()
  local key = { private = dir .. "/saf.key", public = dir .. "/saf.pub" }
  text.write(key.private, must { "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256" })
  must { "chmod", "600", key.private }
  text.write(key.public, must { "openssl", "pkey", "-in", key.private, "-pubout" })
  return key
end

local REGION = [[
region { applid = "%s", networkid = "NETA", control = "control.sock", drain = 0.2, heartbeat = 0, store = "redis://127.0.0.1:%d",
  sysplex = "PLEX1", claim_down = "local", claim_lost = "keep", %s }
tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, urm = "list" }
include "conf.d/partners.lua"
]]

-- The attributes of a region that follows rules of this key. dir: of follow_file, nil: kept.
function rules.follow(key, dir)
  return ('follow = "yes", follow_keys = "%s/%s", follow_file = "%s/rules"'):format(lfs.currentdir(), key.public, dir or "kept")
end

function rules.definition(server, applid, attributes)
  return REGION:format(applid, server.port, attributes)
end

function rules.region(server, applid, attributes, partners)
  local r = region.new { text = rules.definition(server, applid, attributes), scripts = { list = versions.LIST:format "ALICE" } }
  assert(lfs.mkdir(r:path "conf.d"))
  text.write(r:path "conf.d/partners.lua", partners)
  return r
end

-- The id of a key: the SHA-256 of its public part.
function rules.key_id(key)
  return rules.sha256(must { "openssl", "pkey", "-pubin", "-in", key.public, "-outform", "DER" })
end

-- The bundle of a generation in a new file; the path, stderr. More words: further options.
function rules.export(r, generation, ...)
  local path = process.directory() .. "/rules.bundle"
  local status, _, err = r:command("policy", "export", tostring(generation), "--region", r:path "region.lua", "-o", path, ...)
  assert.are.equal(0, status, err)
  return path, err
end

function rules.sign(key, path, options, passphrase)
  local words = { region.binary, "policy", "sign", "--key", key.private }
  for name, value in pairs(options) do
    words[#words + 1] = "--" .. name
    words[#words + 1] = tostring(value)
  end
  words[#words + 1] = path
  return process.run(words, (passphrase or rules.PASSPHRASE) .. "\n")
end

-- The generation that the region has now, signed. more: further options of sign.
function rules.bundle(r, key, serial, more)
  local options = { serial = serial, sysplex = rules.SYSPLEX }
  for name, value in pairs(more or {}) do options[name] = value end
  local path = rules.export(r, math.tointeger(r:inquire("policy")[1].generation))
  local status, _, err = rules.sign(key, path, options)
  assert.are.equal(0, status, err)
  return path
end

function rules.sha256(bytes)
  return must({ "sha256sum" }, bytes):match "^%x+"
end

-- The bytes of a bundle that is not signed, of files such as ["script list"] = "return {}"; policy export need not make such a one.
function rules.made(files)
  local lines, bytes = {}, {}
  for _, kind in ipairs { "include", "script", "data", "saf" } do
    for _, name in ipairs(text.sorted(files)) do
      local own = name:match("^" .. kind .. " (.*)$")
      if own then
        lines[#lines + 1] = ("%s %d %s %s\n"):format(kind, #files[name], rules.sha256(files[name]), own)
        bytes[#bytes + 1] = files[name]
      end
    end
  end
  return "sallyport bundle 1\nsysplex -\nserial 0\ncreated 0\nexpires 0\nnote \nkey -\n" .. table.concat(lines) .. "signature -\n" ..
    table.concat(bytes)
end

function rules.publish(r, path, ...)
  return r:command("policy", "publish", path, ...)
end

function rules.must_publish(r, path, ...)
  local status, _, err = rules.publish(r, path, ...)
  assert.are.equal(0, status, err)
end

function rules.row(r, name)
  for _, one in ipairs(r:inquire "sysplex") do
    if one.region == name then return one end
  end
  return {}
end

function rules.wait_serial(r, name, serial)
  wait.wait_until(function() return rules.row(r, name).serial == serial end, 15, function()
    local has = rules.row(r, name)
    return ("%s to have serial %d; it has %s, refused %s: %s"):format(name, serial, has.serial, has.refused, has.why)
  end)
end

-- Puts bytes into the store as the bundle that all regions shall take, as a writer of the store without a region can.
function rules.put(server, serial, bytes)
  local key = "sallyport:rules:" .. rules.SYSPLEX
  local digest = rules.sha256(bytes)
  must({ "redis-cli", "-p", tostring(server.port), "-x", "SET", key .. ":" .. digest }, bytes)
  server:cli("HSET", key, "all", ("%d %s %d"):format(serial, digest, #bytes))
end

return rules
