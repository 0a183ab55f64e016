-- SPDX-License-Identifier: Apache-2.0
-- The generations that a region keeps: list, show, diff, use, rollback, and the pin.
local support = require "spec.support"
local versions = require "spec.support.versions"
local json = require "dkjson"
local socket = require "socket"

local LIST, outcome, list, numbers = versions.LIST, versions.outcome, versions.list, versions.numbers
local current, must, refused = versions.current, versions.must, versions.refused

local function start(more)
  local t = { scripts = { list = LIST:format "ALICE" }, tcpipservices = { IPIC = { urm = "list" } },
    ipconns = { TMPL = { template = "only" } } }
  for key, value in pairs(more or {}) do t[key] = value end
  return support.region(t):start()
end

describe("the kept generations", function()
  local region
  after_each(function() region:stop() end)

  it("are listed with note, hash, time and the process that loaded them", function()
    region = start()
    region:script("list", LIST:format "BOB")
    must(region, "reload", "--note", "Bob replaces Alice")
    local rows = list(region)
    assert.are.equal(2, #rows)
    local first, second = rows[1], rows[2]
    assert.are.same({ 1, "kept", "", "start" }, { first.generation, first.state, first.note, first.by })
    assert.are.same({ 2, "current", "Bob replaces Alice" }, { second.generation, second.state, second.note })
    assert.is_truthy(second.by:find "^uid %d+ pid %d+$", second.by)
    assert.is_truthy(second.time >= first.time and second.time > 1e9)
    assert.are_not.equal(first.hash, second.hash)
    assert.are.same({ "list" }, { second.scripts[1].name })
    assert.are.equal(region:inquire("policy", "list")[1].hash, second.scripts[1].hash)
    assert.are_not.equal(first.scripts[1].hash, second.scripts[1].hash)
    local shown = must(region, "policy", "list")
    assert.is_truthy(shown:find "GENERATION +STATE" and shown:find "Bob replaces Alice", shown)
  end)

  it("show their files, byte for byte", function()
    local odd = LIST:format "ALICE" .. "-- \xE4\xFF\n"
    region = start { scripts = { list = odd } }
    region:script("list", LIST:format "BOB")
    must(region, "reload")
    assert.are.equal(odd, must(region, "policy", "show", "1", "list"))
    assert.are.equal(LIST:format "BOB", must(region, "policy", "show", "2", "list.lua"))
    assert.are.equal(support.read(region:path "region.lua"), must(region, "policy", "show", "1", "region.lua"))
    local row = json.decode((must(region, "policy", "show", "2", "list", "--json")))[1]
    assert.are.same({ 2, "list", LIST:format "BOB" }, { row.generation, row.name, row.text })
    refused(region, "has no file nosuch", "policy", "show", "1", "nosuch")
    refused(region, "generation 7 is not kept", "policy", "show", "7", "list")
    refused(region, "generation x is not kept", "policy", "show", "x", "list")
  end)

  it("show a script that is longer than one piece", function()
    local long = LIST:format "ALICE" .. ("-- a comment of some length\n"):rep(2000)
    region = start { scripts = { list = long } }
    assert.are.equal(long, must(region, "policy", "show", "1", "list"))
  end)

  it("are compared: scripts as a unified diff, definitions by attribute", function()
    region = start()
    region:script("list", LIST:format "BOB")
    region:define { tcpipservices = { IPIC = { urm = "list" } }, ipconns = { TMPL = { template = "only", receivecount = 7 }, NEW = {} } }
    must(region, "reload")
    local out = must(region, "policy", "diff", "1")
    assert.is_truthy(out:find("policy list changed\n--- list\n+++ list\n@@ -1,5 +1,5 @@", 1, true), out)
    assert.is_truthy(out:find("\n-  if facts.capex.applid ~= \"ALICE\"", 1, true), out)
    assert.is_truthy(out:find("\n+  if facts.capex.applid ~= \"BOB\"", 1, true), out)
    assert.is_truthy(out:find("ipconn TMPL changed: receivecount 1 -> 7\n", 1, true), out)
    assert.is_truthy(out:find("ipconn NEW installed\n", 1, true), out)
    out = must(region, "policy", "diff", "2", "1")
    assert.is_truthy(out:find("ipconn TMPL changed: receivecount 7 -> 1\n", 1, true), out)
    assert.are.equal("", must(region, "policy", "diff", "2", "2"))
    for _, row in ipairs(json.decode((must(region, "policy", "diff", "1", "2", "--json")))) do
      assert.is_truthy(row.kind and row.name and row.change and row.text)
    end
  end)

  it("are compared: the saf and data files by fingerprint", function()
    region = support.region { saf = "return {}\n", tcpipservices = { IPIC = { urm = "list" } }, ipconns = { TMPL = { template = "only" } },
      scripts = { list = 'local known = require("policy").data "known.csv"\n' .. LIST:format "ALICE" } }
    support.write(region:path "policies/known.csv", "name\nALICE\n")
    region:start()
    support.write(region:path "policies/known.csv", "name\nALICE\nBOB\n")
    support.write(region:path "saf.lua", "return { users = { FRED = {} } }\n")
    must(region, "reload")
    local row = {}
    for _, each in ipairs(json.decode((must(region, "policy", "diff", "1", "2", "--json")))) do
      row[each.kind .. " " .. each.name] = each
    end
    for _, name in ipairs { "data known.csv", "saf saf" } do
      assert.are.equal("changed", row[name] and row[name].change, name)
      assert.is_truthy(row[name].text:find("^" .. ("%x"):rep(64) .. " %-> " .. ("%x"):rep(64) .. "$"), row[name].text)
    end
  end)

  it("are used again: scripts and definitions of then, as a new generation that is pinned", function()
    region = start()
    region:script("list", LIST:format "BOB")
    region:define { tcpipservices = { IPIC = { urm = "list" } }, ipconns = { TMPL = { template = "only", receivecount = 7 } } }
    must(region, "reload")
    assert.are.equal("OK", outcome(region, "BOB"))
    local out = must(region, "policy", "use", "1", "--note", "as before")
    assert.is_truthy(out:find("generation 3 is in use", 1, true), out)
    assert.is_truthy(out:find("ipconn TMPL changed: receivecount 7 -> 1", 1, true), out)
    assert.are.equal("OK", outcome(region, "ALICE"))
    assert.are.equal("AUTOINSTALL_FAILED", outcome(region, "BOB"))
    local row = current(region)
    assert.are.same({ 3, 1, "as before", true }, { row.generation, row.of, row.note, row.pinned })
    assert.is_true(region:inquire("region")[1].pinned)
    region:wait_log "SP0090 I [^\n]*generation=3 use=1"
  end)

  it("are rolled back to the one before, and by a second rollback forth again", function()
    region = start()
    region:script("list", LIST:format "BOB")
    must(region, "reload")
    must(region, "policy", "rollback")
    assert.are.equal("OK", outcome(region, "ALICE"))
    must(region, "policy", "rollback")
    assert.are.equal("OK", outcome(region, "BOB"))
    must(region, "policy", "rollback")
    assert.are.equal("OK", outcome(region, "ALICE"))
    assert.are.same({ 1, 2, 3, 4, 5 }, numbers(region))
  end)

  it("have none before the first", function()
    region = start()
    refused(region, "no generation was current before this one", "policy", "rollback")
    refused(region, "generation 2 is not kept", "policy", "use", "2")
    must(region, "policy", "use", "1")
    assert.are.equal(2, current(region).generation)
  end)

  it("leave the region as it was when a port that they need is in use", function()
    local here = socket.bind("127.0.0.1", 0)
    local _, port = here:getsockname()
    here:close()
    region = start { tcpipservices = { IPIC = { urm = "list" }, SECOND = { portnumber = tonumber(port) } } }
    region:define { tcpipservices = { IPIC = { urm = "list" } }, ipconns = { TMPL = { template = "only" } } }
    region:script("list", LIST:format "BOB")
    must(region, "reload")
    local held = assert(socket.bind("127.0.0.1", port))
    refused(region, port, "policy", "use", "1")
    held:close()
    assert.are.same({ 1, 2 }, numbers(region))
    assert.are.same({ 2, false }, { current(region).generation, current(region).pinned })
    assert.are.equal("OK", outcome(region, "BOB"))
    must(region, "policy", "use", "1")
    assert.are.equal("OPEN", region:row("tcpipservice", "SECOND").openstatus)
  end)

  it("leave the region as it was when their ring is not there", function()
    local ring = support.directory() .. "/ring"
    support.run { "cp", "-rp", "certs/rings/CICSA", ring }
    region = start { region = { ring = ring } }
    region:define { tcpipservices = { IPIC = { urm = "list" } }, ipconns = { TMPL = { template = "only" } } }
    must(region, "reload")
    os.rename(ring, ring .. ".away")
    refused(region, "ring", "policy", "use", "1")
    assert.are.equal(2, current(region).generation)
    os.rename(ring .. ".away", ring)
    must(region, "policy", "use", "1")
  end)

  it("leave the region as it was when a label is not in the ring any more", function()
    local ring = support.directory() .. "/ring"
    support.run { "cp", "-rp", "certs/rings/CICSA", ring }
    for _, ending in ipairs { ".pem", ".key" } do support.run { "cp", "-p", ring .. "/CICSA" .. ending, ring .. "/OLD" .. ending } end
    support.write(ring .. "/default", "CICSA\n")
    local listener = { urm = "list", ssl = "yes", certificate = "OLD" }
    region = start { region = { ring = ring }, tcpipservices = { IPIC = listener } }
    region:define { region = { ring = ring }, tcpipservices = { IPIC = { urm = "list", ssl = "yes", certificate = "CICSA" } },
      ipconns = { TMPL = { template = "only" } } }
    must(region, "reload")
    for _, ending in ipairs { ".pem", ".key" } do os.rename(ring .. "/OLD" .. ending, ring .. "/../OLD" .. ending) end
    refused(region, "OLD", "policy", "use", "1")
    assert.are.equal(2, current(region).generation)
    assert.are.equal("CICSA", region:row("tcpipservice", "IPIC").certificate)
    for _, ending in ipairs { ".pem", ".key" } do os.rename(ring .. "/../OLD" .. ending, ring .. "/OLD" .. ending) end
    must(region, "policy", "use", "1")
  end)

  it("say that a note must be one short line of text", function()
    region = start()
    refused(region, "--note: longer than 200 bytes", "reload", "--note", ("x"):rep(201))
    refused(region, "--note: a control character (X'0A')", "reload", "--note", "a\nb")
    refused(region, "--note: a control character (X'1B')", "policy", "use", "1", "--note", "\27[31m")
    local status = region:command("reload", "--note", ("x"):rep(64 * 1024))
    assert.are.equal(1, status)
    must(region, "reload", "--note", ("x"):rep(200))
    assert.are.same({ 1, 2 }, numbers(region))
  end)

  it("are discarded by their number, first those with the bytes of a newer one", function()
    region = start { region = { generations = 3 } }
    for _, name in ipairs { "BOB", "CAROL" } do
      region:script("list", LIST:format(name))
      must(region, "reload")
    end
    assert.are.same({ 1, 2, 3 }, numbers(region))
    must(region, "reload")
    assert.are.same({ 1, 2, 4 }, numbers(region))
    region:script("list", LIST:format "DAVE")
    must(region, "reload")
    assert.are.same({ 2, 4, 5 }, numbers(region))
    refused(region, "generation 1 is not kept", "policy", "use", "1")
  end)

  it("stay while a connection uses them", function()
    region = start { region = { generations = 1, recheck = "off" } }
    local peer = support.raw(region:port "IPIC")
    support.wait_until(function() return #region:inquire "socket" == 1 end, 10, "the socket")
    region:script("list", LIST:format "BOB")
    must(region, "reload")
    assert.are.same({ 1, 2 }, numbers(region))
    peer.socket:close()
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "the end of the socket")
    must(region, "reload")
    assert.are.same({ 3 }, numbers(region))
  end)
end)

describe("a pinned generation", function()
  local region
  after_each(function() region:stop() end)

  local function pin(more)
    region = start(more)
    region:script("list", LIST:format "BOB")
    must(region, "reload")
    must(region, "policy", "rollback")
    assert.are.equal("OK", outcome(region, "ALICE"))
  end

  it("stays at a SIGHUP, which opens the log again and says so", function()
    pin()
    region:signal "HUP"
    region:wait_log "SP0091 I [^\n]*by=signal generation=3"
    assert.are.equal(3, region:inquire("region")[1].generation)
    assert.are.equal("OK", outcome(region, "ALICE"))
  end)

  it("stays when --watch sees a change, which is said", function()
    pin { arguments = { "--watch" }, region = { applid = "CICSA" } }
    region:script("list", LIST:format "CAROL")
    region:wait_log "SP0091 I [^\n]*by=watch"
    assert.are.equal("OK", outcome(region, "ALICE"))
  end)

  it("ends with a reload, which loads the files", function()
    pin()
    must(region, "reload")
    assert.are.equal("OK", outcome(region, "BOB"))
    assert.is_false(region:inquire("region")[1].pinned)
    region:wait_log "SP0092"
    region:signal "HUP"
    support.wait_until(function() return region:inquire("region")[1].generation == 5 end, 10, "the reload by SIGHUP")
  end)

  it("stays when a reload is refused or only checked", function()
    pin()
    must(region, "reload", "--check")
    region:script("list", "return {")
    refused(region, "list.lua", "reload")
    assert.is_true(region:inquire("region")[1].pinned)
  end)

  it("gives its own scripts to an urm that is set", function()
    pin { scripts = { list = LIST:format "ALICE", other = LIST:format "OTHER" },
      tcpipservices = { IPIC = { urm = "list" }, SECOND = { urm = "other" } } }
    region:script("other", "return { install = 1 }")
    must(region, "set", "tcpipservice", "IPIC", "urm=other")
    assert.are.equal("OK", outcome(region, "OTHER"))
    assert.is_true(region:inquire("region")[1].pinned)
    region:script("late", LIST:format "LATE")
    refused(region, 'script "late" is not among the scripts of generation', "set", "tcpipservice", "IPIC", "urm=late")
    must(region, "policy", "rollback")
    assert.are.equal("OK", outcome(region, "ALICE"))
    must(region, "policy", "rollback")
    assert.are.equal("OK", outcome(region, "OTHER"))
  end)
end)
