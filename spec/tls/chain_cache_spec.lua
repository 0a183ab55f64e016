-- SPDX-License-Identifier: Apache-2.0
-- The cache of verified chains: what it saves, what it never decides, and when it forgets.
local authority = require "spec.support.authority"
local clocks = require "spec.support.clock"
local scrape = require "spec.support.scrape"
local support = require "spec.support"

local DAY = 86400

-- Accepts the first two questions about a certificate, with the facts of the chain as checks.
local TWICE = [[
local policy = require "policy"
return { certify = function(facts)
  local c = facts.certificate
  policy.check("chain", c.chain.ok, c.chain.anchor.sha256)
  if policy.counter("ASKED"):next { min = 1, max = 9 } > 2 then return policy.refuse("often", "the third time") end
  return policy.accept()
end }]]

local LETIN = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]]

describe("the cache of verified chains", function()
  local home, dir, ca, clock, region, rings

  setup(function()
    home = support.directory()
    ca = authority.new(home)
    for name, days in pairs { CICSA = 900, PART1 = 900, PART2 = 900, SHORT = 2 } do
      ca:issue(name, { from = "20200101000000Z", days = days })
    end
    ca:crl("empty.pem", { days = 20 })
    ca:revoke "PART1"
    ca:crl("revokes.pem", { days = 20 })
    rings = {}
    for _, name in ipairs { "PART1", "PART2", "SHORT" } do
      rings[name] = home .. "/ring-" .. name
      ca:ring(rings[name], name)
    end
  end)
  teardown(function() support.remove(home) end)

  before_each(function()
    dir = support.directory()
    clock = clocks.new()
    ca:ring(dir .. "/ring", "CICSA")
  end)
  after_each(function()
    region:stop()
    clock:free()
    support.remove(dir)
  end)

  local function put_crl(name)
    support.write(dir .. "/ring/crls/ca.pem", support.read(home .. "/" .. name))
  end

  local function start(more)
    local own = { ring = dir .. "/ring", metrics = "127.0.0.1:0", workers = 1 } -- each thread keeps chains of its own
    for key, value in pairs(more or {}) do own[key] = value end
    region = support.region { region = own, wrapper = clock.wrapper, scripts = { letin = LETIN, twice = TWICE },
      tcpipservices = { T = { ssl = "clientauth", urm = "letin" }, TWICE = { ssl = "clientauth", certify = "twice", urm = "letin" } } }
    region:start()
  end

  local function come(name, service, more)
    local t = { port = region:port(service or "T"), ring = rings[name], applid = name }
    for key, value in pairs(more or {}) do t[key] = value end
    local answer, _, err = support.connect(t)
    assert.is_truthy(answer, err)
    return answer.accepted, answer, region:explain { last = 1 }[1]
  end

  -- The chains that are kept, and the handshakes with and without one.
  local function counts()
    local row = region:row("region", "CICSA")
    return { row.chains_kept, row.chain_hits, row.chain_misses }
  end

  local function reload()
    local status, out = region:command "reload"
    assert.equal(0, status, out)
  end

  for _, version in ipairs { "1.2", "1.3" } do
    it("saves the second verification of a chain, and its facts are the same, TLS " .. version, function()
      start()
      local tls = { ["tls" .. version] = true }
      local accepted, _, first = come("PART1", "T", tls)
      assert.is_true(accepted)
      assert.same({ 1, 0, 1 }, counts())
      local again, _, second = come("PART1", "T", tls)
      assert.is_true(again)
      assert.same({ 1, 1, 1 }, counts())
      assert.same(first.facts.certificate, second.facts.certificate)
      assert.equal(2, #second.facts.certificate.chain.certificates)
      local m = scrape.metrics(region)
      assert.equal(1, m['sallyport_chain_verifications_total{result="cached"}'])
      assert.equal(1, m['sallyport_chain_verifications_total{result="verified"}'])
    end)
  end

  it("decides nothing: the script is asked at each handshake", function()
    start()
    assert.is_true(come("PART1", "TWICE"))
    assert.is_true(come("PART1", "TWICE"))
    local accepted, answer, record = come("PART1", "TWICE")
    assert.same({ false, "tls", "often" }, { accepted, answer.stage, record.code })
    assert.same({ 1, 2, 1 }, counts())
  end)

  it("keeps no chain with an error", function()
    put_crl "revokes.pem"
    start()
    for n = 1, 2 do
      assert.is_false(come "PART1")
      assert.same({ 0, 0, n }, counts())
    end
  end)

  it("is empty after a reload, and a certificate that was revoked since is refused", function()
    put_crl "empty.pem"
    start()
    assert.is_true(come "PART1")
    assert.is_true(come "PART2")
    assert.is_true(come "PART1")
    assert.same({ 2, 1, 2 }, counts())
    put_crl "revokes.pem"
    assert.is_true(come "PART1") -- the files of a ring are read at a reload
    reload()
    assert.same({ 0, 0, 0 }, counts())
    local accepted, answer = come "PART1"
    assert.same({ false, "certificate_revoked" }, { accepted, answer.alert })
    assert.is_true(come "PART2")
    assert.same({ 1, 0, 2 }, counts())
  end)

  it("forgets a chain when a certificate of it ends", function()
    start()
    assert.is_true(come "SHORT")
    assert.is_true(come "SHORT")
    assert.same({ 1, 1, 1 }, counts())
    clock:add(3 * DAY)
    local accepted, answer = come "SHORT"
    assert.same({ false, "certificate_expired" }, { accepted, answer.alert })
    assert.same({ 0, 1, 2 }, counts())
  end)

  it("forgets a chain at the next update of a CRL", function()
    put_crl "empty.pem"
    start()
    assert.is_true(come "PART1")
    assert.is_true(come "PART1")
    clock:add(21 * DAY)
    local accepted, _, record = come "PART1"
    assert.same({ false, "chain" }, { accepted, record.code })
    assert.matches("CRL has expired", record.facts.certificate.chain.text)
    assert.same({ 0, 1, 2 }, counts())
  end)

  it("forgets all chains when the clock goes back", function()
    start()
    assert.is_true(come "PART1")
    assert.is_true(come "PART2")
    assert.is_true(come "PART2")
    assert.same({ 2, 1, 2 }, counts())
    clock:add(-60)
    assert.is_true(come "PART2")
    assert.same({ 1, 1, 3 }, counts())
  end)

  it("keeps as many chains as verify_cache says", function()
    start { verify_cache = 1 }
    for _, name in ipairs { "PART1", "PART2", "PART2", "PART1" } do assert.is_true(come(name)) end
    assert.same({ 1, 1, 3 }, counts())
  end)

  it("is off with verify_cache = 0", function()
    start { verify_cache = 0 }
    assert.is_true(come "PART1")
    assert.is_true(come "PART1")
    assert.same({ 0, 0, 0 }, counts())
    assert.equal(2, scrape.metrics(region)['sallyport_chain_verifications_total{result="verified"}'])
  end)
end)
