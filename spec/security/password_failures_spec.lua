-- SPDX-License-Identifier: Apache-2.0
-- Wrong passwords: counted per user and partner whatever the ipconn is called, of a user over all partners, of a partner within a minute.
local dkjson = require "dkjson"

local support = require "spec.support"
local conversation = require "spec.support.conversation"

local NOT_VALID = "080f6051"
-- FRED's is "fred's secret"; a cheap hash, so that the specs are quick.
local FRED = "scrypt:10:8:1:rl9NF11rOqeBjhV38OmLtw:mk-WquLqKv3g8815qCMrwxHVdEAyebN4GjASo1sE1WA"
local SECRET = "fred's secret"

local function saf(bounds)
  return ("return { %s, users = { FRED = { password = %q }, ANNA = { password = %q }, CICSUSER = {} }, %s }"):format(bounds, FRED, FRED,
    "classes = { TCICSTRN = { CPMI = { uacc = 'read' } } }")
end

local function begin(bounds, more)
  return support.region {
    saf = saf(bounds), policies = { "dfh_isai" }, programs = { ECHO = {} },
    tcpipservices = { PLAIN = { urm = "dfh_isai" }, SEC = { ssl = "clientauth", certificate = "CICSA", urm = "dfh_isai" } },
    ipconns = { NETX = { applid = "CTG", template = "only", receivecount = 5, userauth = "verify" } }, scripts = more,
  }:start()
end

-- Comes in as a new ipconn and asks for ECHO with each of these { userid, password }: what became of each, "in" or the sense.
local function come(p, ...)
  local m = assert(p:capex({ networkid = "NETX", applid = "CTG", sendcount = 5 }):read_message())
  assert.are.equal(200, m.status, m.raw)
  local out = {}
  for n, one in ipairs { ... } do
    conversation.ask(p, { program = "ECHO", userid = one[1], password = one[2], conv = n, data = "in" })
    local a = conversation.answer(p, n, 20)
    out[n] = a.is7 and a.is7:lower() or a.data
  end
  p:close()
  return table.unpack(out)
end

local function from(region, address, ...)
  return come(support.raw(region:port "PLAIN", "127.0.0.1", address), ...)
end

local function with(region, ring, ...)
  return come(assert(support.tls { port = region:port "SEC", ring = ring }), ...)
end

local function user(region, name)
  local status, out, err = region:command("inquire", "user", name, "--json")
  assert.are.equal(0, status, err)
  return dkjson.decode(out)
end

describe("a user's wrong passwords", function()
  local region
  after_each(function() region:stop() end)

  it("revoke it for a partner that comes by another ipconn each time, and for no other partner", function()
    region = begin "revoke = 5"
    for _ = 1, 5 do assert.are.equal(NOT_VALID, (from(region, "127.0.0.1", { "FRED", "wrong" }))) end
    assert.are.equal(NOT_VALID, (from(region, "127.0.0.1", { "FRED", SECRET })))
    region:wait_log "SP0050 .*code=user_revoked"
    region:wait_log "SP0052 W .*userid=FRED bound=revoke partner=127%.0%.0%.1/32 .*times=5"
    assert.are.equal("in", (from(region, "127.0.0.1", { "ANNA", SECRET })))
    assert.are.equal("in", (from(region, "127.0.0.2", { "FRED", SECRET })))
    assert.are.same({
      { user = "FRED", partner = "ALL", wrong = 5, bound = 50, revoked = "NO" },
      { user = "FRED", partner = "127.0.0.1/32", wrong = 5, bound = 5, revoked = "YES" },
    }, user(region, "fred"))
    assert.are.equal(0, (region:command("set", "user", "FRED", "unrevoke")))
    assert.are.same({ { user = "FRED", partner = "ALL", wrong = 0, bound = 50, revoked = "NO" } }, user(region, "FRED"))
    assert.are.equal("in", (from(region, "127.0.0.1", { "FRED", SECRET })))
  end)

  it("are counted over all partners too, of which a right one takes its own away", function()
    region = begin "revoke = 3, revoke_all = 4"
    local function guess(address) return (from(region, address, { "FRED", "wrong" })) end
    guess "127.0.0.1"
    guess "127.0.0.2"
    assert.are.equal("in", (from(region, "127.0.0.2", { "FRED", SECRET })))
    guess "127.0.0.2"
    guess "127.0.0.3"
    assert.are.equal("in", (from(region, "127.0.0.4", { "FRED", SECRET })))
    assert.are.equal(NOT_VALID, guess "127.0.0.5")
    region:wait_log "SP0052 W .*userid=FRED bound=revoke_all partner=127%.0%.0%.5/32 .*times=4"
    assert.are.equal(NOT_VALID, (from(region, "127.0.0.4", { "FRED", SECRET })))
    assert.are.equal("YES", user(region, "FRED")[1].revoked)
    assert.are.equal("in", (from(region, "127.0.0.5", { "ANNA", SECRET })))
    local _, table_ = region:command("inquire", "user", "FRED")
    assert.is_truthy(table_:find "ALL" and table_:find "127%.0%.0%.3/32", table_)
    assert.are.equal(1, (region:command("inquire", "user", "NOBODY")))
  end)

  it("are a certificate's where it verified, not its address's", function()
    region = begin "revoke = 3"
    local _, sum = support.run { "openssl", "x509", "-in", "certs/rings/CICSB/CICSB.pem", "-noout", "-fingerprint", "-sha256" }
    for _ = 1, 3 do assert.are.equal(NOT_VALID, (with(region, "CICSB", { "FRED", "wrong" }))) end
    assert.are.equal(NOT_VALID, (with(region, "CICSB", { "FRED", SECRET })))
    assert.are.equal("in", (with(region, "NETX.CTGAPP", { "FRED", SECRET })))
    assert.are.equal("in", (from(region, "127.0.0.1", { "FRED", SECRET })))
    assert.are.equal(sum:match("=([%x:]+)"):gsub(":", ""):lower(), user(region, "FRED")[2].partner)
  end)

  it("never revoke where both bounds are 0", function()
    region = begin "revoke = 0"
    for _ = 1, 7 do from(region, "127.0.0.1", { "FRED", "wrong" }) end
    assert.are.equal("in", (from(region, "127.0.0.1", { "FRED", SECRET })))
  end)
end)

describe("a partner's hundredth wrong password within a minute", function()
  it("ends the checks of its passwords, whatever the users, and of no other partner's", function()
    local region = begin "revoke = 3"
    local guesses = {}
    for n = 1, 100 do guesses[n] = { "USER" .. n, "wrong" } end
    from(region, "127.0.0.1", table.unpack(guesses))
    region:wait_log "SP0064 W .*partner=127%.0%.0%.1/32"
    assert.are.equal(NOT_VALID, (from(region, "127.0.0.1", { "FRED", SECRET })))
    region:wait_log "SP0050 .*userid=FRED .*code=password_wrong"
    assert.are.equal("in", (from(region, "127.0.0.2", { "FRED", SECRET })))
    assert.are.equal(0, user(region, "FRED")[1].wrong)
    assert.are.equal(0, region:count_log("SP0052 ", 0))
    region:stop()
  end)
end)

describe("the saf's bounds", function()
  local function check(bounds)
    local region = support.region { saf = saf(bounds), tcpipservices = { T = {} } }
    local status, _, err = support.sallyport("check", "--region", region:path "region.lua")
    return status, err
  end

  it("are whole numbers", function()
    for _, bad in ipairs { "revoke_all = -1", "revoke_all = 1.5", "revoke_all = '9'", "revoke_all = 65536" } do
      local status, err = check(bad)
      assert.are.equal(1, status)
      assert.is_truthy(err:find "revoke_all: must be a whole number from 0 %(no limit%) to 65535", err)
    end
    assert.are.equal(0, (check "revoke_all = 0"))
    assert.is_truthy(select(2, check "revok_all = 3"):find "did you mean revoke_all")
  end)

  it("are warned of where one is never reached", function()
    local status, err = check "revoke = 5, revoke_all = 4"
    assert.are.equal(0, status)
    assert.is_truthy(err:find "saf%.lua: warning: revoke is 5 and revoke_all is 4, so revoke has no effect", err)
    assert.is_nil(select(2, check "revoke = 5, revoke_all = 5"):find "revoke has no effect")
  end)
end)
