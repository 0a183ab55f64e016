-- SPDX-License-Identifier: Apache-2.0
-- The operator's commands that change a region: their effect on partners, their answers, their lines in the log.
local socket = require "socket"

local support = require "spec.support"

local PRELUDE = "local policy = require 'policy'\n"

local function install(fields)
  return PRELUDE .. ("return { install = function(facts) return policy.install { %s } end }\n"):format(fields)
end

local WHOLE, PREFIXED = install "ipconn = facts.capex.applid", install "ipconn = 'X' .. facts.capex.applid"

local function partner(port, applid, fields)
  local p = support.raw(port)
  local all = { applid = applid }
  for key, value in pairs(fields or {}) do all[key] = value end
  local m = assert(p:capex(all):read_message())
  assert.are.equal(200, m.status)
  return p, m.body
end

-- The answer to a CAPEX that is refused, and its code in the record.
local function refused(region, port, applid)
  local m = support.raw(port):capex { applid = applid }:read_message()
  assert.are.equal(403, m.status)
  return m.body.reason, region:explain(m.body.connection)[1].code
end

local function alive(p)
  p:request "1 cmd; name=heartbeat"
  return p:read_message().status == 200
end

local function waits_for_sockets(region, n)
  support.wait_until(function() return #region:inquire "socket" == n end, 10, n .. " sockets")
end

local function gone(region, name)
  support.wait_until(function() return not region:row("ipconn", name) end, 10, name .. " to be deleted")
end

-- A command that is done: status 0, nothing on stdout.
local function done(region, ...)
  local status, out, err = region:command(...)
  assert.are.same({ 0, "" }, { status, out }, err)
  assert.is_truthy(err:find "done")
end

-- A command that fails: status 1 and a sentence that matches.
local function fails(region, sentence, ...)
  local status, out, err = region:command(...)
  assert.are.same({ 1, "" }, { status, out })
  assert.is_truthy(err:find(sentence), err)
end

describe("set tcpipservice:", function()
  local region

  before_each(function()
    region = support.region {
      region = { heartbeat = 60, tcp_timeout = 60, drain = 0.1 },
      tcpipservices = { IPIC = { urm = "whole" }, OTHER = { urm = "whole" } }, scripts = { whole = WHOLE },
    }:start()
  end)
  after_each(function() region:stop() end)

  it("closed: no new socket, partners stay, a socket before its CAPEX gets TCPIPSERVICE_NOT_OPEN; open: as before", function()
    local port = region:port "IPIC"
    local p, early = partner(port, "STAYS"), support.raw(port)
    waits_for_sockets(region, 2)
    done(region, "set", "tcpipservice", "ipic", "closed")
    assert.are.equal("CLOSED", region:row("tcpipservice", "IPIC").openstatus)
    assert.is_false((pcall(support.raw, port)))
    local m = early:capex { applid = "EARLY" }:read_message()
    assert.are.same({ 403, "TCPIPSERVICE_NOT_OPEN" }, { m.status, m.body.reason })
    assert.is_true(alive(p))
    assert.are.equal("ACQUIRED", region:row("ipconn", "STAYS").connstatus)
    done(region, "set", "tcpipservice", "IPIC", "CLOSED") -- again: nothing to do
    done(region, "set", "tcpipservice", "IPIC", "open")
    assert.are.equal("OPEN", region:row("tcpipservice", "IPIC").openstatus)
    done(region, "set", "tcpipservice", "IPIC", "open")
    assert.is_true(alive((partner(region:port "IPIC", "LATER"))))
    assert.are.equal(1, region:count_log("SP0005 I .*tcpipservice=IPIC", 1))
    assert.are.equal(2, region:count_log("SP0004 I .*tcpipservice=IPIC", 2))
    local uid = select(2, support.run { "id", "-u" }):match "%d+"
    region:wait_log('SP0009 I .*command="set tcpipservice ipic closed" uid=' .. uid .. " pid=%d+")
  end)

  it("immclose: ends the partners and the connections of that listener, and no others", function()
    local port = region:port "IPIC"
    local first, answer = partner(port, "TWOSOCK", { sockets = 2 })
    local second = partner(port, "TWOSOCK", { socket = 2, token = answer.token })
    local silent, other = support.raw(port), partner(region:port "OTHER", "OTHER")
    waits_for_sockets(region, 4)
    done(region, "set", "tcpipservice", "IPIC", "immclose")
    for _, p in ipairs { first, second, silent } do
      p:closed()
      assert.are.equal("", p.buffer)
    end
    assert.is_nil(region:row("ipconn", "TWOSOCK"))
    assert.is_true(alive(other))
    assert.are.equal("CLOSED", region:row("tcpipservice", "IPIC").openstatus)
    assert.is_false((pcall(support.raw, port)))
  end)

  it("open on a port in use: refused, DFHSO0109, and the region goes on", function()
    local holder = assert(socket.bind("127.0.0.1", 0))
    local taken = math.tointeger(tonumber((select(2, holder:getsockname()))))
    local own = support.region {
      tcpipservices = { IPIC = { urm = "whole" }, TAKEN = { portnumber = taken, status = "closed" } },
      scripts = { whole = WHOLE },
    }:start()
    assert.are.equal("CLOSED", own:row("tcpipservice", "TAKEN").openstatus)
    fails(own, "tcpipservice TAKEN: port " .. taken .. ": Address already in use", "set", "tcpipservice", "TAKEN", "open")
    own:wait_log "DFHSO0109 E .*tcpipservice=TAKEN"
    assert.are.equal("CLOSED", own:row("tcpipservice", "TAKEN").openstatus)
    holder:close()
    done(own, "set", "tcpipservice", "TAKEN", "open")
    support.raw(taken):close()
    own:stop()
  end)
end)

describe("set tcpipservice urm=:", function()
  local region, port

  before_each(function()
    region = support.region {
      region = { heartbeat = 60, tcp_timeout = 60, drain = 0.1 },
      tcpipservices = { IPIC = { urm = "whole" }, OTHER = { urm = "whole" } },
      scripts = {
        whole = WHOLE, prefixed = PREFIXED, broken = "return {\n  install = function(facts)\n",
        raises = PRELUDE .. "\nerror 'not today'\n",
        wrong = "return { instal = function() end }", nodoor = "return { admit = function() end }",
      },
    }:start()
    port = region:port "IPIC"
  end)
  after_each(function() region:stop() end)

  local function generation()
    return region:row("region").generation
  end

  it("counts from the next CAPEX; accepted partners stay, and belong to the new generation", function()
    local p = partner(port, "INSIDE")
    assert.are.equal(1, generation())
    done(region, "set", "tcpipservice", "IPIC", "urm=prefixed")
    assert.are.equal(2, generation())
    assert.are.equal("prefixed", region:row("tcpipservice", "IPIC").urm:lower())
    local q, answer = partner(port, "NEWAPPL")
    assert.are.equal("XNEWAPPL", answer.ipconn)
    assert.is_true(alive(p))
    assert.are.same({ 2, 2 }, { region:row("ipconn", "INSIDE").generation, region:row("ipconn", "XNEWAPPL").generation })
    assert.are.equal("OTHER2", select(2, partner(region:port "OTHER", "OTHER2")).ipconn)
    region:wait_log "SP0010 I .*generation=2"
    region:wait_log "SP0013 I .*generation=1"
    q:close()
  end)

  it("a socket whose CAPEX comes later is decided on by the new generation; the one it began with is gone", function()
    local early = support.raw(port)
    waits_for_sockets(region, 1)
    done(region, "set", "tcpipservice", "IPIC", "urm=prefixed")
    local answer = early:capex { applid = "EARLY" }:read_message().body
    assert.are.equal("XEARLY", answer.ipconn)
    assert.are.equal(2, region:explain(answer.connection)[1].generation)
    assert.are.equal(2, region:row("ipconn", "XEARLY").generation)
    region:wait_log "SP0013 I .*generation=1"
    assert.is_true(alive(early))
    early:request "1 cmd; name=release"
    assert.are.equal(200, early:read_message().status)
    gone(region, "XEARLY")
  end)

  it("urm=NO, in any case: unknown partners are refused, and urm=NAME lets them in again", function()
    for _, no in ipairs { "urm=NO", "urm=no" } do
      done(region, "set", "tcpipservice", "IPIC", no)
      assert.are.same({ "AUTOINSTALL_FAILED", "urm_no" }, { refused(region, port, "NEWAPPL") })
      done(region, "set", "tcpipservice", "IPIC", "urm=WHOLE")
      partner(port, "NEWAPPL"):close()
      gone(region, "NEWAPPL")
    end
  end)

  it("the script is read again, so that a corrected one counts", function()
    region:script("whole", PREFIXED)
    assert.are.equal("SAMEAPPL", select(2, partner(port, "SAMEAPPL")).ipconn)
    done(region, "set", "tcpipservice", "IPIC", "urm=whole")
    assert.are.equal("XANEW", select(2, partner(port, "ANEW")).ipconn)
  end)

  for name, sentence in pairs {
    broken = "policies/broken.lua:%d+: .*'end' expected",
    raises = "policies/raises.lua:3: .*not today",
    wrong = "policies/wrong.lua:1: .*unknown door \"instal\"; did you mean \"install\"",
    nodoor = "policies/nodoor.lua has no function install",
    missing = "missing",
    ["../whole"] = "urm",
  } do
    it("a script that is no urm (" .. name .. ") is refused by its place; the old generation stays", function()
      fails(region, sentence, "set", "tcpipservice", "IPIC", "urm=" .. name)
      assert.are.equal(1, generation())
      region:wait_log "SP0011 E "
      region:wait_log "SP0009 I .*refused="
      assert.are.equal(0, region:count_log "SP0010 .*generation=2")
      assert.are.equal("AFTER", select(2, partner(port, "AFTER")).ipconn)
    end)
  end
end)

describe("set ipconn and discard:", function()
  local region, port

  setup(function()
    region = support.region {
      region = { heartbeat = 60, drain = 0.1 }, tcpipservices = { IPIC = { urm = "copies" } },
      ipconns = {
        HERE = { applid = "HEREAPPL", networkid = "NETX", receivecount = 5 },
        SOON = { applid = "SOONAPPL", networkid = "NETX", receivecount = 5 },
        TMPL = { template = "only", receivecount = 5 },
      },
      scripts = { copies = install "ipconn = facts.capex.applid, template = 'TMPL'" },
    }:start()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  it("outservice: cannot be acquired; inservice: can again", function()
    done(region, "set", "ipconn", "here", "outservice")
    assert.are.equal("OUTSERVICE", region:row("ipconn", "HERE").servstatus)
    assert.are.same({ "INVALID_PARTNER_STATE", "outservice" }, { refused(region, port, "HEREAPPL") })
    done(region, "set", "ipconn", "HERE", "inservice")
    local p = partner(port, "HEREAPPL")
    done(region, "set", "ipconn", "HERE", "outservice") -- accepted partners stay
    assert.is_true(alive(p))
    assert.are.equal("ACQUIRED", region:row("ipconn", "HERE").connstatus)
    p:close()
    support.wait_until(function() return region:row("ipconn", "HERE").connstatus == "RELEASED" end, 10, "RELEASED")
    done(region, "set", "ipconn", "HERE", "inservice")
  end)

  it("outservice of a template: it cannot be copied", function()
    local p = partner(port, "COPY1")
    done(region, "set", "ipconn", "TMPL", "outservice")
    assert.are.same({ "AUTOINSTALL_FAILED", "template_outservice" }, { refused(region, port, "COPY2") })
    assert.is_true(alive(p))
    done(region, "set", "ipconn", "TMPL", "inservice")
    partner(port, "COPY2"):close()
    p:close()
  end)

  it("discard: only an ipconn that is OUTSERVICE and RELEASED; then its partner is unknown", function()
    fails(region, "SOON is INSERVICE and RELEASED; .*set ipconn SOON outservice", "discard", "ipconn", "SOON")
    local p = partner(port, "SOONAPPL")
    done(region, "set", "ipconn", "SOON", "outservice")
    fails(region, "SOON is OUTSERVICE and ACQUIRED", "discard", "ipconn", "SOON")
    assert.is_true(alive(p))
    p:request "1 cmd; name=release"
    p:read_message()
    done(region, "discard", "ipconn", "soon")
    assert.is_nil(region:row("ipconn", "SOON"))
    region:wait_log "DFHIS3030 I .*ipconn=SOON .*action=deleted"
    fails(region, "no ipconn named SOON", "discard", "ipconn", "SOON")
    assert.are.equal("SOONAPPL", select(2, partner(port, "SOONAPPL")).ipconn) -- autoinstalled now
  end)

  it("a discarded template is unknown to urms; its copies stay", function()
    local p = partner(port, "COPY3")
    done(region, "set", "ipconn", "TMPL", "outservice")
    done(region, "discard", "ipconn", "TMPL")
    assert.are.same({ "AUTOINSTALL_FAILED", "template_unknown" }, { refused(region, port, "COPY4") })
    assert.is_true(alive(p))
    assert.are.equal("TMPL", region:row("ipconn", "COPY3").template)
    p:close()
  end)
end)

describe("an operator's slip:", function()
  local region

  setup(function()
    region = support.region { tcpipservices = { IPIC = { urm = "whole" } }, scripts = { whole = WHOLE } }:start()
  end)
  teardown(function() region:stop() end)

  for _, row in ipairs {
    { "no tcpipservice named nope", "set", "tcpipservice", "nope", "closed" },
    { "no tcpipservice named nope", "set", "tcpipservice", "nope", "urm=NO" },
    { "no ipconn named NOPE", "set", "ipconn", "NOPE", "outservice" },
    { "no ipconn named MUCHTOOLONGANAME", "release", "MUCHTOOLONGANAME" },
    { "no ipconn named NOPE", "discard", "ipconn", "NOPE" },
    { "no ipconn named NOPE", "inquire", "ipconn", "NOPE" },
    { "no record of connection nope%-1", "explain", "nope-1" },
  } do
    it(table.concat(row, " ", 2) .. ": status 1 and a sentence", function()
      fails(region, row[1], table.unpack(row, 2))
    end)
  end

  for _, row in ipairs {
    { "set" }, { "set", "tcpipservice", "IPIC" }, { "set", "tcpipservice", "IPIC", "ajar" }, { "set", "ipconn", "X", "open" },
    { "set", "listener", "IPIC", "closed" }, { "set", "tcpipservice", "IPIC", "closed", "open" }, { "discard", "IPIC" },
    { "discard", "tcpipservice", "IPIC" }, { "release" }, { "inquire" }, { "inquire", "weather" }, { "explain" },
    { "explain", "--last", "0" }, { "explain", "--peer", "localhost" }, { "set", "--loudly" },
  } do
    it("`" .. table.concat(row, " ") .. "` is no command: status 2 and the usage, nothing done", function()
      local status, out, err = region:command(table.unpack(row))
      assert.are.same({ 2, "" }, { status, out })
      assert.is_truthy(err:find("usage: sallyport " .. row[1], 1, true))
    end)
  end

  it("none of them changed anything; those that reached the region are logged as refused", function()
    assert.are.equal("OPEN", region:row("tcpipservice", "IPIC").openstatus)
    assert.are.equal(1, region:row("region").generation)
    region:wait_log 'SP0009 I .*command="discard ipconn NOPE" .*refused="no ipconn named NOPE'
  end)

  it("--json prints an array also when it fails", function()
    local status, out, err = region:command("inquire", "ipconn", "NOPE", "--json")
    assert.are.same({ 1, "[]" }, { status, (out:gsub("%s", "")) })
    assert.is_truthy(err:find "no ipconn named NOPE")
    status, out = region:command("set", "tcpipservice", "IPIC", "open", "--json")
    assert.are.same({ 0, "[]" }, { status, (out:gsub("%s", "")) })
  end)

  it("no region behind the socket: status 1 and its path", function()
    local status, _, err = support.sallyport("set", "tcpipservice", "IPIC", "closed", "--control", region:path "nobody.sock")
    assert.are.equal(1, status)
    assert.is_truthy(err:find("nobody.sock", 1, true))
  end)

  it("--help is the usage on stdout, status 0", function()
    for _, command in ipairs { "inquire", "set", "discard", "release", "explain" } do
      local status, out, err = support.sallyport(command, "--help")
      assert.are.same({ 0, "" }, { status, err })
      assert.is_truthy(out:find("usage: sallyport " .. command, 1, true))
    end
  end)
end)
