-- SPDX-License-Identifier: Apache-2.0
-- policy.ip: addresses and prefixes of IPv4 and IPv6. A v4-mapped IPv6 address counts as IPv4. Addresses are numeric
-- text like facts.peer.ip. Text that is no address is an error and not "outside the set", because a deny list would let
-- it in. `local ip = require "policy.ip"`; lua/README.md has examples.

local host = require "sallyport.host"

host.library()

local ip = {}

-- ip.set { "10.0.0.0/8", ["192.0.2.0/24"] = "lab" } -> a set of prefixes. An entry is a prefix, or prefix = value (a
--   string, number or boolean). "10.1.2.3" is a /32, an IPv6 address a /128. A prefix that is given twice keeps one of
--   its values. Raises for a key that is no prefix, for host bits that are set, and for a value that is a table or a
--   function. Build it when the script loads.
-- set:holds(ip) -> true, the longest prefix that holds the address, and its value (true when it has none); or false.
--   Raises when ip is no numeric address.
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

-- ip.read(name, { prefix = "network", value = "label" }) -> the set of the prefixes in a column of the data file `name`
--   in the directory of the scripts: a CSV file with a header, or a JSON list of flat objects, as for policy.data.
--   value: the column of the values; absent: none. A prefix that is there twice has the value of its last row. The set
--   is outside of the script's kilobytes, and all workers and generations with the same file share it: the way for
--   large lists. Raises for a fault of the file, with its line, for another option, and at a door.
ip.read = host.read_networks

-- ip.within(ip, prefix) -> boolean: true when the prefix holds the address. For several prefixes use a set. Raises when
--   ip is no numeric address or prefix is no prefix.
ip.within = host.within

-- ip.is_address(value) -> boolean: true when value is a string with a numeric address. capex.host may be an address or
--   a name. Never raises.
ip.is_address = host.is_address

return host.strict(ip, "ip")
