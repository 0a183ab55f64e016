-- SPDX-License-Identifier: Apache-2.0
--[[
relay: `lua5.4 spec/support/relay.lua HOST PORT` prints the port where it listens on the loopback, and passes each connection on.
While SIGSTOP stops it, the line loses all bytes.
]]
local socket = require "socket"

local host, port = arg[1], tonumber(arg[2])
local server = assert(socket.bind("127.0.0.1", 0, 64))
io.stdout:setvbuf "line"
print((select(2, server:getsockname())))

local other, sockets = {}, { server }

local function drop(s)
  for _, one in ipairs { s, other[s] } do
    one:close()
    for i, each in ipairs(sockets) do
      if each == one then table.remove(sockets, i) end
    end
  end
  other[other[s]], other[s] = nil, nil
end

local function accept()
  local one = server:accept()
  local two = one and socket.connect(host, port)
  if not two then return one and one:close() end
  for _, s in ipairs { one, two } do
    s:settimeout(0)
    sockets[#sockets + 1] = s
  end
  other[one], other[two] = two, one
end

local function pass(s)
  local all, why, part = s:receive(65536)
  local bytes, to = all or part, other[s]
  to:settimeout(10)
  local sent = bytes == "" or to:send(bytes)
  to:settimeout(0)
  if why == "closed" or not sent then drop(s) end
end

while true do
  for _, s in ipairs((socket.select(sockets))) do
    if s == server then accept() elseif other[s] then pass(s) end
  end
end
