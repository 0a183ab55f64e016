-- SPDX-License-Identifier: Apache-2.0
--[[
requests: what a request costs the region. Prints, for the binary SALLYPORT (./sallyport):
  requests a second, and CPU seconds (user + system) of the region per 1000 requests, through ECHO, on one ipconn and on 50, with and
  without an attach script; bytes a second of 1 MiB payloads there and back; memory (PSS) of a session that is open and idle.
`lua5.4 spec/bench/requests.lua [requests]`. Plain sockets on the loopback; 50 conversations are always under way, and one client
process drives them: a second is shared with it, so compare ratios of one run, not figures.
]]
local socket = require "socket"

local measured = require "spec.bench.measured"

local COUNT = tonumber(arg[1] or "100000")
local UNDER_WAY, MIB, PAYLOADS, IDLE = 50, 1024 * 1024, 200, 900
local PLAIN, GUARDED = 14932, 14933
local ELEMENT, PACE = 61440, 4

local URM = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid, template = "TMPL" } end }
]]

-- Three facts and a user, as in a typical rule.
local ATTACH = [[
local policy = require "policy"
local PROGRAMS = { ECHO = true, WHOAMI = true }
return {
  attach = function(facts)
    local asked = facts.request
    if not policy.check("program", PROGRAMS[asked.program] == true, asked.program) then return policy.refuse "program" end
    if not policy.check("transaction", asked.tran == "CPMI", asked.tran) then return policy.refuse "tran" end
    if not policy.check("network", facts.ipconn.networkid == "NETA", facts.ipconn.networkid) then return policy.refuse "network" end
    return policy.accept()
  end,
}
]]

local DEFINITION = ([[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", heartbeat = 0 }
tcpipservice "PLAIN" { host = "127.0.0.1", portnumber = %d, urm = "urm" }
tcpipservice "GUARDED" { host = "127.0.0.1", portnumber = %d, urm = "urm", attach = "guard" }
ipconn "TMPL" { template = "only", receivecount = 999, mirrorlife = "task" }
program "ECHO" {}
]]):format(PLAIN, GUARDED)

-- The next message: its first line, its IS header and its body.
local function message(s)
  local first, length, is = assert(s:receive "*l"), 0, ""
  repeat
    local line = assert(s:receive "*l")
    length = tonumber(line:match "^[Cc]ontent%-[Ll]ength: (%d+)") or length
    is = line:match "^IS: (.*)" or is
  until line == ""
  return first, is, length > 0 and assert(s:receive(length)) or ""
end

local function post(is, body)
  return ("POST /ipic HTTP/1.1\r\nIS: %s\r\nContent-Length: %d\r\n\r\n"):format(is, #body) .. body
end

local links = 0

local function link(port, sessions)
  local s = socket.tcp4()
  assert(s:connect("127.0.0.1", port))
  s:setoption("tcp-nodelay", true)
  links = links + 1
  s:send(post("1 cmd; name=capex", ('{"applid":"L%06d","networkid":"NETA","port":-1,"sendcount":%d}'):format(links, sessions)))
  assert(message(s) == "HTTP/1.1 200 OK")
  return s
end

local HEAD = '{"tran":"CPMI","program":"ECHO"}'

local function request(conv)
  return post(("1 data; conv=%08x; msg=1; chain=1; last=yes; state=end; head=%d"):format(conv, #HEAD), HEAD .. "hello")
end

-- Conversations are numbered in eight digits, so all answers are of one length: they are counted, not read.
local function answer_length(s)
  assert(s:send(request(0x7fffffff)))
  local first, is, body = message(s)
  assert(first == "HTTP/1.1 200 OK" and body == "hello", first .. " " .. is .. " " .. body)
  assert(s:send(request(0x7ffffffe)))
  local length = 0
  repeat
    local line = assert(s:receive "*l")
    length = length + #line + 2
  until line == "\r" or line == ""
  return length + #assert(s:receive(5))
end

local function turn(sockets, each, conv, length)
  for _, s in ipairs(sockets) do
    local batch = {}
    for k = 1, each do batch[k] = request(conv + k) end
    assert(s:send(table.concat(batch)))
    conv = conv + each
  end
  for _, s in ipairs(sockets) do assert(s:receive(each * length)) end
  return conv
end

local function requests(pid, port, n)
  local sockets, each, conv = {}, UNDER_WAY // n, 1
  for i = 1, n do sockets[i] = link(port, each + 1) end
  local length = answer_length(sockets[1])
  for _ = 1, 20 do conv = turn(sockets, each, conv, length) end
  local turns = COUNT // UNDER_WAY
  local spent, from = measured.cpu(pid), socket.gettime()
  for _ = 1, turns do conv = turn(sockets, each, conv, length) end
  local seconds, used = socket.gettime() - from, measured.cpu(pid) - spent
  for _, s in ipairs(sockets) do s:close() end
  return turns * UNDER_WAY / seconds, used * 1000 / (turns * UNDER_WAY)
end

local function send_payload(s, conv, payload)
  local at, chain, head = 1, 1, HEAD
  while true do
    local part = payload:sub(at, at + ELEMENT - #head - 1)
    at = at + #part
    local last = at > #payload
    local is = ("1 data; conv=%08x; msg=1; chain=%d; last=%s; state=end"):format(conv, chain, last and "yes" or "no")
    assert(s:send(post(is .. (chain == 1 and "; head=" .. #head or ""), head .. part)))
    if last then return end
    if chain % PACE == 0 then assert(select(2, message(s)):find "pacing=yes") end
    chain, head = chain + 1, ""
  end
end

local function take_payload(s, conv)
  local got, chain = 0, 1
  while true do
    local first, is, body = message(s)
    assert(first == "HTTP/1.1 200 OK", first .. " " .. is .. " " .. body)
    got = got + #body
    if is:find "last=yes" then return got end
    local pacing = ("1 data; conv=%08x; msg=1; chain=%d; pacing=yes"):format(conv, chain)
    if chain % PACE == 0 then assert(s:send(post(pacing, ""))) end
    chain = chain + 1
  end
end

local function payloads(pid)
  local s, payload = link(PLAIN, 10), ("x"):rep(MIB)
  local spent, from = measured.cpu(pid), socket.gettime()
  for conv = 1, PAYLOADS do
    send_payload(s, conv, payload)
    assert(take_payload(s, conv) == MIB)
  end
  local seconds = socket.gettime() - from
  s:close()
  print(("1 MiB payloads: %.0f MiB/s there and back, %.1f ms CPU of the region each"):format(2 * PAYLOADS / seconds,
    (measured.cpu(pid) - spent) * 1000 / PAYLOADS))
end

local function idle_sessions(pid)
  local s = link(PLAIN, 999)
  local function open(conv)
    local is = ("1 data; conv=%08x; msg=1; chain=1; last=yes; state=open; head=%d"):format(conv, #HEAD)
    assert(s:send(post(is, HEAD .. "hello")))
    local _, answered = message(s)
    assert(answered:find "state=open", answered)
  end
  for conv = 1, 50 do open(conv) end
  local before = measured.pss(pid)
  for conv = 51, 50 + IDLE do open(conv) end
  print(("memory per session that is open and idle: %.2f KiB"):format((measured.pss(pid) - before) / IDLE))
  s:close()
end

local function measure(pid)
  local base
  idle_sessions(pid) -- first: what a load has left behind would hold them
  for _, n in ipairs { 1, 50 } do
    for _, door in ipairs { { "no script", PLAIN }, { "attach script", GUARDED } } do
      local rate, each = requests(pid, door[2], n)
      base = base or each
      print(("%2d ipconn(s), %-13s: %6.0f requests/s, %.4f s CPU per 1000 (%.2f of the first)"):format(n, door[1], rate, each, each / base))
    end
  end
  payloads(pid)
end

measured.run(DEFINITION, { urm = URM, guard = ATTACH }, measure)
