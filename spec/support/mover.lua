-- SPDX-License-Identifier: Apache-2.0
--[[
mover: many partners of two sockets in a process of their own: `lua5.4 spec/support/mover.lua PORT FIRST COUNT SECONDS TLS`.

Partner n of the numbers from FIRST has the APPLID M and n in three digits of base 36. It asks ECHO for a text with its number on each
socket, by a transaction with the name of its APPLID, so that the records of requests have the number too. Of each seven partners one sends
its request with the CAPEX of its second socket (400), one sends it behind that CAPEX, one closes and one resets at once; the others wait
for each answer. It begins again until SECONDS are over. An answer that is wrong ends the process with a sentence. Prints a line: partners
served, requests answered.
]]
local conversation = require "spec.support.conversation"
local peer = require "spec.support.peer"
local text = require "spec.support.text"

local PORT, FIRST, COUNT, SECONDS, TLS = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4]), arg[5] == "tls"
local WAY = { TOGETHER = 0, BEHIND = 1, CLOSES = 2, RESETS = 3 } -- of the number of a partner, modulo 7
local SEVEN = 7

local served, answered = 0, 0

local function call()
  if TLS then return assert(peer.tls { port = PORT, ring = "NETX.CTGAPP" }) end
  return peer.raw(PORT)
end

-- The bytes that p would send are kept, and sent as one piece by the function.
local function together(p, fn)
  local send, kept = p.send, {}
  p.send = function(_, bytes) kept[#kept + 1] = bytes end
  fn()
  p.send = send
  p:send(table.concat(kept))
end

local function check(right, n, what, m)
  if not right then error(("partner %d: %s: %s %s"):format(n, what, m and m.status or "no answer", m and m.raw or "")) end
end

local function data_of(one, socket)
  return ("partner %d socket %d"):format(one.n, socket)
end

local function echo(one, p, socket)
  conversation.ask(p, { conv = socket, tran = one.name, program = "ECHO", data = data_of(one, socket) })
end

local function check_echo(one, p, socket)
  local a = conversation.answer(p, socket, 60)
  check(a.data == data_of(one, socket), one.n, "the answer of another: " .. tostring(a.data), a)
  answered = answered + 1
end

local function first(one)
  one.first = call()
  one.first:capex { applid = one.name, networkid = "NETX", sockets = 2 }
end

local function first_answered(one)
  local m = one.first:read_message(60)
  check(m and m.status == 200 and m.body.ipconn == one.name, one.n, "the first socket", m)
  one.token = m.body.token
end

local function second_capex(one)
  one.second:capex { applid = one.name, networkid = "NETX", socket = 2, token = one.token }
end

local function second(one)
  local way = one.n % SEVEN
  one.second = call()
  if way == WAY.TOGETHER then
    together(one.second, function()
      second_capex(one)
      echo(one, one.second, 2)
    end)
  else
    second_capex(one)
    if way == WAY.CLOSES or way == WAY.RESETS then one.second:close(way == WAY.RESETS and not TLS) end
  end
end

-- The token is good for some seconds.
local function enter(one)
  first(one)
  first_answered(one)
  second(one)
end

local function second_answered(one)
  local way = one.n % SEVEN
  if way == WAY.CLOSES or way == WAY.RESETS then
    one.first:close()
    one.gone = true
    return
  end
  local m = one.second:read_message(60)
  if way == WAY.TOGETHER and m and m.status == 400 then
    one.second:closed(60)
    one.second = nil
    return
  end
  check(m and m.status == 200 and m.body.ipconn == one.name, one.n, "the second socket", m)
  if way == WAY.TOGETHER then check_echo(one, one.second, 2) end -- it was not in the buffer yet: TCP may cut a piece in two
end

local function requests(one)
  if one.gone then return end
  echo(one, one.first, 1)
  if one.second then echo(one, one.second, 2) end
  check_echo(one, one.first, 1)
  if one.second then check_echo(one, one.second, 2) end
end

local function leave(one)
  if one.gone then return end
  one.first:close()
  if one.second then one.second:close() end
  served = served + 1
end

local function round()
  local all = {}
  for i = 1, COUNT do all[i] = { n = FIRST + i - 1, name = "M" .. text.base36(FIRST + i - 1, 3) } end
  for _, step in ipairs { enter, second_answered, requests, leave } do
    for _, one in ipairs(all) do step(one) end
  end
end

local deadline = require("socket").gettime() + SECONDS
repeat round() until require("socket").gettime() > deadline
print(("served=%d answered=%d"):format(served, answered))
