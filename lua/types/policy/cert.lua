---@meta policy.cert
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.library.cert
local cert = {}

---cert.cn(certificate) -> the only CN of the subject; nil and a reason ("no CN", "2 CNs") when there is none or more
---than one. Readers differ in which one of several CNs they take, so none is taken.
---@param certificate sallyport.certificate
---@return string?
---@return string?
function cert.cn(certificate) end

---cert.expires_within(certificate, now, days) -> boolean: true when not_after is less than that many days after now
---(facts.now, in seconds since 1970), or has passed. A rule that refuses by it must accept when facts.recheck is
---true: facts.now is then the time of the reload, and the reload would release partners with older certificates.
---Raises when an argument is no number.
---@param certificate sallyport.certificate
---@param now number
---@param days number
---@return boolean
function cert.expires_within(certificate, now, days) end

---cert.filter { { userid = "FRED", sha256 = "ab…" }, { userid = "PAYUSER", subject = "OU=Pay,O=Shop", issuer =
---"CN=CA,O=Trust" }, … } -> function(certificate) -> userid, or nil. The filters are those of a ring's maps.lua;
---certs/README.md says which one of several decides. A name is the end of the certificate's name; an issuer beside a
---subject is the whole name. anchor = "AB:CD:…" narrows a filter of names to chains that end in that signer of the
---ring. Names count only when the chain verified. Build it when the script loads. Raises for a filter that is not
---valid.
---@param list table[]
---@return fun(certificate: sallyport.certificate): string?
function cert.filter(list) end

---cert.issued_by(certificate, { CN = "Demo CA", O = "…", anchor = "AB:CD:…", issuer = "…" }) -> boolean: true when the
---chain verified and all members hold. CN and other types of names: the issuer's name has the type exactly once, with
---that value; other types do not matter. Each authority under a trusted signer can use any name, so add one of the
---fingerprints (SHA-256 in hex; colons and case do not matter). anchor: of the signer of the ring in which the chain
---ends; or true: that signer itself signed this certificate, so the issuer's name is the signer's own. issuer: of the
---certificate that signed this one. Raises for an empty table, an unknown type, or no fingerprint.
---@param certificate sallyport.certificate
---@param wanted table<string, string|boolean>
---@return boolean
function cert.issued_by(certificate, wanted) end

---cert.named(certificate, name) -> true and the place ("cn", "dns" or "uri") when the only CN or a SAN of these kinds
---is the name; else false and a reason. name: a string that is not empty, else it raises.
---@param certificate sallyport.certificate
---@param name string
---@return boolean
---@return string
function cert.named(certificate, name) end

---cert.ou(certificate) -> the only OU of the subject; nil and a reason ("no OU", "2 OUs") when there is none or more
---than one. It does not check the chain.
---@param certificate sallyport.certificate
---@return string?
---@return string?
function cert.ou(certificate) end

---cert.pinned(certificate, pins) -> true and the label (true when the entry has none) when the certificate's
---fingerprint is in the set; else false. pins: the result of cert.pins; raises for a value that is no table.
---@param certificate sallyport.certificate
---@param pins sallyport.Pins
---@return boolean
---@return any
function cert.pinned(certificate, pins) end

---cert.pins { "AB:CD:…", ["abcd…"] = "NETX gateway" } -> a set for cert.pinned. An entry is a SHA-256 fingerprint in
---hex, or fingerprint = label. Colons and case do not matter. Build it when the script loads. Raises for a text that
---is no SHA-256 fingerprint.
---@param list table
---@return sallyport.Pins
function cert.pins(list) end

---cert.san(certificate, kind) -> the list of subject alternative names of that kind: "dns", "uri", "ip" (numeric text)
---or "email"; empty when there are none. Raises for another kind.
---@param certificate sallyport.certificate
---@param kind "dns"|"uri"|"ip"|"email"
---@return string[]
function cert.san(certificate, kind) end

---cert.verified(certificate) -> true when the chain verified; else false and a reason: the first error of the chain,
---"not verified" when it has no error, or "no certificate" for nil, so that facts.certificate needs no test of its
---own. Raises for another value that is no table.
---@param certificate sallyport.certificate
---@return boolean
---@return string?
function cert.verified(certificate) end

return cert
