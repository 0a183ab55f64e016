-- SPDX-License-Identifier: Apache-2.0
-- policy.cert: what a certificate says about its holder. All take facts.certificate. Names are compared whole and byte by byte,
-- a NUL being a byte like any other; nothing is folded, nothing matches by a wildcard. None of these looks at chain.ok unless it says so:
-- what an unverified certificate says is a claim.

local host = require "sallyport.host"

host.library()

local cert = {}

local DAY = 86400
local KINDS = { dns = true, uri = true, ip = true, email = true }

local function certificate_of(who, certificate)
  if type(certificate) ~= "table" then
    host.misuse(who .. ": takes facts.certificate, not a " .. type(certificate) .. " (a peer without a certificate has none)")
  end
  return certificate
end

local function text_of(who, what, value)
  if type(value) ~= "string" then host.misuse(who .. ": " .. what .. " must be a string, not a " .. type(value)) end
  return value
end

-- The one value of that type in a distinguished name; nil and how many there are otherwise.
local function only(dn, kind)
  local found, n = nil, 0
  for _, rdn in ipairs(dn or {}) do
    if rdn.type == kind then found, n = rdn.value, n + 1 end
  end
  if n == 1 then return found end
  return nil, n
end

-- cert.cn(certificate) -> the subject's one CN; or nil and a reason when there is none or more than one: of several, which one a
--   reader takes is anybody's choice, so none is taken.
function cert.cn(certificate)
  local cn, n = only(certificate_of("cert.cn", certificate).subject, "CN")
  if cn then return cn end
  return nil, n == 0 and "no CN" or n .. " CNs"
end

-- cert.san(certificate, kind) -> the list of subject alternative names of that kind: "dns", "uri", "ip" (printed form) or "email".
function cert.san(certificate, kind)
  if not KINDS[kind] then host.misuse("cert.san: no kind '" .. tostring(kind) .. "'; there are dns, uri, ip and email") end
  local san = certificate_of("cert.san", certificate).san
  return san and san[kind] or {}
end

-- cert.named(certificate, name) -> true and where ("cn", "dns" or "uri"), when the one CN or a SAN of these kinds is name; else
--   false and a reason. name: a string that is not empty.
function cert.named(certificate, name)
  certificate_of("cert.named", certificate)
  if text_of("cert.named", "the name", name) == "" then host.misuse "cert.named: the name is empty" end
  local cn, reason = cert.cn(certificate)
  if cn == name then return true, "cn" end
  for _, kind in ipairs { "dns", "uri" } do
    for _, value in ipairs(cert.san(certificate, kind)) do
      if value == name then return true, kind end
    end
  end
  return false, reason or "another name"
end

local function fingerprint_of(who, what, text)
  local hex = text_of(who, what, text):gsub(":", ""):lower()
  if #hex ~= 64 or hex:find("[^0-9a-f]") then host.misuse(who .. ": " .. what .. " is not a SHA-256 fingerprint: " .. text) end
  return hex
end

-- cert.pins { "AB:CD:…", ["abcd…"] = "NETX gateway" } -> a set for cert.pinned: SHA-256 fingerprints in hex, colons and case as they
--   come, with a label each if wanted. Build it when the script loads. What is no fingerprint is an error.
function cert.pins(list)
  if type(list) ~= "table" then host.misuse("cert.pins: takes a table of fingerprints, not a " .. type(list)) end
  local pins = {}
  for key, value in pairs(list) do
    local pin, label = key, value
    if type(key) == "number" then pin, label = value, true end
    pins[fingerprint_of("cert.pins", "a fingerprint", pin)] = label
  end
  return pins
end

-- cert.pinned(certificate, pins) -> true and the label (true when none was given), or false. pins: what cert.pins returned.
function cert.pinned(certificate, pins)
  if type(pins) ~= "table" then host.misuse("cert.pinned: takes what cert.pins returned, not a " .. type(pins)) end
  local label = pins[certificate_of("cert.pinned", certificate).sha256]
  if label then return true, label end
  return false
end

-- The SHA-256 of the certificate that signed the leaf, and that of the anchor; nil each when it is not known. A self-signed leaf that is
-- itself a signer of the ring has no other.
local function signers_of(certificate)
  local chain = certificate.chain
  if type(chain) ~= "table" or chain.ok ~= true then return nil end
  local all, anchor = chain.certificates, chain.anchor
  local signer = all and (all[2] or all[1])
  return signer and signer.sha256, anchor and anchor.sha256
end

-- Whether the signer or the anchor is the one wanted. value: a fingerprint; for the anchor also true (the signer is the anchor).
local function is_signed(certificate, kind, value)
  local signer, anchor = signers_of(certificate)
  if kind == "anchor" and value == true then return anchor ~= nil and signer == anchor end
  local hex = fingerprint_of("cert.issued_by", kind, value)
  if kind == "anchor" then return anchor == hex end
  return signer == hex
end

-- cert.issued_by(certificate, { CN = "Demo CA", O = "…", anchor = "AB:CD:…", issuer = "…" }) -> boolean: the chain verified, and all
--   of these hold. CN and other types: the issuer's name has it exactly once, with that value; types not named are not looked at,
--   and an unknown type is an error.
--   Every authority under any trusted signer can use that name. anchor: the SHA-256 fingerprint of the signer of the
--   ring that the chain ends in; or true: that signer itself signed this certificate, so the issuer's name is the signer's own name.
--   issuer: the fingerprint of the certificate that signed this one. Colons and case do not count.
function cert.issued_by(certificate, wanted)
  certificate_of("cert.issued_by", certificate)
  if type(wanted) ~= "table" or next(wanted) == nil then host.misuse "cert.issued_by: takes a table such as { CN = \"Demo CA\" }" end
  local chain = certificate.chain
  local ok = type(chain) == "table" and chain.ok == true
  for kind, value in pairs(wanted) do
    text_of("cert.issued_by", "a type", kind)
    if kind == "anchor" or kind == "issuer" then
      ok = is_signed(certificate, kind, value) and ok
    else
      ok = only(certificate.issuer, host.dntype(kind)) == text_of("cert.issued_by", kind, value) and ok
    end
  end
  return ok
end

-- cert.expires_within(certificate, now, days) -> boolean: whether not_after is less than so many days after now (facts.now, seconds
--   since 1970); true as well when it has passed. A rule that refuses by it lets in by `facts.recheck or …`: a reload asks with the time of
--   the reload, and would release a partner whose certificate has grown old since.
function cert.expires_within(certificate, now, days)
  certificate_of("cert.expires_within", certificate)
  if type(now) ~= "number" or type(days) ~= "number" then host.misuse "cert.expires_within: now and days must be numbers" end
  if type(certificate.not_after) ~= "number" then host.misuse "cert.expires_within: the certificate has no not_after" end
  return certificate.not_after - now < days * DAY
end

-- cert.filter { { userid = "FRED", sha256 = "ab…" }, { userid = "PAYUSER", subject = "OU=Pay,O=Shop", issuer = "CN=CA,O=Trust" }, … }
--   -> function(certificate) -> userid, or nil: the filters of a ring's maps.lua, for policies of one's own; one implementation reads and
--   asks both (certs/README.md). A name is the end of the certificate's name, except an issuer beside a subject: that is the whole name.
--   anchor = "AB:CD:…" narrows a filter of names to chains that end in that signer of the ring. Names count only when the chain verified.
--   Build it when the script loads. An invalid filter is an error.
function cert.filter(list)
  return host.certmap(list)
end

return host.strict(cert, "cert")
