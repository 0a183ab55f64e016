-- SPDX-License-Identifier: Apache-2.0
-- What happens to a conversation's work when something ends it: data that comes too early, a release, a purge, SIGTERM.
local conversation = require "spec.support.conversation"
local requests = require "spec.support.requests"
local slow = require "spec.support.slow"
local support = require "spec.support"

local RELEASE = "1 cmd; name=release"
local ask, answer, data = conversation.ask, conversation.answer, conversation.data
local partner, region_with, unharmed = requests.partner, requests.region, requests.unharmed

describe("data for a conversation whose task is running", function()
  it("is 0614: the task is cancelled, and the others go on", function()
    local backend = slow.backend()
    local region = region_with { programs = { SLOW = { url = backend.url, timeout = 300 } } }
    local p = partner(region:port "IPIC")
    ask(p, { conv = 1, program = "SLOW", data = "x" })
    local c = backend.wait()
    data(p, { conv = 1, chain = 2 }, "more")
    assert.are.equal("08240000", answer(p, 1).is7)
    region:wait_log "DFHIS1023 W .*code=X'0614' session=00000001 ipconn=SOME "
    slow.gone(c)
    unharmed(region, p)
    p:close()
    region:stop()
    backend.close()
  end)
end)

describe("release while work runs:", function()
  local region, port, backend

  before_each(function()
    backend = slow.backend()
    region = region_with { programs = { SLOW = { url = backend.url, timeout = 300 } } }
    port = region:port "IPIC"
  end)
  after_each(function()
    region:stop()
    backend.close()
  end)

  local function released()
    support.wait_until(function() return region:row("ipconn", "SOME").connstatus == "RELEASED" end, 10, "RELEASED")
  end

  local function freeing()
    support.wait_until(function() return region:row("ipconn", "SOME").connstatus == "FREEING" end, 10, "FREEING")
  end

  it("waits for it; new requests are refused meanwhile", function()
    local p = partner(port)
    ask(p, { conv = 1, program = "SLOW", data = "x" })
    backend.wait()
    assert.are.equal(0, (region:command("set", "ipconn", "SOME", "released")))
    freeing()
    ask(p, { conv = 2, program = "ECHO", data = "x" })
    assert.are.equal("08390000", answer(p, 2).is7)
    backend.release "done"
    assert.are.equal("done", answer(p, 1).data)
    assert.are.equal(RELEASE, assert(p:read_message()).is)
    p:answer(RELEASE)
    p:closed()
    released()
  end)

  for _, how in ipairs { "cancel", "forcecancel", "purge", "forcepurge", "kill" } do
    it("does not wait when it is told " .. how, function()
      local p = partner(port)
      ask(p, { conv = 1, program = "SLOW", data = "x" })
      backend.wait()
      ask(p, { conv = 2, program = "ECHO", data = "x", open = true })
      assert.are.equal("open", answer(p, 2).state)
      region:command("set", "ipconn", "SOME", "released")
      freeing()
      assert.are.equal(0, (region:command("set", "ipconn", "SOME", "released", how)))
      local said = {}
      for _ = 1, 2 do
        local m = assert(p:read_message())
        said[conversation.is(m).conv] = m
      end
      assert.are.same({ 500, "08640001" }, { said[1].status, conversation.is(said[1]).is7 })
      assert.are.same({ "POST", "1 expd; conv=00000002; state=end; name=" .. how }, { said[2].method, said[2].is })
      if how ~= "kill" then
        assert.are.equal(RELEASE, assert(p:read_message()).is)
        p:answer(RELEASE)
      end
      p:closed()
      released()
    end)
  end

  it("by the partner: its work is cancelled, for it has gone", function()
    local p = partner(port)
    ask(p, { conv = 1, program = "SLOW", data = "x" })
    local c = backend.wait()
    p:request(RELEASE)
    local m = assert(p:read_message())
    assert.are.same({ 200, RELEASE }, { m.status, m.is })
    p:closed()
    slow.gone(c)
    released()
    region:wait_log "DFHIS1021 W .*ipconn=SOME .*direction=RECEIVE sessions=1"
  end)

  it("by the partner while the operator's waits: the operator's is why", function()
    local p = partner(port)
    ask(p, { conv = 1, program = "SLOW", data = "x" })
    backend.wait()
    region:command("set", "ipconn", "SOME", "released")
    freeing()
    p:request(RELEASE)
    p:closed()
    region:wait_log 'DFHIS2009 I .*ipconn=SOME .*why="released by the operator"'
  end)

  it("a purge type that is none is refused, and nothing is released", function()
    local p = partner(port)
    local status, _, err = region:command("set", "ipconn", "SOME", "released", "softly")
    assert.are.equal(2, status)
    assert.is_truthy(err:find("released cancel|forcecancel|purge|forcepurge|kill", 1, true), err)
    unharmed(region, p)
    p:close()
  end)
end)

describe("SIGTERM while work runs:", function()
  it("lets it end first, and goes then", function()
    local backend = slow.backend()
    local region = region_with { region = { drain = 30 }, programs = { SLOW = { url = backend.url, timeout = 300 } } }
    local port = region:port "IPIC"
    local p, idle = partner(port), partner(port, "ONCEAPPL")
    ask(p, { conv = 1, program = "SLOW", data = "x" })
    backend.wait()
    region:signal "TERM"
    assert.are.equal(RELEASE, assert(idle:read_message()).is) -- at once
    idle:answer(RELEASE)
    idle:closed()
    assert.are.equal("FREEING", region:row("ipconn", "SOME").connstatus)
    backend.release "done"
    assert.are.equal("done", answer(p, 1).data)
    assert.are.equal(RELEASE, assert(p:read_message()).is)
    p:answer(RELEASE)
    assert.are.equal(0, region:wait())
    backend.close()
  end)

  it("does not wait longer than drain", function()
    local backend = slow.backend()
    local region = region_with { region = { drain = 0.3 }, programs = { SLOW = { url = backend.url, timeout = 300 } } }
    local p = partner(region:port "IPIC")
    ask(p, { conv = 1, program = "SLOW", data = "x" })
    backend.wait()
    region:signal "TERM"
    assert.are.equal(0, region:wait())
    assert.is_truthy(region:log():find "DFHIS1003 E [^\n]*ipconn=SOME ")
    p:close()
    backend.close()
  end)
end)
