-- SPDX-License-Identifier: Apache-2.0
-- `sallyport check`: every fault of a definition with its place, the warnings, the exit status.
local json = require "dkjson"
local lfs = require "lfs"

local support = require "spec.support"

local HERE = lfs.currentdir()
local REGION = ('region { applid = "CICSA", networkid = "NETA", ring = "%s/certs/rings/CICSA", policies = "%s/policies" }\n'):format(
  HERE, HERE)

describe("sallyport check", function()
  local dir

  setup(function() dir = support.directory() end)
  teardown(function() support.remove(dir) end)

  -- Exit status and all that was said about this region.lua, its path cut off.
  local function check(definition, ...)
    local file = dir .. "/region.lua"
    support.write(file, definition)
    local status, out, err = support.sallyport("check", "--region", file, ...)
    return status, (out .. err):gsub(file:gsub("%p", "%%%0"), "region.lua")
  end

  local function has(text, part)
    assert.is_truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end

  local function lacks(text, part)
    assert.is_nil(text:find(part, 1, true), ("%q is in:\n%s"):format(part, text))
  end

  it("is content with the demo region, and warns of its first listener", function()
    local status, out, err = support.sallyport("check")
    assert.equal(0, status, out .. err)
    has(out .. err, "warning: tcpipservice IPICDEMO: urm is dfhisaip")
  end)

  it("names the file that is wanted when it gets a directory", function()
    local status, _, err = support.sallyport("check", "--region", dir)
    assert.equal(1, status)
    has(err, ("fault: is a directory; a definition is a file, such as %s/region.lua"):format(dir))
  end)

  it("reports every fault, each at the line of its key", function()
    local status, said = check [[
region { applid = "CICSA", networkid = "NETA", drian = 5,
  heartbeat = -1 }

tcpipservice "IPICSEC" {
  portnumbr = 1491,
  portnumber = 70000,
  ssl = "clientauth",
  maxpersist = 3,
}
ipconn "NETX" { applid = "CTGAPP", receivecount = 0 }
ipconn "NETY" { applid = "CTGAPP" }
ipconn "NETY" { applid = "OTHER" }
ipconn "NETZ" {
  tcpipservice = "IPICSEK",
  sendcount = "10",
}
]]
    assert.equal(1, status, said)
    has(said, "region.lua:1: fault: unknown key 'drian' in region; did you mean 'drain'?")
    has(said, "region.lua:2: fault: region: heartbeat is -1; it must be 0 to 1000000 seconds")
    has(said, "region.lua:5: fault: unknown key 'portnumbr' in tcpipservice IPICSEC; did you mean 'portnumber'?")
    has(said, "region.lua:6: fault: tcpipservice IPICSEC: portnumber is 70000; it must be 0 to 65535")
    has(said, "region.lua:8: fault: 'maxpersist' in tcpipservice IPICSEC does not apply to IPIC")
    has(said, "region.lua:10: fault: ipconn NETX: receivecount is 0; it must be 1 to 999")
    has(said, "region.lua:11: fault: ipconn NETY has the networkid and applid (NETA.CTGAPP) of ipconn NETX at line 10")
    has(said, "region.lua:12: fault: ipconn NETY was already defined at line 11")
    has(said, "region.lua:14: fault: ipconn NETZ names tcpipservice IPICSEK, which is not defined; did you mean IPICSEC?")
    has(said, "region.lua:15: fault: ipconn NETZ: sendcount is the string \"10\"")
  end)

  it("prints an array of what it found with --json, and nothing else on stdout", function()
    local file = dir .. "/region.lua"
    support.write(file, [[
region { applid = "CICSA", networkid = "NETA", drian = 5 }
tcpipservice "T" { portnumber = 0, heartbeat = 0 }
]])
    local status, out, err = support.sallyport("check", "--region", file, "--json")
    local rows = json.decode(out)
    assert.equal(1, status, out .. err)
    assert.same({ level = "fault", file = file, line = 1, rule = "unknown_key",
      text = "unknown key 'drian' in region; did you mean 'drain'?" }, rows[1])
    support.write(file, REGION .. 'tcpipservice "T" { portnumber = 0, heartbeat = 0 }')
    status, out, err = support.sallyport("check", "--region", file, "--json", "--specs")
    rows = json.decode(out)
    assert.equal(0, status, out .. err)
    local found = {}
    for _, row in ipairs(rows) do found[row.level .. " " .. row.rule] = row.line end
    assert.same({ ["note unchecked"] = 1, ["warning heartbeat_off"] = 2 }, found)
    assert.is_truthy(err:find "%d+ rows, 0 failed", err)
  end)

  it("warns of a mask that leaves addresses whole", function()
    local file = dir .. "/region.lua"
    for bits, warned in pairs { [24] = false, [31] = false, [32] = true, [48] = true } do
      support.write(file, (REGION:gsub("}", (', record = "r.db", record_mask = { "peer.ip/%d" } }'):format(bits), 1)))
      local _, out, err = support.sallyport("check", "--region", file)
      assert.equal(warned, (out .. err):find("record_mask has peer.ip/" .. bits, 1, true) ~= nil, out .. err)
    end
  end)

  it("prints an empty array with --json when there is nothing to say, and null for no place", function()
    local file = dir .. "/region.lua"
    support.write(file, 'region { applid = "CICSA", networkid = "NETA", sec = "no" }')
    local status, out, err = support.sallyport("check", "--region", file, "--json", "--strict")
    assert.equal(0, status, out .. err)
    assert.equal("[]\n", out)
    status, out = support.sallyport("check", "--region", dir .. "/nowhere.lua", "--json")
    local row = json.decode(out, 1, json.null)[1]
    assert.equal(1, status)
    assert.equal("file", row.rule)
    assert.equal(json.null, row.line)
  end)

  it("never counts a note, also under --strict", function()
    local status, said = check(REGION .. 'tcpipservice "T" { portnumber = 0 }', "--strict")
    assert.equal(0, status, said)
    has(said, "region.lua:1: note: security checks of requests are off")
    has(said, "0 faults, 0 warnings")
  end)

  for _, case in ipairs { { "tcpipservice", 1000, "{ portnumber = 0 }", "S%06d" }, { "ipconn", 100000, "{ }", "C%06d" },
    { "program", 10000, "{ builtin = 'ECHO' }", "P%06d" }, { "transaction", 10000, "{ program = 'ECHO' }", "%04X" } } do
    local word, most, body, name = table.unpack(case)
    it(("names the limit of %d %ss in the fault, and the document of definitions has it"):format(most, word), function()
      -- no string.format in a definition: names are written out
      local function definition(n)
        local out = { REGION, "program 'ECHO' { builtin = 'ECHO' } local d = ", word, "\n" }
        for i = 1, word == "program" and n - 1 or n do out[#out + 1] = ("d '%s' %s\n"):format(name:format(i), body) end
        return table.concat(out)
      end
      local status, said = check(definition(most + 1))
      assert.equal(1, status)
      has(said, ("fault: a definition has at most %d %ss"):format(most, word))
      local row = "| tcpipservices of a definition; ipconns; programs, transactions | 1000; 100,000; 10,000 of each |"
      assert.is_truthy(support.read("engine/config/README.md"):find(row, 1, true))
    end)
  end

  it("names the limit of a definition's size in the fault", function()
    local status, said = check(REGION .. ("-"):rep(16 * 1024 * 1024))
    assert.equal(1, status)
    has(said, "a definition has at most 16 MiB")
  end)

  it("passes over a byte order mark at the start of a definition, a script, its rows, the saf and maps.lua", function()
    local region = support.region {
      tcpipservices = { IPIC = { admit = "mark" } },
      saf = "\u{FEFF}return { users = { FRED = {} } }",
      scripts = { mark = "\u{FEFF}local policy = require 'policy'\nreturn { admit = function() return policy.refuse 'marked' end }",
        mark_spec = "\u{FEFF}return { { door = 'admit', facts = {}, expect = { verdict = 'refuse', code = 'marked' } } }" },
    }
    os.execute(("cp -r certs/rings/CICSA %s/ring"):format(region.dir))
    support.write(region.dir .. "/ring/maps.lua", "\u{FEFF}return {\n { userid = 'FRED', subject = 'CN=A', oops = 1 } }")
    local file = region:path "region.lua"
    local definition = support.read(file):gsub('ring = "[^"]*"', 'ring = "ring"')
    support.write(file, "\u{FEFF}" .. definition .. "\nnonsense {}")
    local status, out, err = support.sallyport("check", "--region", file, "--specs")
    assert.equal(1, status)
    has(out .. err, "region.lua:4: fault: there is no 'nonsense' here")
    support.write(file, "\u{FEFF}" .. definition)
    status, out, err = support.sallyport("check", "--region", file, "--specs")
    assert.equal(1, status)
    has(out .. err, "1 rows, 0 failed")
    has(err, "maps.lua: fault: [1]: has no key 'oops'")
    has(out, "1 fault, ")
  end)

  it("says where Lua could not go on", function()
    local status, said = check(REGION .. "tcpipservice 'X' {\n portnumber = = 1 }")
    assert.equal(1, status, said)
    has(said, "region.lua:3: fault: portnumber = has no value")
  end)

  it("takes no key that stands twice in one table, of which Lua would keep the last", function()
    local status, said = check(REGION .. [[
tcpipservice "IPIC" {
  portnumber = 0, ssl = "clientauth", -- ssl = "no"
  bind = "b", ["ssl"]
    = "no",
}
]])
    assert.equal(1, status, said)
    has(said, "region.lua:4: fault: ssl occurs twice in one table; remove one")
    status, said = check [[
region { applid = "CICSA", networkid = "NETA", sec = "yes"; sec = "no" }
]]
    assert.equal(1, status, said)
    has(said, "region.lua:1: fault: sec occurs twice in one table; remove one")
    status, said = check(REGION .. 'local list = { [1] = "a", ["1"] = "b",\n [1] = "c" }')
    assert.equal(1, status, said)
    has(said, "region.lua:3: fault: 1 occurs twice in one table; remove one")
  end)

  it("takes no two tables, expressions, strings or comments for one table's keys", function()
    local status, said = check([[
local same = { ["a".."x"] = 1, ["b".."x"] = 2, x = { x = { x = "x = x == 1" }, "x = 2" } --[=[, x = 1 ]=],
  y = 1 ~= 2, z = 1 == 1, [1] = 1, ["1"] = 2 }
local long = { "\z
  ", x = 1, " { x = 1, x = 2 } \z
  ", y = "}]] .. "\\\r\n" .. [[", z = 1 } local next = { x = 1, z = "}" }
local made = { x = (function() local a = 1; a = 2; return a end)() }
region { applid = "CICSA", networkid = "NETA", heartbeat = same.x and made.x }
tcpipservice "IPICA" { portnumber = 0 } tcpipservice "IPICB" { portnumber = 0 }
]])
    assert.equal(0, status, said)
    lacks(said, "twice")
  end)

  it("stops a definition that does not end", function()
    local status, said = check(REGION .. "while true do end")
    assert.equal(1, status, said)
    has(said, "region.lua:2: fault: the definition was stopped at its limit")
  end)

  it("gives a definition nothing but its three constructors", function()
    local status, said = check(REGION .. "print 'x'\nos.execute 'true'")
    assert.equal(1, status, said)
    has(said, "region.lua:2: fault: there is no 'print' here")
    has(said, "region.lua:3: fault: there is no 'os' here")
  end)

  it("names a file that is not there", function()
    local status, out, err = support.sallyport("check", "--region", dir .. "/nowhere.lua")
    assert.equal(1, status)
    has(out .. err, dir .. "/nowhere.lua: fault: cannot be read: No such file or directory")
  end)

  for name, why in pairs { ["no-such-user"] = "this machine has no user no-such-user", root = "user root has the rights of root" } do
    it("warns that no start as the user " .. name .. " will succeed", function()
      local status, said = check(('region { applid = "CICSA", networkid = "NETA", user = "%s" }'):format(name))
      assert.equal(0, status, said)
      has(said, "region.lua:1: warning: region: user: " .. why)
      has(said, "a start on this machine is refused")
    end)
  end

  for what, case in pairs {
    ["the default program"] = { 'tcpipservice "T" { portnumber = 0, ssl = "clientauth", urm = "DFHISAIP" }', "urm is dfhisaip" },
    ["autoinstall without TLS"] = { 'tcpipservice "T" { portnumber = 0, urm = "quarantine" }', "ssl is no" },
    ["IDENTIFY without clientauth"] = {
      'tcpipservice "T" { portnumber = 0 } ipconn "C" { userauth = "identify", tcpipservice = "T" }', "userauth is identify" },
    ["a link user that may lack a certificate"] = {
      'tcpipservice "T" { portnumber = 0 } ipconn "C" { linkauth = "certuser" } program "ECHO" {}' ..
      ' tcpipservice "U" { portnumber = 0, ssl = "clientauth", certify = "certuser" }', "linkauth is certuser" },
    ["what only tunes, and tunes nothing"] = { 'ipconn "C" { host = "h", port = 1, sendcount = 1, maxqtime = 3 }',
      "ipconn C: maxqtime is 3 and queuelimit is no, so it has no effect; give queuelimit, or leave maxqtime out" },
    ["a template that CAPEX matches"] = { 'ipconn "C" { template = "yes" }', "template is yes" },
    ["a template nobody can name"] = { 'ipconn "C" { template = "only" }', "template is only" },
    ["no heartbeat"] = { 'tcpipservice "T" { portnumber = 0, heartbeat = 0 }', "heartbeat is 0" },
  } do
    it("warns of " .. what .. ", which --strict takes for a fault", function()
      local status, said = check(REGION .. case[1])
      assert.equal(0, status, said)
      has(said, "region.lua:2: warning: ")
      has(said, case[2])
      assert.equal(1, (check(REGION .. case[1], "--strict")))
    end)
  end

  for attribute, case in pairs {
    certify = { 'tcpipservice "T" { portnumber = 0,\n certify = "never" }',
      'tcpipservice T: certify is never and ssl is no, so it has no effect; give ssl = "clientauth", or leave certify out' },
    ciphers = { 'tcpipservice "T" { portnumber = 0,\n ciphers = "1301" }', "ciphers is 1301 and ssl is no, so it has no effect" },
    certificate = { 'tcpipservice "T" { portnumber = 0,\n certificate = "CICSA" }', "certificate is CICSA and ssl is no" },
    attach = { 'tcpipservice "T" { portnumber = 0,\n attach = "saf_attach" }', "attach is saf_attach and no request can be run" },
    linkauth = { 'program "ECHO" {} tcpipservice "T" { portnumber = 0 } ipconn "C" {\n linkauth = "certuser" }',
      'linkauth is certuser and no tcpipservice that the partner can connect to is ssl = "clientauth"' },
    ssl = { 'ipconn "C" {\n ssl = "yes" }', "ipconn C: ssl is yes and no socket is dialled for this ipconn" },
    admit = { 'ipconn "C" {\n admit = "lan" }', "ipconn C: admit is lan and no socket is dialled for this ipconn" },
  } do
    it("does not take " .. attribute .. " where it protects no socket", function()
      local status, said = check(REGION .. case[1])
      assert.equal(1, status, said)
      has(said, "region.lua:3: fault: ")
      has(said, case[2])
    end)
  end

  it("has nothing to say of a template for a listener that asks for certificates", function()
    local status, said = check(REGION .. [[
tcpipservice "T" { portnumber = 0, ssl = "clientauth", certificate = "CICSA", certify = "pinned", urm = "dfh_isai" }
ipconn "NETX" { applid = "CTGAPP", template = "only", receivecount = 10, userauth = "identify" }
]], "--strict")
    assert.equal(0, status, said)
    lacks(said, "warning:")
  end)

  it("reports a script that is not there at the listener that names it", function()
    local status, said = check(REGION .. "\ntcpipservice 'T' { portnumber = 0, admit = 'nowhere' }")
    assert.equal(1, status, said)
    has(said, "region.lua:3: fault: ")
    has(said, "nowhere")
  end)
end)
