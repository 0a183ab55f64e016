-- SPDX-License-Identifier: Apache-2.0
-- check.walk: follows values through the scripts of a directory: which functions a door calls, which tables are facts
-- of which door, which names are the library. It walks all scripts until nothing new is learned, then once more to
-- report. It calls nothing of a script.

local paths = require "check.paths"
local walker = require "check.walker"
require "check.expressions"
require "check.calls"
require "check.statements"
require "check.functions"

local ROUNDS = 50 -- values only grow, and a script has few

local walk = {}

-- The functions that the engine calls: those of doors, and `run` of a program.
function walker:roles(script)
  local result = script.result
  if not result or result.kind ~= "record" then return end
  local fields = self:record(result.node)
  for door, row in pairs(self.model.doors) do
    self:give_role(fields[door], { [door] = true }, row.answers)
  end
  if fields.run and fields.run.kind == "closure" then
    local known = self:closure(fields.run.node)
    self:grow(known.parameters, 1, { kind = "shape", shape = "program", doors = {} })
    self:mark(known, "at_door")
  end
end

local function chunk_locals(nodes)
  for _, node in ipairs(nodes) do
    if node.tag == "Local" or node.tag == "Localrec" then
      for _, id in ipairs(node[1][1] and node[1] or { node[1] }) do
        if id.variable then id.variable.chunk = true end
      end
    end
  end
end

function walker:round()
  for _, script in ipairs(self.order) do
    self.script, self.inside, self.at_door, self.node, self.tested = script, nil, false, nil, {}
    self:each(script.block)
    paths.completes(script.block, function(behind) self:report(behind, "unreachable", "control never reaches this statement") end)
    self:roles(script)
  end
end

-- walk.run(model, scripts) -> a list of findings { script =, file =, line =, rule =, text =, level = }. scripts: a list
-- of { name =, file =, block = the resolved block }. model: see check.lint.
function walk.run(model, scripts)
  local self = setmetatable({ model = model, order = scripts, scripts = {}, closures = {}, records = {}, tests = {}, findings = {},
    reported = {}, escaping = {}, chains = {} }, walker)
  for _, script in ipairs(scripts) do
    self.scripts[script.name] = script
    chunk_locals(script.block)
  end
  local rounds = 0
  repeat
    self.changed, rounds = nil, rounds + 1
    self:round()
  until not self.changed or rounds == ROUNDS
  self.reporting = true
  if self.changed then
    self.script = self.changed
    self:report({ line = 1 }, "rounds", ("values are handed on over more than %d steps: findings about them may be missing"):format(ROUNDS))
  end
  self:round()
  return self.findings
end

return walk
