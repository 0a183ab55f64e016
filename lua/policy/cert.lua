-- SPDX-License-Identifier: Apache-2.0
-- policy.cert: the names, fingerprint, issuer and dates of a certificate. Each function but pins and filter takes
-- facts.certificate, and raises when it is no table (a peer without a certificate); cert.verified takes nil too. Names
-- are compared whole and byte by byte; a NUL is a byte like any other, case counts, and no wildcard matches. A function
-- checks chain.ok only where its comment says so: the names of an unverified certificate are a claim of the peer.
-- `local cert = require "policy.cert"`; lua/README.md has examples.

local host = require "sallyport.host"

host.library()

local cert = {}

local DAY = 86400
local KINDS = { dns = true, uri = true, ip = true, email = true }

local function certificate_of(caller, certificate)
  if type(certificate) ~= "table" then
    host.misuse(caller .. ": takes facts.certificate, not a " .. type(certificate) .. " (a peer without a certificate has none)")
  end
  return certificate
end

local function text_of(caller, label, value)
  if type(value) ~= "string" then host.misuse(caller .. ": " .. label .. " must be a string, not a " .. type(value)) end
  return value
end

-- The only value of that type in a distinguished name; nil and the number of values when there is none or more than
-- one.
local function only(dn, kind)
  local found, n = nil, 0
  for _, rdn in ipairs(dn or {}) do
    if rdn.type == kind then found, n = rdn.value, n + 1 end
  end
  if n == 1 then return found end
  return nil, n
end

-- The only value of that type in the subject; nil and a reason ("no OU", "2 OUs").
local function only_of_subject(certificate, kind)
  local value, n = only(certificate.subject, kind)
  if value then return value end
  return nil, n == 0 and "no " .. kind or n .. " " .. kind .. "s"
end

-- cert.cn(certificate) -> the only CN of the subject; nil and a reason ("no CN", "2 CNs") when there is none or more
--   than one. Readers differ in which one of several CNs they take, so none is taken.
function cert.cn(certificate)
  return only_of_subject(certificate_of("cert.cn", certificate), "CN")
end

-- cert.ou(certificate) -> the only OU of the subject; nil and a reason ("no OU", "2 OUs") when there is none or more
--   than one. It does not check the chain.
function cert.ou(certificate)
  return only_of_subject(certificate_of("cert.ou", certificate), "OU")
end

-- cert.verified(certificate) -> true when the chain verified; else false and a reason: the first error of the chain,
--   "not verified" when it has no error, or "no certificate" for nil, so that facts.certificate needs no test of its
--   own. Raises for another value that is no table.
function cert.verified(certificate)
  if certificate == nil then return false, "no certificate" end
  local chain = certificate_of("cert.verified", certificate).chain
  if type(chain) == "table" and chain.ok == true then return true end
  return false, type(chain) == "table" and chain.text or "not verified"
end

-- cert.san(certificate, kind) -> the list of subject alternative names of that kind: "dns", "uri", "ip" (numeric text)
--   or "email"; empty when there are none. Raises for another kind.
function cert.san(certificate, kind)
  if not KINDS[kind] then host.misuse("cert.san: no kind '" .. tostring(kind) .. "'; there are dns, uri, ip and email") end
  local san = certificate_of("cert.san", certificate).san
  return san and san[kind] or {}
end

-- cert.named(certificate, name) -> true and the place ("cn", "dns" or "uri") when the only CN or a SAN of these kinds
--   is the name; else false and a reason. name: a string that is not empty, else it raises.
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

local function fingerprint_of(caller, label, text)
  local hex = text_of(caller, label, text):gsub(":", ""):lower()
  if #hex ~= 64 or hex:find("[^0-9a-f]") then host.misuse(caller .. ": " .. label .. " is not a SHA-256 fingerprint: " .. text) end
  return hex
end

-- cert.pins { "AB:CD:…", ["abcd…"] = "NETX gateway" } -> a set for cert.pinned. An entry is a SHA-256 fingerprint in
--   hex, or fingerprint = label. Colons and case do not matter. Build it when the script loads. Raises for a text that
--   is no SHA-256 fingerprint.
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

-- cert.pinned(certificate, pins) -> true and the label (true when the entry has none) when the certificate's
--   fingerprint is in the set; else false. pins: the result of cert.pins; raises for a value that is no table.
function cert.pinned(certificate, pins)
  if type(pins) ~= "table" then host.misuse("cert.pinned: takes the result of cert.pins, not a " .. type(pins)) end
  local label = pins[certificate_of("cert.pinned", certificate).sha256]
  if label then return true, label end
  return false
end

-- The SHA-256 fingerprints of the certificate that signed the leaf and of the anchor; nil for an unknown one. For a
-- self-signed leaf that is a signer of the ring, both are the leaf's own.
local function signers_of(certificate)
  local chain = certificate.chain
  if type(chain) ~= "table" or chain.ok ~= true then return nil end
  local all, anchor = chain.certificates, chain.anchor
  local signer = all and (all[2] or all[1])
  return signer and signer.sha256, anchor and anchor.sha256
end

-- True when the signer (kind "issuer") or the anchor has that fingerprint; with kind "anchor" and value true, when the
-- signer is the anchor.
local function is_signed(certificate, kind, value)
  local signer, anchor = signers_of(certificate)
  if kind == "anchor" and value == true then return anchor ~= nil and signer == anchor end
  local hex = fingerprint_of("cert.issued_by", kind, value)
  if kind == "anchor" then return anchor == hex end
  return signer == hex
end

-- cert.issued_by(certificate, { CN = "Demo CA", O = "…", anchor = "AB:CD:…", issuer = "…" }) -> boolean: true when the
--   chain verified and all members hold. CN and other types of names: the issuer's name has the type exactly once, with
--   that value; other types do not matter. Each authority under a trusted signer can use any name, so add one of the
--   fingerprints (SHA-256 in hex; colons and case do not matter). anchor: of the signer of the ring in which the chain
--   ends; or true: that signer itself signed this certificate, so the issuer's name is the signer's own. issuer: of the
--   certificate that signed this one. Raises for an empty table, an unknown type, or no fingerprint.
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

-- cert.expires_within(certificate, now, days) -> boolean: true when not_after is less than that many days after now
--   (facts.now, in seconds since 1970), or has passed. A rule that refuses by it must accept when facts.recheck is
--   true: facts.now is then the time of the reload, and the reload would release partners with older certificates.
--   Raises when an argument is no number.
function cert.expires_within(certificate, now, days)
  certificate_of("cert.expires_within", certificate)
  if type(now) ~= "number" or type(days) ~= "number" then host.misuse "cert.expires_within: now and days must be numbers" end
  if type(certificate.not_after) ~= "number" then host.misuse "cert.expires_within: the certificate has no not_after" end
  return certificate.not_after - now < days * DAY
end

-- cert.filter { { userid = "FRED", sha256 = "ab…" }, { userid = "PAYUSER", subject = "OU=Pay,O=Shop", issuer =
--   "CN=CA,O=Trust" }, … } -> function(certificate) -> userid, or nil. The filters are those of a ring's maps.lua;
--   certs/README.md says which one of several decides. A name is the end of the certificate's name; an issuer beside a
--   subject is the whole name. anchor = "AB:CD:…" narrows a filter of names to chains that end in that signer of the
--   ring. Names count only when the chain verified. Build it when the script loads. Raises for a filter that is not
--   valid.
function cert.filter(list)
  return host.certmap(list)
end

return host.strict(cert, "cert")
