-- SPDX-License-Identifier: Apache-2.0
-- `explain --row` and `ask --row`: the decisions about real and imagined partners, as rows that hold in the decision table
-- of their script.
local support = require "spec.support"

local ONE = [[local policy = require "policy"
local function name(certificate) return certificate and certificate.subject.printed or "nobody" end
return {
  params = { first = { type = "integer", default = 7 }, other = { type = "string", default = "" } },
  admit = function(facts)
    policy.check("peer", facts.peer.ip == "127.0.0.1" and facts.load.from_peer < 100)
    return policy.accept()
  end,
  certify = function(facts)
    if name(facts.certificate):find("CTGAPP", 1, true) then return policy.accept { userid = "CTGUSER" } end
    return policy.refuse "stranger"
  end,
  bind = function(facts)
    if facts.capex.networkid == "EVIL" then return policy.refuse("evil", 'says "no"\n') end
    if facts.certificate and facts.certificate.userid ~= "CTGUSER" then return policy.refuse "no_user" end
    return policy.accept()
  end,
  install = function(facts, params)
    policy.note("other", params.other)
    local number = policy.counter("N"):next { min = params.first, max = 99 }
    if policy.ipconn("NOBODY") or policy.ipconn("GUEST").userauth ~= "LOCAL" then return policy.refuse "odd" end
    if not policy.rate("R", { count = 2, per = 3600 }):take() then return policy.refuse "too_many" end
    return policy.install { ipconn = "A" .. number, template = "GUEST", port = -1 }
  end,
  attach = function(facts)
    if facts.request.program == "ECHO" and facts.ipconn.ipconn:sub(1, 1) == "A" then return policy.accept() end
    return policy.refuse "not_echo"
  end,
}]]

describe("explain --row", function()
  local region

  setup(function()
    local service = { admit = "one", bind = "one", urm = { "one", first = 5, other = 'a\\b "c"' }, attach = "one" }
    local secure = { ssl = "clientauth", certificate = "CICSA", certify = "one" }
    for key, value in pairs(service) do secure[key] = value end
    region = support.region { region = { ring = "certs/rings/CICSA" }, scripts = { one = ONE },
      tcpipservices = { PLAIN = service, SEC = secure }, programs = { ECHO = {} },
      ipconns = { GUEST = { template = "only", receivecount = 5 } } }
    region:start()
  end)
  teardown(function() region:stop() end)

  local function row_of(...)
    local status, out, err = region:command("explain", ...)
    assert.equal(0, status, err)
    return out, err
  end

  -- The rows of the connection as a table beside the script; what check says of it.
  local function holds(rows)
    region:script("one_spec", "return {\n" .. rows .. "}\n")
    local status, out, err = support.sallyport("check", "--specs", "--region", region:path "region.lua")
    assert.equal(0, status, rows .. out .. err)
    return tonumber(out:match "(%d+) rows, 0 failed")
  end

  local function partner(service, t)
    t.port = region:port(service)
    return assert(support.connect(t))
  end

  it("prints a row for each door that a script answered; the rows hold", function()
    local id = partner("PLAIN", { networkid = "NETX", applid = "FIRST" }).connection
    local rows = row_of(id, "--row")
    assert.equal(3, holds(rows))
    assert.is_truthy(rows:find 'door = "install",\n', rows)
    assert.is_truthy(rows:find('expect = { verdict = "install", ipconn = "A5", template = "GUEST"', 1, true), rows)
    assert.is_truthy(rows:find("params = { first = 5, other = ", 1, true), rows)
    assert.is_nil(rows:find("was asked", 1, true), rows)
    id = partner("PLAIN", { networkid = "NETX", applid = "SECOND" }).connection
    rows = row_of(id, "--row")
    assert.is_truthy(rows:find("counters = { N = 5 }", 1, true), rows)
    assert.equal(3, holds(rows))
    assert.is_false(partner("PLAIN", { networkid = "NETX", applid = "THIRD" }).accepted)
    rows = row_of("--last", "1", "--row")
    assert.is_truthy(rows:find('code = "too_many"', 1, true), rows)
    assert.equal(3, holds(rows))
    holds(row_of("--last", "3", "--row"))
  end)

  it("prints a refusal with the certificate, its names and user", function()
    local said = partner("SEC", { networkid = "EVIL", applid = "CTGAPP", ring = "certs/rings/NETX.CTGAPP" })
    local rows = row_of(said.connection, "--row")
    assert.is_truthy(rows:find('printed = "', 1, true), rows)
    assert.is_nil(rows:match('door = "admit",.-expect'):find("tls =", 1, true), "a fact of a later door: " .. rows)
    assert.is_nil(rows:match('door = "certify",.-expect'):find("capex =", 1, true), "a fact of a later door: " .. rows)
    assert.is_truthy(rows:match('door = "bind",.-expect'):find("capex =", 1, true), rows)
    assert.is_truthy(rows:find('expect = { verdict = "refuse", code = "evil" }', 1, true), rows)
    assert.is_truthy(rows:find('expect = { verdict = "accept", userid = "CTGUSER" }', 1, true), rows)
    assert.equal(3, holds(rows))
  end)

  it("prints the row of a request", function()
    region:script("one", (ONE:gsub("count = 2", "count = 1000000"))) -- the partners above took the tokens
    region:script("one_spec", "return { { door = 'admit', facts = { peer = { ip = '127.0.0.1' }, load = { from_peer = 0 } }, " ..
      "expect = { verdict = 'accept' } } }")
    assert.equal(0, (region:command "reload"))
    support.wait_until(function()
      return partner("PLAIN", { networkid = "NETX", applid = "ASKS", link = "ECHO", data = "x" }).accepted
    end, 10, "tokens")
    local rows = row_of("--last", "1", "--row")
    assert.is_truthy(rows:find('door = "attach"', 1, true), rows)
    assert.equal(4, holds(rows))
  end)

  it("prints no row where no script answered, and says so", function()
    local other = support.region { tcpipservices = { IPIC = {} } }
    other:start()
    local p = support.raw(other:port "IPIC")
    p:capex({ applid = "A" }):read_message()
    p:close()
    local status, out, err = other:command("explain", "--last", "1", "--row")
    assert.equal(0, status)
    assert.equal("", out)
    assert.is_truthy(err:find("no script answered", 1, true), err)
    other:stop()
  end)

  it("prints the rows of an answer to ask, from the files and from the region, with its exit status", function()
    local file = region:path "region.lua"
    region:script("one", ONE)
    local secure = { "--tcpipservice", "SEC", "--ring", "certs/rings/NETX.CTGAPP", "--applid", "CTGAPP", "--networkid" }
    for _, where in ipairs { "--region", "--running" } do
      local words = { "ask", "--region", file, "--row", where ~= "--region" and where or nil }
      for _, word in ipairs(secure) do words[#words + 1] = word end
      words[#words + 1] = "EVIL"
      local status, rows, err = support.sallyport(table.unpack(words))
      assert.equal(3, status, err)
      assert.is_truthy(rows:find('expect = { verdict = "refuse", code = "evil" }', 1, true), rows)
      assert.equal(3, holds(rows))
    end
    local status, rows = support.sallyport("ask", "--region", file, "--tcpipservice", "PLAIN", "--networkid", "NETX", "--applid", "NEW",
      "--now", "2026-11-26T09:00:00Z", "--row")
    assert.equal(0, status)
    assert.is_truthy(rows:find("now = 1795683600", 1, true), rows)
    assert.equal(3, holds(rows))
    assert.equal(2, (support.sallyport("ask", "--region", file, "--tcpipservice", "PLAIN", "--row", "--json")))
  end)

  it("is refused with --json and with --code", function()
    assert.equal(2, (region:command("explain", "--last", "1", "--row", "--json")))
    assert.equal(2, (region:command("explain", "--code", "urm_no", "--row")))
    assert.equal(2, (region:command("inquire", "region", "--row")))
  end)
end)
