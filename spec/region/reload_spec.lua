-- SPDX-License-Identifier: Apache-2.0
-- Reload: the time from which a change counts, the connections that stay or are released, and a refused reload.
local conversation = require "spec.support.conversation"
local json = require "dkjson"

local support = require "spec.support"

local BY_LIST = [[
local policy = require "policy"
return { install = function(facts)
  local allowed = { %s }
  if not policy.check("allowed", allowed[facts.capex.applid] == true, facts.capex.applid) then
    return policy.refuse("not_listed", "gone from the list")
  end
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }
]]

local function list(...)
  local names = {}
  for i, name in ipairs { ... } do names[i] = name .. " = true" end
  return BY_LIST:format(table.concat(names, ", "))
end

local DEFINED = {
  tcpipservices = { IPIC = { urm = "list" }, OTHER = { urm = "list" } },
  ipconns = { TMPL = { template = "only", receivecount = 10 }, FIXED = { applid = "FIXED", networkid = "NETX", receivecount = 5 } },
}

local function with(changes)
  local out = { tcpipservices = {}, ipconns = {}, region = changes.region }
  for _, part in ipairs { "tcpipservices", "ipconns" } do
    for name, value in pairs(DEFINED[part]) do out[part][name] = value end
    for name, value in pairs(changes[part] or {}) do out[part][name] = value or nil end
  end
  return out
end

local function start(t)
  local given = with(t or {})
  given.scripts = { list = list("ALICE", "BOB"), yes = [[
local policy = require "policy"
return { admit = function() return policy.accept() end, bind = function() return policy.accept() end }]] }
  for name, source in pairs(t and t.scripts or {}) do given.scripts[name] = source end
  return support.region(given):start()
end

local function partner(region, applid, service)
  local p = support.raw(region:port(service or "IPIC"))
  local m = p:capex({ applid = applid, networkid = "NETX" }):read_message()
  return p, m.body
end

local function alive(p)
  p:request "1 cmd; name=heartbeat"
  local m = p:read_message()
  assert.are.same({ 200, "1 cmd; name=heartbeat" }, { m and m.status, m and m.is })
end

local function generation(region) return region:inquire("region")[1].generation end

-- Reads the region's release, answers it, and sees the end.
local function released(p)
  local m = p:read_message()
  assert.are.equal("1 cmd; name=release", m and m.is)
  p:answer(m.is)
  p:closed()
end

describe("reload", function()
  local region
  after_each(function() region:stop() end)

  it("counts from the next connection, with the line of the new script, and keeps accepted partners", function()
    region = start()
    local alice, first = partner(region, "ALICE")
    local _, before = partner(region, "CAROL")
    assert.are.equal("AUTOINSTALL_FAILED", before.reason)
    region:script("list", "-- a new first line\n" .. list("ALICE", "CAROL"))
    local status, out = region:command "reload"
    assert.are.same({ 0, true }, { status, out:find("generation 2 is in use", 1, true) ~= nil })
    local carol, after = partner(region, "CAROL")
    assert.are.equal("OK", after.response)
    local record = region:explain(after.connection)[1]
    assert.are.equal(2, record.generation)
    assert.are.equal(8, record.doors[#record.doors].line)
    alive(alice)
    assert.are.equal(first.connection, region:inquire("socket", first.connection)[1].connection)
    assert.are.equal(2, region:row("ipconn", "ALICE").generation)
    region:wait_log "SP0013 .*generation=1" -- the old one is gone
    carol.socket:close()
  end)

  it("releases only the partners that the new generation refuses, and explains it", function()
    region = start()
    local alice = partner(region, "ALICE")
    local bob, answer = partner(region, "BOB")
    region:script("list", list "ALICE")
    local status, out = region:command "reload"
    assert.are.equal(0, status)
    assert.is_truthy(out:find("ipconn BOB released: install not_listed", 1, true), out)
    released(bob)
    support.wait_until(function() return not region:row("ipconn", "BOB") end, 10, "BOB to be deleted")
    alive(alice)
    assert.are.equal("released", region:explain(answer.connection)[1].outcome)
    region:wait_log "SP0016 .*ipconn=BOB.*code=not_listed"
  end)

  it("recheck = report tells and keeps; recheck = off does not ask", function()
    region = start()
    local bob = partner(region, "BOB")
    region:script("list", list "ALICE")
    region:define(with { region = { recheck = "report" } })
    local _, out = region:command "reload"
    assert.is_truthy(out:find("ipconn BOB reported: install not_listed", 1, true), out)
    alive(bob)
    region:define(with { region = { recheck = "off" } })
    _, out = region:command "reload"
    assert.is_nil(out:find("BOB", 1, true))
    alive(bob)
  end)

  for _, recheck in ipairs { "report", "off" } do
    it("recheck = " .. recheck .. " releases an ipconn whose listener or definition has gone", function()
      region = start()
      local bob, fixed = partner(region, "BOB", "OTHER"), partner(region, "FIXED")
      local alice = partner(region, "ALICE")
      region:define(with { region = { recheck = recheck }, tcpipservices = { OTHER = false }, ipconns = { FIXED = false } })
      local status, out = region:command "reload"
      assert.are.equal(0, status, out)
      for _, name in ipairs { "BOB", "FIXED" } do assert.is_truthy(out:find("ipconn " .. name .. " released: +mismatch"), out) end
      released(bob)
      released(fixed)
      alive(alice)
    end)
  end

  it("--check lists the changes and makes none", function()
    region = start()
    local bob = partner(region, "BOB")
    region:script("list", list "ALICE")
    region:define(with { tcpipservices = { EXTRA = { urm = "list" }, OTHER = false } })
    local status = region:command("reload", "--check", "--json")
    local _, out = region:command("reload", "--check")
    for _, line in ipairs { "ipconn BOB would be released: install not_listed", "tcpipservice EXTRA would be opened",
      "tcpipservice OTHER would be closed", "nothing was changed" } do
      assert.is_truthy(out:find(line, 1, true), line .. "\n" .. out)
    end
    assert.are.equal(0, status)
    assert.are.equal(1, generation(region))
    assert.is_nil(region:row("tcpipservice", "EXTRA"))
    alive(bob)
  end)

  it("opens new listeners, closes removed ones and releases the partners of those, replaces moved ones", function()
    region = start()
    local alice = partner(region, "ALICE")
    local bob = partner(region, "BOB", "OTHER")
    local old = region:port "IPIC"
    region:define(with { tcpipservices = { EXTRA = { urm = "list" }, OTHER = false } })
    local status, out = region:command "reload"
    assert.are.equal(0, status, out)
    assert.are.equal(old, region:port "IPIC")
    released(bob)
    alive(alice)
    assert.is_nil(region:row("tcpipservice", "OTHER"))
    local carol, answer = partner(region, "BOB", "EXTRA")
    assert.are.equal("OK", answer.response)
    carol.socket:close()
  end)

  it("installs, takes away and changes predefined ipconns; a live one keeps its attributes until it is next acquired", function()
    region = start()
    local fixed = partner(region, "FIXED")
    region:define(with { ipconns = { FIXED = { applid = "FIXED", networkid = "NETX", receivecount = 7 }, MORE = { applid = "MORE" } } })
    assert.are.equal(0, (region:command "reload"))
    alive(fixed)
    assert.are.equal(5, region:row("ipconn", "FIXED").receivecount)
    assert.are.equal("RELEASED", region:row("ipconn", "MORE").connstatus)
    fixed.socket:close()
    support.wait_until(function() return region:row("ipconn", "FIXED").connstatus == "RELEASED" end, 10, "FIXED to be released")
    assert.are.equal(7, region:row("ipconn", "FIXED").receivecount)
    local again = partner(region, "FIXED")
    region:define(with { ipconns = { FIXED = false } })
    local _, out = region:command "reload"
    assert.is_truthy(out:find("ipconn FIXED released", 1, true), out)
    released(again)
    support.wait_until(function() return not region:row("ipconn", "FIXED") end, 10, "FIXED to go")
  end)

  it("asks with the stored facts, recheck = true, and counters give the same numbers", function()
    local counting = [[
local policy = require "policy"
return { install = function(facts)
  local n = policy.counter("seen"):next { min = 1 }
  policy.check("recheck", facts.recheck == true)
  if facts.recheck and %s then return policy.refuse("changed", "n = " .. n) end
  return policy.install { ipconn = "N" .. n, applid = "N" .. n }
end }]]
    region = start { scripts = { count = counting:format "false" }, tcpipservices = { COUNT = { urm = "count" } } }
    local first, one = partner(region, "ANY", "COUNT")
    assert.are.equal("N1", one.ipconn)
    region:script("count", counting:format "n ~= 1")
    local _, out = region:command "reload"
    assert.is_nil(out:find("released", 1, true))
    alive(first)
    local second, two = partner(region, "ANY", "COUNT")
    assert.are.equal("N2", two.ipconn) -- the re-ask moved nothing
    second.socket:close()
  end)

  it("hides the ipconn that is asked again from policies, and shows the new definitions", function()
    local seeing = [[
local policy = require "policy"
return { install = function(facts)
  if facts.recheck then
    if policy.ipconn("SEEN") then return policy.refuse("sees_itself", "SEEN") end
    if not policy.ipconn("LATER") then return policy.refuse("sees_old", "no LATER") end
  end
  return policy.install { ipconn = "SEEN" }
end }]]
    region = start { scripts = { seeing = seeing }, tcpipservices = { SEE = { urm = "seeing" } } }
    local p = partner(region, "ANY", "SEE")
    region:define(with { tcpipservices = { SEE = { urm = "seeing" } }, ipconns = { LATER = { applid = "LATER" } } })
    local _, out = region:command "reload"
    assert.is_nil(out:find("released", 1, true), out)
    alive(p)
  end)

  it("judges a connection that is under way by the current rules", function()
    region = start { region = { tcp_timeout = 60 } }
    local alice, bob = support.raw(region:port "IPIC"), support.raw(region:port "IPIC")
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "both to be accepted")
    region:script("list", list "ALICE")
    assert.are.equal(0, (region:command "reload"))
    local numbers, hashes = {}, {}
    for _, row in ipairs(region:inquire("policy", "list")) do
      numbers[#numbers + 1] = row.generation
      hashes[row.hash] = true
      assert.are.equal(row.generation == 2, row.current)
      assert.is_true(row.memory > 0 and row.age >= 0)
      assert.are.equal(row.current and 0 or 2, row.connections)
    end
    table.sort(numbers)
    assert.are.same({ 1, 2 }, numbers)
    assert.is_true(next(hashes, next(hashes)) ~= nil, "two generations of other scripts have two hashes")
    local refused = bob:capex({ applid = "BOB", networkid = "NETX" }):read_message().body
    assert.are.equal("AUTOINSTALL_FAILED", refused.reason)
    assert.are.equal("not_listed", region:explain(refused.connection)[1].code)
    assert.is_nil(region:row("ipconn", "BOB"))
    assert.are.equal("OK", alice:capex({ applid = "ALICE", networkid = "NETX" }):read_message().body.response)
    assert.are.equal(2, region:row("ipconn", "ALICE").generation)
    region:wait_log "SP0013 .*generation=1"
  end)

  it("judges IDENTIFY by the sysplex of the new admit", function()
    local plex = [[
local policy = require "policy"
return { admit = function() return policy.accept { sysplex = %s } end }]]
    local truly = { region = { tcp_timeout = 60 }, tcpipservices = { PLEX = { admit = "plex" } },
      ipconns = { IDEN = { networkid = "NETX", userauth = "identify", receivecount = 10 } }, scripts = { plex = plex:format "true" } }
    region = start(truly)
    local p, body = partner(region, "IDEN", "PLEX")
    assert.are.equal("OK", body.response)
    local late = support.raw(region:port "PLEX")
    support.wait_until(function() return #region:inquire "socket" == 2 end, 10, "the second to be accepted")
    assert.are.equal(0, (region:command "reload"))
    alive(p)
    region:script("plex", plex:format "false")
    local status, out = region:command "reload"
    assert.are.equal(0, status)
    assert.is_truthy(out:find "ipconn IDEN released: +trust", out)
    released(p)
    local refused = late:capex({ applid = "IDEN", networkid = "NETX" }):read_message().body
    assert.are.equal("SECURITY_VIOLATION", refused.reason)
    assert.are.equal("trust", region:explain(refused.connection)[1].code)
  end)

  it("asks about one that is being released too: an open conversation does not outlive the rule it came in by", function()
    local given = with { ipconns = { TMPL = { template = "only", receivecount = 10, mirrorlife = "task" } } }
    given.programs = { ECHO = {} }
    given.scripts = { list = list("ALICE", "BOB") }
    region = support.region(given):start()
    local bob = partner(region, "BOB")
    conversation.ask(bob, { conv = 7, program = "ECHO", data = "one", open = true })
    assert.are.equal("open", conversation.answer(bob, 7).state)
    region:command("set", "ipconn", "BOB", "released")
    support.wait_until(function() return region:row("ipconn", "BOB").connstatus == "FREEING" end, 10, "BOB to be freeing")
    region:script("list", list "ALICE")
    local _, out = region:command "reload"
    assert.is_truthy(out:find("ipconn BOB released: install not_listed", 1, true), out)
    assert.are.equal("1 expd; conv=00000007; state=end; name=purge", bob:read_message().is)
    released(bob)
  end)

  it("keeps the running generation when the script directory has vanished", function()
    region = start()
    local alice = partner(region, "ALICE")
    assert(os.rename(region.dir .. "/policies", region.dir .. "/elsewhere"))
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.is_truthy(err:find("/policies: No such file or directory", 1, true), err)
    assert(os.rename(region.dir .. "/elsewhere", region.dir .. "/policies"))
    alive(alice)
    assert.are.equal(1, generation(region))
  end)

  it("undoes an operator's urm and logs it", function()
    region = start()
    assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "urm=NO")))
    assert.are.equal("NO", region:row("tcpipservice", "IPIC").urm)
    assert.are.equal(0, (region:command "reload"))
    region:wait_log "SP0017 .*tcpipservice=IPIC.*urm=list"
    assert.are.equal("list", region:row("tcpipservice", "IPIC").urm)
  end)

  -- "kind name change text" of every change in the answer to `reload … --json`.
  local function changes(...)
    local status, out, err = region:command("reload", "--json", ...)
    assert.equal(0, status, err)
    local all = {}
    for _, c in ipairs(json.decode(out)[1].changes) do
      all[#all + 1] = ("%s %s %s %s"):format(c.kind, (c.name:gsub("^.*/", "")), c.change, c.text):gsub("%x%x%x%x%x%x%x%x%x%x%x%x", "H")
        :gsub(" $", "")
    end
    return all
  end

  it("lists with --check every change, in the words in which the reload and its log say it", function()
    region = start {
      ipconns = { GONE = { applid = "GONE" } },
      scripts = { extra = "return {}", list = 'local e = require "extra"\n' .. list("ALICE", "BOB") },
      saf = "return { users = {} }",
    }
    os.execute(("cp -r certs/rings/CICSA %s/ring"):format(region.dir))
    local given = with { region = { ring = region.dir .. "/ring", saf = region.dir .. "/saf.lua", heartbeat = 30 },
      ipconns = { GONE = { applid = "GONE" } } }
    given.programs, given.transactions = { ECHO = {}, OLD = { builtin = "ECHO" } }, { PAY1 = { program = "ECHO" } }
    support.write(region.dir .. "/saf.lua", "return { users = {} }")
    region:define(given)
    assert.equal(0, (region:command "reload"))
    assert.same({}, changes "--check")

    given.region.heartbeat, given.region.records = 20, 500
    given.tcpipservices.OTHER, given.tcpipservices.NEW = nil, { urm = "yes" }
    given.tcpipservices.IPIC = { urm = "list", heartbeat = 7 }
    given.ipconns.GONE, given.ipconns.COME = nil, { applid = "COME" }
    given.ipconns.TMPL = { template = "only", receivecount = 12, userauth = "identify" }
    given.programs.OLD, given.programs.ECHO = nil, { description = "says it again" }
    given.transactions.PAY1 = { program = "ECHO", status = "disabled" }
    given.scripts = nil
    region:script("yes", 'local policy = require "policy"\nreturn { install = function() return policy.refuse "no" end }')
    region:script("list", list("ALICE"))
    support.write(region.dir .. "/saf.lua", "return { users = { FRED = {} } }")
    support.write(region.dir .. "/ring/maps.lua", "return {}")
    support.write(region.dir .. "/ring/signers/again.pem", support.read "certs/rings/CICSA/signers/first.pem")
    region:define(given)
    local foreseen = changes "--check"
    local expected = {
      "region CICSA changed heartbeat 30 -> 20", "region CICSA changed records 10000 -> 500; it counts from the next start",
      "tcpipservice IPIC changed heartbeat (none) -> 7", "tcpipservice NEW opened", "tcpipservice OTHER closed",
      "ipconn COME installed", "ipconn TMPL changed receivecount 10 -> 12",
      "ipconn TMPL changed userauth LOCAL -> IDENTIFY", "ipconn GONE deleted",
      "program ECHO changed description (none) -> says it again", "program OLD removed",
      "transaction PAY1 changed status ENABLED -> DISABLED",
      "policy list changed hash H -> H", "policy yes added", "policy extra removed",
      "ring ring changed", "maps ring added", "saf saf.lua changed",
    }
    assert.same(expected, foreseen)
    region:settle_log()
    local before = region:count_log "SP0074 "
    local status, out = region:command("reload", "--check")
    assert.equal(0, status)
    assert.is_truthy(out:find("  ipconn TMPL would be changed: receivecount 10 -> 12\n", 1, true), out)
    assert.same(expected, changes())
    region:wait_log 'SP0074 I .*kind=ipconn name=TMPL change=changed text="receivecount 10 %-> 12"'
    assert.equal(before + #expected, region:count_log("SP0074 ", before + #expected))
    assert.same({}, changes "--check")
  end)

  it("shows each script's own hash and memory beside those of its generation", function()
    region = start { scripts = { small = "return {}",
      big = 'local small, t = require "small", {} for i = 1, 2000 do t[i] = "entry " .. i end return { t = t, small = small }' } }
    region:script("list", 'require "big"\n' .. list "ALICE")
    assert.equal(0, (region:command "reload"))
    local function rows()
      local named = {}
      for _, row in ipairs(region:inquire "policy") do
        if row.current then named[row.policy] = row end
      end
      return named
    end
    local first = rows()
    assert.is_true(first.big.memory > 100000 and first.list.memory < 50000 and first.small.memory < 10000)
    assert.is_true(first.big.memory + first.list.memory + first.small.memory < first.big.generation_memory)
    assert.are_not.equal(first.big.hash, first.small.hash)
    assert.equal(first.big.generation_hash, first.small.generation_hash)
    region:script("small", "return { }")
    assert.equal(0, (region:command "reload"))
    local second = rows()
    assert.equal(first.big.hash, second.big.hash)
    assert.are_not.equal(first.small.hash, second.small.hash)
    assert.are_not.equal(first.big.generation_hash, second.big.generation_hash)
  end)

  it("notes that a changed definition of a live ipconn counts from its release", function()
    region = start()
    local p = support.raw(region:port "IPIC")
    p:capex({ applid = "FIXED", networkid = "NETX" }):read_message()
    region:define(with { ipconns = { FIXED = { applid = "FIXED", networkid = "NETX", receivecount = 6 } } })
    assert.same({ "ipconn FIXED changed receivecount 5 -> 6; it counts when the ipconn has been released" }, changes())
    assert.same({}, changes "--check")
    p:close()
  end)

  it("prints each of several faults on a line of its own, to the operator and in the log", function()
    region = start()
    region:define(with { tcpipservices = { ONE = { portnumber = 70000 }, TWO = { portnumber = 70001 } } })
    local status, _, err = region:command "reload"
    assert.equal(1, status)
    assert.is_nil(err:find("x0a", 1, true), err)
    local said = {}
    for line in err:gmatch "[^\n]+" do said[#said + 1] = line end
    assert.equal(3, #said)
    assert.equal("refused: generation 1 stays in use", said[3])
    assert.is_truthy(said[1]:find "^reload: .*region.lua:%d+: fault: tcpipservice ONE: portnumber is 70000;", said[1])
    assert.is_truthy(said[2]:find "^.*region.lua:%d+: fault: tcpipservice TWO: portnumber is 70001;", said[2])
    assert.equal(2, region:count_log("SP0011", 2))
    region:wait_log "SP0009 .*command=reload .*refused=\"2 faults\""
    assert.equal(0, region:count_log "x0a")
    region:define(with { tcpipservices = { ONE = { portnumber = 70000 } } })
    assert.equal(1, (region:command "reload"))
    region:wait_log "SP0009 .*command=reload .*refused=\".*region.lua:%d+: fault: tcpipservice ONE: portnumber is 70000;"
  end)

  it("prints all of many faults to the operator", function()
    region = start()
    local services = {}
    for i = 1, 100 do services["S" .. i] = { portnumber = 70000 } end
    region:define(with { tcpipservices = services })
    local status, _, err = region:command "reload"
    assert.equal(1, status)
    assert.equal(100, select(2, err:gsub("portnumber is 70000", "")))
  end)

  it("SIGHUP reloads", function()
    region = start()
    region:script("list", list "CAROL")
    region:signal "HUP"
    region:wait_log "SP0010 .*generation=2"
  end)
end)

describe("a reload that is refused changes nothing:", function()
  local region, alice

  setup(function()
    region = start()
    alice = partner(region, "ALICE")
  end)
  teardown(function() region:stop() end)
  before_each(function()
    region:define(with {})
    region:script("list", list("ALICE", "BOB"))
  end)

  for name, case in pairs {
    ["a script that does not compile"] = { script = "return {", says = "policies/list.lua:1: " },
    ["a script that raises for one live ipconn"] = {
      script = "return { install = function(facts)\n if facts.recheck then error('not prepared') end\n end }",
      says = "policies/list.lua:2: fault: ipconn ALICE, asked again at install: policy_error: not prepared" },
    ["a script that loops for one live ipconn"] = {
      script = "return { install = function(facts)\n while true do end\n end }",
      says = "ipconn ALICE, asked again at install: policy_limit" },
    ["a script without its door"] = { script = "return { bind = function() end }", says = "has no function install" },
    ["a definition with a wrong key"] = { define = { region = { heartbeet = 1 } }, says = "region.lua:1: fault: .*heartbeat" },
    ["a ring that is missing"] = {
      define = { region = { ring = "certs/rings/NOSUCH" }, tcpipservices = { TLS = { ssl = "yes" } } }, says = "NOSUCH" },
    ["a port in use"] = { busy = true, says = "tcpipservice BUSY: port %d+: Address already in use" },
    ["an autoinstalled ipconn that holds a new definition's name"] = {
      define = { ipconns = { ALICE = { applid = "SOMEONE" } } },
      says = "ipconn ALICE cannot be installed: its name is held by the autoinstalled" },
  } do
    it(name, function()
      if case.script then region:script("list", case.script) end
      if case.define then region:define(with(case.define)) end
      if case.busy then region:define(with { tcpipservices = { BUSY = { portnumber = region:port "IPIC" } } }) end
      local status, _, err = region:command "reload"
      assert.are.equal(1, status, err)
      assert.is_truthy(err:find(case.says), case.says .. "\n" .. err)
      assert.are.equal(1, generation(region))
      alive(alice)
      local bob, answer = partner(region, "BOB")
      assert.are.equal("OK", answer.response)
      bob.socket:close()
      support.wait_until(function() return not region:row("ipconn", "BOB") end, 10, "BOB to be deleted")
    end)
  end

  it("--force counts the failure as a refusal of that ipconn", function()
    region:script("list", "return { install = function(facts) error('not prepared') end }")
    local status, out = region:command("reload", "--force")
    assert.are.equal(0, status)
    assert.is_truthy(out:find("ipconn ALICE released: install policy_error", 1, true), out)
    released(alice)
  end)
end)

describe("run --watch", function()
  it("reloads when a script has changed, and logs the faults of a script that is refused", function()
    local given = with {}
    given.scripts = { list = list "ALICE" }
    given.arguments = { "--watch" }
    local region = support.region(given):start()
    region:script("list", list("ALICE", "BOB") .. "\n")
    region:wait_log "SP0010 .*generation=2"
    region:script("list", "return nonsense(")
    region:wait_log "SP0011 .*list.lua:1"
    assert.are.equal(2, generation(region))
    region:stop()
  end)

  it("takes each new set of rings whole while certs/make-rings writes them, and then lets its partners in", function()
    local given = with { tcpipservices = { TLS = { ssl = "clientauth", urm = "list" } } }
    given.scripts = { list = list "CTGAPP" }
    given.arguments = { "--watch" }
    local region = support.region(given)
    local rings = region.dir .. "/rings"
    local function make_rings() return support.start { "certs/make-rings", rings } end
    local function enters()
      local answer = support.connect { port = region:port "TLS", ring = rings .. "/NETX.CTGAPP" }
      return answer and answer.accepted
    end
    given.region = { ring = rings .. "/CICSA" }
    region:define(given)
    assert.are.equal(0, make_rings():wait(60))
    region:start()
    assert.is_true(enters())
    for number = 2, 3 do
      assert.are.equal(0, make_rings():wait(60))
      region:wait_log("SP0010 .*generation=" .. number, 20)
      assert.is_true(enters())
    end
    assert.are.equal(0, region:count_log "SP0011 ")
    region:stop()
  end)
end)
