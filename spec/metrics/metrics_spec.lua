-- SPDX-License-Identifier: Apache-2.0
-- The metrics of a region: which event counts where, the bound of each family, the formats, health and readiness, the address.
local lfs = require "lfs"

local conversation = require "spec.support.conversation"
local requests = require "spec.support.requests"
local scrape = require "spec.support.scrape"
local support = require "spec.support"

local BIND = [[
local policy = require "policy"
return {
  bind = function(facts)
    if facts.capex.applid == "STRANGER" then return policy.refuse("stranger", "not here") end
    return policy.accept()
  end,
}
]]

-- A code for each applid: a script can make codes without end.
local MANY = [[
local policy = require "policy"
return { bind = function(facts) return policy.refuse("code_" .. facts.capex.applid:lower(), "no") end }
]]

local function start(t)
  local given = { region = { metrics = "127.0.0.1:0" }, tcpipservices = { IPIC = { bind = "doorkeeper", urm = "dfhisaip" } },
    policies = { "dfhisaip" }, ipconns = { TMPL = { template = "only", receivecount = 10 } },
    scripts = { doorkeeper = BIND, many = MANY }, programs = { ECHO = {} } }
  for key, value in pairs(t or {}) do
    if type(value) == "table" and given[key] and key ~= "text" then
      for name, one in pairs(value) do given[key][name] = one end
    else
      given[key] = value
    end
  end
  return support.region(given):start()
end

-- Waits until the figure has that value.
local function becomes(region, series, value)
  local last
  support.wait_until(function()
    last = scrape.metrics(region)[series]
    return last == value
  end, 10, function() return ("%s to be %s; it is %s"):format(series, value, last) end)
end

describe("metrics", function()
  local region
  after_each(function() region:stop() end)

  it("count each accepted socket once, by its outcome", function()
    region = start()
    local before = scrape.metrics(region)
    for _, outcome in ipairs { "accepted", "refused", "failed" } do
      assert.equal(0, before[('sallyport_connections_total{tcpipservice="IPIC",outcome="%s"}'):format(outcome)])
    end
    local good = support.raw(region:port "IPIC")
    assert.equal(200, good:capex { applid = "FRIEND", networkid = "NETX" }:read_message().status)
    local bad = support.raw(region:port "IPIC")
    bad:capex { applid = "STRANGER", networkid = "NETX" }:read_message()
    bad:closed()
    support.raw(region:port "IPIC"):close()
    becomes(region, 'sallyport_connections_total{tcpipservice="IPIC",outcome="failed"}', 1)
    local m = scrape.metrics(region)
    assert.equal(1, m['sallyport_connections_total{tcpipservice="IPIC",outcome="accepted"}'])
    assert.equal(1, m['sallyport_connections_total{tcpipservice="IPIC",outcome="refused"}'])
    good:close()
    becomes(region, 'sallyport_ipconns{state="ACQUIRED"}', 0)
    assert.equal(3, scrape.sum(scrape.metrics(region), "sallyport_connections_total"))
  end)

  it("count decisions by door, policy, verdict and code, and their time", function()
    region = start()
    local peers = {}
    for i, applid in ipairs { "ONE", "TWO", "STRANGER" } do
      peers[i] = support.raw(region:port "IPIC")
      peers[i]:capex({ applid = applid, networkid = "NETX" }):read_message()
    end
    local m = scrape.metrics(region)
    assert.equal(2, m['sallyport_decisions_total{door="bind",policy="doorkeeper",verdict="accept",code=""}'])
    assert.equal(1, m['sallyport_decisions_total{door="bind",policy="doorkeeper",verdict="refuse",code="stranger"}'])
    assert.equal(2, m['sallyport_decisions_total{door="install",policy="dfhisaip",verdict="install",code=""}'])
    assert.equal(3, m['sallyport_door_seconds_bucket{door="bind",le="+Inf"}'])
    assert.equal(3, m['sallyport_door_seconds_count{door="bind"}'])
    assert.equal(scrape.sum(m, "sallyport_door_seconds_count"), m.sallyport_decision_seconds_count)
    assert.is_true(m.sallyport_decision_seconds_sum > 0)
    assert.equal(2, m['sallyport_ipconns{state="ACQUIRED"}'])
    assert.equal(1, m['sallyport_ipconns{state="RELEASED"}'], "the template")
    for _, p in ipairs(peers) do p:close() end
  end)

  it("count refusals of the engine, and handshakes", function()
    region = start { tcpipservices = { TLS = { ssl = "clientauth", urm = "dfhisaip" } } }
    local plain = support.raw(region:port "TLS")
    plain:send "GET / HTTP/1.0\r\n\r\n"
    plain:closed()
    local p = assert(support.tls { port = region:port "TLS", ring = "NETX.CTGAPP" })
    assert.equal(200, p:capex { applid = "CTGAPP", networkid = "NETX" }:read_message().status)
    local m = scrape.metrics(region)
    assert.equal(1, m['sallyport_decisions_total{door="tls",policy="",verdict="refuse",code="plain_text"}'])
    assert.equal(1, m['sallyport_decisions_total{door="certify",policy="",verdict="accept",code=""}'])
    assert.equal(1, m.sallyport_handshake_seconds_count)
    assert.is_true(m.sallyport_handshake_seconds_sum > 0 and m.sallyport_handshake_seconds_sum < 10)
    p:close()
  end)

  it("count requests by program and outcome, and the sessions in use", function()
    region = start { ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 50, mirrorlife = "task" } },
      scripts = { broken = "return { run = function() error 'no' end }" }, programs = { BROKEN = { script = "broken" } } }
    local p = requests.partner(region:port "IPIC", "SOMEAPPL")
    conversation.ask(p, { conv = 1, program = "ECHO", data = "x" })
    conversation.answer(p, 1)
    conversation.ask(p, { conv = 2, program = "NOSUCH", data = "x" })
    conversation.answer(p, 2)
    conversation.ask(p, { conv = 3, program = "BROKEN", data = "x" })
    conversation.answer(p, 3)
    local m = scrape.metrics(region)
    assert.equal(1, m['sallyport_requests_total{program="ECHO",outcome="answered"}'])
    assert.equal(1, m['sallyport_requests_total{program="",outcome="refused"}'])
    assert.equal(1, m['sallyport_requests_total{program="BROKEN",outcome="failed"}'])
    assert.equal(3, scrape.sum(m, "sallyport_requests_total"))
    assert.equal(0, m['sallyport_sessions{direction="receive"}'])
    conversation.ask(p, { conv = 4, program = "ECHO", data = "x", open = true })
    becomes(region, 'sallyport_sessions{direction="receive"}', 1)
    p:close()
    becomes(region, 'sallyport_sessions{direction="receive"}', 0)
  end)

  it("count scripts that wait, the time of each call, and the limits, apart from the time of the door", function()
    region = start { region = { metrics = "127.0.0.1:0", waiting = 1, wait_milliseconds = 300 }, scripts = { doorkeeper = [[
local policy = require "policy"
return { bind = function(facts)
  policy.sleep(facts.capex.applid == "LONG" and 60 or 0.1)
  return policy.accept()
end }]] } }
    local short = support.raw(region:port "IPIC")
    assert.equal(200, short:capex({ applid = "SHORT", networkid = "NETX" }):read_message().status)
    local long = support.raw(region:port "IPIC"):capex { applid = "LONG", networkid = "NETX" }
    assert.equal(403, long:read_message().status)
    short:close()
    long:close()
    becomes(region, 'sallyport_wait_limits_total{limit="wait_milliseconds"}', 1)
    local m = scrape.metrics(region)
    assert.equal(2, m['sallyport_wait_seconds_count{call="sleep"}'])
    assert.equal(0, m['sallyport_wait_seconds_count{call="http"}'])
    local waited = m['sallyport_wait_seconds_sum{call="sleep"}']
    assert.is_true(waited >= 0.4, waited)
    assert.is_true(m['sallyport_door_seconds_sum{door="bind"}'] < waited)
    assert.same({ 0, 1 }, { region:inquire("region")[1].scripts_waiting, region:inquire("region")[1].wait_limits })
  end)

  it("tell how many scripts wait, and who found no room", function()
    region = start { region = { metrics = "127.0.0.1:0", waiting = 2, waiting_peer = 1, wait_milliseconds = 60000 },
      scripts = { doorkeeper = [[
local policy = require "policy"
return { bind = function() policy.sleep(60) return policy.accept() end }]] } }
    local there = {}
    for i, ip in ipairs { "127.0.0.1", "127.0.0.2", "127.0.1.1", "127.0.2.1" } do
      there[i] = support.raw(region:port "IPIC", nil, ip):capex { applid = "ONE", networkid = "NETX" }
      if i % 2 == 0 then assert.equal(403, there[i]:read_message().status) end
    end
    becomes(region, 'sallyport_wait_limits_total{limit="waiting_peer"}', 1)
    becomes(region, 'sallyport_wait_limits_total{limit="waiting"}', 1)
    becomes(region, "sallyport_waiting_questions", 2)
    assert.same({ 2, 2 }, { region:inquire("region")[1].scripts_waiting, region:inquire("region")[1].wait_limits })
    for _, p in ipairs(there) do p:close() end
    becomes(region, "sallyport_waiting_questions", 0)
  end)

  it("have at most 200 series in a family, also when a script makes many codes, and count the rest under other", function()
    region = start { tcpipservices = { MANY = { bind = "many" } }, region = { metrics = "127.0.0.1:0", halfopen_peer = 65535 } }
    local port, total = region:port "MANY", 300
    for i = 1, total do
      local p = support.raw(port)
      p:capex({ applid = ("A%d"):format(i), networkid = "NETX" }):read_message()
      p:close()
    end
    local m, series = scrape.metrics(region), 0
    for name in pairs(m) do series = series + (name:find "^sallyport_decisions_total{" and 1 or 0) end
    assert.is_true(series <= 200, series)
    assert.equal(total, scrape.sum(m, "sallyport_decisions_total", 'door="bind"', 'policy="many"'))
    local other = m['sallyport_decisions_total{door="bind",policy="many",verdict="refuse",code="other"}']
    assert.is_true(other > 100, other)
    assert.equal(other, m['sallyport_series_folded_total{family="decisions"}'])
  end)

  it("tell the generation, and the end dates of its certificates as openssl reads them", function()
    region = start()
    local m = scrape.metrics(region)
    assert.equal(1, m.sallyport_generation)
    assert.equal(1, m.sallyport_default_autoinstall_programs)
    assert.is_true(m.sallyport_lua_memory_bytes > 10000)
    local function date(...)
      local _, out = support.run { "openssl", ... }
      local status, seconds = support.run { "date", "-d", (out:match "=(.-)\n"), "+%s" }
      assert.equal(0, status)
      return tonumber(seconds)
    end
    local own = 'sallyport_certificate_not_after_timestamp_seconds{ring="CICSA",label="%s",kind="%s"}'
    assert.equal(date("x509", "-noout", "-enddate", "-in", "certs/rings/CICSA/CICSA.pem"), m[own:format("CICSA", "certificate")])
    assert.equal(date("x509", "-noout", "-enddate", "-in", "certs/rings/CICSA/signers/first.pem"),
      m[own:format("CN=First CA,O=Sallyport demo", "signer")])
    assert.equal(date("crl", "-noout", "-nextupdate", "-in", "certs/rings/CICSA/crls/first.pem"),
      m[own:format("CN=First CA,O=Sallyport demo", "crl")])
    region:script("doorkeeper", BIND .. "-- changed\n")
    assert.equal(0, (region:command "reload"))
    assert.equal(2, scrape.metrics(region).sallyport_generation)
  end)

  it("tell how long a turn of the loop took", function()
    region = start { region = { metrics = "127.0.0.1:0", milliseconds = 1000, instructions = 1000000000 },
      scripts = { doorkeeper = [[
local policy = require "policy"
return { bind = function()
  for _ = 1, 3000000 do end
  return policy.accept()
end }]] } }
    assert.is_true(scrape.metrics(region).sallyport_loop_lag_seconds < 1)
    local p = support.raw(region:port "IPIC")
    p:capex({ applid = "SLOW", networkid = "NETX" }):read_message()
    local m = scrape.metrics(region)
    assert.is_true(m.sallyport_loop_lag_seconds >= m['sallyport_door_seconds_sum{door="bind"}'])
    assert.is_true(m['sallyport_door_seconds_sum{door="bind"}'] > 0.001)
    -- The time of a turn is counted at its end, which comes after the answer.
    support.wait_until(function()
      return scrape.metrics(region)['sallyport_worker_busy_seconds_total{worker="0"}'] >= m['sallyport_door_seconds_sum{door="bind"}']
    end, 10, "the turn to end")
    p:close()
  end)

  it("tell the process as /proc does", function()
    region = start()
    local m = scrape.metrics(region)
    local pid = region:inquire("region")[1].pid or region.process.pid
    local limit = tonumber(support.read(("/proc/%s/limits"):format(pid)):match "Max open files%s+(%d+)")
    local fds = 0
    for name in lfs.dir(("/proc/%s/fd"):format(pid)) do fds = fds + (name:find "^%d" and 1 or 0) end
    assert.equal(limit, m.sallyport_process_max_fds)
    assert.is_true(math.abs(m.sallyport_process_open_fds - fds) <= 4, m.sallyport_process_open_fds .. " " .. fds)
    assert.is_true(math.abs(m.sallyport_process_start_time_seconds - os.time()) < 600)
    assert.is_true(m.sallyport_process_resident_memory_bytes > 1e6)
    assert.is_true(m.sallyport_process_virtual_memory_bytes >= m.sallyport_process_resident_memory_bytes)
    local _, version = support.sallyport "--version"
    local commit = version:match "\ncommit (%S+)"
    assert.equal(1, m[('sallyport_build_info{version="%s",commit="%s"}'):format(version:match "^sallyport (%S+)", commit)])
  end)
end)

describe("the formats of metrics:", function()
  local region, at
  lazy_setup(function()
    region = start()
    at = scrape.address(region)
    support.raw(region:port "IPIC"):capex({ applid = "FRIEND", networkid = "NETX" }):read_message()
  end)
  lazy_teardown(function() region:stop() end)

  local TEXT, OPEN = "text/plain; version=0.0.4; charset=utf-8", "application/openmetrics-text; version=1.0.0; charset=utf-8"
  local ACCEPTS = {
    { nil, TEXT },
    { "*/*", TEXT },
    { "text/plain", TEXT },
    { "application/openmetrics-text", OPEN },
    { "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5", OPEN },
    { "application/openmetrics-text;version=0.0.1", TEXT },
    { "application/openmetrics-text;q=0.1, text/plain;q=0.9", TEXT },
    { "application/openmetrics-text; q=0, */*", TEXT },
    { ("x,"):rep(600) .. "application/openmetrics-text", TEXT },
    { ";;;,,,q=,=;\"\\\t", TEXT },
  }
  for _, row in ipairs(ACCEPTS) do
    it(("Accept: %.80s"):format(row[1] or "none"), function()
      assert.equal(row[2], scrape.get(at, "/metrics", { Accept = row[1] }).headers["content-type"])
    end)
  end

  it("OpenMetrics ends with # EOF, has units, and names counters without _total", function()
    local body = scrape.get(at, "/metrics", { Accept = "application/openmetrics-text" }).body
    local values, families = scrape.parse(body)
    assert.equal("# EOF\n", body:sub(-6))
    assert.equal("counter", families.sallyport_connections.type)
    assert.equal("seconds", families.sallyport_decision_seconds.unit)
    assert.equal("bytes", families.sallyport_lua_memory_bytes.unit)
    assert.equal(1, values['sallyport_connections_total{tcpipservice="IPIC",outcome="accepted"}'])
  end)

  it("text has the same values, and counters with _total", function()
    local body = scrape.get(at, "/metrics").body
    local values, families = scrape.parse(body)
    assert.is_nil(body:find("# EOF", 1, true))
    assert.is_nil(body:find("# UNIT", 1, true))
    assert.equal("counter", families.sallyport_connections_total.type)
    assert.equal("histogram", families.sallyport_handshake_seconds.type)
    assert.equal(1, values['sallyport_connections_total{tcpipservice="IPIC",outcome="accepted"}'])
  end)

  it("each bucket of a histogram holds those below it", function()
    local values = scrape.metrics(region)
    for _, name in ipairs { "sallyport_decision_seconds", "sallyport_handshake_seconds" } do
      local buckets = {}
      for series, value in pairs(values) do
        local le = series:match("^" .. name .. '_bucket{le="(.-)"}$')
        if le then buckets[#buckets + 1] = { le == "+Inf" and math.huge or tonumber(le), value } end
      end
      table.sort(buckets, function(a, b) return a[1] < b[1] end)
      assert.is_true(#buckets >= 10, #buckets)
      for i = 2, #buckets do assert.is_true(buckets[i][2] >= buckets[i - 1][2]) end
      assert.equal(buckets[#buckets][2], values[name .. "_count"])
    end
  end)

  it("every family of engine/metrics/README.md is there, with its type and labels, and no other", function()
    local values, families = scrape.parse(scrape.get(at, "/metrics").body)
    local listed, n = {}, 0
    for name, kind in support.read("engine/metrics/README.md"):gmatch "\n| `(sallyport_[%w_]+)[^`]*` | (%l+) |" do
      listed[name], n = kind, n + 1
      assert.message(name).equal(kind, families[name] and families[name].type)
    end
    for name, family in pairs(families) do
      assert.message(name .. " in engine/metrics/README.md").equal(family.type, listed[name])
    end
    assert.is_true(n >= 20, n)
    for series in pairs(values) do
      local name, labels = series:match "^(sallyport_[%w_]-){(.*)}$"
      name = name and (listed[name] and name or name:gsub("_%l+$", ""))
      if name then
        local names = {}
        for label in labels:gsub('"[^"]*"', ""):gmatch "[%l_]+" do
          if label ~= "le" then names[#names + 1] = label end
        end
        local row = support.read("engine/metrics/README.md"):match("\n| `" .. name .. "{?([^`}]*)}?` |")
        assert.message(series).equal(row, table.concat(names, ","))
      end
    end
  end)
end)

describe("over HTTP a region", function()
  local region, at
  before_each(function()
    region = start { tcpipservices = { SECOND = {} } }
    at = scrape.address(region)
  end)
  after_each(function() region:stop() end)

  it("answers GET and HEAD, 405 to other methods, 404 to other paths, and closes", function()
    local head = scrape.get(at, "/metrics", nil, "HEAD")
    assert.same({ 200, "" }, { head.status, head.body })
    for _, method in ipairs { "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "X" } do
      local answer = scrape.get(at, "/metrics", { ["Content-Length"] = "0" }, method)
      assert.message(method).equal(405, answer.status)
      assert.equal("GET, HEAD", answer.headers.allow)
    end
    for _, path in ipairs { "/", "/metrics/", "/METRICS", "/../metrics", "/metrics%00", "/x", "/healthz/y" } do
      assert.message(path).equal(404, scrape.get(at, path).status)
    end
    assert.equal("close", scrape.get(at, "/metrics").headers.connection)
  end)

  it("is healthy while its loop turns", function()
    support.wait_until(function() return scrape.get(at, "/healthz").status == 200 end)
    assert.equal("ok\n", scrape.get(at, "/healthz").body)
  end)

  it("is ready while each listener is open that the definition opens, and says which one is not", function()
    support.wait_until(function() return scrape.get(at, "/readyz").status == 200 end)
    assert.equal(0, (region:command("set", "tcpipservice", "SECOND", "closed")))
    support.wait_until(function() return scrape.get(at, "/readyz").status == 503 end)
    assert.equal("tcpipservice SECOND is not open\n", scrape.get(at, "/readyz").body)
    assert.equal(200, scrape.get(at, "/healthz").status)
    assert.equal(0, (region:command("set", "tcpipservice", "SECOND", "open")))
    support.wait_until(function() return scrape.get(at, "/readyz").status == 200 end)
  end)
end)

it("a draining region is not ready, and says so", function()
  local region = start { region = { metrics = "127.0.0.1:0", drain = 5 } }
  local at = scrape.address(region)
  local p = requests.partner(region:port "IPIC", "SOMEAPPL")
  conversation.ask(p, { conv = 1, program = "ECHO", data = "x", open = true })
  conversation.answer(p, 1)
  region:signal "TERM"
  region:wait_log "SP0003 "
  local answer = scrape.get(at, "/readyz")
  assert.same({ 503, "the region is draining\n" }, { answer.status, answer.body })
  p:close()
  region:wait(10)
end)

describe("the address of metrics", function()
  local region
  after_each(function() region:stop() end)

  local function redefine(metrics)
    local t = {}
    for key, value in pairs(region.given) do t[key] = value end
    t.region = { metrics = metrics }
    region:define(t)
    return region:command "reload"
  end

  it("may be the path of a socket, which only the region's user reaches and which goes with the region", function()
    region = start { region = { metrics = "run/metrics.sock" } }
    local path = region:path "run/metrics.sock"
    assert.equal("socket", lfs.attributes(path, "mode"))
    assert.equal("rw-------", lfs.attributes(path, "permissions"))
    assert.equal(1, scrape.parse(scrape.get(path, "/metrics").body).sallyport_generation)
    region:stop()
    assert.is_nil(lfs.attributes(path, "mode"))
  end)

  it("may be changed by a reload, which opens the new one before it closes the old one", function()
    region = start()
    local first = scrape.address(region)
    assert.equal(0, (redefine "./m.sock"))
    region:wait_log("SP0126 .*address=" .. first:gsub("%p", "%%%0"))
    assert.equal(2, scrape.parse(scrape.get(region:path "m.sock", "/metrics").body).sallyport_generation)
    assert.is_false((pcall(scrape.connect, first)))
    assert.equal(0, (redefine(nil)))
    support.wait_until(function() return lfs.attributes(region:path "m.sock", "mode") == nil end)
  end)

  it("that cannot be opened refuses the reload, and the old one stays", function()
    region = start()
    local first = scrape.address(region)
    local taken = support.listen {}
    local status, _, err = redefine("127.0.0.1:" .. taken.port)
    assert.equal(1, status)
    local why = ("metrics 127.0.0.1:%d: Address already in use; give another address or port"):format(taken.port)
    assert.is_truthy(err:find(why, 1, true), err)
    assert.equal(1, scrape.parse(scrape.get(first, "/metrics").body).sallyport_generation)
    taken:close()
  end)

  it("stays, with its connections, when a listener of the same reload cannot be opened", function()
    region = start()
    local first, taken = scrape.address(region), support.listen {}
    local t = {}
    for key, value in pairs(region.given) do t[key] = value end
    t.region = { metrics = "./other.sock" }
    t.tcpipservices = { IPIC = { portnumber = taken.port } }
    region:define(t)
    assert.equal(1, (region:command "reload"))
    assert.is_nil(lfs.attributes(region:path "other.sock", "mode"))
    assert.equal(200, scrape.get(first, "/metrics").status)
    taken:close()
  end)
end)

describe("a definition's metrics", function()
  local function check(metrics)
    local region = support.region { region = { metrics = metrics } }
    local status, out, err = support.sallyport("check", "--region", region:path "region.lua")
    return status, out .. err
  end

  local UNFIT = { "9491", "127.0.0.1", "127.0.0.1:99999", "here:9491", "127.0.0.1:9491/metrics", "metrics.sock", "[::1]", "" }
  for _, value in ipairs(UNFIT) do
    it(("cannot be %q"):format(value), function()
      local status, said = check(value)
      assert.equal(1, status)
      assert.is_truthy(said:find("region: metrics", 1, true), said)
    end)
  end

  it("cannot be a socket with a long name", function()
    local status, said = check("./" .. ("x"):rep(91))
    assert.equal(1, status)
    assert.is_truthy(said:find("metrics: the name of the socket's file has 91 bytes; it must have 1 to 90", 1, true), said)
  end)

  for value, warned in pairs { ["127.0.0.1:9491"] = false, ["localhost:9491"] = false, ["[::1]:9491"] = false, ["./m.sock"] = false,
    ["0.0.0.0:9491"] = true, ["[::]:9491"] = true, ["192.0.2.1:9491"] = true } do
    it(("%s gives %s"):format(value, warned and "a warning" or "no warning"), function()
      local status, said = check(value)
      assert.equal(0, status)
      assert.equal(warned, said:find("region: metrics is " .. value .. ", which other machines can reach", 1, true) ~= nil, said)
    end)
  end

  it("that is taken ends the start with a fault", function()
    local taken = support.listen {}
    local region = support.region { region = { metrics = "127.0.0.1:" .. taken.port } }
    local status, said = region:start_and_end(10)
    assert.equal(1, status)
    assert.is_truthy(said:find(("metrics 127.0.0.1:%d: Address already in use"):format(taken.port), 1, true), said)
    taken:close()
  end)
end)
