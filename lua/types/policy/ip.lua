---@meta policy.ip
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.library.ip
local ip = {}

---ip.is_address(value) -> boolean: true when value is a string with a numeric address. capex.host may be an address or
---a name. Never raises.
---@param value any
---@return boolean
function ip.is_address(value) end

---ip.read(name, { prefix = "network", value = "label" }) -> the set of the prefixes in a column of the data file `name`
---in the directory of the scripts: a CSV file with a header, or a JSON list of flat objects, as for policy.data.
---value: the column of the values; absent: none. A prefix that is there twice has the value of its last row. The set
---is outside of the script's kilobytes, and all workers and generations with the same file share it: the way for
---large lists. Raises for a fault of the file, with its line, for another option, and at a door.
---@param name string
---@param options sallyport.NetworkOptions
---@return sallyport.IpSet
function ip.read(name, options) end

---ip.set { "10.0.0.0/8", ["192.0.2.0/24"] = "lab" } -> a set of prefixes. An entry is a prefix, or prefix = value (a
---string, number or boolean). "10.1.2.3" is a /32, an IPv6 address a /128. A prefix that is given twice keeps one of
---its values. Raises for a key that is no prefix, for host bits that are set, and for a value that is a table or a
---function. Build it when the script loads.
---@param entries table
---@return sallyport.IpSet
function ip.set(entries) end

---ip.within(ip, prefix) -> boolean: true when the prefix holds the address. For several prefixes use a set. Raises when
---ip is no numeric address or prefix is no prefix.
---@param ip string
---@param prefix string
---@return boolean
function ip.within(ip, prefix) end

return ip
