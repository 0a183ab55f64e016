-- SPDX-License-Identifier: Apache-2.0
-- check.paths: whether control can pass the end of a block, and the statements that it cannot reach.

local paths = {}

local completes = {}

-- Whether a `break` of the loop around the block stands in it.
local function has_break(nodes)
  for _, node in ipairs(nodes) do
    if type(node) == "table" then
      local tag = node.tag
      if tag == "Break" then return true end
      local inner = tag == "While" or tag == "Repeat" or tag == "Fornum" or tag == "Forin" or tag == "Function"
      if not inner and has_break(node) then return true end
    end
  end
  return false
end

-- paths.completes(block, unreached) -> boolean: true when control can pass its end. unreached(node) is called for each
-- statement behind one that control never passes; it may be nil.
function paths.completes(nodes, unreached)
  local open = true
  for i, node in ipairs(nodes) do
    if not open and node.tag ~= "Label" then
      if unreached then unreached(nodes[i]) end
      return false
    end
    local check = completes[node.tag]
    open = node.tag == "Label" or check == nil or check(node, unreached)
  end
  return open
end

completes.Return = function() return false end
completes.Break = function() return false end
completes.Goto = function() return false end

function completes.Do(node, unreached) return paths.completes(node, unreached) end

function completes.If(node, unreached)
  local open = #node % 2 == 0
  for i = 1, #node do
    if i % 2 == 0 or i == #node then open = paths.completes(node[i], unreached) or open end
  end
  return open
end

completes["While"] = function(node, unreached)
  paths.completes(node[2], unreached)
  return node[1].tag ~= "True" or has_break(node[2])
end

completes["Repeat"] = function(node, unreached)
  local open = paths.completes(node[1], unreached)
  return open or has_break(node[1])
end

function completes.Fornum(node, unreached)
  paths.completes(node[5] or node[4], unreached)
  return true
end

function completes.Forin(node, unreached)
  paths.completes(node[3], unreached)
  return true
end

-- A call of error, and assert(false).
function completes.Call(node)
  local callee, first = node[1], node[2]
  if callee.tag ~= "Id" or callee.variable then return true end
  return callee[1] ~= "error" and not (callee[1] == "assert" and first and (first.tag == "False" or first.tag == "Nil"))
end

return paths
