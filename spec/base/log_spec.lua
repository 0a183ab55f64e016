-- SPDX-License-Identifier: Apache-2.0
-- The log of a region: one line for each event, as text or JSON; text from a peer or a script cannot look like other
-- parts of a line.
local dkjson = require "dkjson"

local support = require "spec.support"

local HOSTILE = "a\r\nSP9999 forged=yes\1\27[2J\u{e9}\xff\"\\="

local SCRIPTS = {
  loud = ([[
local policy = require "policy"
return { admit = function(facts)
  policy.check("nam%s", false, "detail%s")
  return policy.refuse("loud", "te%s")
end }]]):gsub("%%s", function() return (("%q"):format(HOSTILE):sub(2, -2):gsub("%%", "%%%%"):gsub("\\\n", "\\n")) end),
  raises = "return { admit = function()\n  error('first line\\27[0m\\nSP9999 second line')\nend }",
}

local TIME = "^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d%.%d%d%d%d%d%dZ "

-- The lines of the log; each must be printable ASCII.
local function lines(log)
  local list = {}
  for line in log:gmatch "([^\n]*)\n" do
    assert.is_nil(line:find "[^\x20-\x7e]", line)
    list[#list + 1] = line
  end
  return list
end

local function knock(region, service)
  support.raw(region:port(service)):closed()
end

-- Sends a CAPEX that is refused: the id of the connection.
local function refused(region, fields)
  local p = support.raw(region:port "NOURM")
  local body = p:capex(fields):read_message().body
  p:close()
  return body.connection
end

local function new(arguments)
  local region = support.region {
    tcpipservices = { NOURM = {}, LOUD = { admit = "loud" }, RAISES = { admit = "raises" }, TLS = { ssl = "yes", certificate = "CICSA" } },
    scripts = SCRIPTS, arguments = arguments,
  }
  region:start()
  return region
end

describe("the log in text", function()
  local region

  setup(function() region = new() end)
  teardown(function() region:stop() end)

  it("is one line for each event: time, region, id, severity, sentence, inserts", function()
    local line = region:wait_log "SP0001"
    assert.is_truthy(line:match(TIME .. "CICSA SP0001 I [%u][^=]+%. networkid=NETA generation=1 "), line)
    for _, each in ipairs(lines(region:log())) do
      assert.is_truthy(each:match(TIME .. "CICSA %u+%d%d%d%d [IWE] %u"), each)
    end
  end)

  it("has one line for a refusal, with the id, the door, the policy and the code", function()
    local before = #lines(region:log())
    knock(region, "LOUD")
    local line = region:wait_log "SP0021"
    for _, insert in ipairs { "connection=%x+%-%d+", "door=admit", "policy=loud", "code=loud", "peer=127%.0%.0%.1:%d+",
      "tcpipservice=LOUD" } do
      assert.is_truthy(line:find(" " .. insert), insert .. " is not in " .. line)
    end
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "its end")
    local refusals = 0
    for i, each in ipairs(lines(region:log())) do
      if i > before and each:find "code=" then refusals = refusals + 1 end
    end
    assert.equal(1, refusals)
    local id = refused(region, {})
    line = region:wait_log("SP0021 .*connection=" .. id:gsub("%-", "%%-"))
    for _, insert in ipairs { "door=install", "code=urm_no", "reason=AUTOINSTALL_FAILED" } do assert.is_truthy(line:find(insert), line) end
  end)

  it("escapes the text of a script", function()
    knock(region, "LOUD")
    local line = region:wait_log "SP0021 .*code=loud"
    assert.is_truthy(line:find([[text="tea\x0d\x0aSP9999 forged=yes\x01\x1b[2J\xc3\xa9\xff\"\\="]], 1, true), line)
    assert.equal(0, region:count_log "^SP9999")
    lines(region:log())
  end)

  it("escapes the message and traceback of a script that fails", function()
    knock(region, "RAISES")
    local line = region:wait_log "SP0022"
    assert.is_truthy(line:find 'text="first line\\+x1b%[0m"', line)
    assert.is_truthy(line:find("raises.lua:2", 1, true), line)
    lines(region:log())
  end)

  it("escapes the text of a peer: names, members, the request line, a server name", function()
    refused(region, { applid = HOSTILE:gsub("\xff", "") })
    refused(region, { server_applid = HOSTILE:gsub("\xff", "") })
    for _, bytes in ipairs {
      "GET /\27[2J HTTP/1.1\r\n\r\n", "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=\27[2J\r\nContent-Length: 0\r\n\r\n",
      "POST /ipic HTTP/1.1\r\nX-\xff\xfe: \r\n\r\n", '{"a":"\0"}\r\n\r\n', ("A"):rep(9000),
    } do
      local p = support.raw(region:port "NOURM")
      pcall(p.send, p, bytes)
      p:closed()
    end
    support.s_client({ "-connect", "127.0.0.1:" .. region:port "TLS", "-servername", "a\27[2J\u{e9}\"\nSP9999" }, "")
    region:wait_log "tcpipservice=TLS"
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "all to be gone")
    for _, line in ipairs(lines(region:log())) do assert.is_truthy(line:match(TIME), line) end
    local status, out = region:command("explain", "--last", "20")
    assert.equal(0, status)
    assert.is_nil(out:find "[^\n\x20-\x7e]")
    status, out = region:command("explain", "--last", "20", "--json")
    assert.equal(0, status)
    assert.is_nil(out:find "[^\n\x20-\x7e]")
    assert.is_table(dkjson.decode(out))
  end)
end)

describe("the log in JSON", function()
  it("is one object for each line, also with hostile text", function()
    local region = new { "--log-format", "json" }
    knock(region, "LOUD")
    knock(region, "RAISES")
    refused(region, { applid = HOSTILE:gsub("\xff", "") })
    region:wait_log '"id":"SP0031"'
    region:stop()
    local seen = {}
    for _, line in ipairs(lines(region:log())) do
      local o, after, why = dkjson.decode(line)
      assert.is_nil(why, line)
      assert.equal(#line + 1, after)
      assert.equal("CICSA", o.region)
      assert.is_truthy(o.time:match "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d+Z$", line)
      assert.is_truthy(o.severity:match "^[IWE]$" and o.message:match "%.$", line)
      seen[o.id] = seen[o.id] or o
    end
    for _, id in ipairs { "SP0001", "SP0002", "SP0003", "SP0004", "SP0031" } do assert.is_table(seen[id], id) end
    assert.same({ "admit", "loud", "loud" }, { seen.SP0021.door, seen.SP0021.policy, seen.SP0021.code })
    assert.equal([[tea\x0d\x0aSP9999 forged=yes\x01\x1b[2J\xc3\xa9\xff"\\=]], seen.SP0021.text)
  end)
end)

describe("the log in JSON beside everything else in JSON", function()
  local region, logged

  setup(function()
    region = support.region {
      tcpipservices = { IPIC = { urm = "yes" }, LOUD = { admit = "loud" }, RAISES = { admit = "raises" } },
      ipconns = { T = { template = "only", receivecount = 7 } },
      scripts = { yes = 'local policy = require "policy"\nreturn { install = function(facts) return policy.install { ipconn = "APPL", ' ..
        'template = "T" } end }', loud = SCRIPTS.loud, raises = SCRIPTS.raises },
      arguments = { "--log-format", "json" },
    }
    region:start()
    local p = support.raw(region:port "IPIC")
    p:capex({ applid = "MYAPPL", networkid = "MYQUAL" }):read_message()
    knock(region, "LOUD")
    knock(region, "RAISES")
    assert.equal(0, (region:command("set", "tcpipservice", "LOUD", "closed")))
    assert.equal(0, (region:command "reload"))
    p:close()
    region:stop()
    logged = {}
    for _, line in ipairs(lines(region:log())) do
      local o = assert(dkjson.decode(line))
      logged[o.id] = logged[o.id] or o
    end
  end)

  it("has the partner's names under applid and networkid", function()
    local o = logged.DFHIS3000
    assert.same({ "CICSA", "APPL", "MYAPPL", "MYQUAL" }, { o.region, o.ipconn, o.applid, o.networkid })
    assert.same({ "CICSA", "MYAPPL" }, { logged.DFHIS2001.region, logged.DFHIS2001.applid })
  end)

  it("has JSON numbers for numbers", function()
    assert.equal(7, logged.DFHIS2001.sessions)
    assert.same({ 1, "NETA" }, { logged.SP0001.generation, logged.SP0001.networkid })
    assert.equal(2, logged.SP0010.generation)
    assert.equal(math.type(logged.SP0009.uid), "integer")
    assert.is_true(logged.SP0009.pid > 1)
    assert.equal(1, logged.SP0055.sor_sockets_accepted)
    assert.is_truthy(logged.SP0055.sor_open_gmt:find "^%d%d%d%d%-")
  end)

  it("has file and line as two keys, as explain has them", function()
    local o = logged.SP0021
    assert.same({ region.dir .. "/policies/loud.lua", 4 }, { o.file, o.line })
    assert.same({ region.dir .. "/policies/raises.lua", 2 }, { logged.SP0022.file, logged.SP0022.line })
  end)

  it("has no key that stands for another", function()
    for id, o in pairs(logged) do
      for key in pairs(o) do assert.is_nil(key:find "^insert_", id .. " " .. key) end
    end
    assert.equal(region.dir .. "/region.lua", logged.SP0001.file)
  end)
end)

describe("the log's place", function()
  local dir

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  it("is --log FILE, appended to, mode 0600, in place of stderr", function()
    local file = dir .. "/log"
    for starts = 1, 2 do
      local region = new { "--log", file }
      knock(region, "LOUD")
      region:stop()
      local log = support.read(file)
      assert.equal(starts, select(2, log:gsub("SP0001", "")))
      assert.equal(starts, select(2, log:gsub("SP0002", "")))
      assert.equal("", region:log())
    end
    assert.equal("rw-------", require "lfs".attributes(file, "permissions"))
  end)

  it("is a start-up fault when it cannot be opened", function()
    local region = support.region { arguments = { "--log", dir .. "/no/where" } }
    local status, log = region:start_and_end()
    assert.equal(1, status)
    assert.is_truthy(log:find(dir .. "/no/where", 1, true), log)
    assert.is_truthy(log:find("No such file or directory", 1, true), log)
  end)

  it("may be a full disk: the region continues, and ends in order", function()
    local region = new { "--log", "/dev/full" }
    for _ = 1, 20 do knock(region, "LOUD") end
    assert.equal(20, #region:explain { last = 20, refused = true })
    assert.equal(0, (region:command("set", "tcpipservice", "LOUD", "closed")))
    region:stop()
  end)

  it("may be a pipe without a reader: the region continues", function()
    local region = support.region {
      tcpipservices = { LOUD = { admit = "loud" } }, scripts = SCRIPTS, arguments = { "--log", dir .. "/pipe" } }
    os.execute("mkfifo " .. dir .. "/pipe")
    local reader = assert(io.open(dir .. "/pipe", "r+"))
    region:start()
    assert.is_truthy(reader:read("l"):find "CICSA")
    reader:close()
    for _ = 1, 20 do knock(region, "LOUD") end
    assert.equal(20, #region:explain { last = 20, refused = true })
    region:stop()
  end)
end)
