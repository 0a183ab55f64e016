-- SPDX-License-Identifier: Apache-2.0
-- A region with several workers: a connection is treated as by one worker, at each of them that may accept it.
local unix = require "socket.unix"

local conversation = require "spec.support.conversation"
local crew = require "spec.support.crew"
local requests = require "spec.support.requests"
local slow = require "spec.support.slow"
local support = require "spec.support"
local versions = require "spec.support.versions"
local wait = require "spec.support.wait"

local WORKERS, MANY, WHOLE = crew.WORKERS, crew.MANY, crew.WHOLE
local start, callers, accepted, capexes, alive = crew.start, crew.callers, crew.accepted, crew.capexes, crew.alive

local LIST = [[
local policy = require "policy"
return { install = function(facts)
  if facts.capex.applid:sub(1, 1) ~= %q then return policy.refuse("not_listed", "another letter") end
  return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
end }]]

describe("a region with several workers:", function()
  local region
  after_each(function() region:stop() end)

  it("partners are accepted, served and shown at each worker", function()
    region = start()
    assert.are.equal(WORKERS, region:row("region").workers)
    local all = callers(region:port "IPIC", MANY)
    for i, m in ipairs(capexes(all, "A")) do
      assert.are.same({ 200, "A" .. i }, { m.status, m.body.ipconn })
    end
    assert.are.equal(MANY, #region:inquire "socket")
    for i, p in ipairs(all) do
      assert.is_true(alive(p))
      assert.are.equal("ACQUIRED", region:row("ipconn", "A" .. i).connstatus)
    end
    for _, p in ipairs(all) do p:close() end
    accepted(region, 0)
    support.wait_until(function() return region:row("tcpipservice", "IPIC").connections == 0 end)
    assert.are.equal(0, region:row("tcpipservice", "IPIC").halfopen)
    assert.is_nil(region:row("ipconn", "A1"))
  end)

  it("inquire socket shows each connection of each worker once, also on its way", function()
    region = start()
    local function shown()
      local seen, n = {}, 0
      for _, row in ipairs(region:inquire "socket") do
        assert.is_nil(seen[row.connection], "shown twice")
        seen[row.connection] = row
        n = n + 1
      end
      return n, seen
    end
    local all = callers(region:port "IPIC", 4 * MANY)
    accepted(region, #all)
    local n, before = shown()
    assert.are.equal(#all, n)
    local id, row = next(before)
    assert.are.same({ "ADMITTED", "IPIC", "" }, { row.stage, row.tcpipservice, row.ipconn })
    assert.are.equal(1, #region:inquire("socket", id))
    for i, c in ipairs(all) do
      c:capex { applid = "S" .. i, networkid = "NETX" }
      if i % MANY == 0 then assert.are.equal(#all, (shown())) end
    end
    for _, c in ipairs(all) do assert.are.equal(200, c:read_message().status) end
    local after
    n, after = shown()
    assert.are.equal(#all, n)
    assert.are.equal("S", after[id].ipconn:sub(1, 1))
    assert.are.equal(#all, region:inquire("policy", "whole")[1].connections)
  end)

  it("a partner with TLS keeps its certificate, its trust and its second socket over the move", function()
    region = start { tcpipservices = { AUTH = { ssl = "clientauth", urm = "whole" } } }
    local port = region:port "AUTH"
    for i = 1, 6 do
      local function socket() return support.tls { port = port, ring = "NETX.CTGAPP" } end
      local first = socket()
      local m = first:capex({ applid = "T" .. i, networkid = "NETX", sockets = 2 }):read_message()
      assert.are.equal(200, m.status)
      local second = socket()
      assert.are.equal(200, second:capex({ applid = "T" .. i, networkid = "NETX", socket = 2, token = m.body.token }):read_message().status)
      local record = region:explain(m.body.connection)[1]
      assert.matches("CTGAPP", record.certificate.subject)
      assert.is_true(alive(first) and alive(second))
    end
  end)

  it("bytes behind a CAPEX are refused when they came with it, and served after the 200 when they came later", function()
    region = start()
    local all = callers(region:port "IPIC", MANY)
    local capex = {}
    for i, p in ipairs(all) do
      local kept = {}
      local send = p.send
      p.send = function(self, bytes) kept[#kept + 1] = bytes return self end
      p:capex { applid = "B" .. i, networkid = "NETX" }
      p:request "1 cmd; name=heartbeat"
      p.send = send
      capex[i] = kept
    end
    for i, p in ipairs(all) do
      if i % 2 == 0 then p:send(table.concat(capex[i])) else p:send(capex[i][1]) end
    end
    for i, p in ipairs(all) do
      local m = p:read_message()
      assert.are.equal(i % 2 == 0 and 400 or 200, m.status)
      if i % 2 == 1 then
        p:send(capex[i][2])
        assert.are.equal(200, p:read_message().status)
      else
        p:closed()
      end
    end
  end)

  it("a partner that closes its sockets and connects again at once is accepted, also by a name that the urm gives", function()
    region = start { tcpipservices = { NAMES = { urm = "named" } },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10 } },
      scripts = { named = [[
local policy = require "policy"
return { install = function() return policy.install { ipconn = "ONE", applid = "ONEAPPL", template = "TMPL" } end }]] } }
    for service, applid in pairs { IPIC = "SOMEAPPL", NAMES = "" } do
      local port = region:port(service)
      for _ = 1, 10 * MANY do
        local p, second = support.raw(port), support.raw(port)
        local m = p:capex({ applid = applid, networkid = "NETX", sockets = 2 }):read_message()
        assert.are.same({ 200, nil }, { m.status, m.body.reason })
        second:capex { applid = applid, networkid = "NETX", socket = 2, token = m.body.token }
        assert.are.equal(200, second:read_message().status)
        p:close()
        second:close()
      end
    end
  end)

  it("a reload counts for all of them, also for a connection that was accepted before it", function()
    region = start { scripts = { whole = LIST:format "A" } }
    local port = region:port "IPIC"
    local before, early = callers(port, MANY), callers(port, MANY)
    accepted(region, 2 * MANY)
    for _, m in ipairs(capexes(before, "A")) do assert.are.equal(200, m.status) end
    region:script("whole", LIST:format "B")
    assert.are.equal(0, (region:command "reload"))
    for _, m in ipairs(capexes(early, "AA")) do assert.are.same({ 403, "AUTOINSTALL_FAILED" }, { m.status, m.body.reason }) end
    for _, m in ipairs(capexes(callers(port, MANY), "AB")) do assert.are.equal(403, m.status) end
    for _, m in ipairs(capexes(callers(port, MANY), "B")) do assert.are.equal(200, m.status) end
    region:wait_log "SP0013 .*generation=1"
  end)

  it("once a reload is answered, each of them asks by the new generation, and only its version is kept", function()
    region = start { region = { generations = 1 } }
    region:script("whole", WHOLE .. "\n")
    assert.are.equal(0, (region:command "reload"))
    local all = callers(region:port "IPIC", MANY)
    assert.are.same({ 2 }, versions.numbers(region))
    accepted(region, MANY)
    local rows = region:inquire "socket"
    assert.are.equal(#all, #rows)
    for _, row in ipairs(rows) do assert.are.equal(2, row.generation) end
    for _, p in ipairs(all) do p:close() end
    accepted(region, 0)
  end)

  it("a tcpipservice that a reload adds, closes, moves and removes has its callers accepted or refused by all", function()
    region = start()
    local function define(services)
      local t = { region = { workers = WORKERS, heartbeat = 60, tcp_timeout = 60, drain = 30 }, tcpipservices = services,
        ipconns = { TMPL = { template = "only", receivecount = 10 } } }
      region:define(t)
      assert.are.equal(0, (region:command "reload"))
    end
    define { IPIC = { urm = "whole" }, MORE = { urm = "whole" } }
    for _, m in ipairs(capexes(callers(region:port "MORE", MANY), "M")) do assert.are.equal(200, m.status) end
    define { IPIC = { urm = "whole" }, MORE = { urm = "whole", host = "127.0.0.2" } }
    assert.are.equal(200, capexes({ support.raw(region:port "MORE", "127.0.0.2") }, "N")[1].status)
    local port = region:port "MORE"
    define { IPIC = { urm = "whole" } }
    assert.is_false((pcall(support.raw, port, "127.0.0.2")))
    for _, m in ipairs(capexes(callers(region:port "IPIC", MANY), "O")) do assert.are.equal(200, m.status) end
  end)

  it("set tcpipservice closed refuses the sockets before their CAPEX; open accepts again; immclose ends them", function()
    region = start()
    local port = region:port "IPIC"
    local early = callers(port, MANY)
    accepted(region, MANY)
    assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
    assert.is_false((pcall(support.raw, port)))
    for _, m in ipairs(capexes(early, "C")) do assert.are.same({ 403, "TCPIPSERVICE_NOT_OPEN" }, { m.status, m.body.reason }) end
    accepted(region, 0)
    assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "open")))
    local again = callers(region:port "IPIC", MANY)
    accepted(region, MANY)
    assert.are.equal(200, capexes({ again[1] }, "D")[1].status)
    assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "immclose")))
    for _, row in ipairs(region:inquire "socket") do assert.are.equal("DRAINING", row.stage) end -- that of D1
    for _, p in ipairs(again) do p:closed() end
    assert.is_nil(region:row("ipconn", "D1"))
  end)

  -- The home runs a program while the sockets come from the gates, and hears of them after the commands.
  it("immclose ends the sockets on their way to an ipconn too, also when open comes before they have arrived", function()
    region = start { tcpipservices = { WORK = { urm = "whole" } },
      scripts = { burn = "return { run = function() for _ = 1, 10000000 do end return 'burnt' end }" } }
    region:define { region = { workers = WORKERS, heartbeat = 60, tcp_timeout = 60, drain = 30 },
      tcpipservices = { IPIC = { urm = "whole" }, WORK = { urm = "whole" } }, ipconns = { TMPL = { template = "only", receivecount = 10 } },
      programs = { BURN = { script = "burn", milliseconds = 10000, instructions = 1000000000 } } }
    assert.are.equal(0, (region:command "reload"))
    local busy = support.raw(region:port "WORK")
    assert.are.equal(200, busy:capex({ applid = "BUSY", networkid = "NETX" }):read_message().status)
    local function order(word)
      local c = assert(unix())
      assert(c:connect(region.control))
      c:settimeout(10 * wait.patience)
      return c, ('{"command":"set","args":["tcpipservice","IPIC","%s"]}\n'):format(word)
    end
    for round = 1, 4 do
      local early = callers(region:port "IPIC", MANY)
      accepted(region, MANY + 1)
      local close, immclose = order "immclose"
      local again, open = order "open"
      requests.all_at_once(region, MANY, function()
        for i, p in ipairs(early) do p:capex { applid = ("G%dN%d"):format(round, i), networkid = "NETX" } end
        again:send(open)
        close:send(immclose)
        conversation.ask(busy, { conv = round, program = "BURN" })
      end)
      for _, one in ipairs { close, again } do
        assert.matches('"status":0', (assert(one:receive "*l")))
        one:close()
      end
      for _, p in ipairs(early) do
        p:read_message() -- the answer to a CAPEX that came home before
        p:closed()
      end
      assert.are.equal("burnt", conversation.answer(busy, round).data)
      accepted(region, 1)
      assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "open")))
    end
    busy:close()
  end)

  it("a drain answers SHUTDOWN to the sockets before their CAPEX, and ends when the last one has gone", function()
    region = start()
    local early = callers(region:port "IPIC", MANY)
    accepted(region, MANY)
    region:signal "TERM"
    region:wait_log "SP0003 "
    for _, m in ipairs(capexes(early, "E")) do assert.are.same({ 503, "SHUTDOWN" }, { m.status, m.body.reason }) end
    for _, p in ipairs(early) do p:closed() end
    assert.are.equal(0, region:wait(10))
  end)

  it("a drain answers SHUTDOWN to the only socket, at each worker", function()
    for _ = 1, 3 * WORKERS do
      region = start()
      local only = callers(region:port "IPIC", 1)
      accepted(region, 1)
      region:signal "TERM"
      region:wait_log "SP0003 "
      assert.are.same({ 503, "SHUTDOWN" }, (function(m) return { m.status, m.body.reason } end)(capexes(only, "E")[1]))
      only[1]:closed()
      assert.are.equal(0, region:wait(10))
      region:stop()
    end
  end)

  it("the end at once closes the sockets of all of them", function()
    region = start()
    local early = callers(region:port "IPIC", MANY)
    accepted(region, MANY)
    assert.are.equal(0, (region:command("shutdown", "--now")))
    assert.are.equal(0, region:wait(10))
    for _, p in ipairs(early) do p:closed() end
    assert.are.equal(MANY, region:count_log("SP0030 I .*the region ends", MANY))
  end)

  it("inquire worker shows the connections of each, of which none is left out or twice there", function()
    region = crew.start()
    local function sums()
      local out = { role = "" }
      for _, row in ipairs(region:inquire "worker") do
        out.role = out.role .. row.role:sub(1, 1)
        for _, key in ipairs { "connections", "halfopen", "accepted" } do out[key] = (out[key] or 0) + row[key] end
        assert.is_true(row.memory > 10000 and row.busy >= 0 and row.busy <= 100 and row.busy_lately <= 100 and row.longest_turn >= 0)
      end
      return out
    end
    assert.are.same({ role = "HGG", connections = 0, halfopen = 0, accepted = 0 }, sums())
    local all = crew.callers(region:port "IPIC", crew.MANY)
    crew.accepted(region, crew.MANY)
    assert.are.same({ role = "HGG", connections = crew.MANY, halfopen = crew.MANY, accepted = crew.MANY }, sums())
    for i, m in ipairs(crew.capexes(all, "A")) do assert.are.same({ i, 200 }, { i, m.status }) end
    local home = region:row("worker", "0")
    assert.are.same({ "0", "HOME", crew.MANY, 0 }, { home.worker, home.role, home.connections, home.halfopen })
    assert.are.same({ role = "HGG", connections = crew.MANY, halfopen = 0, accepted = crew.MANY }, sums())
    for _, p in ipairs(all) do p:close() end
    crew.accepted(region, 0)
    assert.are.same({ role = "HGG", connections = 0, halfopen = 0, accepted = crew.MANY }, sums())
    local _, why = region:inquire("worker", "3")
    assert.matches("no worker named 3", why)
  end)

  it("inquire worker shows the long turn of the worker that a script held", function()
    region = crew.start { region = { milliseconds = 300, instructions = 1000000000 }, tcpipservices = { SLOW = { admit = "slow" } },
      scripts = { slow = "return { admit = function() while true do end end }" } }
    support.raw(region:port "SLOW"):closed()
    for _, row in ipairs(region:inquire "worker") do
      if row.accepted == 1 then return assert.is_true(row.longest_turn >= 0.3 and row.busy > 0) end
    end
    error "no worker has accepted it"
  end)

  it("without workers, and with auto, there are as many as CPUs, and inquire region says why", function()
    local pipe = io.popen "nproc"
    local cpus = pipe:read "n"
    pipe:close()
    for _, said in ipairs { "auto", false } do
      region = support.region { region = { workers = said }, tcpipservices = { IPIC = {} }, wrapper = { "env", "-u", "SALLYPORT_WORKERS" } }
      local row = region:start():row "region"
      if row.workers_why:find "control group" then
        assert.is_true(row.workers < cpus)
      else
        assert.are.equal(math.min(cpus, 8), row.workers)
        assert.matches(" " .. cpus .. " CPU", row.workers_why)
      end
      region:stop()
    end
    local first = support.read("/proc/self/status"):match "Cpus_allowed_list:%s*(%d+)"
    region = support.region { tcpipservices = { IPIC = {} }, wrapper = { "env", "-u", "SALLYPORT_WORKERS", "taskset", "-c", first } }
    assert.are.equal(1, region:start():row("region").workers)
    region:stop()
    region = start { region = { workers = 2 } }
    local row = region:row "region"
    assert.are.same({ 2, "region { workers }" }, { row.workers, row.workers_why })
  end)

  it("SALLYPORT_WORKERS is the number where the definition gives none, and a wrong one ends the start", function()
    local function with(value, workers)
      region = support.region { region = { workers = workers }, tcpipservices = { IPIC = {} },
        wrapper = { "env", "SALLYPORT_WORKERS=" .. value } }
      return region
    end
    local row = with("2"):start():row "region"
    assert.are.same({ 2, "the environment: SALLYPORT_WORKERS" }, { row.workers, row.workers_why })
    region:stop()
    row = with("2", 3):start():row "region"
    assert.are.same({ 3, "region { workers }" }, { row.workers, row.workers_why })
    region:stop()
    assert.matches("CPU", with("auto"):start():row("region").workers_why)
    region:stop()
    for _, value in ipairs { "0", "65", "two", "" } do
      local status, log = with(value):start_and_end()
      assert.are.equal(1, status)
      assert.is_truthy(log:find("the environment: SALLYPORT_WORKERS: workers is", 1, true), log)
    end
  end)

  it("maxsockets and halfopen are those of the region", function()
    region = start { region = { maxsockets = 10 } }
    local all = callers(region:port "IPIC", MANY)
    support.wait_until(function() return region:row("region").refusals == MANY - 10 end, 10, "the refusals")
    accepted(region, 10)
    local open = 0
    for i, p in ipairs(all) do
      local ok, m = pcall(function() return p:capex({ applid = "F" .. i, networkid = "NETX" }):read_message() end)
      if ok and m and m.status == 200 then open = open + 1 end
    end
    assert.are.equal(10, open)
  end)

  it("a script that waits at any of them is asked again by the rules of a reload, before the 200", function()
    local asking = [[
local policy = require "policy"
return { %s = function()
  local answer = policy.http { url = "%sdoor", json = { ask = 1 }, timeout = 15, down = "refuse" }
  return policy.check("answered", answer ~= nil) and policy.accept() or policy.refuse("silent")
end }]]
    for _, door in ipairs { "admit", "bind" } do
      local backend = slow.backend()
      region = start { region = { wait_milliseconds = 20000, policy_http = { backend.url:match "//(.*)/" } },
        tcpipservices = { IPIC = { urm = "whole", [door] = "door" } }, scripts = { door = asking:format(door, backend.url) } }
      local all = callers(region:port "IPIC", MANY)
      for i, p in ipairs(all) do p:capex { applid = "W" .. i, networkid = "NETX" } end
      for _ = 1, MANY do backend.wait() end
      assert.are.equal(MANY, region:row("region").scripts_waiting)
      region:script("door", ([[
local policy = require "policy"
return { %s = function() return policy.refuse("gone", "by the new rule") end }]]):format(door))
      assert.are.equal(0, (region:command "reload"))
      backend.release "yes"
      for _, p in ipairs(all) do
        local m = p:read_message()
        assert.are.same({ 403, "gone" }, { m.status, region:explain(m.body.connection)[1].code })
      end
      assert.is_nil(region:row("ipconn", "W1"))
      region:stop()
      backend.close()
    end
  end)

  it("partners that leave at any moment, reloads and releases leave nothing behind", function()
    region = start { region = { drain = 0.2 } }
    local port = region:port "IPIC"
    local kept = {}
    for round = 1, 6 do
      local all = callers(port, MANY)
      for i, p in ipairs(all) do p:capex { applid = ("R%dN%d"):format(round, i), networkid = "NETX" } end
      for i, p in ipairs(all) do
        if i % 4 == 0 then
          p:close()
        elseif i % 4 == 1 then
          p.socket:setoption("linger", { on = true, timeout = 0 })
          p:close()
        elseif i % 4 == 2 then
          kept[#kept + 1] = p
        else
          assert.are.equal(200, p:read_message().status)
          assert.is_true(alive(p))
          p:close()
        end
      end
      region:script("whole", WHOLE .. ("\n-- round %d"):format(round))
      assert.are.equal(0, (region:command "reload"))
      region:command("release", ("R%dN2"):format(round))
    end
    for _, p in ipairs(kept) do assert.are.equal(200, p:read_message().status) end
    for _, p in ipairs(kept) do p:close() end
    accepted(region, 0)
    support.wait_until(function() return region:row("tcpipservice", "IPIC").connections == 0 end)
    assert.are.equal(1, #region:inquire "ipconn") -- the template
    region:wait_log "SP0013 .*generation=6"
  end)
end)
