-- SPDX-License-Identifier: Apache-2.0
--[[
chains: what a stranger's certificate chain costs the region until it is refused. Prints, for the binary SALLYPORT (./sallyport), CPU
seconds (user + system) of the region per 1000 refused connections, and the ratio to a self-signed certificate:
  made-up authorities whose RSA-3072 keys have the exponent 2^3071-1; the same when the top one bears a trust anchor's name, with and
  without such keys; 4,000 subtrees of name constraints with 192 names; ten certificates; four hundred certificates.
`lua5.4 spec/bench/chains.lua [connections]`. TLS 1.2, loopback, one client after the other. What a chain costs beyond a self-signed
certificate is OpenSSL's decoding of each certificate, before a script is asked; `openssl s_server -Verify 4 -verify_return_error` pays as
much. No chain may cost much more than that: a signature or two, and no constraint.
]]
local lfs = require "lfs"
local socket = require "socket"
local ssl = require "ssl"

local measured = require "spec.bench.measured"
local pkis = require "spec.support.pki"
local process = require "spec.support.process"

local COUNT = tonumber(arg[1] or "500")
local PORT, AUTHORITIES = 14934, 4

local pki = pkis.new(process.directory())
local key = pki:dear_key("dear", 3072, 3071)

local function numbered(stem, n)
  local all = {}
  for i = 1, n do all[i] = stem .. i end
  return table.concat(all, ",")
end

-- A leaf under so many authorities, the topmost under `top`; t: key, leaf and authority (extensions).
local function chain(name, top, t)
  local above, all = top, {}
  for i = 1, t.n or AUTHORITIES do
    local own = name .. i
    pki:issue(own .. "s", "/O=Tests/CN=" .. own, above, { authority = true, names_only = true, curve = t.curve }) -- it can sign
    pki:issue(own, "/O=Tests/CN=" .. own, above,
      { authority = true, names_only = true, key = t.key, extensions = t.authority, curve = t.curve })
    above = own .. "s"
    table.insert(all, 1, own)
  end
  pki:issue(name, "/O=Tests/CN=NETX.CTGAPP", above, { names_only = true, extensions = t.leaf, curve = t.curve })
  return pki:ring("ring-" .. name, { own = name, chain = all, signers = { "ca" } })
end

pki:root("ca", "/O=Tests/CN=CA")
pki:root("impostor", "/O=Tests/CN=CA")
pki:root("stranger", "/O=Tests/CN=Stranger")
pki:issue("region", "/O=Tests/CN=NETA.CICSA", "ca")
pki:root("alone", "/O=Tests/CN=NETX.CTGAPP", { extensions = { "basicConstraints = critical,CA:FALSE" } })

local constraints = { "basicConstraints = critical,CA:TRUE", "nameConstraints = " .. numbered("excluded;DNS:", 1000) }
local flood = {}
for i = 1, 399 do flood[i] = "ca" end

local CHAINS = {
  { "a self-signed certificate", pki:ring("ring-alone", { own = "alone", signers = { "ca" } }) },
  { "four authorities, exponent 2^3071-1", chain("dear", "stranger", { key = key }) },
  { "the same, the top one bears an anchor's name", chain("named", "impostor", { key = key }) },
  { "an anchor's name, keys that are good", chain("forged", "impostor", {}) },
  { "an anchor's name, P-384", chain("slow", "impostor", { curve = "P-384" }) },
  { "4,000 subtrees, 192 names",
    chain("wide", "impostor", { authority = constraints, leaf = { "subjectAltName = " .. numbered("DNS:n", 192) } }) },
  { "ten certificates", chain("ten", "stranger", { n = 9 }) },
  { "four hundred certificates", pki:ring("ring-flood", { own = "alone", chain = flood, signers = { "ca" } }) },
}

local DEFINITION = ([[
region { applid = "CICSA", networkid = "NETA", ring = "%s", control = "control.sock", halfopen_peer = 5000 }
tcpipservice "CHAINS" { host = "127.0.0.1", portnumber = %d, ssl = "clientauth" }
]])

local function refused(context)
  local plain = socket.tcp4()
  assert(plain:connect("127.0.0.1", PORT))
  local s = assert(ssl.wrap(plain, context))
  s:dohandshake()
  s:close()
end

local function cost(pid, ring)
  local context = assert(ssl.newcontext { mode = "client", protocol = "tlsv1_2", verify = "none", certificate = ring .. "/OWN.pem",
    key = ring .. "/OWN.key" })
  for _ = 1, 20 do refused(context) end
  local before = measured.cpu(pid)
  for _ = 1, COUNT do refused(context) end
  return (measured.cpu(pid) - before) * 1000 / COUNT
end

local function measure(pid)
  local base
  for _, row in ipairs(CHAINS) do
    local each = cost(pid, row[2])
    base = base or each
    print(("%-46s %.3f s CPU per 1000 (%.2f)"):format(row[1] .. ":", each, each / base))
  end
end

local ring = pki:ring("ring-region", { own = "region", signers = { "ca" } })
measured.run(DEFINITION:format(lfs.currentdir() .. "/" .. ring, PORT), {}, measure)
