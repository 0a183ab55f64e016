-- SPDX-License-Identifier: Apache-2.0
-- documents: the Markdown files under a directory: their prose, their headings, their links.
local lfs = require "lfs"

local text = require "spec.support.text"
local tree = require "spec.support.tree"

local documents = {}

-- The paths of the documents of the repository, relative to its top.
function documents.all()
  local found = {}
  for _, path in ipairs(tree.files(".", "%.md$")) do
    path = path:gsub("^%./", "")
    if not path:find "^build/" then found[#found + 1] = path end
  end
  return found
end

-- The lines of a document, { n = number, text = }, without those of its examples.
function documents.prose(path)
  local lines, fenced, n = {}, false, 0
  for line in (assert(text.read(path)) .. "\n"):gmatch "(.-)\n" do
    n = n + 1
    if line:find "^```" then fenced = not fenced
    elseif not fenced then lines[#lines + 1] = { n = n, text = line } end
  end
  return lines
end

-- The anchors of a document's headings, as a forge makes them: a set.
local function anchors(path)
  local found, times = {}, {}
  for _, line in ipairs(documents.prose(path)) do
    local heading = line.text:match "^#+ +(.-) *$"
    if heading then
      local anchor = heading:lower():gsub("[^%w _-]", ""):gsub(" ", "-")
      times[anchor] = (times[anchor] or 0) + 1
      found[times[anchor] == 1 and anchor or ("%s-%d"):format(anchor, times[anchor] - 1)] = true
    end
  end
  return found
end

-- "a/b/../c" and "a/./c" are a/c. A path that leaves the top keeps its "..".
local function plain(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." and #parts > 0 and parts[#parts] ~= ".." then parts[#parts] = nil
    elseif part ~= "." then parts[#parts + 1] = part end
  end
  return table.concat(parts, "/")
end

local function broken(root, path, target)
  local file, anchor = target:match "^([^#]*)#?(.*)$"
  file = file == "" and path or plain((path:match "^(.*/)" or "") .. file)
  if file:find "^%.%." or not lfs.attributes(root .. "/" .. file) then return "no such file" end
  if anchor ~= "" and not anchors(root .. "/" .. file)[anchor] then return "no such heading" end
end

-- The links of documents under `root` that lead to no file or no heading, a list of "FILE:LINE: TARGET: why", and the number of all links.
function documents.broken_links(root, paths)
  local found, links = {}, 0
  for _, path in ipairs(paths) do
    for _, line in ipairs(documents.prose(root .. "/" .. path)) do
      for target in line.text:gsub("`[^`]*`", ""):gmatch "%]%(([^)]+)%)" do
        if not target:find "^%a+:" then
          links = links + 1
          local why = broken(root, path, target)
          if why then found[#found + 1] = ("%s:%d: %s: %s"):format(path, line.n, target, why) end
        end
      end
    end
  end
  return found, links
end

return documents
