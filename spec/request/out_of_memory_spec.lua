-- SPDX-License-Identifier: Apache-2.0
-- A region short of memory: each allocation that a request costs fails in turn, alone or with the next two, for each
-- kind of user. The request is answered, refused or its socket closed, the region lives, no session is lost, and the
-- next request is well.
local dkjson = require "dkjson"

local conversation = require "spec.support.conversation"
local pair = require "spec.support.pair"
local process = require "spec.support.process"
local requests = require "spec.support.requests"
local failing_malloc = require "spec.support.failing_malloc"
local support = require "spec.support"

local FRED = "scrypt:10:8:1:rl9NF11rOqeBjhV38OmLtw:mk-WquLqKv3g8815qCMrwxHVdEAyebN4GjASo1sE1WA" -- "fred's secret"
local SAF = ([[return { users = { FRED = { password = "%s" }, LNK = {} },
  classes = { TCICSTRN = { CPMI = { uacc = "read" } } } }]]):format(FRED)
local SECRET = "fred's secret"
local ENOUGH = 2000 -- allocations no request here comes near to

describe("a region short of memory", function()
  local memory, region, far, port, p

  local function connect()
    p = support.wait_until(function()
      local fresh = support.raw(port)
      local m = fresh:capex({ applid = "SOMEAPPL", sendcount = 50 }):read_message()
      if m and m.status == 200 then return fresh end
      fresh:close()
    end, 10, "to be let in")
  end

  setup(function()
    local own = process.start { "lua5.4", "spec/support/backend.lua" }
    local backend = support.wait_until(function() return tonumber(own:stdout():match "^(%d+)\n") end, 10, "the backend's port")
    local here, there = pair.ports(2)
    memory = failing_malloc.new()
    far = support.region {
      region = { applid = "CICSB", networkid = "NETB", heartbeat = 60 }, tcpipservices = { IPIC = { portnumber = there } },
      ipconns = { CICSA = { networkid = "NETA", host = "127.0.0.1", port = here, tcpipservice = "IPIC", sendcount = 5, receivecount = 5 } },
      programs = { ECHO = {} },
    }:start()
    region = support.region {
      wrapper = memory.wrapper, saf = SAF, region = { heartbeat = 60 }, tcpipservices = { IPIC = { portnumber = here } },
      ipconns = {
        SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 3, securityname = "LNK", userauth = "verify" },
        CICSB = { networkid = "NETB", host = "127.0.0.1", port = there, tcpipservice = "IPIC", sendcount = 3, receivecount = 3 },
      },
      scripts = {
        up = "return { run = function(request) return request.data:upper() end }",
        same = "return { run = function(request) return request.data end }",
      },
      programs = {
        ECHO = {}, WHOAMI = {}, UP = { script = "up" }, FAR = { ipconn = "CICSB", remotename = "ECHO" },
        CONV = { script = "same", ccsid = 37 }, BACK = { url = ("http://127.0.0.1:%d/upper"):format(backend), timeout = 3 },
      },
    }:start()
    port = here
    connect()
  end)

  teardown(function()
    p:close()
    memory:free()
  end)

  -- The answer, or nil and why there is none: anything but an end of the socket is an error.
  local function ask(program, password, ccsid)
    local conv = requests.conv()
    local ok, a = pcall(function()
      conversation.ask(p, { conv = conv, program = program, data = "hello", ccsid = ccsid, userid = "FRED", password = password or SECRET })
      return conversation.answer(p, conv)
    end)
    if ok then return a end
    assert(tostring(a):find "closed" or tostring(a):find "reset" or tostring(a):find "pipe", a)
    return nil, a
  end

  local function well(n)
    local a, why = ask "ECHO"
    if not a then
      p:close()
      connect()
      a, why = ask "ECHO"
    end
    assert.are.same({ n, 200, "hello" }, { n, a and a.status or why, a and a.data })
  end

  -- fn asks, and judges an answer that came in spite of all.
  local function starved(many, fn)
    for n = 1, ENOUGH do
      memory:fail(n, many)
      local ok, why = pcall(fn)
      local failed = memory:stop()
      assert(ok, ("allocation %d: %s"):format(n, tostring(why)))
      well(n)
      if failed == 0 then return end
    end
    error "it never came through"
  end

  local function answers(data, program, ccsid)
    return function()
      local a = ask(program, nil, ccsid)
      assert(not a or (a.status == 200 and a.data == data) or (a.status == 500 and a.is7), a and a.data)
    end
  end

  for _, many in ipairs { 1, 3 } do
    local function each(name, fn)
      it(("%s, %d at a time"):format(name, many), function() starved(many, fn) end)
    end

    each("answers a request or refuses it", answers("hello", "ECHO"))
    each("runs a script to its end or not at all", answers("HELLO", "UP"))
    each("converts all of the data or refuses", answers("hello", "CONV", 1208))
    each("asks a backend, and asks it again", answers("HELLO", "BACK"))
    each("ships a request, and finds the way again", answers("hello", "FAR"))

    each("gives all of a user's facts or none", function()
      local a = ask "WHOAMI"
      if not a or a.status ~= 200 then return end
      local who = assert(dkjson.decode(a.data), a.data)
      assert.are.same({ "FRED", "LNK", { "FRED", "LNK" }, "WHOAMI" }, { who.userid, who.linkuser, who.checked, who.program })
      for key in ("applid networkid ipconn partner connection tran hops generation certificate tls"):gmatch "%a+" do
        assert(a.data:find('"' .. key .. '":', 1, true), key)
      end
    end)

    each("lets no user in by a wrong password", function()
      local a = ask("ECHO", "fred's secrets")
      assert(not a or (a.status == 500 and a.is7), "let in")
    end)
  end

  it("keeps no session", function()
    for _, row in ipairs(assert(region:inquire("session", "SOME"))) do assert.are.equal(0, row.in_use) end
    assert.is_nil(next(assert(region:inquire "conversation")))
    region:stop()
    far:stop()
  end)
end)
