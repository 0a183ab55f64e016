-- SPDX-License-Identifier: Apache-2.0
-- check.scope: resolves the names of a parsed script. Each Id that is the use of a local gets `variable`, the table of
-- that local: { name =, node =, value = nil }. An Id without it is a global.

local scope = {}

local visit = {}

local function declare(names, id)
  local variable = { name = id[1], node = id }
  id.variable = variable
  names[id[1]] = variable
end

local function inner(names) return setmetatable({}, { __index = names }) end

local function each(names, nodes)
  for _, node in ipairs(nodes or {}) do
    if type(node) == "table" then
      local special = visit[node.tag]
      if special then special(names, node) else each(names, node) end
    end
  end
end

function visit.Id(names, node) node.variable = names[node[1]] end

local function block(names, nodes, ids)
  local own = inner(names)
  for _, id in ipairs(ids or {}) do
    if id.tag == "Id" then declare(own, id) end
  end
  each(own, nodes)
  return own
end

function visit.Do(names, node) block(names, node) end

function visit.While(names, node)
  each(names, { node[1] })
  block(names, node[2])
end

function visit.Repeat(names, node) each(block(names, node[1]), { node[2] }) end

function visit.If(names, node)
  for i, part in ipairs(node) do
    if i % 2 == 1 and node[i + 1] then each(names, { part }) else block(names, part) end
  end
end

function visit.Fornum(names, node)
  each(names, { node[2], node[3], node[5] and node[4] })
  block(names, node[5] or node[4], { node[1] })
end

function visit.Forin(names, node)
  each(names, node[2])
  block(names, node[3], node[1])
end

function visit.Local(names, node)
  each(names, node[2])
  for _, id in ipairs(node[1]) do declare(names, id) end
end

function visit.Localrec(names, node)
  declare(names, node[1][1] or node[1])
  each(names, { node[2][1] or node[2] })
end

visit["Function"] = function(names, node) block(names, node[2], node[1]) end

-- scope.resolve(block): resolves the names of a whole script, as the parser returned it.
function scope.resolve(nodes) block({}, nodes) end

return scope
