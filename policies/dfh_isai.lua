-- SPDX-License-Identifier: Apache-2.0
-- dfh_isai (urm): what CICS's sample DFH$ISAI does, as far as IBM's text tells (IPIC.md 6.6): several clients share one identity.
--
-- For whom: a region with predefined templates and several clients of the same kind behind each, such as gateways.
-- Lets in: a partner whose network id is the name of an installed ipconn, the template, and whose APPLID is the template's. It gets a
--   copy of the template; name and APPLID are the partner's APPLID and the next number of the template's counter, eight
--   characters in all. Numbers in use are passed over; after the last one they begin again.
-- Never lets in: a network id without a template, another APPLID, a blank one; a copy of an ipconn that was itself autoinstalled;
--   an APPLID of eight characters, which leaves no room for a number.
-- A template wants `template = "only"` (or another networkid than the partner's): a CAPEX that matches the template itself never
--   comes here. The tcpipservice must not say applid_change = "blank_only".

local policy = require "policy"

local NAME_MAX = 8
local TRIES = 100 -- numbers in use that are passed over in one decision

-- The next number that gives a free name; nil and a reason.
local function free_name(template, prefix)
  local counter = policy.counter(template)
  local last = math.tointeger(10 ^ (NAME_MAX - #prefix)) - 1
  for _ = 1, TRIES do
    local number, reason = counter:next { min = 1, max = last, wrap = true }
    if not number then return nil, reason end
    local name = prefix .. number
    if not policy.ipconn(name) then return name end
  end
  return nil, TRIES .. " numbers in a row are in use"
end

return {
  install = function(facts)
    local said = facts.capex
    local template = policy.ipconn(said.networkid)
    if not policy.check("template installed", template ~= nil, said.networkid) then
      return policy.refuse("no_template", "no ipconn is named " .. said.networkid)
    end
    if not policy.check("template defined by us", not template.autoinstalled, said.networkid) then
      return policy.refuse("no_template", said.networkid .. " was autoinstalled itself")
    end
    if not policy.check("APPLID is the template's", said.applid == template.applid, said.applid) then
      return policy.refuse("other_applid", "template " .. said.networkid .. " is for " .. template.applid)
    end
    if not policy.check("room for a number", #said.applid < NAME_MAX, said.applid) then
      return policy.refuse("no_room", said.applid .. " has eight characters; no number can follow")
    end
    local name, reason = free_name(said.networkid, said.applid)
    if not name then
      return policy.refuse("exhausted", "template " .. said.networkid .. ": " .. reason)
    end
    return policy.install { ipconn = name, applid = name, template = said.networkid }
  end,
}
