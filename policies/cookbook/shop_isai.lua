-- SPDX-License-Identifier: Apache-2.0
-- shop_isai (urm): DFH$ISAI for one shop: the APPLID chooses the template, a counter makes the name (IPIC.md 6.6).
--
-- For whom: a shop with groups of gateways. Each group shares one APPLID and has a template with the group's rights.
-- Lets in: a client of NETWORKID SHOP whose APPLID is in the table, as a copy of the row's template. The ipconn's name
--   and APPLID are the row's prefix and a number of four digits. The template has template = "only", and the
--   tcpipservice has no applid_change = "blank_only".
-- Never lets in: another NETWORKID or APPLID; anyone while the template is missing, out of service or was
--   autoinstalled; a client when 100 numbers in a row are in use.

local policy = require "policy"

local GROUPS = {
  WEBGATE = { prefix = "WEB", template = "TWEB" },
  PAYGATE = { prefix = "PAY", template = "TPAY" },
}
local TRIES = 100 -- numbers in use that one decision skips

local function usable(name)
  local template = policy.ipconn(name)
  return template ~= nil and template.servstatus == "INSERVICE" and not template.autoinstalled
end

-- The next free name of the group; nil and a reason when there is none.
local function free_name(group)
  local counter = policy.counter("shop " .. group.prefix)
  for _ = 1, TRIES do
    local number, reason = counter:next { min = 1, max = 9999, wrap = true }
    if not number then return nil, reason end
    local name = ("%s%04d"):format(group.prefix, number)
    if not policy.ipconn(name) then return name end
  end
  return nil, TRIES .. " numbers in a row are in use"
end

return {
  install = function(facts)
    local said = facts.capex
    local group = said.networkid == "SHOP" and GROUPS[said.applid] or nil
    if not policy.check("group known", group ~= nil, said.networkid .. "." .. said.applid) then
      return policy.refuse("no_group", "no row for " .. said.networkid .. "." .. said.applid)
    end
    if not policy.check("template usable", usable(group.template), group.template) then
      return policy.refuse("no_template", group.template .. " is not installed, out of service, or was autoinstalled")
    end
    local name, reason = free_name(group)
    if not policy.check("name free", name ~= nil, name or reason) then return policy.refuse("exhausted", reason) end
    return policy.install { ipconn = name, applid = name, template = group.template }
  end,
}
