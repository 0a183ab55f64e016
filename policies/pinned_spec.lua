-- SPDX-License-Identifier: Apache-2.0

local function name(cns, ca)
  local dn = { { type = "O", value = "Sallyport demo" }, printed = "O=Sallyport demo" }
  for _, cn in ipairs(cns) do dn[#dn + 1] = { type = "CN", value = cn } end
  return { subject = dn, sha256 = ("0"):rep(64), san = {}, chain = { ok = true },
    issuer = { { type = "O", value = "Sallyport demo" }, { type = "CN", value = ca or "First CA" }, printed = "CN=CA" } }
end

local function certify(certificate)
  return { stage = "tls", way = "in", tls = { version = "TLSv1.3" }, certificate = certificate }
end

local function unverified(certificate)
  certificate.chain = { ok = false, code = 10, depth = 0, text = "certificate has expired" }
  return certificate
end

return {
  { name = "accepts a listed name and says its user", door = "certify", facts = certify(name { "NETX.CTGAPP" }),
    expect = { verdict = "accept", userid = "CTGUSER" } },
  { name = "accepts the other region", door = "certify", facts = certify(name { "NETA.CICSB" }),
    expect = { verdict = "accept", userid = "CICSBUSR" } },
  { name = "refuses a name that is not listed", door = "certify", facts = certify(name { "NETX.OTHER" }),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a listed name from another CA", door = "certify", facts = certify(name({ "NETX.CTGAPP" }, "Second CA")),
    expect = { verdict = "refuse", code = "other_issuer" } },
  { name = "refuses two names, both listed", door = "certify", facts = certify(name { "NETX.CTGAPP", "MYQUAL.MYAPPL" }),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a certificate without a name", door = "certify", facts = certify(name {}),
    expect = { verdict = "refuse", code = "not_pinned" } },
  { name = "refuses a listed name whose chain did not verify", door = "certify", facts = certify(unverified(name { "NETX.CTGAPP" })),
    expect = { verdict = "refuse", code = "chain", text = "certificate has expired" } },
  { name = "refuses a partner without a certificate", door = "certify", facts = certify(nil),
    expect = { verdict = "refuse", code = "no_certificate" } },
}
