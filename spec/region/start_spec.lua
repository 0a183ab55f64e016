-- SPDX-License-Identifier: Apache-2.0
-- A region's start: what stops it, each with a sentence and status 1, and what does not; and what `check` says of scripts.
local socket = require "socket"

local pair = require "spec.support.pair"
local support = require "spec.support"

local HEAD = 'region { applid = "CICSA", networkid = "NETA", control = "control.sock" }\n'

local function plain(text)
  return (text:gsub("%p", "%%%0"))
end

-- A region that must end: its log has each of the patterns (@DIR@ stands for its directory), and it left no socket.
local function ends(t, ...)
  local region = support.region(t)
  local status, log = region:start_and_end()
  assert.equal(1, status, log)
  for _, pattern in ipairs { ... } do
    pattern = pattern:gsub("@DIR@", function() return plain(region.dir) end)
    assert.is_truthy(log:find(pattern), ("%q is not in:\n%s"):format(pattern, log))
  end
  assert.is_nil(log:find "SP0001")
  assert.is_nil(support.read(region.control))
  return log
end

describe("run", function()
  it("reports every fault of its definition, each at its place", function()
    ends({ text = HEAD .. 'tcpipservice "A" { portnumber = 70000 }\ntcpipservice "B" { prot = 1 }\n' },
      "@DIR@/region%.lua:2: fault: tcpipservice A: portnumber is 70000", "@DIR@/region%.lua:3: fault: unknown key 'prot'")
  end)

  it("needs its definition to be there", function()
    local status, _, err = support.sallyport("run", "--region", "/nowhere/region.lua")
    assert.equal(1, status)
    assert.is_truthy(err:find("/nowhere/region.lua: fault: cannot be read: No such file or directory", 1, true), err)
  end)

  it("needs the scripts that it names, and they must compile", function()
    ends({ tcpipservices = { A = { admit = "nowhere" } } }, "@DIR@/region%.lua:2: fault: [^\n]*nowhere")
    ends({ tcpipservices = { A = { admit = "broken" } }, scripts = { broken = "return {\n  admit = = 1 }" } },
      "@DIR@/policies/broken%.lua:2: fault: ")
    ends({ tcpipservices = { A = { admit = "empty" } }, scripts = { empty = "return {}" } },
      "@DIR@/region%.lua:2: fault: [^\n]*empty%.lua has no function admit")
    ends({ tcpipservices = { A = { admit = "loops" } }, scripts = { loops = "while true do end" } },
      "@DIR@/policies/loops%.lua: fault: loading hit the limit")
  end)

  it("does not load scripts that nothing names", function()
    local region = support.region { tcpipservices = { A = {} }, scripts = { broken = "return {\n  admit = = 1 }" } }
    region:start()
    region:stop()
  end)

  it("needs a ring when a listener speaks TLS, and then a good one", function()
    ends({ text = HEAD .. 'tcpipservice "SECURE" { portnumber = 0, ssl = "yes" }\n' }, "@DIR@/region%.lua:%d: fault: [^\n]*ring")
    ends({ region = { ring = "certs/rings/nowhere" }, tcpipservices = { SECURE = { ssl = "yes" } } },
      "certs/rings/nowhere: No such file or directory")
    ends({ tcpipservices = { SECURE = { ssl = "yes", certificate = "NOPE" } } }, "@DIR@/region%.lua:2: fault: [^\n]*NOPE")
    local region = support.region { text = HEAD .. 'tcpipservice "PLAIN" { portnumber = 0 }\n' }
    region:start()
    region:stop()
  end)

  it("does not open half of its listeners: a port in use is DFHSO0109, and the end", function()
    local taken = assert(socket.bind("127.0.0.1", 0))
    local port = tonumber((select(2, taken:getsockname())))
    ends({ tcpipservices = { FREE = {}, TAKEN = { portnumber = port } } },
      "DFHSO0109 E [^\n]*tcpipservice=TAKEN", "@DIR@/region%.lua:3: fault: tcpipservice TAKEN: port " .. port .. ": Address already in use")
    ends({ tcpipservices = { TAKEN = { host = "", portnumber = port } } }, "DFHSO0109 E [^\n]*tcpipservice=TAKEN")
    taken:close()
  end)

  it("finds two of its own listeners on one port", function()
    local port = pair.ports(1)
    ends({ tcpipservices = { A = { portnumber = port }, B = { portnumber = port } } }, "tcpipservice B")
  end)

  it("needs a host that is this machine's", function()
    ends({ tcpipservices = { FAR = { host = "192.0.2.1" } } },
      "fault: tcpipservice FAR: host 192%.0%.2%.1: Cannot assign requested address; it is not an address of this machine")
    ends({ tcpipservices = { FAR = { host = "2001:db8::1" } } }, "fault: tcpipservice FAR: host 2001:db8::1: ")
    local older = [[tcpipservice "FAR" { ipaddress = "192.0.2.1", portnumber = 0 }]]
    ends({ text = HEAD .. older }, "fault: tcpipservice FAR: host 192%.0%.2%.1: ")
    ends({ tcpipservices = { FAR = { host = ("x"):rep(70) .. ".invalid" } } }, "fault: tcpipservice FAR: host x+%.invalid: ")
  end)

  it("is not stopped by warnings; it repeats them", function()
    local region = support.region { tcpipservices = { OPEN = { urm = "dfhisaip", heartbeat = 0 } }, policies = { "dfhisaip" } }
    assert.equal(0, (support.sallyport("check", "--region", region:path "region.lua")))
    assert.equal(1, (support.sallyport("check", "--strict", "--region", region:path "region.lua")))
    region:start()
    assert.equal(3, region:count_log("SP0012", 3))
    region:wait_log "SP0012 W .*line=2 warning=\"tcpipservice OPEN: urm is dfhisaip"
    region:stop()
  end)

  it("runs twice in one directory, each with a control socket of its own", function()
    local dir = support.directory()
    local one = support.region { region = { applid = "CICSA", control = dir .. "/a.sock" }, tcpipservices = { IPICSRV = {} } }
    local two = support.region { region = { applid = "CICSB", control = dir .. "/b.sock" }, tcpipservices = { IPICSRV = {} } }
    one:start()
    two:start()
    assert.same({ "CICSA", "CICSB" }, { one:row("region").applid, two:row("region").applid })
    assert.are_not.equal(one:port "IPICSRV", two:port "IPICSRV")
    one:stop()
    assert.equal("CICSB", two:row("region").applid)
    two:stop()
    support.remove(dir)
  end)

  for _, name in ipairs { "TERM", "INT" } do
    it("ends with status 0 at SIG" .. name .. ", and says so", function()
      local region = support.region { tcpipservices = { IPICSRV = {} } }
      region:start()
      region:signal(name)
      assert.equal(0, region:wait())
      region:wait_log "SP0003"
      region:wait_log "SP0002"
    end)
  end
end)

describe("a command line", function()
  for _, words in ipairs { {}, { "run" }, { "check" }, { "connect" }, { "passwd" }, { "inquire" }, { "set" }, { "discard" }, { "release" },
    { "reload" }, { "explain" }, { "shutdown" } } do
    it("has -h for --help: " .. table.concat(words), function()
      local said = {}
      for i, word in ipairs { "-h", "--help" } do
        local line = { table.unpack(words) }
        line[#line + 1] = word
        local status, out, err = support.sallyport(table.unpack(line))
        assert.same({ 0, "" }, { status, err })
        said[i] = out
      end
      assert.is_truthy(said[1]:find "^usage: sallyport")
      assert.equal(said[2], said[1])
    end)
  end

  it("still has an option's value that begins so", function()
    local status, _, err = support.sallyport("connect", "--to", "-h", "--applid", "A", "--networkid", "N")
    assert.are_not.equal(0, status)
    assert.is_truthy(err:find("-h", 1, true), err)
  end)
end)

describe("check", function()
  local function said(t, ...)
    local region = support.region(t)
    local status, out, err = support.sallyport("check", "--region", region:path "region.lua", ...)
    return status, ((out .. err):gsub(plain(region.dir) .. "/", ""))
  end

  local function has(text, part)
    assert.is_truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end

  it("reports the faults of definition and scripts together", function()
    local status, text = said {
      tcpipservices = { A = { admit = "broken", portnumber = 70000 }, B = { urm = "missing" }, C = { bind = "raises" } },
      scripts = { broken = "return {\n  admit = = 1 }", raises = "local x\nreturn { bind = x.y }" },
    }
    assert.equal(1, status)
    has(text, "region.lua:2: fault: tcpipservice A: portnumber is 70000")
    has(text, "policies/broken.lua:2: fault: ")
    has(text, "region.lua:3: fault: ")
    has(text, "missing")
    has(text, "policies/raises.lua:2: fault: ")
    has(text, "region.lua: 4 faults, ")
  end)

  it("compiles scripts that no listener names, but no definitions and no specs", function()
    local scripts = { odd = "return {\n  admit = = 1 }", odd_spec = "return = 1", region = "region { = }" }
    local status, text = said { tcpipservices = { A = {} }, scripts = scripts }
    assert.equal(1, status)
    has(text, "policies/odd.lua:2: fault: ")
    has(text, "region.lua: 1 fault, ")
    scripts.odd = nil
    assert.equal(0, (said { tcpipservices = { A = {} }, scripts = scripts }))
  end)

  it("takes a warning for a failure only when it is strict", function()
    local t = { tcpipservices = { A = { heartbeat = 0 } } }
    local status, text = said(t)
    assert.equal(0, status)
    has(text, "region.lua:2: warning: ")
    has(text, "region.lua: 0 faults, 1 warning")
    assert.equal(1, (said(t, "--strict")))
    assert.equal(0, (said({ tcpipservices = { A = {} } }, "--strict")))
  end)
end)
