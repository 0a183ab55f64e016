-- SPDX-License-Identifier: Apache-2.0
-- policy.ip: addresses and prefixes, IPv4 and IPv6. A v4-mapped IPv6 address is IPv4 everywhere. Addresses are numeric text,
-- as facts.peer.ip has it; text that is no address is an error, not "not in the set", or a list of the unwanted would let it in.

local host = require "sallyport.host"

host.library()

local ip = {}

-- ip.set { "10.0.0.0/8", ["192.0.2.0/24"] = "lab" } -> a set. Entries are prefixes, or prefix = value (a string, number or
--   boolean); "10.1.2.3" means /32. Host bits that are set, a value of another type, a key that is no prefix: errors.
--   set:holds(ip) -> true, the longest prefix that holds ip, and its value (true when none was given); or false.
--   Build it when the script loads; asking is a look-up. A prefix named twice keeps one of its values.
function ip.set(entries)
  if type(entries) ~= "table" then host.misuse("ip.set: takes a table of prefixes, not a " .. type(entries)) end
  local prefixes, values = {}, {}
  for key, value in pairs(entries) do
    local prefix, of = key, value
    if type(key) == "number" then prefix, of = value, true end
    if type(of) == "table" or type(of) == "function" then
      host.misuse("ip.set: the value of " .. tostring(prefix) .. " is a " .. type(of) .. ", not a string, number or boolean")
    end
    prefixes[#prefixes + 1], values[#values + 1] = prefix, of
  end
  return host.ipset(prefixes, values)
end

-- ip.within(ip, prefix) -> boolean. For one prefix, named in place; a list belongs into a set.
ip.within = host.within

-- ip.is_address(value) -> boolean: whether value is a string that is a numeric address (what capex.host says may be a name).
ip.is_address = host.is_address

return host.strict(ip, "ip")
