-- SPDX-License-Identifier: Apache-2.0

local LEAF, SIGNER, BELOW = ("0"):rep(64), ("1"):rep(64), ("2"):rep(64)

-- `below`: an authority below the signer issued it, under the name of `ca`.
local function name(cns, ca, below)
  local dn = { { type = "O", value = "Sallyport demo" }, printed = "O=Sallyport demo" }
  local issuer = { { type = "O", value = "Sallyport demo" }, { type = "CN", value = ca or "First CA" }, printed = "CN=CA" }
  for _, cn in ipairs(cns) do dn[#dn + 1] = { type = "CN", value = cn } end
  local all = { { subject = dn, issuer = issuer, sha256 = LEAF } }
  if below then all[2] = { subject = issuer, issuer = issuer, sha256 = BELOW } end
  all[#all + 1] = { subject = issuer, issuer = issuer, sha256 = SIGNER }
  return { subject = dn, sha256 = LEAF, san = {}, issuer = issuer,
    chain = { ok = true, certificates = all, anchor = { subject = issuer, sha256 = SIGNER } } }
end

local function certify(certificate)
  return { stage = "tls", way = "in", tls = { version = "TLSv1.3" }, certificate = certificate }
end

local function unverified(certificate)
  certificate.chain = { ok = false, code = 10, depth = 0, text = "certificate has expired" }
  return certificate
end

return {
  { name = "accepts a listed name with its user", door = "certify", facts = certify(name { "NETX.CTGAPP" }),
    expect = { verdict = "accept", userid = "CTGUSER" } },
  { name = "accepts the other region", door = "certify", facts = certify(name { "NETA.CICSB" }),
    expect = { verdict = "accept", userid = "CICSBUSR" } },
  { name = "refuses a name that is not listed", door = "certify", facts = certify(name { "NETX.OTHER" }),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a listed name from another CA", door = "certify", facts = certify(name({ "NETX.CTGAPP" }, "Second CA")),
    expect = { verdict = "refuse", code = "other_issuer" } },
  { name = "refuses a listed name from another authority with the name First CA", door = "certify",
    facts = certify(name({ "NETX.CTGAPP" }, "First CA", true)), expect = { verdict = "refuse", code = "other_issuer" } },
  { name = "refuses two names, both listed", door = "certify", facts = certify(name { "NETX.CTGAPP", "MYQUAL.MYAPPL" }),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a certificate without a name", door = "certify", facts = certify(name {}),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a listed name whose chain did not verify", door = "certify", facts = certify(unverified(name { "NETX.CTGAPP" })),
    expect = { verdict = "refuse", code = "chain", text = "certificate has expired" } },
  { name = "refuses a partner without a certificate", door = "certify", facts = certify(nil),
    expect = { verdict = "refuse", code = "no_certificate" } },
}
