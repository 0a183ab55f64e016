-- SPDX-License-Identifier: Apache-2.0
--[[
peer: a partner made of bytes, for what no real partner would send, and for partners that stay.

  local p = support.raw(port)              p:send "POST /ip"
  local p = support.tls { port = port, ring = "NETX.CTGAPP", protocol = "tlsv1_2" }
  p:capex { applid = "CTGAPP", networkid = "NETX" }
  local m = p:read_message()               m.status, m.is, m.body, m.raw, m.headers; of a request m.method, m.path
  p:closed()                               waits for the end: "closed" or "reset"; an error after its seconds
]]
local dkjson = require "dkjson"
local socket = require "socket"

local text = require "spec.support.text"
local wait = require "spec.support.wait"

local peer = {}
local Peer = {}
Peer.__index = Peer

local function dial(port, host, from)
  local plain = assert((host or ""):find(":", 1, true) and socket.tcp6() or socket.tcp4())
  if from then assert(plain:bind(from, 0)) end
  plain:settimeout(10 * wait.patience)
  assert(plain:connect(host or "127.0.0.1", port))
  plain:setoption("tcp-nodelay", true) -- else a small message behind a large one waits for an acknowledgement, 40 ms
  return plain
end

-- A peer on a connection of luasocket or luasec.
function peer.wrapped(sock)
  sock:settimeout(0)
  return setmetatable({ socket = sock, buffer = "" }, Peer)
end
local wrapped = peer.wrapped

-- `from`: the address it calls from.
function peer.raw(port, host, from)
  return wrapped(dial(port, host, from))
end

-- Whether a caller is accepted and reset at once, perhaps before its call of connect returns.
function peer.turned_away(port)
  local caller = assert(socket.tcp4())
  caller:settimeout(10 * wait.patience)
  local ok, why = caller:connect("127.0.0.1", port)
  if ok then ok, why = caller:receive(1) end
  caller:close()
  return not ok and why == "closed"
end

-- A ring's files: the certificate, its key, the first CA.
function peer.ring(name)
  if name:find("/", 1, true) then
    return { certificate = name .. "/OWN.pem", key = name .. "/OWN.key", cafile = name .. "/OWN.pem" }
  end
  local dir = "certs/rings/" .. name .. "/"
  local files = { cafile = dir .. "signers/first.pem" }
  if text.read(dir .. name .. ".pem") then
    files.certificate, files.key = dir .. name .. ".pem", dir .. name .. ".key"
  end
  return files
end

-- TLS on top: ring (default "none"), protocol "any" | "tlsv1_2" | "tlsv1_3". nil and the reason when the handshake fails;
-- in TLS 1.3 a refused certificate is learned only by reading.
function peer.tls(t)
  local ssl = require "ssl"
  local files = peer.ring(t.ring or "none")
  local plain = dial(t.port, t.host)
  local secure = assert(ssl.wrap(plain, {
    mode = "client", protocol = t.protocol or "any", verify = "peer", options = "all",
    cafile = files.cafile, certificate = files.certificate, key = files.key,
  }))
  secure:settimeout(10 * wait.patience)
  local ok, why = secure:dohandshake()
  if not ok then
    secure:close()
    return nil, why
  end
  return wrapped(secure)
end

local Listener = {}
Listener.__index = Listener

-- A partner that is dialled: on a port of its own (or `port`), TLS when a ring is given: accept() gives the caller as a peer.
--   local l = support.listen { ring = "CICSB", protocol = "tlsv1_3", clientauth = true, host = "::1" }; l.port; l:accept(); l:close()
function peer.listen(t)
  t = t or {}
  local host = t.host or "127.0.0.1"
  local sock = assert(host:find(":", 1, true) and socket.tcp6() or socket.tcp4())
  sock:setoption("reuseaddr", true)
  assert(sock:bind(host, t.port or 0))
  assert(sock:listen(t.backlog or 16))
  local _, port = sock:getsockname()
  return setmetatable({ socket = sock, port = tonumber(port), given = t }, Listener)
end

-- nil and "timeout" when no partner dials within `seconds` (10).
function Listener:accept_plain(seconds)
  self.socket:settimeout((seconds or 10) * wait.patience)
  local accepted, why = self.socket:accept()
  if not accepted then return nil, why end
  return wrapped(accepted)
end

-- The same after the handshake, where there is one; nil and why when that fails.
function Listener:accept(seconds)
  local p, failed = self:accept_plain(seconds)
  if not p or not self.given.ring then return p, failed end
  local ssl = require "ssl"
  local files = peer.ring(self.given.ring)
  local secure = assert(ssl.wrap(p.socket, {
    mode = "server", protocol = self.given.protocol or "any", options = "all", cafile = files.cafile,
    verify = self.given.clientauth and { "peer", "fail_if_no_peer_cert" } or "none",
    certificate = files.certificate, key = files.key,
  }))
  secure:settimeout(10 * wait.patience)
  local ok, why = secure:dohandshake()
  if not ok then
    secure:close()
    return nil, why
  end
  return wrapped(secure)
end

function Listener:close()
  self.socket:close()
end

-- All of the bytes, or an error: closed, reset, or the region does not read.
function Peer:send(bytes)
  local deadline, at = wait.now() + 10 * wait.patience, 1
  while at <= #bytes do
    local last, why, partly = self.socket:send(bytes, at)
    at = (last or partly or at - 1) + 1
    if not last and why ~= "timeout" and why ~= "wantwrite" and why ~= "wantread" then error("send: " .. why, 2) end
    if wait.now() > deadline then error("send: nobody reads", 2) end
    if not last then socket.select(nil, { self.socket }, 0.05) end
  end
end

-- A request: IS value, body (a table becomes JSON; nil none), headers in place of the usual ones.
function Peer:request(is, body, headers)
  local payload = type(body) == "table" and dkjson.encode(body) or body or ""
  local lines = { "POST /ipic HTTP/1.1", "IS: " .. is }
  if body then lines[#lines + 1] = "Content-Type: application/json" end
  lines[#lines + 1] = "Content-Length: " .. #payload
  for _, line in ipairs(headers or {}) do lines[#lines + 1] = line end
  self:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. payload)
end

local CAPEX = { applid = "CTGAPP", networkid = "NETX", port = -1, sendcount = 10, receivecount = 0 }

-- A CAPEX; t's members replace the usual ones, false leaves one out. p:capex{…}:read_message() is the usual line.
function Peer:capex(t)
  local body = {}
  for key, value in pairs(CAPEX) do body[key] = value end
  for key, value in pairs(t or {}) do body[key] = value end
  for key, value in pairs(body) do
    if value == false then body[key] = nil end
  end
  self:request("1 cmd; name=capex", body)
  return self
end

-- An answer to a request of the region's; body: a table (it becomes JSON), nil none.
function Peer:answer(is, status, body)
  local payload = body and dkjson.encode(body) or ""
  local kind = body and "Content-Type: application/json\r\n" or ""
  self:send(("HTTP/1.1 %s\r\nIS: %s\r\n%sContent-Length: %d\r\n\r\n%s"):format(status or "200 OK", is, kind, #payload, payload))
end

-- Takes what is there, waiting until `deadline`: true, or nil and "timeout", "closed" or "reset".
local function take(self, deadline)
  while true do
    local all, why, partly = self.socket:receive(16384)
    local got = all or partly or ""
    self.buffer = self.buffer .. got
    if got ~= "" then return true end
    if why ~= "timeout" and why ~= "wantread" and why ~= "wantwrite" then return nil, why end
    if wait.now() > deadline then return nil, "timeout" end
    socket.select({ self.socket }, nil, math.max(0, math.min(0.2, deadline - wait.now())))
  end
end

local function parse(self)
  local head, rest = self.buffer:match("^(.-\r\n)\r\n()")
  if not head then return nil end
  local m = { headers = {}, line = head:match("^(.-)\r\n") }
  for name, value in head:gmatch("\n([^:\r\n]+):[ \t]*([^\r\n]*)") do m.headers[name:lower()] = value end
  local length = tonumber(m.headers["content-length"] or "0")
  if #self.buffer < rest + length - 1 then return nil end
  m.raw = self.buffer:sub(rest, rest + length - 1)
  self.buffer = self.buffer:sub(rest + length)
  return m
end

local function describe(m)
  m.is = m.headers["is"]
  m.status = tonumber(m.line:match("^HTTP/1%.1 (%d+)"))
  m.method, m.path = m.line:match("^(%u+) (%S+) HTTP/1%.1$")
  m.body = m.raw ~= "" and dkjson.decode(m.raw) or nil
  return m
end

-- The next whole message within `seconds` (10); nil and why ("closed", "reset" or "timeout") when none comes.
function Peer:read_message(seconds)
  local deadline = wait.now() + (seconds or 10) * wait.patience
  while true do
    local m = parse(self)
    if m then return describe(m) end
    local ok, why = take(self, deadline)
    if not ok then return nil, why end
  end
end

-- Sends a heartbeat and returns its answer; what the region asks meanwhile is answered.
function Peer:beat()
  self:request "1 cmd; name=heartbeat"
  while true do
    local m = assert(self:read_message())
    if m.status then return m end
    self:answer(m.is)
  end
end

-- Waits until the region has closed: "closed" (in order) or another word; what came before it stays in self.buffer.
function Peer:closed(seconds)
  local deadline = wait.now() + (seconds or 10) * wait.patience
  local ok, why
  repeat ok, why = take(self, deadline) until not ok
  if why == "timeout" then error("the region did not close the connection", 2) end
  return why
end

-- Half a close: nothing more will be sent; answers can still be read. Plain TCP only.
function Peer:shut()
  self.socket:shutdown("send")
end

-- Lost: with reset, as by a crash (RST), else closed in order.
function Peer:close(reset)
  if reset then self.socket:setoption("linger", { on = true, timeout = 0 }) end
  self.socket:close()
end

return peer
