-- SPDX-License-Identifier: Apache-2.0
--[[
backend: a service at a URL, as a program of its own: `lua5.4 spec/support/backend.lua [RING]`. It prints its port, then a line for each
request it was sent ("POST /echo"), and answers by the path:

  /echo /upper /head          the body; in upper case; the request's line and headers
  /status/404 /redirect       that status; 302 to /echo
  /long /endless              17 MiB, announced; chunks without end
  /v1/data/partners/allow     as an Open Policy Agent: true for the applid GOOD, false for BAD, else undefined
  /half                       less than it announced, and closed
  /hang                       nothing, ever
  /later                      the body, after 0.3 s
  /stray                      nothing; each other connection is sent an answer that it did not ask for
  /once                       the body; the next request of the same connection is read, and the connection closed
]]
local socket = require "socket"

local ring = arg[1]
local server = assert(socket.bind("127.0.0.1", 0, 64))
io.stdout:setvbuf "line"
print((select(2, server:getsockname())))

local connections = { server }
local state = setmetatable({}, { __mode = "k" })

local function answer(status, body, more)
  return ("HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s"):format(status, #body, more or "", body)
end

local due = {} -- answers of later, the oldest first

local paths = {}
paths["/echo"] = function(_, body) return answer("200 OK", body) end
paths["/upper"] = function(_, body) return answer("200 OK", body:upper()) end
paths["/head"] = function(head) return answer("200 OK", head) end
paths["/redirect"] = function() return answer("302 Found", "", "Location: /echo\r\n") end
paths["/long"] = function() return answer("200 OK", ("x"):rep(17 * 1024 * 1024)) end
paths["/half"] = function() return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true end
paths["/v1/data/partners/allow"] = function(_, body)
  local result = body:find '"applid":"GOOD"' and '"result":true' or body:find '"applid":"BAD"' and '"result":false' or ""
  return answer("200 OK", "{" .. result .. "}")
end
paths["/later"] = function(_, body, own)
  due[#due + 1] = { at = socket.gettime() + 0.3, own = own, bytes = answer("200 OK", body) }
  return ""
end
paths["/hang"] = function() return "" end
paths["/endless"] = function()
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .. ("10000\r\n" .. ("x"):rep(65536) .. "\r\n"):rep(400), true
end
paths["/once"] = function(_, body, own)
  own.requests = (own.requests or 0) + 1
  if own.requests > 1 then return "", true end
  return answer("200 OK", body)
end

paths["/stray"] = function(_, _, own)
  for c, other in pairs(state) do
    if other ~= own then c:send(answer("200 OK", "stray")) end
  end
  return answer("200 OK", "")
end

local function close(c)
  for i, other in ipairs(connections) do
    if other == c then table.remove(connections, i) end
  end
  c:close()
end

-- The bytes are put together when there are enough for the request that is read: a body of megabytes comes in hundreds of pieces.
local function add(own, bytes)
  own.pieces[#own.pieces + 1] = bytes
  own.size = own.size + #bytes
end

local function gathered(own)
  if own.size < own.needs then return nil end
  local buffer = table.concat(own.pieces)
  own.pieces = { buffer }
  return buffer
end

local function serve(c, own)
  local buffer = gathered(own)
  local head, at = (buffer or ""):match "^(.-\r\n)\r\n()"
  if not head then return false end
  local length = tonumber(head:match "[Cc]ontent%-[Ll]ength: (%d+)") or 0
  own.needs = at + length - 1
  if own.size < own.needs then return false end
  local body, rest = buffer:sub(at, own.needs), buffer:sub(own.needs + 1)
  own.pieces, own.size, own.needs = { rest }, #rest, 1
  local method, path = head:match "^(%u+) (%S+)"
  print(method .. " " .. path)
  local number = path:match "^/status/(%d+)$"
  local out, ends
  if number then out = answer(number .. " Said so", "the reason") else out, ends = paths[path](head, body, own) end
  c:settimeout(10)
  c:send(out)
  c:settimeout(0)
  if ends then close(c) end
  return not ends
end

local function wrapped(c)
  if not ring then return c end
  local ssl = require "ssl"
  local files = require("spec.support.peer").ring(ring)
  local secure = assert(ssl.wrap(c, { mode = "server", protocol = "any", verify = "none", options = "all",
    cafile = files.cafile, certificate = files.certificate, key = files.key }))
  secure:settimeout(5)
  return secure:dohandshake() and secure
end

local function answer_due()
  while due[1] and due[1].at <= socket.gettime() do
    local one = table.remove(due, 1)
    for c, own in pairs(state) do
      if own == one.own then c:send(one.bytes) end
    end
  end
end

while true do
  answer_due()
  for _, c in ipairs((socket.select(connections, nil, due[1] and 0.01))) do
    if c == server then
      local plain = server:accept()
      local own = plain and wrapped(plain)
      if own then
        own:settimeout(0)
        connections[#connections + 1], state[own] = own, { pieces = {}, size = 0, needs = 1 }
      elseif plain then
        plain:close()
      end
    else
      local own = state[c]
      local all, why, partly = c:receive(65536)
      add(own, all or partly or "")
      if why == "closed" then close(c) else
        while serve(c, own) do end -- luacheck: ignore 542
      end
    end
  end
end
