-- SPDX-License-Identifier: Apache-2.0
-- Connections that move from the gate that accepted them to the home. A script at the home runs meanwhile, so that they are on their way
-- for as long as a test wants.
local crew = require "spec.support.crew"
local requests = require "spec.support.requests"
local support = require "spec.support"

local MANY = crew.MANY

local BY_NUMBER = [[
local policy = require "policy"
return {
  bind = function(facts)
    if facts.capex.applid:find "[13579]$" then return policy.refuse("odd", "an odd number") end
    return policy.accept()
  end,
  install = function(facts)
    return policy.install { ipconn = facts.capex.applid, template = "TMPL" }
  end }]]

-- Partners with a first socket: { first =, name =, token = }.
local function partners(port, letter)
  local all = {}
  local first = crew.callers(port, MANY)
  for i, p in ipairs(first) do p:capex { applid = letter .. i, networkid = "NETX", sockets = 2 } end
  for i, p in ipairs(first) do
    local m = p:read_message()
    assert.are.equal(200, m.status)
    all[i] = { first = p, name = letter .. i, token = m.body.token }
  end
  return all
end

local function second_capex(one)
  one.second:capex { applid = one.name, networkid = "NETX", socket = 2, token = one.token }
end

local function sockets_of(region, name)
  local row = region:row("ipconn", name)
  return row and row.sockets or 0
end

describe("a connection on its way from its gate to the home:", function()
  local region, port
  after_each(function() region:stop() end)

  local function start(t)
    region = crew.start_to_hold(t)
    port = region:port "IPIC"
  end

  -- Second sockets that gates accept, and whose CAPEX they have read, while the home is held. All partners, those of them that are on
  -- their way, and a function that lets the home go.
  local function moving(letter)
    local all = partners(port, letter)
    local let_go = crew.hold(region)
    local second = crew.callers(port, MANY)
    for i, p in ipairs(second) do all[i].second = p end
    for _, one in ipairs(all) do second_capex(one) end
    local read = {}
    for _, p in ipairs(crew.read_by_gates(region, port, second)) do read[p] = true end
    local some = {}
    for _, one in ipairs(all) do
      if read[one.second] then some[#some + 1] = one end
    end
    return all, some, let_go
  end

  it("a request that comes after its CAPEX was read is served after the 200", function()
    start()
    local all, some, let_go = moving "A"
    for _, one in ipairs(some) do one.second:request "1 cmd; name=heartbeat" end
    for _, one in ipairs(all) do assert.is_true(crew.silent(one.second)) end
    let_go()
    for _, one in ipairs(some) do
      local m = one.second:read_message()
      assert.are.same({ 200, one.name }, { m.status, m.body and m.body.ipconn })
      m = one.second:read_message()
      assert.are.same({ 200, "1 cmd; name=heartbeat" }, { m.status, m.is })
      some[one.second] = true
    end
    for _, one in ipairs(all) do
      if not some[one.second] then assert.are.equal(200, one.second:read_message().status) end
      assert.is_true(crew.alive(one.first) and crew.alive(one.second))
      assert.are.equal(2, sockets_of(region, one.name))
    end
  end)

  it("a request that is in the buffer with the CAPEX of a second socket gets 400 on each worker, and the token stays good", function()
    start()
    local all = partners(port, "B")
    local second = crew.callers(port, MANY)
    for i, p in ipairs(second) do all[i].second = p end
    crew.accepted(region, 2 * MANY)
    requests.all_at_once(region, MANY, function()
      for _, one in ipairs(all) do
        second_capex(one)
        one.second:request "1 cmd; name=heartbeat"
      end
    end)
    for _, one in ipairs(all) do
      assert.are.equal(400, one.second:read_message().status)
      one.second:closed()
      assert.are.equal(1, sockets_of(region, one.name))
      one.second = support.raw(port)
      second_capex(one)
      assert.are.equal(200, one.second:read_message().status)
      assert.is_true(crew.alive(one.first) and crew.alive(one.second))
    end
  end)

  it("its peer may close, reset, or close its sending side: its ipconn is released, and no other", function()
    start()
    local all, some, let_go = moving "C"
    for i, one in ipairs(some) do
      if i % 3 == 0 then
        one.second:shut()
      else
        one.second:close(i % 3 == 1)
      end
      one.gone = true
    end
    for _, one in ipairs(all) do assert.is_true(one.gone or crew.silent(one.second)) end
    let_go()
    for i, one in ipairs(some) do
      if i % 3 == 0 then one.second:closed() end
      one.first:closed() -- as when it is lost at any other time
    end
    crew.accepted(region, 2 * (MANY - #some))
    for _, one in ipairs(all) do
      assert.are.equal(one.gone and 0 or 2, sockets_of(region, one.name))
      if not one.gone then
        assert.are.equal(200, one.second:read_message().status)
        assert.is_true(crew.alive(one.first) and crew.alive(one.second))
      end
    end
    assert.are.equal(2 * (MANY - #some), region:row("tcpipservice", "IPIC").connections)
  end)

  it("a reload counts for it: after the answer nobody is in by the rule that has gone", function()
    start { tcpipservices = { IPIC = { urm = "whole", bind = "whole" } }, scripts = { whole = BY_NUMBER:gsub("%[13579%]%$", "^none$") } }
    local all, _, let_go = moving "D"
    region:script("whole", BY_NUMBER)
    local reload = support.start { support.binary, "reload", "--control", region.control }
    for _, one in ipairs(all) do assert.is_true(crew.silent(one.second)) end
    let_go()
    assert.message(reload:stderr()).are.equal(0, reload:wait(30))
    for i, one in ipairs(all) do
      local m = one.second:read_message()
      if i % 2 == 0 then
        assert.are.equal(200, m.status)
        assert.is_true(crew.alive(one.first) and crew.alive(one.second))
      else
        assert.is_true(m.status == 403 or m.status == 200)
        one.first:closed()
        one.second:closed()
      end
      assert.are.equal(i % 2 == 0 and 2 or 0, sockets_of(region, one.name))
    end
    crew.accepted(region, MANY)
  end)

  it("a release of its ipconn ends it, or its token is not good any more", function()
    start { region = { drain = 0.5 } }
    local all, some, let_go = moving "E"
    local commands, released = {}, {}
    for i = 1, math.min(4, #some) do
      commands[i] = support.start { support.binary, "release", some[i].name, "--control", region.control }
      released[some[i]] = true
    end
    for _, one in ipairs(all) do assert.is_true(crew.silent(one.second)) end
    let_go()
    for _, c in ipairs(commands) do c:wait(60) end -- with an answer, or without one when the home was held too long
    for _, one in ipairs(all) do
      local m = one.second:read_message()
      if released[one] then
        assert.is_true(m == nil or m.status == 200 or m.status == 403)
        one.first:closed()
        one.second:closed()
      else
        assert.are.equal(200, m.status)
        assert.is_true(crew.alive(one.first) and crew.alive(one.second))
      end
    end
    crew.accepted(region, 2 * (MANY - #commands))
    for i = 1, #commands do assert.is_nil(region:row("ipconn", some[i].name)) end
  end)

  it("a drain answers SHUTDOWN, or ends it with the others, and the region ends", function()
    start { region = { drain = 0.5 } }
    local all, _, let_go = moving "F"
    region:signal "TERM"
    for _, one in ipairs(all) do assert.is_true(crew.silent(one.second)) end
    let_go()
    for _, one in ipairs(all) do
      local m = one.second:read_message()
      assert.is_true(m == nil or m.status == 200 or (m.status == 503 and m.body.reason == "SHUTDOWN"))
      one.second:closed()
      one.first:closed()
    end
    assert.are.equal(0, region:wait(20))
  end)
end)
