-- SPDX-License-Identifier: Apache-2.0
--[[
measured: the region that a benchmark measures: the binary SALLYPORT (./sallyport), its files in build/bench.

  measured.run(definition, scripts, measure, by)
                                               starts it, calls measure(pid) when it answers, ends it and waits for its end;
                                               scripts: { urm = "return …" }; by: the command that starts it ("nice -n 19"), or nil
  measured.cpu(pid)                            seconds of user and system time until now
  measured.ran(pid)                            the same to the nanosecond, of the threads that have not ended
  measured.pss(pid)                            KiB of memory, what is shared counted in parts
  measured.partner(port, name)                 a link of a partner, without TLS
  measured.beat(link)                          the seconds until a heartbeat is answered on it
  measured.longest(command, probe)             runs a command beside; the largest number that probe() returns until it ends
  measured.read(path)                          the bytes of a file; nil: there is none
  measured.write(path, bytes)
  measured.output(command)                     the output of a command, without its errors
]]
local socket = require "socket"

local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local DIR = "build/bench"

local measured = {}

function measured.write(path, bytes)
  local f = assert(io.open(path, "w"))
  f:write(bytes)
  f:close()
end

function measured.read(path)
  local f = io.open(path)
  if not f then return nil end
  local all = f:read "a"
  f:close()
  return all
end

function measured.output(command)
  local f = io.popen(command .. " 2>/dev/null")
  local text = f:read "a"
  f:close()
  return text
end

local read, write = measured.read, measured.write

local function start(definition, scripts, by)
  os.execute("rm -rf " .. DIR .. " && mkdir -p " .. DIR .. "/policies && cp policies/*.lua " .. DIR .. "/policies")
  for name, source in pairs(scripts) do write(("%s/policies/%s.lua"):format(DIR, name), source) end
  write(DIR .. "/region.lua", definition)
  os.execute(("%s %s run --region %s/region.lua 2>%s/log & echo $! >%s/pid"):format(by or "", BINARY, DIR, DIR, DIR))
  local deadline = socket.gettime() + 10
  while not os.execute(("%s inquire region --region %s/region.lua >%s/up 2>&1"):format(BINARY, DIR, DIR)) do
    if socket.gettime() > deadline then error("the region did not start:\n" .. read(DIR .. "/log")) end
    socket.sleep(0.02)
  end
  return tonumber(read(DIR .. "/pid"))
end

local TICKS = tonumber(io.popen("getconf CLK_TCK"):read "l")

function measured.cpu(pid)
  local fields = read("/proc/" .. pid .. "/stat"):match "%) (.*)"
  local n, sum = 0, 0
  for field in fields:gmatch "%S+" do
    n = n + 1
    if n == 12 or n == 13 then sum = sum + tonumber(field) end
  end
  return sum / TICKS
end

function measured.ran(pid)
  local sum = 0
  for line in io.popen(("cat /proc/%d/task/*/schedstat"):format(pid)):lines() do sum = sum + tonumber(line:match "%d+") end
  return sum / 1e9
end

function measured.pss(pid)
  return tonumber(read("/proc/" .. pid .. "/smaps_rollup"):match "\nPss:%s+(%d+)")
end

function measured.partner(port, name)
  local s = socket.tcp4()
  assert(s:connect("127.0.0.1", port))
  s:setoption("tcp-nodelay", true)
  local body = ('{"applid":"%s","networkid":"NETX","port":-1,"sendcount":5}'):format(name)
  s:send("POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body)
  assert(s:receive "*l" == "HTTP/1.1 200 OK")
  repeat local line = assert(s:receive "*l") until line == ""
  return s
end

local HEARTBEAT = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n"

function measured.beat(link)
  local from = socket.gettime()
  link:send(HEARTBEAT)
  repeat local line = assert(link:receive "*l") until line == ""
  return socket.gettime() - from
end

function measured.longest(command, probe)
  local longest, done = 0, DIR .. "/done"
  os.remove(done)
  os.execute(("(%s; touch %s) >/dev/null 2>&1 &"):format(command, done))
  repeat
    longest = math.max(longest, probe())
    local f = io.open(done)
    if f then f:close() end
  until f
  return longest
end

function measured.run(definition, scripts, measure, by)
  local pid = start(definition, scripts, by)
  local ok, why = xpcall(measure, debug.traceback, pid)
  os.execute(('kill %d; while [ -n "$(readlink /proc/%d/exe)" ]; do sleep 0.05; done'):format(pid, pid))
  if not ok then error(why, 0) end
end

return measured
