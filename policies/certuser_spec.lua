-- SPDX-License-Identifier: Apache-2.0

local function name(...)
  local out = { printed = "…" }
  for _, part in ipairs { ... } do
    local type, value = part:match "^(%w+)=(.*)$"
    out[#out + 1] = { type = type, value = value }
  end
  return out
end

local FIRST = name("O=Sallyport demo", "CN=First CA")
local SECOND = name("O=Sallyport demo", "CN=Second CA")

local LEAF, SIGNER, BELOW = ("0"):rep(64), ("1"):rep(64), ("2"):rep(64)

local function chain_of(subject, issuer, below)
  local all = { { subject = subject, issuer = issuer, sha256 = LEAF } }
  if below then all[2] = { subject = issuer, issuer = issuer, sha256 = BELOW } end
  all[#all + 1] = { subject = issuer, issuer = issuer, sha256 = SIGNER }
  return { ok = true, certificates = all, anchor = { subject = issuer, sha256 = SIGNER } }
end

-- `below`: an authority below the signer issued it, under the signer's name.
local function certify(subject, issuer, ok, below)
  return { stage = "tls", way = "in",
    certificate = { subject = subject, issuer = issuer,
      chain = ok == false and { ok = false, text = "expired" } or chain_of(subject, issuer, below) } }
end

local function maps(userid)
  return { verdict = "accept", userid = userid }
end

local NOBODY = { verdict = "accept", userid = false }

return {
  { name = "maps a whole subject of a whole issuer", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=NETX.CTGAPP"), FIRST), expect = maps "CTGUSER" },
  { name = "maps all certificates of an issuer", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=OTHER.OTHERCA"), SECOND), expect = maps "SECONDCA" },
  { name = "does not take the name of another issuer", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=NETX.CTGAPP"), SECOND), expect = maps "SECONDCA" },
  { name = "maps a name below the end of a subject", door = "certify",
    facts = certify(name("O=Sallyport demo", "OU=Payroll", "CN=FRED"), FIRST), expect = maps "PAYUSER" },
  { name = "maps by part of a subject before a whole issuer", door = "certify",
    facts = certify(name("O=Sallyport demo", "OU=Payroll", "CN=FRED"), SECOND), expect = maps "PAYUSER" },
  { name = "accepts a name without a filter, without a user", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=NETX.RSAAPP"), FIRST), expect = NOBODY },
  { name = "does not match a name that only ends in the same letters", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=XNETA.CICSB"), FIRST), expect = NOBODY },
  { name = "does not match a name with a NUL inside", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=NETA.CICSB\0.evil"), FIRST), expect = NOBODY },
  { name = "refuses a name whose best filter is NOTRUST", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=MYQUAL.MYAPPL"), FIRST), expect = { verdict = "refuse", code = "not_trusted" } },
  { name = "refuses the same name where a lesser filter would trust", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=MYQUAL.MYAPPL"), SECOND), expect = { verdict = "refuse", code = "not_trusted" } },
  { name = "refuses a certificate of an authority below a signer, whatever its name", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=NETX.CTGAPP"), FIRST, true, true),
    expect = { verdict = "refuse", code = "other_issuer" } },
  { name = "refuses a chain that did not verify", door = "certify",
    facts = certify(name("O=Sallyport demo", "CN=NETX.CTGAPP"), FIRST, false), expect = { verdict = "refuse", code = "chain" } },
  { name = "refuses a partner without a certificate", door = "certify", facts = { stage = "tls", way = "in" },
    expect = { verdict = "refuse", code = "no_certificate" } },
}
