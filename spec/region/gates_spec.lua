-- SPDX-License-Identifier: Apache-2.0
-- The doors of the gates: a reload while connections are at each stage of their way, and scripts that take long.
local conversation = require "spec.support.conversation"
local crew = require "spec.support.crew"
local slow = require "spec.support.slow"
local support = require "spec.support"

local FEW = 6 -- connections at each stage

-- Accepts at each door, but `door`, which does `what` there.
local function doors(door, what)
  local source = [[
local policy = require "policy"
local accept = function() return policy.accept() end
local t = { admit = accept, certify = accept, bind = accept, install = function(facts)
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }]]
  if door then source = source .. ("\nt.%s = function() %s end"):format(door, what) end
  return source .. "\nreturn t\n"
end

local function call(port)
  local plain = assert(require("socket").tcp4())
  plain:settimeout(20)
  assert(plain:connect("127.0.0.1", port))
  return plain
end

local function shake(plain)
  local files = support.ring "NETX.CTGAPP"
  local secure = assert(require("ssl").wrap(plain, { mode = "client", protocol = "tlsv1_3", verify = "peer", options = "all",
    cafile = files.cafile, certificate = files.certificate, key = files.key }))
  secure:settimeout(0)
  return secure, secure:dohandshake()
end

local function finish(secure)
  secure:settimeout(20)
  assert(secure:dohandshake())
  return secure
end

describe("a reload while connections are at the gates:", function()
  local region
  after_each(function() region:stop() end)

  -- The partner `name` up to a stage. The rest of its way, which gives the answer to its CAPEX.
  local STAGES = {
    connected = function(port, name)
      local plain = call(port)
      return function() return support.wrapped(finish((shake(plain)))):capex { applid = name, networkid = "NETX" } end
    end,
    ["in its handshake"] = function(port, name)
      local secure = shake(call(port))
      return function() return support.wrapped(finish(secure)):capex { applid = name, networkid = "NETX" } end
    end,
    certified = function(port, name)
      local p = support.wrapped(finish((shake(call(port)))))
      return function() return p:capex { applid = name, networkid = "NETX" } end
    end,
    ["in its CAPEX"] = function(port, name)
      local p = support.wrapped(finish((shake(call(port)))))
      local kept = {}
      local send = p.send
      p.send = function(_, bytes) kept[#kept + 1] = bytes end
      p:capex { applid = name, networkid = "NETX" }
      p.send = send
      local whole = table.concat(kept)
      p:send(whole:sub(1, 100))
      return function()
        p:send(whole:sub(101))
        return p
      end
    end,
  }

  for _, door in ipairs { "admit", "certify", "bind", "install" } do
    it("nobody enters when the new rule refuses at " .. door .. ", at each stage of the connection", function()
      local listener = { ssl = "clientauth", admit = "doors", certify = "doors", bind = "doors", urm = "doors" }
      region = crew.start { region = { capex_timeout = 60 }, tcpipservices = { AUTH = listener }, scripts = { doors = doors() } }
      local port = region:port "AUTH"
      local letter, rest = 0, {}
      for stage, begin in pairs(STAGES) do
        letter = letter + 1
        rest[stage] = {}
        for i = 1, FEW do rest[stage][i] = begin(port, ("%s%d"):format(("ABCD"):sub(letter, letter), i)) end
      end
      crew.accepted(region, 4 * FEW)
      region:script("doors", doors(door, 'return policy.refuse("gone", "by the new rule")'))
      assert.are.equal(0, (region:command "reload"))
      for stage, all in pairs(rest) do
        for _, go_on in ipairs(all) do
          local m = go_on():read_message()
          assert.message(stage).are.same({ 403, "gone" }, { m.status, region:explain(m.body.connection)[1].code })
        end
      end
      assert.are.equal(1, #region:inquire "ipconn") -- the template
    end)
  end

  it("nobody enters when certify waits for an answer meanwhile", function()
    local backend = slow.backend()
    finally(backend.close)
    region = crew.start { region = { wait_milliseconds = 20000, policy_http = { backend.url:match "//(.*)/" } },
      tcpipservices = { AUTH = { ssl = "clientauth", certify = "doors", urm = "whole" } },
      scripts = { doors = doors("certify",
        ('return policy.http { url = "%s", json = {}, timeout = 15, down = "refuse" } and policy.accept()'):format(backend.url)) } }
    local port, all = region:port "AUTH", {}
    for i = 1, FEW do all[i] = support.wrapped(finish((shake(call(port))))):capex { applid = "W" .. i, networkid = "NETX" } end
    for _ = 1, FEW do backend.wait() end
    region:script("doors", doors("certify", 'return policy.refuse("gone", "by the new rule")'))
    assert.are.equal(0, (region:command "reload"))
    backend.release "yes"
    for _, p in ipairs(all) do
      local m = p:read_message()
      assert.are.same({ 403, "gone" }, { m.status, region:explain(m.body.connection)[1].code })
    end
    assert.are.equal(1, #region:inquire "ipconn")
  end)
end)

describe("a command for all gates is answered when each has it:", function()
  local region, dir
  before_each(function()
    region = crew.start_to_hold { region = { workers = 2, specs = "off", drain = 1 } }
    dir = support.directory()
    for _, name in ipairs { "whole", "hold" } do
      support.write(("%s/%s.lua"):format(dir, name), support.read(region:path(("policies/%s.lua"):format(name))))
    end
  end)
  after_each(function()
    region:stop()
    support.remove(dir)
  end)

  local function is_in(what, state)
    local row = region:row(what)
    return row ~= nil and row.state == state
  end

  -- The words of the command, and a function: whether the home has done its part.
  local COMMANDS = {
    reload = function() return { "reload" }, function() return region:row("region").generation == 2 end end,
    canary = function() return { "canary", dir, "--share", "100%" }, function() return is_in("canary", "DECIDING") end end,
    shadow = function() return { "shadow", dir }, function() return is_in("shadow", "ASKING") end end,
  }

  for name, command in pairs(COMMANDS) do
    it(name, function()
      local friend = support.raw(region:port "IPIC")
      assert.are.equal(200, friend:capex({ applid = "FRIEND", networkid = "NETX" }):read_message().status)
      local words, done_at_home = command()
      for _, word in ipairs { "--control", region.control } do words[#words + 1] = word end
      local let_go = crew.hold_gate(region, friend)
      local given = support.start { support.binary, table.unpack(words) }
      support.wait_until(done_at_home, 10, function() return "the home to know it: " .. given:stderr() end)
      for _ = 1, 3 do region:inquire "region" end
      assert.is_nil(given:status())
      let_go()
      assert.are.equal(0, given:wait(), given:stderr())
    end)
  end
end)

describe("a script that takes long", function()
  local region
  after_each(function() region:stop() end)

  local function start(door, workers)
    local listener = { ssl = door == "certify" and "clientauth" or "no", urm = "whole" }
    listener[door == "install" and "urm" or door] = "endless"
    region = crew.start { region = { workers = workers or crew.WORKERS, milliseconds = 1500, instructions = 1000000000 },
      tcpipservices = { AUTH = { ssl = "clientauth", urm = "whole" }, SLOW = listener }, programs = { ECHO = {} },
      scripts = { endless = crew.ENDLESS:format(door) } }
    local friend = support.raw(region:port "IPIC")
    assert.are.equal(200, friend:capex({ applid = "FRIEND", networkid = "NETX" }):read_message().status)
    return friend
  end

  -- A caller of SLOW for whom `door` runs at a gate, so that the home answers the friend meanwhile.
  local function run_at_a_gate(door, friend)
    local port = region:port "SLOW"
    for _ = 1, 40 do
      local before = crew.cpu(region)
      local caller = door == "certify" and support.wrapped(finish((shake(call(port))))) or support.raw(port)
      crew.running(region, before)
      assert.is_true(crew.alive(friend))
      if crew.silent(caller) then return caller end
      caller:close()
    end
    error "no gate has accepted the caller"
  end

  for _, door in ipairs { "admit", "certify" } do
    it("at " .. door .. " holds its gate alone: the others accept and serve meanwhile, its own wait", function()
      local friend = start(door)
      local port = region:port "IPIC"
      local early = crew.callers(port, crew.MANY)
      crew.accepted(region, crew.MANY + 1)
      local caller = run_at_a_gate(door, friend)
      for i, m in ipairs(crew.capexes(crew.callers(port, crew.MANY), "N")) do
        assert.are.same({ 200, "N" .. i }, { m.status, m.body.ipconn })
      end
      assert.is_true(crew.silent(caller))
      caller:closed(60)
      for _, m in ipairs(crew.capexes(early, "E")) do assert.are.equal(200, m.status) end
      local entries = region:explain({ last = 1, refused = true })[1].doors
      assert.matches("1500 ms of CPU time", entries[#entries].text)
    end)
  end

  it("at admit of the only gate leaves the callers to the home", function()
    local friend = start("admit", 2)
    local caller = run_at_a_gate("admit", friend)
    for i, m in ipairs(crew.capexes(crew.callers(region:port "IPIC", crew.MANY), "N")) do
      assert.are.same({ 200, "N" .. i }, { m.status, m.body.ipconn })
    end
    assert.is_true(crew.silent(caller))
    caller:closed(60)
  end)

  for _, door in ipairs { "bind", "install", "attach" } do
    it("at " .. door .. " holds the home for its CPU time: the gates go on up to the CAPEX", function()
      local friend = start(door)
      local port, caller = region:port "AUTH", support.raw(region:port "SLOW")
      if door == "attach" then assert.are.equal(200, caller:capex({ applid = "CALLER", networkid = "NETX" }):read_message().status) end
      local before = crew.cpu(region)
      if door == "attach" then
        conversation.ask(caller, { conv = 1, program = "ECHO" })
      else
        caller:capex { applid = "CALLER", networkid = "NETX" }
      end
      crew.running(region, before)
      friend:request "1 cmd; name=heartbeat"
      local some = {}
      for i = 1, FEW do some[i] = support.wrapped(finish((shake(call(port))))):capex { applid = "S" .. i, networkid = "NETX" } end
      for _, p in ipairs(some) do assert.is_true(crew.silent(p)) end
      assert.is_true(crew.silent(friend))
      assert.is_true(crew.silent(caller))
      assert.is_truthy(caller:read_message(60))
      assert.are.equal(200, friend:read_message().status)
      for _, p in ipairs(some) do assert.are.equal(200, p:read_message().status) end
    end)
  end
end)

describe("a flood of callers that admit refuses", function()
  local region
  after_each(function() region:stop() end)

  it("comes to the gates while these have little to do", function()
    local MANY = 400
    region = crew.start { tcpipservices = { DENY = { admit = "deny" } },
      scripts = { deny = 'local policy = require "policy"\nreturn { admit = function() return policy.refuse "stranger" end }' } }
    local port = region:port "DENY"
    for _ = 1, MANY do support.raw(port):closed() end
    local home, all = region:row("worker", "0").accepted, 0
    for _, row in ipairs(region:inquire "worker") do all = all + row.accepted end
    assert.are.equal(MANY, all)
    assert.is_true(5 * home < MANY, ("the home has accepted %d"):format(home))
  end)
end)
