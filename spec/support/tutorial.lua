-- SPDX-License-Identifier: Apache-2.0
-- tutorial: the sections of the documents that can be pasted into a shell.
local pair = require "spec.support.pair"
local text = require "spec.support.text"

local tutorial = {}

-- The sections, and the document of each.
local SECTIONS = {
  ["Your first hour"] = "README.md", ["Change a rule while partners are connected"] = "policies/README.md",
  ["From idea to live"] = "policies/README.md", ["Two regions and a client"] = "engine/config/README.md",
  ["Your own authority and partner"] = "certs/README.md", ["Two regions and one Redis"] = "engine/store/WALK.md",
}

-- The sh blocks of a section, in order, as one script.
function tutorial.script(heading)
  local document = "\n" .. assert(text.read(SECTIONS[heading])) .. "\n## "
  local section = assert(document:match("\n## " .. heading .. "\n(.-)\n## "), "no section " .. heading)
  local blocks = {}
  for block in section:gmatch "```sh\n(.-)```" do blocks[#blocks + 1] = block end
  return table.concat(blocks, "\n")
end

-- tutorial.ports() -> a function that puts free ports in place of those of the documents, the same for the same port
function tutorial.ports()
  local elsewhere = {}
  return function(words)
    return (words:gsub("%f[%d]1491%d%f[%D]", function(port)
      elsewhere[port] = elsewhere[port] or ("%d"):format(pair.ports(1))
      return elsewhere[port]
    end))
  end
end

return tutorial
