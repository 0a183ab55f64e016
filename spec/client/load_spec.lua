-- SPDX-License-Identifier: Apache-2.0
-- `load`, many partners: exact counts of those that are let in and turned away, as the partner and as the region sees them.
local dkjson = require "dkjson"
local lfs = require "lfs"
local socket = require "socket"

local screen = require "spec.support.screen"
local support = require "spec.support"

local function words_of(port, ...)
  local words = { "load", "--to", "127.0.0.1:" .. port }
  for _, word in ipairs { ... } do words[#words + 1] = tostring(word) end
  return words
end

-- Runs load with these words: its object (nil when it printed none), its status, its stderr.
local function load_with(port, ...)
  local words = words_of(port, ...)
  words[#words + 1] = "--json"
  local status, out, err = support.sallyport(table.unpack(words))
  return dkjson.decode(out), status, err
end

-- The outcomes as "PARTNER OUTCOME STAGE REASON-OR-ALERT" = count.
local function outcomes(report)
  local all = {}
  for _, row in ipairs(report.outcomes) do
    local words = { row.partner, row.outcome, row.stage or "-", row.reason or row.alert or "-" }
    all[table.concat(words, " ")] = row.count
  end
  return all
end

-- What load complains about, without the usage behind it.
local function complaint(...)
  local status, out, err = support.sallyport("load", ...)
  assert.same({ 2, "" }, { status, out })
  return (err:gsub("usage: .*", ""))
end

describe("load", function()
  local region, plain, dir, made

  setup(function()
    dir = support.directory()
    made = dir .. "/made"
    assert(os.execute(("cp -r certs/rings/CICSA %s/ring"):format(dir)))
    region = support.region {
      region = { ring = dir .. "/ring", tcp_timeout = 0.5, handshake_timeout = 0.5, capex_timeout = 0.5 },
      tcpipservices = {
        OPEN = { urm = "dfhisaip" },
        COUNTED = { urm = "dfhisaip" },
        HALVES = { bind = "halves", urm = "dfhisaip" },
        CLIENT = { ssl = "clientauth", certificate = "CICSA", urm = "dfhisaip" },
        NAMED = { ssl = "clientauth", certificate = "CICSA", bind = "named", urm = "dfhisaip" },
        CLOSED = { admit = "nobody" },
      },
      programs = { ECHO = {} },
      policies = { "dfhisaip" },
      scripts = {
        nobody = "local policy = require 'policy'\nreturn { admit = function() return policy.refuse 'closed' end }",
        halves = [[
          local policy = require "policy"
          return { bind = function(facts)
            if facts.capex.applid:find "[02468]$" then return policy.refuse "even" end
            return policy.accept()
          end }]],
        named = [[
          local policy = require "policy"
          local cert = require "policy.cert"
          local capex = require "policy.capex"
          return { bind = function(facts)
            if not cert.named(facts.certificate, capex.name(facts.capex)) then return policy.refuse "other_name" end
            return policy.accept()
          end }]],
      },
    }
    -- The region knows the authority of the made certificates from its start on.
    assert.equal(0, (support.sallyport(table.unpack(words_of(1, "--connections", 1, "--make-certificates", made)))))
    support.write(dir .. "/ring/signers/load.pem", assert(support.read(made .. "/authority.pem")))
    region:start()
    plain = region:port "OPEN"
  end)
  teardown(function()
    region:stop()
    support.remove(dir)
  end)

  it("lets each partner in, and the region counts as many", function()
    local report, status, err = load_with(region:port "COUNTED", "--connections", 40, "--concurrency", 8)
    assert.same({ 0, "" }, { status, err })
    assert.same({ 40, 40, 0, 0, 0 }, { report.connections, report.accepted, report.refused, report.failed, report.interrupted })
    assert.same({ partner = 40, region = 0, lost = 0 }, report.released)
    assert.same({ ["good accepted - -"] = 40 }, outcomes(report))
    local l = report.latency
    assert.equal(40, l.count)
    assert.is_true(0 < l.p50 and l.p50 <= l.p90 and l.p90 <= l.p99 and l.p99 <= l["p99.9"] and l["p99.9"] <= l.max)
    assert.is_true(report.per_second > 0)
    local row = region:row("statistics", "COUNTED")
    assert.same({ 40, 0 }, { row.sor_sockets_accepted, row.sor_sockets_refused })
  end)

  it("counts refusals by stage, status and reason", function()
    local report, status = load_with(region:port "HALVES", "--connections", 20, "--applid", "P####")
    assert.same({ 0, 10, 10 }, { status, report.accepted, report.refused })
    assert.same({ ["good accepted - -"] = 10, ["good refused capex SECURITY_VIOLATION"] = 10 }, outcomes(report))
    assert.equal(20, report.latency.count)
    local refused = region:explain { last = 20, refused = true }
    local applids = {}
    for _, row in ipairs(refused) do applids[row.code .. " " .. row.facts.capex.applid] = true end
    assert.is_true(applids["even P0018"] and applids["even P0000"])
  end)

  it("is status 3 when all were refused, with the stage at which they were", function()
    local report, status = load_with(region:port "CLOSED", "--connections", 7)
    assert.same({ 3, 0, 7 }, { status, report.accepted, report.refused })
    assert.same({ ["good refused tcp -"] = 7 }, outcomes(report))
    assert.equal(0, report.latency.count)
  end)

  it("prints no time of answers that no partner had", function()
    local _, out = support.sallyport(table.unpack(words_of(region:port "CLOSED", "--connections", 2)))
    assert.matches("2 refused", out)
    assert.is_nil(out:find "p50")
  end)

  it("is status 1 when all failed, with the reason", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    server:close()
    local report, status = load_with(port, "--connections", 3)
    assert.same({ 1, 3 }, { status, report.failed })
    assert.is_truthy(report.outcomes[1].error:find "[Cc]onnection refused")
  end)

  it("prints a text with the same counts", function()
    local status, out = support.sallyport(table.unpack(words_of(region:port "HALVES", "--connections", 10, "--applid", "P####")))
    assert.equal(0, status)
    assert.is_truthy(out:find("^10 connections in [%d.]+ s: 5 accepted, 5 refused, 0 failed, 0 interrupted"))
    assert.is_truthy(out:find "\n +5 refused +good +capex +403 +SECURITY_VIOLATION\n")
    assert.is_truthy(out:find "p99.9 [%d.]+ +max [%d.]+\n")
  end)

  for _, columns in ipairs { 80, 0 } do
    it("shows its progress on a terminal of " .. columns .. " columns, and takes it away before the report", function()
      local shown = screen.start(words_of(region:port "OPEN", "--connections", 3, "--concurrency", 3, "--hold", 2), { columns = columns })
      finally(function() shown:stop() end)
      support.wait_until(function() return shown:output():find("load: 3 of 3 begun, 3 open; ended: 0 accepted", 1, true) end, 10)
      assert.equal(0, shown:ended())
      assert.matches("\r\27%[K3 connections in ", shown:output())
    end)
  end

  it("begins no more connections in a second than --rate", function()
    local report, status = load_with(plain, "--connections", 21, "--rate", 40, "--concurrency", 21)
    assert.same({ 0, 21 }, { status, report.accepted })
    assert.is_true(report.seconds >= 20 / 40) -- the last of 21 begins 20/40 s after the first
  end)

  it("sends requests, and counts their answers", function()
    local report, status = load_with(plain, "--connections", 5, "--requests", 8, "--link", "ECHO", "--data", "hello")
    assert.equal(0, status)
    local r = report.requests
    assert.same({ 40, 40, 0, 0, 40 }, { r.sent, r.answered, r.refused, r.unanswered, r.latency.count })
    assert.is_true(r.per_second > 0 and r.latency.p50 > 0)
  end)

  it("is status 3 when all requests were refused", function()
    local report, status = load_with(plain, "--connections", 2, "--link", "NOSUCH")
    assert.same({ 3, 2, 2, 0, 2 }, { status, report.accepted, report.requests.sent, report.requests.answered, report.requests.refused })
  end)

  it("holds the partners, and a signal releases them with the report", function()
    local words = words_of(plain, "--connections", 100, "--concurrency", 6, "--hold", 600, "--json", "--applid", "HELD##")
    local load = support.start { support.binary, table.unpack(words) }
    support.wait_until(function()
      local n = 0
      for _, row in ipairs(region:inquire("ipconn") or {}) do
        n = n + (row.applid:find "^HELD" and row.connstatus == "ACQUIRED" and 1 or 0)
      end
      return n == 6
    end, 10, "six partners")
    load:signal "INT"
    assert.equal(0, load:wait())
    local report = dkjson.decode(load:stdout())
    assert.same({ 6, 6, 0 }, { report.connections, report.accepted, report.interrupted })
    assert.same({ partner = 6, region = 0, lost = 0 }, report.released)
  end)

  it("counts those without an outcome as interrupted", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    local _, port = server:getsockname()
    local load = support.start { support.binary, table.unpack(words_of(port, "--connections", 2, "--json")) }
    server:settimeout(10)
    local first, second = assert(server:accept()), assert(server:accept())
    load:signal "INT"
    assert.equal(1, load:wait())
    assert.same({ ["good interrupted - -"] = 2 }, outcomes(dkjson.decode(load:stdout())))
    first:close()
    second:close()
    server:close()
  end)

  it("takes turns between several addresses", function()
    local to = ("127.0.0.1:%d,127.0.0.1:%d"):format(plain, region:port "CLOSED")
    local status, out = support.sallyport("load", "--to", to, "--connections", "10", "--json")
    assert.equal(0, status)
    assert.same({ ["good accepted - -"] = 5, ["good refused tcp -"] = 5 }, outcomes(dkjson.decode(out)))
  end)

  for _, version in ipairs { "1.2", "1.3" } do
    it("uses a ring for all partners, TLS " .. version, function()
      local report, status = load_with(region:port "CLIENT", "--connections", 6, "--ring", "certs/rings/NETX.CTGAPP", "--tls" .. version)
      assert.same({ 0, 6 }, { status, report.accepted })
    end)

    it("makes a certificate of its own name for each partner, TLS " .. version, function()
      local report, status = load_with(region:port "NAMED", "--connections", 8, "--make-certificates", made, "--networkid", "NETX",
        "--tls" .. version)
      assert.same({ 0, 8 }, { status, report.accepted })
    end)
  end

  it("counts each kind of bad partner as its percentage says, with the alert it sees", function()
    local report, status = load_with(region:port "CLIENT", "--connections", 50, "--make-certificates", made, "--bad",
      "no-certificate=10%,foreign=8%,expired=6%,bad-capex=4%,half-capex=4%,silent=2%")
    assert.same({ 0, 33 }, { status, report.latency.count }) -- times of good partners only
    assert.same({
      ["good accepted - -"] = 33,
      ["no-certificate refused tls certificate_required"] = 5,
      ["foreign refused tls unknown_ca"] = 4,
      ["expired refused tls certificate_expired"] = 3,
      ["bad-capex refused capex ISCE_ERROR"] = 2,
      ["half-capex refused capex ISCE_TIMED_OUT"] = 2,
      ["silent refused tcp -"] = 1,
    }, outcomes(report))
  end)

  it("makes an authority in a new directory, and says how the region gets to know it", function()
    local status, out, err = support.sallyport("load", "--to", "127.0.0.1:1", "--connections", "1", "--make-certificates", dir .. "/new")
    assert.same({ 0, "" }, { status, err })
    assert.is_truthy(out:find(dir .. "/new/authority.pem is a new authority. Copy it into the directory signers", 1, true))
    assert.equal("rw-------", lfs.attributes(dir .. "/new/authority.key", "permissions"))
  end)

  it("refuses a directory whose authority is not whole", function()
    assert(lfs.mkdir(dir .. "/half"))
    support.write(dir .. "/half/authority.pem", assert(support.read(made .. "/authority.pem")))
    local status, _, err = support.sallyport("load", "--to", "127.0.0.1:1", "--connections", "1", "--make-certificates", dir .. "/half")
    assert.equal(1, status)
    assert.is_truthy(err:find("^load: " .. dir:gsub("%p", "%%%0") .. "/half/authority.key: No such file"), err)
  end)

  it("names the fault of a command line", function()
    local to, one = { "--to", "127.0.0.1:1" }, { "--to", "127.0.0.1:1", "--connections", "1" }
    local function with(first, ...)
      local words = { table.unpack(first) }
      for _, word in ipairs { ... } do words[#words + 1] = word end
      return complaint(table.unpack(words))
    end
    assert.equal("load: --to HOST:PORT is needed\nload: --connections N is needed\n", complaint())
    assert.equal("load: --connections 0: 1 to 10000000\n", with(to, "--connections", "0"))
    assert.equal("load: --concurrency 20001: 1 to 20000\n", with(one, "--concurrency", "20001"))
    assert.equal("load: --rate nan: connections in a second, 0.01 to 100000\n", with(one, "--rate", "nan"))
    assert.equal("load: --applid P# makes 10 APPLIDs, fewer than --concurrency 16; add #, or lower the number\n",
      with(one, "--applid", "P#"))
    assert.equal("load: --bad: expired needs --make-certificates, whose authority makes the certificate\n",
      with(one, "--bad", "expired=1%"))
    assert.equal("load: --bad: no-certificate and foreign need --ring or --make-certificates\n", with(one, "--bad", "foreign=1%"))
    assert.equal("load: --bad: silent needs a percentage above 0 and at most 100, such as silent=5%\n", with(one, "--bad", "silent=5"))
    assert.equal("load: --bad: 'late' is not one of no-certificate, foreign, expired, bad-capex, half-capex and silent\n",
      with(one, "--bad", "silent=5%,late=1%"))
    assert.equal("load: --bad: the percentages make more than 100\n", with(one, "--bad", "silent=60%,half-capex=60%"))
    assert.equal("load: --requests needs --link PROGRAM or --tran T\n", with(one, "--requests", "2"))
    assert.equal("load: --make-certificates, or --ring and --label, not both\n", with(one, "--make-certificates", "x", "--ring", "y"))
    assert.is_truthy(complaint("--to", "nowhere", "--connections", "1"):find("load: --to nowhere: ", 1, true))
  end)
end)
