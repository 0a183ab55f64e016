-- SPDX-License-Identifier: Apache-2.0
--[[
authority: a certificate authority of a test's own, made with openssl, for key rings that `make certs` has not.

  local ca = authority.new(dir, { from = "20200101000000Z", to = "20900101000000Z" })  -- ca.certificate: its PEM file, under dir
  ca:issue("PART1", { key = "P-256", days = 365, usage = "serverAuth, clientAuth", extensions = "keyUsage = …" }) -- dir/PART1.pem and .key
                                                               -- from = "20200101000000Z": valid from then on, until `days` from now
  ca:revoke("PART1", "keyCompromise")                          -- the reason may be left out
  ca:crl("base.pem", { extensions = "deltaCRL = …", days = 30, from = "20200101000000Z", to = "20200201000000Z" })
  ca:ring(path, "PART1")                                       -- a key ring with that pair and this signer
]]
local lfs = require "lfs"

local process = require "spec.support.process"
local text = require "spec.support.text"

local authority = {}
local Authority = {}
Authority.__index = Authority

local CONFIG = [[
[ req ]
distinguished_name = empty
prompt = no
[ empty ]
[ ca ]
default_ca = own
[ own ]
database = @DIR@/index
crlnumber = @DIR@/crlnumber
rand_serial = yes
new_certs_dir = @DIR@
default_md = sha256
unique_subject = no
policy = anything
[ anything ]
commonName = optional
[ authority ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ leaf ]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = @USAGE@
subjectAltName = DNS:localhost, IP:127.0.0.1
@LEAF@
[ list ]
authorityKeyIdentifier = keyid
@LIST@
]]

local function openssl(...)
  local status, out, err = process.run { "openssl", ... }
  if status ~= 0 then error(("openssl %s\n%s%s"):format(table.concat({ ... }, " "), out, err), 2) end
end

-- What openssl is to know for the next call.
function Authority:configure(usage, leaf, list)
  local values = { DIR = self.dir, USAGE = usage or "serverAuth, clientAuth", LEAF = leaf or "", LIST = list or "" }
  text.write(self.dir .. "/config", (CONFIG:gsub("@(%u+)@", values)))
end

local function key_of(curve)
  if curve == "rsa" then return "rsa:2048" end
  if curve == "ed25519" then return "ed25519" end
  return "ec", "-pkeyopt", "ec_paramgen_curve:" .. (curve or "P-256")
end

local function run_ca(self, ...)
  openssl("ca", "-config", self.dir .. "/config", "-keyfile", self.dir .. "/ca.key", ...)
end

function authority.new(dir, t)
  local self = setmetatable({ dir = dir, certificate = dir .. "/ca.pem" }, Authority)
  text.write(dir .. "/index", "")
  text.write(dir .. "/crlnumber", "01\n")
  self:configure()
  openssl("req", "-config", dir .. "/config", "-new", "-noenc", "-subj", "/CN=Test CA", "-keyout", dir .. "/ca.key",
    "-out", dir .. "/request", "-newkey", key_of())
  run_ca(self, "-selfsign", "-batch", "-notext", "-extensions", "authority", "-in", dir .. "/request", "-out", self.certificate,
    "-startdate", t and t.from or "20200101000000Z", "-enddate", t and t.to or "20900101000000Z")
  return self
end

function Authority:issue(name, t)
  t = t or {}
  local config = self.dir .. "/config"
  self:configure(t.usage, t.extensions)
  openssl("req", "-config", config, "-new", "-noenc", "-subj", "/CN=" .. name, "-keyout", ("%s/%s.key"):format(self.dir, name),
    "-out", self.dir .. "/request", "-newkey", key_of(t.key))
  local words = { "-batch", "-notext", "-extensions", "leaf", "-cert", self.certificate, "-in", self.dir .. "/request",
    "-out", ("%s/%s.pem"):format(self.dir, name), "-days", tostring(t.days or 365) }
  if t.from then table.move({ "-startdate", t.from }, 1, 2, #words + 1, words) end
  run_ca(self, table.unpack(words))
end

function Authority:revoke(name, reason)
  run_ca(self, "-cert", self.certificate, "-crl_reason", reason or "keyCompromise", "-revoke", ("%s/%s.pem"):format(self.dir, name))
end

function Authority:crl(name, t)
  t = t or {}
  self:configure(nil, nil, t.extensions)
  local words = { "-gencrl", "-crlexts", "list", "-cert", self.certificate, "-out", self.dir .. "/" .. name, "-crldays",
    tostring(t.days or 30) }
  if t.from then
    for _, word in ipairs { "-crl_lastupdate", t.from, "-crl_nextupdate", t.to } do words[#words + 1] = word end
  end
  run_ca(self, table.unpack(words))
end

function Authority:ring(path, name)
  assert(lfs.mkdir(path) and lfs.mkdir(path .. "/signers") and lfs.mkdir(path .. "/crls"))
  text.write(path .. "/signers/ca.pem", text.read(self.certificate))
  for _, ending in ipairs { ".pem", ".key" } do
    text.write(path .. "/" .. name .. ending, text.read(self.dir .. "/" .. name .. ending))
  end
  assert(process.run { "chmod", "600", path .. "/" .. name .. ".key" } == 0)
end

return authority
