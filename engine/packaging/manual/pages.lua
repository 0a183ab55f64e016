-- SPDX-License-Identifier: Apache-2.0
-- pages.lua BINARY DIRECTORY: writes the manual pages sallyport(1), sallyport-region(5) and sallyport-policy(7) into
-- DIRECTORY, from the help texts of the program and from the documents. The date is that of the changelog.
package.path = "engine/packaging/manual/?.lua;" .. package.path
local help = require "help"
local markdown = require "markdown"
local roff = require "roff"
local textfile = require "textfile"

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

local function date()
  local day, month, year = textfile.read("engine/packaging/debian/changelog"):match "\n %-%- [^\n]->  %a+, (%d+) (%a+) (%d+)"
  return ("%s-%02d-%02d"):format(year, MONTHS[month], tonumber(day))
end

local function add(page, path) markdown.add(page, textfile.read(path), path) end

-- A synopsis: fixed words in bold, in italics the words in capitals, which the reader replaces.
local function synopsis(usage)
  return (usage:gsub("|", "|\\:"):gsub("[^%s%[%]|\\:]+", function(word)
    return (word:find "%u" and not word:find "%l") and roff.italic(word) or roff.bold(word)
  end))
end

local function add_command(page, command)
  local forms = {}
  for i, usage in ipairs(command.usage) do forms[i] = synopsis(usage) end
  page:subsection(command.name)
  page:forms(forms)
  for _, block in ipairs(command.blocks) do
    if block.flags then page:term(roff.bold(block.flags), { block.text and roff.prose(block.text) })
    else page:paragraph(roff.prose(block.text)) end
  end
end

local function see_also(page)
  page:section "SEE ALSO"
  page:paragraph "\\fBsallyport\\fR(1), \\fBsallyport\\-region\\fR(5), \\fBsallyport\\-policy\\fR(7)"
  page:paragraph(roff.prose "The documents of the project, which these pages name by their paths, are in share/doc/sallyport."
    .. " The key rings: " .. roff.bold "certs/README.md" .. ".")
  return page
end

local function commands_page(commands)
  local page = roff.new("sallyport", 1, date(), "behaves like the IPIC listener of a CICS region")
  page:section "SYNOPSIS"
  page:forms { synopsis "sallyport COMMAND" .. " ...", synopsis "sallyport COMMAND --help", synopsis "sallyport --version" }
  page:section "DESCRIPTION"
  -- The words of README.md before its first heading, without drawings and tables.
  markdown.add(page, textfile.read("README.md"):match "^(.-)\n## ":gsub("\n```.-\n```\n", "\n"):gsub("\n|[^\n]*", ""), "README.md")
  page:section "COMMANDS"
  for _, command in ipairs(commands) do add_command(page, command) end
  add(page, "engine/admin/README.md")
  return see_also(page)
end

local function region_page()
  local page = roff.new("sallyport-region", 5, date(), "the definition of a region, region.lua, and the saf")
  page:section "DESCRIPTION"
  add(page, "engine/config/README.md")
  return see_also(page)
end

local function policy_page()
  local page = roff.new("sallyport-policy", 7, date(), "the scripts that decide, and the library that they load")
  page:section "DESCRIPTION"
  add(page, "policies/README.md")
  page:section "THE LIBRARY"
  add(page, "lua/README.md")
  return see_also(page)
end

local binary, directory = table.unpack(arg)
for name, page in pairs { ["sallyport.1"] = commands_page(help.commands(binary)), ["sallyport-region.5"] = region_page(),
  ["sallyport-policy.7"] = policy_page() } do
  textfile.write(directory .. "/" .. name, page:source())
end
