-- SPDX-License-Identifier: Apache-2.0
--[[
conversation: what a raw peer says in conversations (engine/ipic/README.md).

  conversation.data(p, { conv = 5, head = 20, … }, body)   one element as a request; defaults msg 1, chain 1, last, state end
  conversation.ask(p, { conv = 5, program = "ECHO", data = …, open = true, msg = 2, … })   a whole request that needs no pacing
  conversation.pour(p, { … })                              one of any size: waits for pacing
  conversation.answer(p, 5)                                the whole answer, pacing given: { data =, state =, is7 =, elements =, msg = }
  conversation.expd(p, 5, "purge")
]]
local dkjson = require "dkjson"

local conversation = { ELEMENT = 61440 }

local ORDER = { "conv", "prev", "msg", "chain", "last", "state", "head", "ccsid", "pacing", "is7" }

local function hex(n)
  return type(n) == "number" and ("%08x"):format(n) or n
end

local function is_of(t)
  local out = {}
  for _, key in ipairs(ORDER) do
    if t[key] ~= nil then out[#out + 1] = key .. "=" .. t[key] end
  end
  return table.concat(out, "; ")
end

-- An element's bytes; a member that is false is left out.
function conversation.element(t, body)
  local all = { msg = 1, chain = 1, last = "yes", state = "end" }
  for key, value in pairs(t) do all[key] = value end
  all.conv, all.prev = hex(all.conv), all.prev and hex(all.prev)
  if all.head == 0 then all.head = nil end
  for _, key in ipairs(ORDER) do
    if all[key] == false then all[key] = nil end
  end
  return ("POST /ipic HTTP/1.1\r\nIS: 1 data; %s\r\nContent-Length: %d\r\n\r\n%s"):format(is_of(all), #(body or ""), body or "")
end

function conversation.data(p, t, body)
  p:send(conversation.element(t, body))
end

local MEMBERS = { "tran", "program", "userid", "password", "hops" }

local function head_of(t)
  local head = {}
  for _, key in ipairs(MEMBERS) do head[key] = t[key] end
  if not next(head) then return "" end
  return dkjson.encode(head, { keyorder = MEMBERS })
end

-- The elements of a request as { fields, body }.
local function elements(t)
  local head, data = head_of(t), t.data or ""
  local body, out, size = head .. data, {}, t.element or conversation.ELEMENT
  local at = 1
  repeat
    local piece = body:sub(at, at + size - 1)
    at = at + #piece
    out[#out + 1] = {
      { conv = t.conv, prev = #out == 0 and t.prev, msg = t.msg, chain = #out + 1, last = at > #body and "yes" or "no",
        state = t.open and "open" or "end", head = #out == 0 and #head, ccsid = #out == 0 and t.ccsid }, piece }
  until at > #body
  return out
end

function conversation.ask(p, t)
  for _, e in ipairs(elements(t)) do conversation.data(p, e[1], e[2]) end
end

-- The IS header of a message, taken apart; conv as a number.
function conversation.is(m)
  local out = {}
  for key, value in (m.is or ""):gmatch("(%w+)=(%w+)") do out[key] = value end
  out.conv = tonumber(out.conv or "0", 16)
  return out
end

-- One that wants pacing gets it; returns the message that came instead of a pacing message, if any.
function conversation.pour(p, t)
  for n, e in ipairs(elements(t)) do
    conversation.data(p, e[1], e[2])
    if n % 4 == 0 and e[1].last == "no" then
      local m = assert(p:read_message())
      if conversation.is(m).pacing ~= "yes" then return m end
    end
  end
end

function conversation.pace(p, t)
  p:send(("POST /ipic HTTP/1.1\r\nIS: 1 data; %s; pacing=yes\r\nContent-Length: 0\r\n\r\n"):format(
    is_of { conv = hex(t.conv), msg = t.msg or 1, chain = t.chain }))
end

function conversation.expd(p, conv, name)
  p:send(("POST /ipic HTTP/1.1\r\nIS: 1 expd; conv=%s; state=end; name=%s\r\n\r\n"):format(hex(conv), name))
end

-- Takes one element of conv's answer into `a`; true when that was the last.
local function take(p, a, m)
  local is = conversation.is(m)
  a.status, a.state, a.msg, a.is7, a.ccsid = m.status, is.state, tonumber(is.msg), is.is7, is.ccsid
  a.elements = a.elements + 1
  a.part[#a.part + 1] = m.raw
  assert(is.is7 or tonumber(is.chain) == a.elements, "the chain's numbers")
  if is.last == "yes" then return true end
  if a.elements % 4 == 0 and not a.unpaced then conversation.pace(p, { conv = is.conv, msg = is.msg, chain = is.chain }) end
end

-- Reads until every one of these conversations is answered; what belongs to others is an error. A table by conversation.
function conversation.answers(p, convs, seconds)
  local all, left = {}, #convs
  for _, conv in ipairs(convs) do all[conv] = { elements = 0, part = {} } end
  while left > 0 do
    local m = assert(p:read_message(seconds))
    local a = assert(all[conversation.is(m).conv], "an answer nobody waits for: " .. m.line .. " " .. tostring(m.is))
    if take(p, a, m) then
      a.data = table.concat(a.part)
      left = left - 1
    end
  end
  return all
end

function conversation.answer(p, conv, seconds)
  return conversation.answers(p, { conv }, seconds)[conv]
end

return conversation
