-- SPDX-License-Identifier: Apache-2.0
-- check.allow: the comment `-- sallyport: allow RULE (reason)` accepts the findings of that rule on its line; alone on
-- a line, those on the next line. A comment that accepts nothing, names no rule or gives no reason is a finding itself.

local near = require "check.near"
local rules = require "check.rules"

local allow = {}

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do lines[#lines + 1] = line end
  return lines
end

-- The comments of a script: { line =, accepts = the line of the findings, rule =, reason =, used = false }.
local function comments_of(script)
  local list, lines = {}, lines_of(script.text)
  for _, comment in ipairs(script.comments or {}) do
    local said = comment.contents:match "^%s*sallyport:%s*(.*)$"
    if said then
      local rule, reason = said:match "^allow%s+([%w_]+)%s*%((.*%S.*)%)%s*$"
      local alone = lines[comment.line]:find "^%s*%-%-"
      list[#list + 1] = { line = comment.line, accepts = comment.line + (alone and 1 or 0), rule = rule, reason = reason, used = false }
    end
  end
  return list
end

local function accepted(comments, finding)
  for _, comment in ipairs(comments) do
    if comment.rule == finding.rule and comment.accepts == finding.line then
      comment.used = true
      return true
    end
  end
  return false
end

local function complaint(comment)
  if not comment.rule then return "the comment is not understood" end
  if not rules[comment.rule] then return ("there is no rule '%s'%s"):format(comment.rule, near.hint(comment.rule, rules)) end
  if not comment.used then return ("nothing here is a finding of %s"):format(comment.rule) end
end

-- allow.filter(scripts, findings) -> the findings that no comment accepts, and those about the comments.
function allow.filter(scripts, findings)
  local comments, left = {}, {}
  for _, script in ipairs(scripts) do comments[script.file] = comments_of(script) end
  for _, finding in ipairs(findings) do
    if not accepted(comments[finding.file], finding) then left[#left + 1] = finding end
  end
  for file, list in pairs(comments) do
    for _, comment in ipairs(list) do
      local text = complaint(comment)
      if text then left[#left + 1] = { file = file, line = comment.line, rule = "allow", text = text } end
    end
  end
  return left
end

return allow
