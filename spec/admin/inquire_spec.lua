-- SPDX-License-Identifier: Apache-2.0
-- The operator's command line: exit statuses, --help, --json, and the output of `inquire`.
local dkjson = require "dkjson"
local support = require "spec.support"

-- The partner is raw bytes and answers no heartbeat.
local REGION = { drain = false, networkid = "NETA", applid = "CICSA", heartbeat = 0 }

-- One array and nothing else.
local function array(out)
  local value, after, why = dkjson.decode(out)
  assert.is_nil(why, out)
  assert.equal("", (out:sub(after):gsub("%s", "")))
  assert.equal("[", out:match "^%s*(.)")
  return value
end

local function keys_are(row, kinds)
  for key, kind in pairs(kinds) do
    assert.equal(kind, type(row[key]), ("%s is %s"):format(key, tostring(row[key])))
  end
end

describe("the command line", function()
  local USAGES = {
    run = { "--region", "--log%-format" }, check = { "--strict" }, connect = { "--to HOST:PORT" },
    inquire = { "%-%-json", "%-%-cemt" }, set = { "urm=" }, discard = { "ipconn NAME" }, release = { "NAME" }, explain = { "%-%-peer" },
  }

  for command, words in pairs(USAGES) do
    it(command .. " --help prints the usage on stdout with status 0", function()
      local status, out, err = support.sallyport(command, "--help")
      assert.equal(0, status)
      assert.equal("", err)
      assert.is_truthy(out:find("usage: sallyport " .. command, 1, true), out)
      for _, word in ipairs(words) do assert.is_truthy(out:find(word), word .. " in " .. out) end
    end)

    it(command .. " refuses an option it does not have", function()
      local status, out, err = support.sallyport(command, "--nonsense")
      assert.equal(2, status)
      assert.equal("", out)
      assert.is_truthy(err:find("nonsense", 1, true), err)
      assert.is_truthy(err:find("usage: sallyport " .. command, 1, true), err)
    end)
  end

  it("lists its commands on --help", function()
    local status, out, err = support.sallyport "--help"
    assert.same({ 0, "" }, { status, err })
    for command in pairs(USAGES) do assert.is_truthy(out:find("\n  " .. command, 1, true), command) end
  end)

  it("--help lists each kind of object that inquire shows", function()
    local _, all = support.sallyport "--help"
    local _, usage = support.sallyport("inquire", "--help")
    local listed = all:match "\n  inquire +([^\n]+) %[NAME%]"
    for kind in usage:match "inquire ([%l|]+)":gmatch "%l+" do
      assert.is_truthy((" " .. listed .. " "):find(" " .. kind .. " ", 1, true), kind)
    end
  end)

  it("takes neither no command nor an unknown one", function()
    assert.equal(2, (support.sallyport()))
    local status, out, err = support.sallyport("open-the-gate", "--help")
    assert.same({ 2, "" }, { status, out })
    assert.is_truthy(err:find("open-the-gate", 1, true), err)
  end)

  for what, words in pairs {
    ["a command without its words"] = { "inquire" },
    ["a kind that is none"] = { "inquire", "terminals" },
    ["too many words"] = { "inquire", "ipconn", "A", "B" },
    ["an option that misses its value"] = { "inquire", "region", "--control" },
    ["--refused belongs to explain"] = { "inquire", "region", "--refused" },
    ["two forms at once"] = { "inquire", "ipconn", "--json", "--cemt" },
    ["a reset of what has no figures"] = { "inquire", "ipconn", "--reset" },
    ["a reset elsewhere"] = { "set", "ipconn", "A", "released", "--reset" },
    ["a form the kind does not have"] = { "inquire", "socket", "--cemt" },
    ["set without a value"] = { "set", "tcpipservice", "A" },
    ["set to what is no state"] = { "set", "tcpipservice", "A", "ajar" },
    ["set of what cannot be set"] = { "set", "region", "A", "open" },
    ["discard of another kind"] = { "discard", "tcpipservice", "A" },
    ["release of nothing"] = { "release" },
    ["explain of nothing"] = { "explain" },
    ["explain --last none"] = { "explain", "--last", "0" },
    ["explain --last of words"] = { "explain", "--last", "few" },
    ["explain --peer by name"] = { "explain", "--peer", "localhost" },
    ["a word that run does not take"] = { "run", "policies/region.lua" },
    ["a log format that is none"] = { "run", "--log-format", "xml" },
    ["a word that check does not take"] = { "check", "policies/region.lua" },
    ["connect to nowhere"] = { "connect", "--applid", "A" },
    ["connect without a port"] = { "connect", "--to", "127.0.0.1" },
    ["three sockets"] = { "connect", "--to", "127.0.0.1:1", "--sockets", "3" },
    ["a hold that is no time"] = { "connect", "--to", "127.0.0.1:1", "--hold", "long" },
  } do
    it("is exit status 2: " .. what, function()
      local status, out, err = support.sallyport(table.unpack(words))
      assert.equal(2, status)
      assert.equal("", out)
      assert.is_truthy(err:find("usage: ", 1, true), err)
    end)
  end

  for said, words in pairs {
    ["inquire: not understood: terminals"] = { "inquire", "terminals" },
    ["set: not understood: tcpipservice A ajar"] = { "set", "tcpipservice", "A", "ajar" },
    ["inquire: words are missing"] = { "inquire" },
    ["inquire: --note belongs to reload and policy"] = { "inquire", "region", "--note", "x" },
    ["shadow: --peer belongs to explain and canary"] = { "shadow", "1", "--peer", "192.0.2.1" },
    ["reload: --expect belongs to --replay T"] = { "reload", "--expect", "x" },
    ["explain: --row goes with neither --json nor --code"] = { "explain", "1-1", "--row", "--json" },
    ["inquire: --json and --cemt are two forms of one answer"] = { "inquire", "ipconn", "--json", "--cemt" },
    ["canary: stop takes none of --share, --peer, --tcpipservice and --rollback-on"] = { "canary", "stop", "--share", "5%" },
    ["inquire: --refused belongs to explain"] = { "inquire", "region", "--refused" },
    ["sallyport passwd: --ln 20: must be 10 to 17"] = { "passwd", "--ln", "20" },
    ["check: --region FILE names the definition; not understood: 'x.lua'"] = { "check", "x.lua" },
    ["run: --log-format is text or json, not 'xml'"] = { "run", "--log-format", "xml" },
    ["connect: --to 1: no port; write HOST:PORT"] = { "connect", "--to", "1" },
  } do
    it("prints the wrong words before the usage: " .. said, function()
      local status, out, err = support.sallyport(table.unpack(words))
      assert.same({ 2, "", said }, { status, out, err:match "^[^\n]*" })
      assert.is_truthy(err:find("\nusage: ", 1, true), err)
    end)
  end

  describe("with no region behind the socket", function()
    local dir

    setup(function() dir = support.directory() end)
    teardown(function() support.remove(dir) end)

    for _, words in ipairs {
      { "inquire", "region" }, { "set", "tcpipservice", "A", "open" }, { "set", "ipconn", "A", "released" }, { "discard", "ipconn", "A" },
      { "release", "A" }, { "explain", "--last", "1" },
    } do
      it("is exit status 1: " .. table.concat(words, " "), function()
        words[#words + 1] = "--control"
        words[#words + 1] = dir .. "/none.sock"
        local status, out, err = support.sallyport(table.unpack(words))
        assert.equal(1, status)
        assert.equal("", out)
        assert.equal(("%s: no region answers at %s/none.sock (No such file or directory)\n"):format(words[1], dir), err)
      end)
    end

    it("prints an empty array nevertheless", function()
      local status, out, err = support.sallyport("inquire", "ipconn", "--json", "--control", dir .. "/none.sock")
      assert.equal(1, status)
      assert.same({}, array(out))
      assert.is_truthy(err:find("no region answers", 1, true))
    end)

    it("finds the socket by the region alone, with any text behind it, and in spite of a fault of an included file", function()
      local file = dir .. "/region.lua"
      local PLAIN = 'region { applid = "A", networkid = "N", ring = "a}b", control = "its.sock" }\n' -- a brace in a text ends no block
      for _, text in ipairs {
        PLAIN .. "this is no Lua",
        PLAIN .. 'include "none.lua"\nipconn "X" { color = "red" }',
        'include "none.lua"\n' .. PLAIN,
        "-- region { }\nlocal d = { region = { 1 } }\nfor i = 1, 1 do\n" .. PLAIN .. "end\n",
        'local function f() region { applid = "A", networkid = "N", control = "its.sock" } end f()\n',
        'include "good.lua"\ninclude "none.lua"\n',
      } do
        support.write(dir .. "/good.lua", PLAIN)
        support.write(file, text)
        local status, _, err = support.sallyport("inquire", "region", "--region", file)
        assert.equal(1, status)
        assert.is_truthy(err:find("no region answers at .*" .. dir:gsub("%p", "%%%0") .. "/its.sock"), text .. err)
      end
    end)

    it("finds the socket by the definition, which must be there and good", function()
      local file = dir .. "/region.lua"
      support.write(file, 'region { applid = "A", networkid = "N", control = "its.sock" }')
      local status, _, err = support.sallyport("inquire", "region", "--region", file)
      assert.equal(1, status)
      assert.is_truthy(err:find(dir .. "/its.sock", 1, true), err)
      support.write(file, 'region { applid = "A", networkid = "N", control = 7 }')
      status, _, err = support.sallyport("inquire", "region", "--region", file)
      assert.equal(1, status)
      assert.is_truthy(err:find(file .. ":1: fault: region: control", 1, true), err)
      support.write(file, 'region { applid = "A" networkid = "N" }')
      status, _, err = support.sallyport("inquire", "region", "--region", file)
      assert.equal(1, status)
      assert.is_truthy(err:find(file .. ":1: fault: a comma is missing before networkid", 1, true), err)
      assert.is_truthy(err:find("this file does not name the control socket; use --control PATH", 1, true), err)
      status, _, err = support.sallyport("inquire", "region", "--region", dir .. "/none.lua")
      assert.equal(1, status)
      assert.is_truthy(err:find(dir .. "/none.lua", 1, true), err)
    end)
  end)
end)

describe("inquire", function()
  local region, answer, partner

  setup(function()
    region = support.region {
      region = REGION,
      tcpipservices = {
        IPICSRV = { urm = "install" }, SHUT = { status = "closed", portnumber = 1499 },
        SECURE = { ssl = "clientauth", certificate = "CICSA" },
      },
      ipconns = {
        NETX = { applid = "CTGAPP", template = "only", receivecount = 10, userauth = "verify" },
        SECTEMPL = { networkid = "GBIBMIYA", receivecount = 100, tcpipservice = "IPICSRV" },
        BYNAME = { host = "cicsb.example.net", port = 1491 },
        BYIP = { host = "10.1.2.3", port = 1491 }, BYSIX = { host = "::1", port = 1491 },
      },
      scripts = { install = [[
        local policy = require "policy"
        return { install = function(facts) return policy.install { ipconn = facts.capex.applid:sub(-4), template = "NETX" } end } ]] },
    }
    region:start()
    partner = support.raw(region:port "IPICSRV")
    answer = partner:capex { applid = "MYAPPL", networkid = "MYQUAL", sendcount = 7 }:read_message().body
    assert(answer.ipconn == "APPL", answer.reason)
  end)
  teardown(function()
    partner:close()
    region:stop()
  end)

  local function json(...)
    local status, out, err = region:command("inquire", ...)
    return array(out), status, err
  end

  it("prints one array of one object, and nothing on stderr", function()
    local rows, status, err = json("region", "--json")
    assert.same({ 1, 0, "" }, { #rows, status, err })
  end)

  it("shows the region", function()
    local row = json("region", "--json")[1]
    assert.same({ "CICSA", "NETA", 1, tonumber(os.getenv "SALLYPORT_WORKERS" or 1), "ACTIVE" },
      { row.applid, row.networkid, row.generation, row.workers, row.status })
    assert.same({ 5, 65535, "RELEASE" }, { row.drain, row.maxsockets, row.recheck })
    keys_are(row, { ring = "string", control = "string", heartbeat = "number", records = "number", sockets = "number", ipconns = "number" })
    assert.same({ 1, 6 }, { row.sockets, row.ipconns })
  end)

  it("shows a tcpipservice: the port the system picked, its state, its connections", function()
    local row = json("tcpipservice", "IPICSRV", "--json")[1]
    assert.same({ "IPICSRV", "OPEN", 1, "install" }, { row.tcpipservice, row.openstatus, row.connections, row.urm })
    assert.same({ 0, "127.0.0.1", "NO", "IPIC", "CISS" }, { row.portnumber, row.host, row.ssl, row.protocol, row.transaction })
    assert.is_true(row.port > 0)
    support.raw(row.port):close()
    keys_are(row, { backlog = "number", heartbeat = "number", heartbeat_timeout = "number", socketclose = "string", admit = "string" })
    assert.equal("CLIENTAUTH", json("tcpipservice", "SECURE", "--json")[1].ssl)
  end)

  it("shows a tcpipservice that is closed", function()
    local row = json("tcpipservice", "SHUT", "--json")[1]
    assert.same({ "CLOSED", 0, "CLOSED" }, { row.openstatus, row.connections, row.status })
  end)

  it("shows an ipconn while it is ACQUIRED with the agreed numbers", function()
    local row = json("ipconn", "APPL", "--json")[1]
    assert.same({ "APPL", "MYAPPL", "MYQUAL", "ACQUIRED", "INSERVICE", true, "NETX", 1 },
      { row.ipconn, row.applid, row.networkid, row.connstatus, row.servstatus, row.autoinstalled, row.template, row.generation })
    assert.same({ 7, 0, "IPICSRV", "VERIFY" }, { row.receivecount, row.sendcount, row.tcpipservice, row.userauth })
    assert.is_truthy(row.peer:match "^127%.0%.0%.1:%d+$")
    keys_are(row, { port = "string", linkauth = "string", queuelimit = "string", mirrorlife = "string", ssl = "string" })
  end)

  it("shows a defined ipconn with the defined numbers", function()
    local row = json("ipconn", "NETX", "--json")[1]
    assert.same({ "RELEASED", "INSERVICE", false, 10, 0, "ONLY", "" },
      { row.connstatus, row.servstatus, row.autoinstalled, row.receivecount, row.sendcount, row.template, row.peer })
  end)

  it("shows where an ipconn would be dialled, and that it was not yet", function()
    local function where(name)
      local row = json("ipconn", name, "--json")[1]
      return { row.host, row.hosttype, row.ipresolved, row.ipfamily }
    end
    assert.same({ "cicsb.example.net", "HOSTNAME", "", "UNKNOWN" }, where "BYNAME")
    assert.same({ "10.1.2.3", "IPV4", "", "UNKNOWN" }, where "BYIP")
    assert.same({ "::1", "IPV6", "", "UNKNOWN" }, where "BYSIX")
    assert.same({ "", "NOTAPPLIC", "", "UNKNOWN" }, where "NETX")
    local row = json("ipconn", "BYNAME", "--json")[1]
    assert.same({ 1491, "NORECOVDATA", 0 }, { row.port, row.recovstatus, row.indoubt })
  end)

  it("shows a socket", function()
    local rows = json("socket", "--json")
    assert.equal(1, #rows)
    local row = rows[1]
    assert.same({ answer.connection, "IN", "APPL", "IPICSRV" }, { row.connection, row.way, row.ipconn, row.tcpipservice })
    assert.equal(json("ipconn", "APPL", "--json")[1].peer, row.peer)
    assert.is_truthy(row.stage:match "^%u+$", row.stage)
    assert.same(rows, (json("socket", answer.connection:upper(), "--json")))
  end)

  it("shows the policies in use and their users", function()
    local row = json("policy", "install", "--json")[1]
    assert.same({ "install", { "install" }, true, 1, { "IPICSRV urm" } },
      { row.policy, row.doors, row.current, row.generation, row.used_by })
  end)

  it("knows names and kinds in any case, and takes options anywhere", function()
    for _, words in ipairs {
      { "tcpipservice", "ipicsrv", "--json" }, { "--json", "TCPIPSERVICE", "IpicSrv" }, { "tcpipservice", "--json", "IPICSRV" },
      { "tcpipservice", "--js", "IPICSRV" },
    } do
      local rows, status = json(table.unpack(words))
      assert.same({ 0, "IPICSRV" }, { status, rows[1].tcpipservice })
    end
    assert.equal(0, (region:command("inquire", "IPCONN")))
    local status, out = support.sallyport("inquire", "--control", region.control, "region", "--json")
    assert.same({ 0, "CICSA" }, { status, array(out)[1].applid })
    assert.equal(0, (support.sallyport("inquire", "region", "--region", region:path "region.lua")))
  end)

  for _, kind in ipairs { "region", "tcpipservice", "ipconn", "socket", "policy" } do
    it("reports that there is no " .. kind .. " of that name", function()
      local status, out, err = region:command("inquire", kind, "nope")
      assert.same({ 1, "" }, { status, out })
      assert.is_truthy(err:lower():find("no " .. kind .. " named nope", 1, true), err)
      local rows, again, told = json(kind, "nope", "--json")
      assert.same({ {}, 1, err }, { rows, again, told })
    end)
  end

  it("prints an empty array when there is nothing", function()
    local empty = support.region { tcpipservices = { IPICSRV = {} } }
    empty:start()
    for _, kind in ipairs { "ipconn", "socket", "policy" } do
      local status, out, err = empty:command("inquire", kind, "--json")
      assert.same({ 0, "" }, { status, err })
      assert.same({}, array(out))
      assert.equal(0, (empty:command("inquire", kind)))
    end
    empty:stop()
  end)

  it("lines columns up under the keys' names", function()
    local status, out, err = region:command("inquire", "ipconn")
    assert.same({ 0, "" }, { status, err })
    local head, first = out:match "^([^\n]*)\n([^\n]*)\n"
    assert.is_truthy(head:match "^IPCONN +APPLID +NETWORKID +SERVSTATUS +CONNSTATUS ", head)
    assert.equal(head:find("APPLID", 1, true), first:find("BYIP", 2, true))
  end)

  it("lists everything of one", function()
    local status, out = region:command("inquire", "ipconn", "appl")
    assert.equal(0, status)
    assert.is_truthy(out:find "\nconnstatus +ACQUIRED\n", out)
    assert.is_truthy(out:find "\nautoinstalled +YES\n", out)
  end)

  it("prints CEMT's two lines", function()
    local status, out = region:command("inquire", "ipconn", "--cemt")
    assert.equal(0, status)
    for _, two in ipairs {
      " Ipc(APPL    ) App(MYAPPL  ) Net(MYQUAL  ) Ins Acq Nos\n    Rece(007) Sen(000) Tcp(IPICSRV )\n",
      " Ipc(SECTEMPL) App(SECTEMPL) Net(GBIBMIYA) Ins Rel Nos\n    Rece(100) Sen(000) Tcp(IPICSRV )\n",
    } do
      assert.is_truthy(("\n" .. out):find("\n" .. two, 1, true), out)
    end
    status, out = region:command("inquire", "--cemt", "tcpipservice", "shut")
    assert.equal(0, status)
    assert.is_truthy(out:find("^ Tcpips%(SHUT    %) Clo Por%(01499%)"), out)
  end)

  it("prints messages of a change on stderr, its array on stdout", function()
    local status, out, err = region:command("set", "ipconn", "sectempl", "outservice", "--json")
    assert.same({ 0, "" }, { status, err })
    assert.same({}, array(out))
    assert.equal("OUTSERVICE", json("ipconn", "SECTEMPL", "--json")[1].servstatus)
    status, out, err = region:command("set", "ipconn", "SECTEMPL", "INSERVICE")
    assert.same({ 0, "" }, { status, out })
    assert.is_truthy(err:find "%S")
  end)

  for _, words in ipairs {
    { "set", "tcpipservice", "nope", "open" }, { "set", "ipconn", "nope", "outservice" }, { "discard", "ipconn", "nope" },
    { "release", "nope" }, { "release", "ipconn", "nope" },
  } do
    it("is exit status 1 for a name that is not there: " .. table.concat(words, " "), function()
      local status, out, err = region:command(table.unpack(words))
      assert.same({ 1, "" }, { status, out })
      assert.is_truthy(err:find("named nope", 1, true), err)
    end)
  end

  it("does not discard an ipconn in service", function()
    local status, _, err = region:command("discard", "ipconn", "SECTEMPL")
    assert.equal(1, status)
    assert.is_truthy(err:find("INSERVICE", 1, true), err)
  end)
end)

describe("a wrong word", function()
  for _, case in ipairs {
    { { "inqire" }, "sallyport: unknown command 'inqire'; did you mean 'inquire'?" },
    { { "chekc" }, "did you mean 'check'?" },
    { { "inquire", "tcpipservce" }, "did you mean 'tcpipservice' by 'tcpipservce'?" },
    { { "inquire", "ipcon", "X" }, "did you mean 'ipconn' by 'ipcon'?" },
    { { "set", "tcpipsevice", "X", "open" }, "did you mean 'tcpipservice' by 'tcpipsevice'?" },
    { { "set", "tcpipservice", "X", "opne" }, "did you mean 'open' by 'opne'?" },
    { { "set", "tcpipservice", "X", "urn=NO" }, "did you mean 'urm=NO' by 'urn=NO'?" },
    { { "set", "ipconn", "X", "acquird" }, "did you mean 'acquired' by 'acquird'?" },
    { { "set", "ipconn", "X", "released", "purg" }, "did you mean 'purge' by 'purg'?" },
    { { "set", "user", "X", "unrevok" }, "did you mean 'unrevoke' by 'unrevok'?" },
    { { "discard", "ipcon", "X" }, "did you mean 'ipconn' by 'ipcon'?" },
  } do
    it("is answered with the nearest one: " .. table.concat(case[1], " "), function()
      local status, out, err = support.sallyport(table.unpack(case[1]))
      assert.same({ 2, "" }, { status, out })
      assert.is_truthy(err:find(case[2], 1, true), err)
    end)
  end

  it("is answered without one when none is near", function()
    for _, words in ipairs { { "frobnicate" }, { "inquire", "xyzzy" }, { "set", "ipconn", "X", "xyzzy" } } do
      local status, _, err = support.sallyport(table.unpack(words))
      assert.equal(2, status)
      assert.is_nil(err:find("did you mean", 1, true), err)
    end
  end)

  it("is answered with the nearest name that the region has", function()
    local region = support.region { tcpipservices = { IPICSEC = {} }, ipconns = { NETXPAY = {}, OTHER = {} }, programs = { ECHO = {} } }
    region:start()
    for _, case in ipairs {
      { { "inquire", "ipconn", "NETXPYA" }, "no ipconn named NETXPYA; did you mean NETXPAY?" },
      { { "inquire", "session", "NETXPA" }, "no ipconn named NETXPA; did you mean NETXPAY?" },
      { { "inquire", "program", "ECHOO" }, "no program named ECHOO; did you mean ECHO?" },
      { { "inquire", "tcpipservice", "IPICSEK" }, "no tcpipservice named IPICSEK; did you mean IPICSEC?" },
      { { "set", "ipconn", "netxpya", "released" }, "no ipconn named netxpya is installed; did you mean NETXPAY?" },
      { { "set", "tcpipservice", "IPICSEK", "closed" }, "no tcpipservice named IPICSEK; did you mean IPICSEC?" },
      { { "inquire", "ipconn", "ZZZZZZZZ" }, "no ipconn named ZZZZZZZZ\n" },
    } do
      local status, _, err = region:command(table.unpack(case[1]))
      assert.equal(1, status)
      assert.is_truthy(err:find(case[2], 1, true), err)
    end
    region:stop()
  end)
end)

describe("sallyport --version", function()
  it("prints the version of the changelog, then the commit and the libraries", function()
    local status, out, err = support.sallyport "--version"
    assert.same({ 0, "" }, { status, err })
    local version = support.read("engine/packaging/debian/changelog"):match "^sallyport %((%d+%.%d+%.%d+)%)"
    assert.is_string(version)
    assert.equal("sallyport " .. version, out:match "^(.-)\n")
    assert.is_truthy(out:match "^[^\n]+\n(.-)\n":find "^commit %w[%w.-]+$", out)
    for _, library in ipairs { "Lua", "OpenSSL", "libev", "Jansson", "libcurl", "SQLite" } do
      assert.message(library .. ": " .. out).is_truthy(out:find(library .. " %d+%.%d+"))
    end
  end)
end)
