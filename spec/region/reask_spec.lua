-- SPDX-License-Identifier: Apache-2.0
-- Re-asking is fair: a reload with nothing changed releases no partner. The region's state is answered as it was at the door, what is
-- defined as it is now.
local support = require "spec.support"

local function bind(body) return "local policy = require 'policy'\nreturn { bind = function(facts)\n" .. body .. "\nend }" end

local there = {} -- partners stay connected: a socket that nothing refers to is closed by a collection

local function partner(region, applid, service)
  local p = support.raw(region:port(service or "IPIC"))
  there[#there + 1] = p
  local m = p:capex({ applid = applid, networkid = "NETX" }):read_message()
  return p, m.body
end

local function alive(p)
  p:request "1 cmd; name=heartbeat"
  assert.are.equal(200, (p:read_message() or {}).status)
end

-- A region whose listener IPIC has this bind script, and PLAIN none; DEFINED is predefined.
local function start(body, more)
  local t = { tcpipservices = { IPIC = { bind = "rule", urm = "named" }, PLAIN = { urm = "named" } },
    ipconns = { DEFINED = { networkid = "NETX", receivecount = 10 }, TMPL = { template = "only", receivecount = 7, userauth = "verify" } },
    scripts = { rule = bind(body),
      named = [[local policy = require "policy"
return { install = function(f) return policy.install { ipconn = f.capex.applid, template = "TMPL" } end }]] } }
  for key, value in pairs(more or {}) do t[key] = value end
  return support.region(t):start(), t
end

describe("a re-ask", function()
  local region
  after_each(function() region:stop() end)

  local function reload()
    local status, out, err = region:command "reload"
    assert.message(err).are.equal(0, status)
    return out
  end

  -- APPLID comes in by the rule; then `meanwhile` happens; then a reload with nothing changed releases no partner, twice.
  local function stays(body, applid, meanwhile)
    region = start(body)
    local p, answer = partner(region, applid or "DEFINED")
    assert.are.equal("OK", answer.response)
    if meanwhile then meanwhile() end
    for _ = 1, 2 do
      local out = reload()
      assert.message(out).is_nil(out:find("released", 1, true))
      alive(p)
    end
    return p
  end

  it("answers connstatus and servstatus as they were at the door, of the ipconn itself too", function()
    stays([[
      local i = policy.ipconn "DEFINED"
      if i.connstatus ~= "RELEASED" or i.servstatus ~= "INSERVICE" then return policy.refuse("busy", i.connstatus) end
      return policy.accept()]], "DEFINED", function() region:command("set", "ipconn", "DEFINED", "outservice") end)
  end)

  it("answers that another was not there, although it came meanwhile", function()
    stays([[
      if policy.ipconn "LATER" then return policy.refuse("not_alone", "LATER") end
      return policy.accept()]], nil, function() partner(region, "LATER", "PLAIN") end)
  end)

  it("answers that another was there, autoinstalled and ACQUIRED, although it has gone", function()
    region = start [[
      local i = policy.ipconn "EARLIER"
      if not (i and i.autoinstalled and i.connstatus == "ACQUIRED" and i.receivecount == 7 and i.template == "TMPL"
        and i.userauth == "VERIFY" and i.networkid == "NETX") then
        return policy.refuse("alone", i and i.connstatus)
      end
      return policy.accept()]]
    local earlier = partner(region, "EARLIER", "PLAIN")
    local p, answer = partner(region, "DEFINED")
    assert.are.equal("OK", answer.response)
    earlier.socket:close()
    support.wait_until(function() return not region:row("ipconn", "EARLIER") end, 10, "EARLIER to go")
    assert.is_nil(reload():find("released", 1, true))
    alive(p)
  end)

  it("answers how many there were, and what each was doing", function()
    stays([[
      local busy = 0
      for _, i in ipairs(policy.ipconns { networkid = "NETX" }) do
        if i.connstatus ~= "RELEASED" then busy = busy + 1 end
      end
      if #policy.ipconns { networkid = "NETX" } > 1 or busy > 0 then return policy.refuse("crowded", busy) end
      return policy.accept()]], nil, function()
        partner(region, "ONE", "PLAIN")
        partner(region, "TWO", "PLAIN")
      end)
  end)

  it("answers how many there were when they are too many for each to be kept", function()
    local ipconns = { DEFINED = { networkid = "NETX", receivecount = 10 }, TMPL = { template = "only", receivecount = 7 } }
    for n = 1, 150 do ipconns["P" .. n] = { networkid = "NETX" } end
    region = start([[
      local n = #policy.ipconns { networkid = "NETX" }
      policy.check("ipconns", true, n)
      if n > 151 then return policy.refuse("crowded", n) end
      return policy.accept()]], { ipconns = ipconns })
    local p, answer = partner(region, "DEFINED")
    assert.are.equal("OK", answer.response)
    for n = 1, 5 do partner(region, "LATE" .. n, "PLAIN") end
    assert.is_nil(reload():find("released", 1, true))
    alive(p)
  end)

  it("gives definitions of now: a template taken away, an attribute changed, one added", function()
    local t
    region, t = start [[
      local rule, new = policy.ipconn "RULE", policy.ipconn "NEW"
      if not rule then return policy.refuse "no_rule_ipconn" end
      if rule.userauth ~= "LOCAL" then return policy.refuse("not_local", rule.userauth) end
      if new then return policy.refuse "new_one" end
      return policy.accept()]]
    local function define(change)
      t.ipconns = { DEFINED = { networkid = "NETX", receivecount = 10 }, RULE = {}, TMPL = { template = "only", receivecount = 7 } }
      for name, ipconn in pairs(change or {}) do t.ipconns[name] = ipconn or nil end
      region:define(t)
      return reload()
    end
    define()
    local changes = { no_rule_ipconn = { RULE = false }, not_local = { RULE = { userauth = "verify" } }, new_one = { NEW = {} } }
    for code, change in pairs(changes) do
      local _, answer = partner(region, "DEFINED")
      assert.are.equal("OK", answer.response)
      local out = define(change)
      assert.message(code .. ": " .. out).is_not_nil(out:find("ipconn DEFINED released: bind " .. code, 1, true))
      support.wait_until(function() return region:row("ipconn", "DEFINED").connstatus == "RELEASED" end, 10, "the release")
      assert.is_nil(define():find("released", 1, true))
    end
  end)

  it("answers what was not asked then as it is now: an operator's OUTSERVICE, the agreed count of one that is ACQUIRED", function()
    region = start("return policy.accept()", { ipconns = { DEFINED = { networkid = "NETX", receivecount = 10 },
      OTHER = { networkid = "NETX", receivecount = 10 }, TMPL = { template = "only", receivecount = 7 } } })
    partner(region, "DEFINED")
    local other = support.raw(region:port "PLAIN")
    there[#there + 1] = other
    other:capex({ applid = "OTHER", networkid = "NETX", sendcount = 3 }):read_message()
    region:script("rule", bind [[
      local other = policy.ipconn "OTHER"
      return policy.refuse("now", ("%s %s %d"):format(policy.ipconn("TMPL").servstatus, other.connstatus, other.receivecount))]])
    assert.are.equal(0, (region:command("set", "ipconn", "TMPL", "outservice")))
    local out = reload()
    assert.message(out).is_not_nil(out:find("OUTSERVICE ACQUIRED 3", 1, true))
  end)

  it("repeats what counters answered, nil and failures included, in whatever order they are asked", function()
    stays([[
      local first, second, empty = policy.counter "first", policy.counter "second", policy.counter "empty"
      local one, before = first:next(), second:peek()
      local _, why = policy.counter("small"):next { max = 1 }
      local n, again = second:next(), second:peek()
      if one ~= 1 or before ~= nil or why ~= nil or n ~= 1 or again ~= 1 or empty:peek() ~= nil then return policy.refuse "moved" end
      return policy.accept()]], "DEFINED", function()
        local other = support.raw(region:port "IPIC")
        other:capex({ applid = "OTHER", networkid = "NETX" }):read_message()
        region:script("rule", bind [[
          local one, n = policy.counter("second"):next(), policy.counter("first"):next()
          local beyond = policy.counter("first"):next()
          if one ~= 1 or n ~= 1 or beyond ~= 2 then return policy.refuse("moved", beyond) end
          return policy.accept()]])
      end)
  end)

  it("repeats a counter's refusal to a partner that was let in by it", function()
    region = start [[
      local n, why = policy.counter("once"):next { max = 1 }
      if facts.capex.applid == "DEFINED" and n then return policy.refuse("first", n) end
      policy.check("exhausted", why == "exhausted")
      return policy.accept()]]
    local _, answer = partner(region, "FIRST")
    assert.are.equal("OK", answer.response)
    local p, second = partner(region, "DEFINED")
    assert.are.equal("OK", second.response)
    assert.is_nil(reload():find("released", 1, true))
    alive(p)
  end)

  it("fits what a counter answered into a range that the new script asks for", function()
    local body = [[
      local n, why = policy.counter("many"):next { max = %d }
      if not n then return policy.refuse("too_many", why) end
      return policy.accept()]]
    region = start(body:format(100))
    local one, two = partner(region, "ONE"), partner(region, "TWO")
    alive(two)
    region:script("rule", bind(body:format(1)))
    local out = reload()
    assert.is_nil(out:find("ipconn ONE released", 1, true))
    assert.message(out).is_not_nil(out:find("ipconn TWO released: bind too_many", 1, true))
    alive(one)
  end)

  it("answers as now what found no room on the tape, says so in explain, and leaves out the ipconn asked about", function()
    region = start [[
      for n = 1, 128 do policy.counter("n" .. n):next() end
      policy.counter("last"):next()
      local itself = policy.ipconn(facts.capex.applid)
      if itself and itself.autoinstalled then return policy.refuse "sees_itself" end
      return policy.accept()]]
    local p, answer = partner(region, "ONE")
    assert.are.equal("OK", answer.response)
    assert.is_nil(reload():find("released", 1, true))
    alive(p)
    local _, text = region:command("explain", answer.connection)
    assert.message(text).is_not_nil(text:find("answers kept for a reload", 1, true))
  end)
end)

describe("an expiring counter", function()
  local region
  after_each(function() region:stop() end)

  local LIMIT = [[
      local n, why = policy.counter("from " .. facts.peer.ip, { expires = %s }):next { max = 2 }
      if not n then return policy.refuse("too_often", why) end
      return policy.accept()]]

  it("begins anew when its time is over, is shown by inquire, and is kept over reloads", function()
    region = start(LIMIT:format "1.5")
    local function response(applid) return select(2, partner(region, applid)).response end
    assert.are.same({ "OK", "OK", "EXCEPTION" }, { response "A", response "B", response "C" })
    local row = region:row("counter", "from 127.0.0.1")
    assert.are.same({ "from 127.0.0.1", 2, 1.5 }, { row.counter, row.last, row.expires })
    assert.is_true(row.left > 0 and row.left <= 1.5)
    assert.are.equal(0, (region:command "reload"))
    support.wait_until(function() return not region:row("counter", "from 127.0.0.1") end, 10, "it to expire")
    assert.are.equal("OK", response "D")
  end)

  it("is kept over a reload with its time", function()
    region = start(LIMIT:format "3600")
    partner(region, "A")
    local before = region:row("counter", "from 127.0.0.1")
    assert.are.equal(0, (region:command "reload"))
    local after = region:row("counter", "from 127.0.0.1")
    assert.are.same({ 1, 3600 }, { after.last, after.expires })
    assert.is_true(after.left <= before.left)
  end)

  it("keeps its time: another value is an error that says what to do, at a door and in a reload", function()
    region = start(LIMIT:format "3600")
    partner(region, "A")
    region:script("rule", bind(LIMIT:format "60"))
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.message(err).is_not_nil(err:find(
      "policy_error: counter from 127.0.0.1: since its first use it expires after 3600 s, and here it expires after 60 s; " ..
      "a counter with another `expires` needs another name", 1, true))
  end)

  it("a name that finds no room is a reason that says what to do, in explain and, once in a while, in the log", function()
    local region_ = { instructions = 100000000, milliseconds = 60000, kilobytes = 65536 }
    region = start([[
      local n = 1
      repeat
        local number = policy.counter(("%s %d"):format(facts.capex.applid, n)):next()
        n = n + 1
      until not number
      return policy.refuse("no_room", select(2, policy.counter("one more"):next()))]], { region = region_ })
    for _ = 1, 2 do
      local _, answer = partner(region, "DEFINED")
      local door = region:explain(answer.connection)[1].doors[2]
      assert.message(door.text).is_not_nil(door.text:find("policy.counter(name, { expires = seconds })", 1, true))
    end
    assert.are.equal(1, region:count_log(
      "SP0075 W No room for another counter or rate%. policy=rule function=bind text=.*expires = seconds", 1))
    assert.are.equal(65536, #region:inquire "counter")
  end)
end)
