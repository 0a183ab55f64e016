-- SPDX-License-Identifier: Apache-2.0
-- roff: writes a manual page in the macros of man(7): paragraphs, lists of terms, bullets, examples.
local roff = {}
roff.__index = roff

local COLUMNS = 78 -- of a line of text in the page's source

local ASCII = { ["…"] = "...", ["–"] = "-", ["—"] = "-", ["→"] = "->", ["×"] = "x", ["’"] = "'", ["“"] = '"', ["”"] = '"', ["≤"] = "<=",
  ["≥"] = ">=", ["≠"] = "~=" }
local LITERAL = { ["\\"] = "\\e", ["-"] = "\\-", ["'"] = "\\(aq", ["`"] = "\\(ga", ["^"] = "\\(ha", ["~"] = "\\(ti" }
local PROSE = { ["\\"] = "\\e", ["^"] = "\\(ha", ["~"] = "\\(ti" }

-- roff.ascii(text) -> the text with the usual signs of documents in ASCII, which each terminal has
function roff.ascii(text)
  return (text:gsub("[\xc2-\xf4][\x80-\xbf]+", ASCII))
end

-- Prose: a hyphen may become another sign of the font. Bytes without meaning for troff.
function roff.prose(text)
  return (text:gsub("[\\^~]", PROSE):gsub("%-%-%f[%w]", "\\-\\-"))
end

-- Something that a reader types: each byte stands for itself.
function roff.literal(text)
  return (text:gsub("[\\'`^~-]", LITERAL))
end

-- A long list of words may break behind each "|".
local function breakable(text) return (roff.literal(text):gsub("|", "|\\:")) end

function roff.bold(text) return text == "" and "" or "\\fB" .. breakable(text) .. "\\fR" end
function roff.italic(text) return "\\fI" .. breakable(text) .. "\\fR" end

-- roff.new(name, section, date, about) -> a page with its head
function roff.new(name, section, date, about)
  local page = setmetatable({ lines = {}, fresh = true }, roff)
  page:raw(('.TH %s %d "%s" "Sallyport" "Sallyport"'):format(name:upper():gsub("-", "\\-"), section, date))
  page:raw ".nh"
  page:raw ".ad l"
  page:section "NAME"
  page:paragraph(("%s \\- %s"):format(roff.literal(name), about))
  return page
end

function roff:raw(line) self.lines[#self.lines + 1] = line end

local function guarded(line) return (line:gsub("^[.']", "\\&%0")) end

-- Text in lines of at most COLUMNS.
function roff:text(text)
  local line = ""
  for word in text:gmatch "%S+" do
    if line ~= "" and #line + 1 + #word > COLUMNS then
      self:raw(guarded(line))
      line = ""
    end
    line = line == "" and word or line .. " " .. word
  end
  if line ~= "" then self:raw(guarded(line)) end
  self.fresh = false
end

function roff:section(title)
  self:raw(('.SH "%s"'):format(roff.literal(title:upper()):gsub('"', "\\(dq")))
  self.fresh = true
end

function roff:subsection(title)
  self:raw(('.SS "%s"'):format(roff.literal(title):gsub('"', "\\(dq")))
  self.fresh = true
end

-- A new paragraph; the first one under a heading needs no macro.
function roff:paragraph(text)
  if not self.fresh then self:raw ".PP" end
  self:text(text)
end

-- A term, and the paragraphs about it: a list of texts.
function roff:term(term, texts)
  self:raw ".TP"
  self:text(term)
  for i, text in ipairs(texts) do
    if i > 1 then self:raw ".br" end
    self:text(text)
  end
end

-- Lines that are broken where they are: the forms of a command.
function roff:forms(lines)
  for i, line in ipairs(lines) do
    if i > 1 then self:raw ".br" end
    self:text(line)
  end
end

-- mark: "\\(bu" or "1."
function roff:item(mark, text)
  self:raw((".IP %s 4"):format(mark))
  self:text(text)
end

function roff:example(lines)
  if not self.fresh then self:raw ".PP" end
  self:raw ".in +2n"
  self:raw ".EX"
  for _, line in ipairs(lines) do self:raw(guarded(roff.literal(line):gsub("\t", "    "))) end
  self:raw ".EE"
  self:raw ".in"
  self:raw ".nh" -- .EE begins to hyphenate again
  self.fresh = false
end

-- The source of the page.
function roff:source() return table.concat(self.lines, "\n") .. "\n" end

return roff
