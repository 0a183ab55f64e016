-- SPDX-License-Identifier: Apache-2.0
--[[
pki: authorities, certificates and rings of a test's own, made by openssl in a directory.

  local pki = require("spec.support.pki").new(dir)
  pki:root("ca", "/O=Tests/CN=CA")                      -- self-signed; another one of the same subject is an impostor
  pki:issue("leaf", "/O=Tests/CN=NETX.CTGAPP", "ca")    -- by whose key and name; options:
                                                        --   authority = true, extensions = { "…" }, ended = true,
                                                        --   key = FILE (a public key in place of its own), curve = "P-384",
                                                        --   names_only = true: no identifiers of keys, so that an impostor's is taken
  pki:dear_key("dear", 3072, 3071)                      -- an RSA public key: bits, and bits of its exponent, all ones; returns the file
  pki:ring("NAME", { own = "leaf", chain = { "ca2" }, signers = { "ca" } })   -- returns its directory
]]
local lfs = require "lfs"

local process = require "spec.support.process"
local text = require "spec.support.text"

local pki = {}
local Pki = {}
Pki.__index = Pki

local AUTHORITY = { "basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign" }
local LEAF = { "basicConstraints = critical,CA:FALSE" }
-- Names alone lead from a certificate to its issuer: openssl would write identifiers of keys, and an impostor's differs.
local NAMES_ONLY = "\nsubjectKeyIdentifier = none\nauthorityKeyIdentifier = none\n"

local function openssl(...)
  local status, out, err = process.run { "openssl", ... }
  assert(status == 0, err)
  return out
end

function pki.new(dir)
  return setmetatable({ dir = dir }, Pki)
end

function Pki:file(name)
  return self.dir .. "/" .. name
end

local function extensions(self, name, list, names_only)
  local path = self:file(name .. ".ext")
  text.write(path, table.concat(list, "\n") .. (names_only and NAMES_ONLY or "\n"))
  return path
end

function Pki:request(name, subject, t)
  openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" .. (t.curve or "P-256"), "-noenc", "-subj", subject,
    "-keyout", self:file(name .. ".key"), "-out", self:file(name .. ".csr"))
end

function Pki:root(name, subject, t)
  t = t or {}
  self:request(name, subject, t)
  openssl("x509", "-req", "-in", self:file(name .. ".csr"), "-key", self:file(name .. ".key"), "-days", "10",
    "-extfile", extensions(self, name, t.extensions or AUTHORITY), "-out", self:file(name .. ".pem"))
end

function Pki:issue(name, subject, by, t)
  t = t or {}
  self:request(name, subject, t)
  local words = { "x509", "-req", "-in", self:file(name .. ".csr"), "-CA", self:file(by .. ".pem"), "-CAkey", self:file(by .. ".key"),
    "-CAcreateserial", "-days", t.ended and "-1" or "10", "-extfile",
    extensions(self, name, t.extensions or t.authority and AUTHORITY or LEAF, t.names_only), "-out", self:file(name .. ".pem") }
  if t.key then table.move({ "-force_pubkey", t.key }, 1, 2, #words + 1, words) end
  openssl(table.unpack(words))
end

function Pki:dear_key(name, bits, exponent_bits)
  local modulus = "C" .. ("1234567"):rep(bits // 28 + 1):sub(1, bits // 4 - 2) .. "1"
  local exponent = ("%x"):format((1 << (exponent_bits - 1) % 4 + 1) - 1) .. ("F"):rep((exponent_bits - 1) // 4)
  text.write(self:file(name .. ".cnf"), "asn1 = SEQUENCE:info\n[info]\na = SEQUENCE:algorithm\nb = BITWRAP,SEQUENCE:rsa\n"
    .. "[algorithm]\na = OID:rsaEncryption\nb = NULL\n[rsa]\n" .. ("n = INTEGER:0x%s\ne = INTEGER:0x%s\n"):format(modulus, exponent))
  openssl("asn1parse", "-genconf", self:file(name .. ".cnf"), "-noout", "-out", self:file(name .. ".der"))
  openssl("pkey", "-pubin", "-inform", "DER", "-in", self:file(name .. ".der"), "-out", self:file(name .. ".pub"))
  return self:file(name .. ".pub")
end

function Pki:sha256(name)
  local out = openssl("x509", "-in", self:file(name .. ".pem"), "-noout", "-fingerprint", "-sha256")
  return (out:match "=([%x:]+)":gsub(":", ""):lower())
end

local function copy(from, to)
  text.write(to, assert(text.read(from)))
end

function Pki:ring(name, t)
  local dir = self:file(name)
  for _, path in ipairs { dir, dir .. "/signers" } do assert(lfs.mkdir(path)) end
  for _, signer in ipairs(t.signers) do copy(self:file(signer .. ".pem"), dir .. "/signers/" .. signer .. ".pem") end
  if not t.own then return dir end
  local all = { assert(text.read(self:file(t.own .. ".pem"))) }
  for _, above in ipairs(t.chain or {}) do all[#all + 1] = assert(text.read(self:file(above .. ".pem"))) end
  text.write(dir .. "/OWN.pem", table.concat(all))
  text.write(dir .. "/OWN.key", assert(text.read(self:file(t.own .. ".key"))))
  return dir
end

return pki
