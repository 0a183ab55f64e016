-- SPDX-License-Identifier: Apache-2.0
-- Signals of a running region and of one that starts, and the descriptors it is started with.
local lfs = require "lfs"
local socket = require "socket"

local hanging_files = require "spec.support.hanging_files"
local support = require "spec.support"

local function lines_with(path, pattern)
  local n = 0
  for line in (support.read(path) or ""):gmatch "[^\n]+" do
    if line:find(pattern) then n = n + 1 end
  end
  return n
end

local function wait_line(path, pattern)
  support.wait_until(function() return lines_with(path, pattern) > 0 end, nil, function()
    return ("%q in %s:\n%s"):format(pattern, path, support.read(path) or "")
  end)
end

describe("a running region", function()
  local region, log

  before_each(function()
    region = support.region { tcpipservices = { IPIC = {} } }
    log = region:path "the.log"
    region.given.arguments = { "--log", log }
    region:start()
  end)
  after_each(function() region:stop() end)

  it("opens its log anew at USR1, and lives", function()
    assert(os.rename(log, log .. ".1"))
    region:signal "USR1"
    wait_line(log, "SP0071 I Log file opened again%. file=")
    local old = support.read(log .. ".1")
    region:port "IPIC"
    assert.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
    wait_line(log, "SP0005")
    assert.equal(old, support.read(log .. ".1"))
    assert.equal("rw-------", lfs.attributes(log, "permissions"))
  end)

  it("writes the old log on where the new one cannot be opened", function()
    assert(os.rename(log, log .. ".1"))
    assert(lfs.mkdir(log))
    region:signal "USR1"
    wait_line(log .. ".1", "SP0072 E .*file=.*error=\"Is a directory\"")
    assert.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
    wait_line(log .. ".1", "SP0005")
  end)

  it("opens its log anew, makes a missing control socket anew and reloads at HUP", function()
    assert(os.rename(log, log .. ".1"))
    assert(os.remove(region.control))
    region:signal "HUP"
    wait_line(log, "SP0073 W .*anew=yes")
    wait_line(log, "SP0010 .*generation=2")
    assert.equal(2, region:row("region").generation)
  end)

  it("does the first two also when the reload is refused", function()
    assert(os.rename(log, log .. ".1"))
    assert(os.remove(region.control))
    support.write(region:path "region.lua", "nonsense")
    region:signal "HUP"
    wait_line(log, "SP0011 E")
    wait_line(log, "SP0073 W .*anew=yes")
    assert.equal(1, region:row("region").generation)
  end)

  it("lets a file in the place of its control socket be, says so and lives", function()
    assert(os.remove(region.control))
    support.write(region.control, "precious")
    region:signal "HUP"
    wait_line(log, "SP0073 W .*anew=no fault=.*not a socket is there")
    wait_line(log, "SP0010 .*generation=2")
    assert.equal("precious", support.read(region.control))
    os.remove(region.control)
    region:signal "HUP"
    wait_line(log, "SP0073 W .*anew=yes")
    wait_line(log, "SP0010 .*generation=3")
    assert.equal(3, region:row("region").generation)
  end)

  it("loads once more at a HUP that comes during a reload", function()
    region:stop()
    local disk = hanging_files.new()
    region.given.wrapper = disk.wrapper
    region:start()
    disk:hold "region.lua"
    region:signal "HUP"
    support.wait_until(function() return disk:held() > 0 end, 10, "the loader to hang")
    region:signal "HUP"
    support.wait_until(function() return lines_with(log, "SP0070 I .*signal=HUP") >= 2 end, 10, "the second signal")
    disk:release()
    wait_line(log, "SP0010 .*generation=3")
    assert.equal(0, lines_with(log, "SP0011 "))
  end)

  it("keeps its socket, and an operator who waits, at a HUP that finds it in place", function()
    local before = lfs.attributes(region.control, "ino")
    region:signal "HUP"
    wait_line(log, "SP0010 .*generation=2")
    assert.equal(before, lfs.attributes(region.control, "ino"))
    assert.equal(0, lines_with(log, "SP0073"))
  end)

  it("passes over each signal that means nothing to it", function()
    for _, name in ipairs { "USR2", "ALRM", "VTALRM", "PROF", "IO", "PWR", "STKFLT", "XFSZ", "TTIN", "TTOU", "PIPE", "WINCH", "URG", "CHLD",
      "RTMIN", "RTMIN+3", "RTMAX" } do
      region:signal(name)
      assert.message(name).equal("CICSA", (region:row "region" or {}).applid)
    end
    assert.equal(0, lines_with(log, "SP0003"))
  end)

  it("ends at once at QUIT, and leaves no socket", function()
    region:signal "QUIT"
    assert.equal(0, region:wait())
    assert.is_nil(lfs.attributes(region.control))
    assert.equal(1, lines_with(log, "SP0070 I Signal%. signal=QUIT"))
    assert.equal(1, lines_with(log, "SP0002"))
    assert.equal(0, lines_with(log, "SP0003"))
  end)

  it("drains at XCPU, however often it comes", function()
    local p = support.raw(region:port "IPIC")
    region:signal "XCPU"
    region:signal "XCPU"
    assert.equal(0, region:wait())
    p:close()
    assert.equal(1, lines_with(log, "SP0003"))
  end)

  it("outlives a log that has grown to the largest file it may write", function()
    region:stop()
    support.write(log, ("x"):rep(65536))
    region.given.wrapper = { "prlimit", "--fsize=65536" }
    region:start()
    for _ = 1, 5 do region:port "IPIC" end
    assert.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
    assert.equal(65536, lfs.attributes(log, "size"))
  end)
end)

-- Whether TERM is held back or acted on. Before the first instruction of a program, while its libraries are loaded, it is neither.
local function holds_term(pid)
  local status = support.read("/proc/" .. pid .. "/status") or ""
  local held, caught = status:match "SigBlk:%s*(%x+)", status:match "SigCgt:%s*(%x+)"
  return held ~= nil and ((tonumber(held, 16) | tonumber(caught, 16)) >> 14) & 1 == 1
end

local function is_ours(pid)
  local pipe = io.popen("readlink /proc/" .. pid .. "/exe 2>/dev/null")
  local exe = pipe:read "a"
  pipe:close()
  return exe:find "sallyport" ~= nil
end

local function many(count)
  local ipconns = {}
  for i = 1, count do ipconns[("C%06d"):format(i)] = { applid = ("A%06d"):format(i) } end
  return ipconns
end

describe("a region that starts", function()
  local region

  setup(function() region = support.region { tcpipservices = { IPIC = {} }, ipconns = many(9990) } end)

  local function begin(delay)
    os.remove(region.dir .. "/err")
    local words = { support.binary, "run", "--region", region:path "region.lua" }
    local p = support.start(words, region.dir)
    support.wait_until(function() return is_ours(p.pid) and holds_term(p.pid) end, 10, "the program")
    socket.sleep(delay) -- a moment of the start, whichever: none may be a bad one
    return p
  end

  for _, delay in ipairs { 0, 0.03, 0.1, 0.2 } do
    it(("ends in order at TERM after %d ms"):format(delay * 1000), function()
      local p = begin(delay)
      p:signal "TERM"
      assert.equal(0, p:wait(20))
      assert.is_nil(lfs.attributes(region.control))
    end)

    it(("acts on HUP once it is up, when it comes after %d ms"):format(delay * 1000), function()
      local p = begin(delay)
      p:signal "HUP"
      region:wait_log("SP0010 .*generation=2", 30)
      assert.equal(0, p:stop(20))
      assert.is_nil(lfs.attributes(region.control))
    end)
  end

  it("does not open a port after TERM came before it had one", function()
    local p = begin(0)
    p:signal "TERM"
    assert.equal(0, p:wait(20))
    assert.equal(0, region:count_log "SP0001")
    assert.equal(0, region:count_log "SP0004")
  end)
end)

describe("a region on a terminal", function()
  -- Under script(1), which is its terminal's other end; its pid is in DIR/region.pid.
  local function on_terminal(prefix)
    local region = support.region { tcpipservices = { IPIC = {} } }
    local log = region:path "the.log"
    local command = ("%s echo $$ >%s; exec %s run --region %s --log %s"):format(prefix, region:path "region.pid", support.binary,
      region:path "region.lua", log)
    local terminal = support.start({ "script", "-q", "-c", command, "/dev/null" }, region.dir)
    wait_line(log, "SP0001")
    return region, log, terminal, tonumber(support.read(region:path "region.pid"))
  end

  local function runs(pid)
    return lfs.attributes("/proc/" .. pid, "mode") ~= nil and is_ours(pid)
  end

  local function send(name, pid)
    os.execute(("kill -%s %d"):format(name, pid))
  end

  it("reloads at HUP while the terminal is there, drains and ends when it is gone", function()
    local region, log, terminal, pid = on_terminal ""
    send("HUP", pid)
    wait_line(log, "SP0010 .*generation=2")
    terminal:signal "KILL"
    terminal:wait()
    wait_line(log, "SP0002")
    support.wait_until(function() return not runs(pid) end, 10, "its end")
    assert.equal(1, lines_with(log, "SP0003"))
    assert.is_nil(lfs.attributes(region.control))
  end)

  it("outlives its terminal where HUP was ignored when it was started, as nohup does it", function()
    local region, log, terminal, pid = on_terminal "trap '' HUP;"
    terminal:signal "KILL"
    terminal:wait()
    send("HUP", pid)
    wait_line(log, "SP0010 .*generation=2")
    assert.equal("CICSA", region:row("region").applid)
    send("TERM", pid)
    support.wait_until(function() return not runs(pid) end, 10, "its end")
  end)
end)

describe("descriptors 0 to 2 that were closed at the start", function()
  local function closed(words)
    return { "sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", table.unpack(words) }
  end

  local function link(pid, fd)
    local pipe = io.popen(("readlink /proc/%d/fd/%d"):format(pid, fd))
    local target = pipe:read "l"
    pipe:close()
    return target
  end

  it("are /dev/null to a region: a stranger is sent no log", function()
    local region = support.region { tcpipservices = { IPIC = {} }, wrapper = closed {} }
    region:start()
    for fd = 0, 2 do assert.equal("/dev/null", link(region.process.pid, fd)) end
    local p = support.raw(region:port "IPIC")
    p:send "nonsense\r\n\r\n"
    p:closed()
    assert.is_nil(p.buffer:find("SP0", 1, true), p.buffer)
    region:stop()
  end)

  it("are /dev/null to every other command: a partner is sent no sentence", function()
    local region = support.region { tcpipservices = { IPIC = {} } }
    region:start()
    for _, words in ipairs { { "check", "--region", region:path "region.lua" }, { "inquire", "region", "--control", region.control },
      { "--help" }, { "nonsense" } } do
      table.insert(words, 1, support.binary)
      assert.is_true((support.run(closed(words))) <= 2)
    end
    local listener = support.listen {}
    local beside = support.start(closed { support.binary, "connect", "--to", "127.0.0.1:" .. listener.port, "--applid", "A",
      "--networkid", "N" })
    local p = listener:accept()
    for fd = 0, 2 do assert.equal("/dev/null", link(beside.pid, fd)) end
    p:close()
    beside:wait()
    region:stop()
  end)
end)
