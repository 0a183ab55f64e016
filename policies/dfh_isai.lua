-- SPDX-License-Identifier: Apache-2.0
-- dfh_isai (urm): CICS's sample DFH$ISAI, as far as IBM's text describes it (IPIC.md 6.6): several clients share one
-- identity.
--
-- For whom: a region with predefined templates, and several clients of the same kind (such as gateways) for each.
-- Lets in: a partner whose network id is the name of an installed ipconn, the template, and whose APPLID is that of the
--   template. The ipconn is a copy of the template. Its name and APPLID are the partner's APPLID and the next number of
--   the template's counter, eight characters in all. Numbers in use are skipped; after the last one 1 follows again.
-- Never lets in: a network id without a template, another APPLID, a blank APPLID; a copy of an ipconn that was
--   autoinstalled; an APPLID of eight characters, which leaves no room for a number.
-- The template needs `template = "only"` (or another networkid than the partner's). Otherwise a CAPEX matches the
-- template itself, and this script is not asked. The tcpipservice must not have applid_change = "blank_only".

local policy = require "policy"

local NAME_MAX = 8
local TRIES = 100 -- numbers in use that one decision skips

-- The next free name; nil and a reason when there is none.
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
