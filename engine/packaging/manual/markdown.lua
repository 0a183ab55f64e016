-- SPDX-License-Identifier: Apache-2.0
-- markdown: puts a document of the repository into a manual page. A table becomes a list of terms.
local roff = require "roff"

local markdown = {}

-- The manual pages of the documents that a link may lead to.
local PAGES = { ["engine/config/README.md"] = "sallyport\\-region(5)", ["policies/README.md"] = "sallyport\\-policy(7)",
  ["lua/README.md"] = "sallyport\\-policy(7)", ["engine/admin/README.md"] = "sallyport(1)" }

-- The words for the target of a link in `document`: a page, a file, or nil (this page, or an address).
local function target_of(document, target)
  if target:find "^%a+:" or target:find "^#" then return nil end
  local parts = {}
  for part in ((document:match "^(.*/)" or "") .. target:gsub("#.*", "")):gmatch "[^/]+" do
    if part == ".." then parts[#parts] = nil else parts[#parts + 1] = part end
  end
  local path = table.concat(parts, "/")
  if path == document then return nil end
  return PAGES[path] or roff.literal(path)
end

-- markdown.inline(text, document) -> troff. Code and ** become bold, * italic; a link its words and the place it leads to.
function markdown.inline(text, document)
  local kept = {}
  local function keep(troff)
    kept[#kept + 1] = troff
    return ("\1%d\2"):format(#kept)
  end
  text = roff.ascii(text:gsub("\\|", "|"))
  text = text:gsub("`([^`]+)`", function(code) return keep(roff.bold((code:gsub("^%./sallyport", "sallyport")))) end)
  text = text:gsub("%[([^%]]-)%]%(([^)]+)%)", function(words, target)
    local place = target_of(document, target)
    return place and roff.literal(words) ~= place and words .. keep(" (" .. place .. ")") or words
  end)
  text = text:gsub("%*%*(.-)%*%*", function(words) return keep(roff.bold(words)) end)
  text = text:gsub("%*(%w[^*]*)%*", function(words) return keep(roff.italic(words)) end)
  text = roff.prose(text)
  repeat
    local n
    text, n = text:gsub("\1(%d+)\2", function(i) return kept[tonumber(i)] end)
  until n == 0
  return text
end

local function cells_of(line)
  local cells = {}
  for cell in (line:gsub("\\|", "\3"):match "^|(.*)|%s*$" .. "|"):gmatch "%s*(.-)%s*|" do cells[#cells + 1] = (cell:gsub("\3", "\\|")) end
  return cells
end

-- The texts of a row behind its term. Of several columns, each has its heading in front, but for the one with the meaning.
local function texts_of(row, heads, document)
  local texts = {}
  for j = 2, #row do
    local cell, head = markdown.inline(row[j], document), markdown.inline(heads[j] or "", document)
    local bare = #heads < 3 or head == "" or head:find "^means?" or heads[1]:find "`" and j == #heads
    if cell ~= "" then texts[#texts + 1] = bare and cell or head .. ": " .. cell end
  end
  return texts
end

-- A table. A heading with code, `region { ... }`, names the list.
local function take_table(page, rows, document)
  if rows[1][1]:find "`" then page:subsection(roff.ascii((rows[1][1]:gsub("`", "")))) end
  for i = 3, #rows do page:term(markdown.inline(rows[i][1], document), texts_of(rows[i], rows[1], document)) end
end

local function is_block(line)
  return line == "" or line:find "^```" or line:find "^#" or line:find "^|" or line:find "^[-*] " or line:find "^%d+%. "
end

-- How a block begins, and the function that takes it from the reader.
local RULES = {
  { "^```", function(r)
    local lines = {}
    for line in r.next do
      if line:find "^```" then break end
      lines[#lines + 1] = roff.ascii((line:gsub("%./sallyport", "sallyport")))
    end
    r.page:example(lines)
  end },
  { "^# ", function() end }, -- the title
  { "^## ", function(r, line) r.page:section(roff.ascii((line:sub(4):gsub("`", "")))) end },
  { "^###+ ", function(r, line) r.page:subsection(roff.ascii((line:gsub("^#+ ", ""):gsub("`", "")))) end },
  { "^|", function(r, line)
    local rows = { cells_of(line) }
    while r.peek():find "^|" do rows[#rows + 1] = cells_of(r.next()) end
    take_table(r.page, rows, r.document)
  end },
  { "^[-*] ", function(r, line)
    local text = r.joined(line:sub(3))
    if not text:find "^%[[^%]]*%]%(#" then r.page:item("\\(bu", markdown.inline(text, r.document)) end -- else the table of contents
  end },
  { "^%d+%. ", function(r, line) r.page:item(line:match "^%d+%.", markdown.inline(r.joined(line:gsub("^%d+%. ", "")), r.document)) end },
  { ".", function(r, line) r.page:paragraph(markdown.inline(r.joined(line), r.document)) end },
}

local function reader_of(page, text, document)
  local lines, n = {}, 0
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  local r = { page = page, document = document }
  function r.next()
    n = n + 1
    return lines[n]
  end
  function r.peek() return lines[n + 1] or "" end
  -- The line with those that continue its paragraph.
  function r.joined(line)
    while not is_block(r.peek()) do line = line .. " " .. r.next() end
    return line
  end
  return r
end

-- markdown.add(page, text, document): adds the text to a page. document: the path of the text in the repository, from which
-- its links count. The title is left out. Headings of the second level become sections, those below subsections.
function markdown.add(page, text, document)
  local r = reader_of(page, text, document)
  for line in r.next do
    for _, rule in ipairs(RULES) do
      if line:find(rule[1]) then
        rule[2](r, line)
        break
      end
    end
  end
end

return markdown
