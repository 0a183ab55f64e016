-- SPDX-License-Identifier: Apache-2.0
-- --log journal and --log syslog: each line is a datagram to a socket that the spec has in place of the system's daemon.
local lfs = require "lfs"
local unix = require "socket.unix"

local support = require "spec.support"

local HOSTILE = 'a\nPRIORITY=0\n\nMESSAGE=forged "q" \\ \27[2J'
local SCRIPTS = {
  loud = ([[
local policy = require "policy"
return { admit = function() return policy.refuse("loud", %q) end }]]):format(HOSTILE):gsub("\\\n", "\\n"),
  raises = "return { admit = function() error 'by intent' end }",
}

local function listen(path)
  os.remove(path)
  local reader = assert(unix.dgram())
  assert(reader:bind(path))
  reader:settimeout(10)
  return reader
end

-- A region whose log goes to the socket.
local function new(kind, path, ...)
  local region = support.region {
    tcpipservices = { LOUD = { admit = "loud" }, RAISES = { admit = "raises" } }, scripts = SCRIPTS,
  }
  region.given.arguments = { "--log", kind .. ":" .. (path or region:path "log.sock"), ... }
  return region
end

local function knock(region, service)
  support.raw(region:port(service)):closed()
end

-- The first datagram with that plain text; the ones before it are added to `seen`.
local function datagram(reader, text, seen)
  for _ = 1, 1000 do
    local bytes = assert(reader:receive(65536), "no datagram with " .. text)
    if bytes:find(text, 1, true) then return bytes end
    if seen then seen[#seen + 1] = bytes end
  end
end

-- The fields of an entry of the journal; each line must be one.
local function fields(entry)
  local found = {}
  for line in entry:gmatch "([^\n]*)\n" do
    local name, value = line:match "^(%u[%u%d_]*)=([\x20-\x7e]*)$"
    assert(name and #name <= 64, "no field: " .. line)
    assert.is_nil(found[name], name .. " occurs twice")
    found[name] = value
  end
  assert.equal("\n", entry:sub(-1))
  return found
end

describe("--log journal", function()
  local region, reader

  before_each(function()
    region = new "journal"
    reader = listen(region:path "log.sock")
    region:start()
  end)
  after_each(function()
    reader:close()
    region:stop()
  end)

  it("has the text of the line as MESSAGE, and each insert as a field", function()
    knock(region, "LOUD")
    local entry = fields(datagram(reader, "SALLYPORT_ID=SP0021\n"))
    assert.equal("4", entry.PRIORITY)
    assert.equal("sallyport", entry.SYSLOG_IDENTIFIER)
    assert.equal("CICSA", entry.SALLYPORT_REGION)
    assert.equal("loud", entry.SALLYPORT_CODE)
    assert.equal("admit", entry.SALLYPORT_DOOR)
    assert.equal("LOUD", entry.SALLYPORT_TCPIPSERVICE)
    assert.is_truthy(entry.SALLYPORT_TIME:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%d%d%d%dZ$")
    assert.is_truthy(entry.MESSAGE:find "^CICSA SP0021 W Door refused%. ", entry.MESSAGE)
    assert.is_truthy(entry.MESSAGE:find(" connection=" .. entry.SALLYPORT_CONNECTION, 1, true), entry.MESSAGE)
    assert.is_truthy(entry.SALLYPORT_FILE:find "loud%.lua$")
    assert.equal("2", entry.SALLYPORT_LINE)
  end)

  it("lets the text of a script add no field and end no entry", function()
    knock(region, "LOUD")
    local entry = fields(datagram(reader, "SALLYPORT_ID=SP0021\n"))
    assert.equal([[a\x0aPRIORITY=0\x0a\x0aMESSAGE=forged "q" \\ \x1b[2J]], entry.SALLYPORT_TEXT)
    assert.equal("4", entry.PRIORITY)
  end)

  it("has the priority of the message's severity", function()
    assert.equal("6", fields(datagram(reader, "SALLYPORT_ID=SP0001\n")).PRIORITY)
    knock(region, "RAISES")
    assert.equal("3", fields(datagram(reader, "SALLYPORT_ID=SP0022\n")).PRIORITY)
  end)

  it("answers operators and partners while nothing reads, and loses no line that its queue holds", function()
    for _ = 1, 40 do knock(region, "LOUD") end
    assert.equal(0, (region:command("inquire", "region")))
    for _ = 1, 40 do datagram(reader, "SALLYPORT_ID=SP0021\n") end
  end)

  it("goes on with a reader that was started again", function()
    reader:close()
    os.remove(region:path "log.sock")
    knock(region, "LOUD")
    reader = listen(region:path "log.sock")
    assert.equal("loud", fields(datagram(reader, "SALLYPORT_ID=SP0021\n")).SALLYPORT_CODE)
  end)

  it("is not changed by USR1", function()
    region:signal "USR1"
    local seen = {}
    datagram(reader, "SALLYPORT_SIGNAL=USR1\n", seen)
    knock(region, "LOUD")
    datagram(reader, "SALLYPORT_ID=SP0021\n", seen)
    for _, entry in ipairs(seen) do assert.is_nil(entry:find "SALLYPORT_ID=SP007[12]", entry) end
  end)
end)

describe("--log syslog", function()
  local function started(...)
    local region = new("syslog", nil, ...)
    local reader = listen(region:path "log.sock")
    finally(function()
      reader:close()
      region:stop()
    end)
    return region:start(), reader
  end

  it("is the line with the header of RFC 3164", function()
    local region, reader = started()
    knock(region, "LOUD")
    local line = datagram(reader, " SP0021 ")
    local pid = line:match "^<28>%u%l%l [ %d]%d %d%d:%d%d:%d%d sallyport%[(%d+)%]: CICSA SP0021 W Door refused%. [\x20-\x7e]*$"
    assert.equal(tostring(region.process.pid), pid, line)
    knock(region, "RAISES")
    assert.equal("<27>", datagram(reader, " SP0022 "):sub(1, 4))
  end)

  it("has the object of --log-format json after its header", function()
    local region, reader = started("--log-format", "json")
    knock(region, "LOUD")
    assert.is_truthy(datagram(reader, '"SP0021"'):match ': {"time":"[^"]+Z","region":"CICSA","id":"SP0021",.*"code":"loud".*}$')
  end)
end)

describe("a log that cannot be opened", function()
  local function refusal(...)
    local region = support.region { tcpipservices = { IPIC = {} } }
    region.given.arguments = { "--log", ... }
    local status, log = region:start_and_end()
    assert.equal(1, status)
    return log
  end

  it("ends the start, and the fault names the socket", function()
    local path = support.directory() .. "/nobody"
    local said = "log to journal: " .. path .. ": No such file or directory; the process that reads it must run before this one"
    assert.is_truthy(refusal("journal:" .. path):find(said, 1, true))
    assert.is_truthy(refusal("syslog:" .. path):find("log to syslog: " .. path, 1, true))
    assert.is_truthy(refusal("syslog:/" .. ("x"):rep(200)):find("log to syslog: the path of a socket has 1 to 107 bytes", 1, true))
  end)

  it("is the journal with JSON", function()
    local path = support.directory() .. "/log.sock"
    local reader = listen(path)
    finally(function() reader:close() end)
    assert.is_truthy(refusal("journal:" .. path, "--log-format", "json"):find("leave out --log-format json", 1, true))
  end)
end)

describe("--log with a word", function()
  it("is stderr for stderr, and a file for a path", function()
    local region = support.region { tcpipservices = { IPIC = {} }, arguments = { "--log", "stderr" } }
    region:start()
    region:wait_log "SP0001"
    region:stop()
    assert.is_nil(lfs.attributes "stderr")
    region.given.arguments = { "--log", region:path "journal" }
    region:start()
    support.wait_until(function() return (support.read(region:path "journal") or ""):find "SP0001" end, 10, "a line in the file")
    region:stop()
  end)
end)
