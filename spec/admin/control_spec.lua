-- SPDX-License-Identifier: Apache-2.0
-- The control socket: where it stands and whose it is, who may talk, what the region makes of what is said to it.
local dkjson = require "dkjson"
local lfs = require "lfs"
local unix = require "socket.unix"

local support = require "spec.support"
local wait = require "spec.support.wait"

local NOBODY = 65534
local ROOT = os.execute "test $(id -u) = 0" == true

local function connect(path)
  local s = assert(unix.stream())
  s:settimeout(10 * wait.patience)
  assert(s:connect(path))
  return s
end

-- The line that answers these bytes, read as JSON; nil when it closed without one.
local function ask(path, bytes)
  local s = connect(path)
  s:send(bytes)
  local line = s:receive "*l"
  s:close()
  return line and dkjson.decode(line), line
end

local function mode(path)
  return lfs.attributes(path, "permissions")
end

-- A region whose control socket is `path`: it must end, and say so.
local function refused(path, sentence)
  local region = support.region { region = { control = path } }
  local status, log = region:start_and_end()
  assert.equal(1, status)
  assert.is_truthy(log:find(sentence), ("%q is not in:\n%s"):format(sentence, log))
  return region
end

describe("the control socket", function()
  local dir

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  it("gets a directory of its own, 0700, and is 0600; it is gone with its region", function()
    local region = support.region { region = { control = dir .. "/own/control.sock" } }
    region:start()
    assert.equal("rwx------", mode(dir .. "/own"))
    assert.equal("rw-------", mode(dir .. "/own/control.sock"))
    region:stop()
    assert.is_nil(mode(dir .. "/own/control.sock"))
  end)

  it("stands where --control says, over the definition's", function()
    local region = support.region { arguments = { "--control", dir .. "/other.sock" } }
    region.control = dir .. "/other.sock"
    region:start()
    assert.is_nil(mode(region.dir .. "/control.sock"))
    region:wait_log("SP0001 .*control=" .. dir:gsub("%p", "%%%0") .. "/other%.sock")
    region:stop()
  end)

  it("is not taken from a region that answers there", function()
    local first = support.region {}
    first:start()
    refused(first.control, ("another region answers there, process %d; sallyport shutdown ends it"):format(first.process.pid))
    assert.equal("CICSA", first:row("region").applid)
    first:stop()
  end)

  it("replaces one that is dead", function()
    local first = support.region {}
    first:start()
    first:signal "KILL"
    first:wait()
    assert.equal("rw-------", mode(first.control))
    local second = support.region { region = { control = first.control } }
    second:start()
    assert.equal("CICSA", second:row("region").applid)
    second:stop()
  end)

  it("leaves alone what is not a socket", function()
    support.write(dir .. "/file", "precious")
    refused(dir .. "/file", "not a socket")
    assert.equal("precious", support.read(dir .. "/file"))
  end)

  it("has a name of at most 90 bytes, in a directory of any length", function()
    local deep = dir .. ("/" .. ("d"):rep(60)):rep(3)
    assert(os.execute("mkdir -p " .. deep))
    local long = deep .. "/" .. ("x"):rep(90)
    local region = support.region { region = { control = long } }
    region:start()
    assert.equal("CICSA", region:row("region").applid)
    region:stop()
    assert.is_nil(mode(long))
    refused(long .. "x", "region%.lua:1: fault: control: the name of the socket's file has 91 bytes; it must have 1 to 90")
    local status, _, err = support.sallyport("inquire", "region", "--control", long .. "x")
    assert.equal(1, status)
    assert.is_truthy(err:find "the file name has 91 bytes, 1 to 90 are possible")
    refused(dir .. "/", "the name of the socket's file has 0 bytes")
  end)

  it("is refused, not cut, when --control gives a path that is too long", function()
    local deep = dir .. ("/" .. ("d"):rep(100)):rep(4) -- its length and the name's are more than a path may have
    assert(os.execute("mkdir -p " .. deep))
    local long = deep .. "/" .. ("d"):rep(500 - #deep) .. "/" .. ("x"):rep(60)
    assert(os.execute("mkdir -p " .. long:match "^(.*)/"))
    local region = support.region { arguments = { "--control", long } }
    local status, log = region:start_and_end(10)
    assert.equal(1, status, log)
    assert.is_truthy(log:find(("the path has %d bytes, 1 to 511 are possible"):format(#long), 1, true), log)
    assert.is_nil(log:find "SP0001")
  end)

  it("is not waited for: a directory that another process has locked is a fault that names both", function()
    local holder = support.start { "flock", "--exclusive", "--no-fork", dir, "sleep", "60" }
    support.wait_until(function()
      return support.run { "flock", "--exclusive", "--nonblock", dir, "true" } ~= 0
    end, 10, "the lock")
    local from = support.now()
    local place = lfs.currentdir() .. "/" .. dir
    local said = ("directory %s is locked by process %d; end that process, or keep others out: chmod 700 "):format(place, holder.pid)
    refused(dir .. "/control.sock", ((said .. place):gsub("%p", "%%%0")))
    assert.is_true(support.now() - from < 10)
    holder:stop()
    local region = support.region { region = { control = dir .. "/control.sock" } }
    region:start()
    region:stop()
  end)

  it("is made by regions that start in one directory at one moment", function()
    local all = {}
    for i = 1, 6 do
      all[i] = support.start { support.binary, "run", "--region", (support.region {}):path "region.lua", "--control", dir .. "/" .. i }
    end
    for i, p in ipairs(all) do
      support.wait_until(function() return support.sallyport("inquire", "region", "--control", dir .. "/" .. i) == 0 end, 10,
        function() return "region " .. i .. ":\n" .. p:stderr() end)
      assert.equal(0, p:stop())
    end
  end)

  it("is not made where others can write, or where there is no place", function()
    os.execute("chmod 777 " .. dir)
    refused(dir .. "/control.sock", "can be written by others; chmod 700")
    refused(dir .. "/no/where/control.sock", "No such file or directory")
  end)

  it("is not made in another user's directory", function()
    if not ROOT then return pending "needs root" end
    assert(os.execute(("chown %d %s"):format(NOBODY, dir)))
    refused(dir .. "/control.sock", "belongs to uid 65534")
  end)
end)

describe("what is said over the control socket", function()
  local region

  setup(function()
    region = support.region { tcpipservices = { IPICSRV = {} }, ipconns = { X = { applid = "XAPPL" } } }
    region:start()
  end)
  teardown(function() region:stop() end)

  it("is one JSON object a line", function()
    local answer, line = ask(region.control, '{"command":"inquire","args":["ipconn","x"]}\n')
    assert.same({ 0, "X" }, { answer.status, answer.rows[1].ipconn })
    assert.is_nil(line:find "[^\x20-\x7e]")
  end)

  for what, bytes in pairs {
    ["no JSON"] = "hello\n", ["an empty line"] = "\n", ["an array"] = "[]\n", ["an empty object"] = "{}\n",
    ["a NUL"] = '{"command":"inquire\0"}\n', ["a written NUL"] = '{"command":"inquire\\u0000"}\n',
    ["a number for a command"] = '{"command":7}\n', ["an unknown command"] = '{"command":"fly"}\n',
    ["no arguments"] = '{"command":"inquire"}\n', ["arguments that are none"] = '{"command":"set","args":"x"}\n',
    ["numbers for arguments"] = '{"command":"inquire","args":[1]}\n',
    ["too many arguments"] = '{"command":"inquire","args":["a","b","c","d","e","f","g","h","i"]}\n',
    ["a member twice"] = '{"command":"inquire","args":["region"],"args":["x"]}\n',
    ["bytes that are no UTF-8"] = '{"command":"inquire","args":["ipconn","\xff\xfe"]}\n',
    ["a deep nest"] = ("["):rep(4000) .. "\n", ["a state that is none"] = '{"command":"set","args":["ipconn","X","asleep"]}\n',
    ["a kind that is none"] = '{"command":"set","args":["region","X","open"]}\n',
    ["discard of another kind"] = '{"command":"discard","args":["region","X"]}\n',
    ["release of nothing"] = '{"command":"release","args":[]}\n',
    ["a list with an argument"] = '{"command":"policy","args":["list","x"]}\n',
  } do
    it("is answered with a sentence: " .. what, function()
      local answer = ask(region.control, bytes)
      assert.equal(1, answer.status)
      assert.is_truthy(answer.error:find "%w+ %w+", answer.error)
      assert.equal(0, (region:command("inquire", "region")))
    end)
  end

  it("names a thing that is not there, however it is called", function()
    for _, name in ipairs { ("\u{e9}"):rep(900), "A" .. ("\u{e9}"):rep(900), ("x"):rep(2000), "a\nb\27[2J" } do
      for _, words in ipairs { { "inquire", "ipconn", name }, { "release", name }, { "set", "tcpipservice", name, "open" },
        { "set", "ipconn", "X", name } } do
        local command = table.remove(words, 1)
        local answer = ask(region.control, dkjson.encode { command = command, args = words } .. "\n")
        assert.equal(1, answer.status)
        assert.is_truthy(answer.error:find "^no %w+ named" or answer.error:find "^set ipconn X", answer.error)
      end
    end
    region:settle_log()
    assert.is_nil(region:log():find "[^\n\x20-\x7e]")
  end)

  it("has at most 8 KiB, with a question at most 64 KiB", function()
    local most = "a request has at most 8192 bytes; one with a question or a piece has at most 65536"
    local head = '{"command":"inquire","args":["region"],"filler":"'
    local fits = head .. ("x"):rep(8192 - #head - 3) .. '"}\n'
    assert.equal(0, ask(region.control, fits).status)
    local answer = ask(region.control, (fits:gsub("x", "xx", 1)))
    assert.same({ 1, most }, { answer.status, answer.error })
    local status, _, err = region:command("inquire", "ipconn", ("X"):rep(9000))
    assert.equal(1, status)
    assert.is_truthy(err:find(most, 1, true), err)
    local question = '{"command":"ask","question":{"nothing":"%s"}}\n'
    assert.equal("a question has no member 'nothing'", ask(region.control, question:format(("x"):rep(65000))).error)
    assert.equal("a request has at most 65536 bytes", ask(region.control, question:format(("x"):rep(66000))).error)
  end)

  it("needs no end of line where the client ends", function()
    local s = connect(region.control)
    s:send '{"command":"inquire","args":["region"]}'
    s:shutdown "send"
    assert.equal(0, dkjson.decode((s:receive "*l")).status)
    s:close()
  end)

  it("does not wait for a client that never sends, or that sends byte by byte", function()
    local silent, slow = connect(region.control), connect(region.control)
    local request = '{"command":"inquire","args":["region"]}\n'
    for i = 1, #request do
      slow:send(request:sub(i, i))
      if i % 20 == 0 then assert.equal(0, (region:command("inquire", "region"))) end
    end
    assert.equal(0, dkjson.decode((slow:receive "*l")).status)
    slow:close()
    silent:close()
  end)

  it("is heard from 16 clients at once; the 17th is told to try again", function()
    local clients = {}
    for i = 1, 16 do clients[i] = connect(region.control) end
    local status, _, err = region:command("inquire", "region") -- accepted in order, so after those
    assert.equal(1, status)
    assert.is_truthy(err:find("too many operators", 1, true), err)
    clients[16]:send '{"command":"inquire","args":["region"]}\n' -- those within are served
    assert.equal(0, dkjson.decode((clients[16]:receive "*l")).status)
    for _, client in ipairs(clients) do client:close() end
    support.wait_until(function() return region:command("inquire", "region") == 0 end, 10, "room for another")
  end)

  it("is logged with uid and pid when it changes something, and when that is refused", function()
    local s = connect(region.control)
    s:send '{"command":"set","args":["ipconn","x","outservice"]}\n'
    assert.equal(0, dkjson.decode((s:receive "*l")).status)
    s:close()
    local uid = io.popen("id -u"):read "l"
    local own = support.read("/proc/self/stat"):match "^%d+"
    region:wait_log(('SP0009 .*command="set ipconn x outservice" uid=%s pid=%s'):format(uid, own))
    for _, words in ipairs {
      { "set", "tcpipservice", "IPICSRV", "closed" }, { "set", "tcpipservice", "IPICSRV", "urm=NO" }, { "release", "X" },
      { "discard", "ipconn", "X" },
    } do
      assert.equal(0, (region:command(table.unpack(words))))
      region:wait_log(('SP0009 .*command="%s" uid=%s pid=%%d+$'):format(table.concat(words, " "), uid))
    end
    assert.equal(1, (region:command("set", "ipconn", "gone", "inservice")))
    region:wait_log 'SP0009 .*command="set ipconn gone inservice" uid=%d+ pid=%d+ refused="no ipconn named gone is installed"'
    local before = region:count_log "SP0009"
    region:command("inquire", "region")
    region:command("explain", "--last", "1")
    assert.equal(before, region:count_log "SP0009")
  end)
end)

-- A copy where everybody may go: this tree may lie in a home directory that is closed to others.
local function copy_for_all()
  local pipe = assert(io.popen "mktemp -d /tmp/XXXXXX")
  local dir = assert(pipe:read "l")
  pipe:close()
  assert(os.execute(("cp %s %s/sallyport && cp -RL lua %s && chmod -R a+rX %s"):format(support.binary, dir, dir, dir)))
  return dir
end

describe("another user", function()
  local region, wrapper

  setup(function()
    region = support.region { tcpipservices = { IPICSRV = {} } }
    region:start()
    wrapper = { "setpriv", "--reuid=" .. NOBODY, "--regid=" .. NOBODY, "--clear-groups", support.binary }
  end)
  teardown(function() region:stop() end)

  local function as_nobody(...)
    local words = { table.unpack(wrapper) }
    for _, word in ipairs { ... } do words[#words + 1] = word end
    return support.run(words)
  end

  local function able()
    return ROOT and as_nobody "--help" == 0
  end

  it("does not reach the socket", function()
    if not able() then return pending "needs root, setpriv, and a directory others may enter" end
    local status, _, err = as_nobody("inquire", "region", "--control", region.control)
    assert.equal(1, status)
    assert.is_truthy(err:find("belongs to another user", 1, true), err)
  end)

  it("is not heard even where file modes would let him", function()
    if not able() then return pending "needs root, setpriv, and a directory others may enter" end
    os.execute(("chmod 755 %s; chmod 666 %s"):format(region.dir, region.control))
    for _, words in ipairs { { "inquire", "region" }, { "set", "tcpipservice", "IPICSRV", "closed" } } do
      local status, out = as_nobody(words[1], words[2], words[3] or "--json", words[4] or "--json", "--control", region.control)
      assert.equal(1, status)
      assert.same({}, dkjson.decode(out) or {})
    end
    assert.equal("OPEN", region:row("tcpipservice", "IPICSRV").openstatus)
    assert.equal(0, region:count_log "SP0009")
  end)

  it("is heard when he is root", function()
    if not able() then return pending "needs root, setpriv, and a directory others may enter" end
    local copy = copy_for_all()
    finally(function() os.execute("rm -r " .. copy) end)
    local theirs = support.region {
      text = [=[
region { applid = "CICSA", networkid = "NETA", control = "control.sock" }
tcpipservice "IPICSRV" { host = "127.0.0.1", portnumber = 0 }]=],
      wrapper = { "setpriv", "--reuid=" .. NOBODY, "--regid=" .. NOBODY, "--clear-groups",
        "sh", "-c", 'shift; exec "$0" "$@"', copy .. "/sallyport" },
    }
    os.execute(("chown -R %d %s"):format(NOBODY, theirs.dir))
    theirs:start()
    assert.equal(0, (theirs:command("set", "tcpipservice", "ipicsrv", "closed")))
    theirs:wait_log 'SP0009 .*uid=0 pid=%d+$'
    theirs:stop()
  end)
end)
