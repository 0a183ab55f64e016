-- SPDX-License-Identifier: Apache-2.0
-- check.near: the nearest of the known names, for messages.

local near = {}

-- The number of edits (insert, delete, replace, exchange of neighbours) between two names.
local function distance(a, b)
  local before, last = nil, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then row[j] = math.min(row[j], before[j - 2] + 1) end
    end
    before, last = last, row
  end
  return last[#b]
end

-- near.hint(name, names, ...) -> "; is 'other' meant?" for the nearest key of the tables within two edits, or "".
function near.hint(name, ...)
  local best, at = nil, 3
  for _, names in pairs { ... } do
    for each in pairs(names) do
      local d = math.abs(#name - #each) < 3 and distance(name, each) or math.huge
      if d < at or (d == at and best and each < best) then best, at = each, d end
    end
  end
  return best and ("; is '%s' meant?"):format(best) or ""
end

return near
