-- SPDX-License-Identifier: Apache-2.0
-- A program script whose function `run` waits: its answer comes later, nothing else waits with it, and each end of its request ends it.
local conversation = require "spec.support.conversation"
local requests = require "spec.support.requests"
local slow = require "spec.support.slow"
local support = require "spec.support"

local RELEASE = "1 cmd; name=release"
local ABENDED = "08640001"
local ask, answer, partner = conversation.ask, conversation.answer, requests.partner

describe("a program script that waits", function()
  local region, backend

  before_each(function() backend = slow.backend() end)
  after_each(function()
    region:stop()
    backend.close()
  end)

  -- A region whose program WAITS runs `body`, in which URL is the backend's.
  local function start(body, more)
    more = more or {}
    local own = { heartbeat = 60, wait_milliseconds = 60000, milliseconds = 10000, policy_http = { backend.url:match "//([^/]*)" } }
    for key, value in pairs(more.region or {}) do own[key] = value end
    region = support.region {
      region = own, tcpipservices = { IPIC = more.service or {} },
      programs = { ECHO = {}, WAITS = { script = "waits" }, SLEEPS = { script = "sleeps" } },
      ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10 },
        ONCE = { applid = "ONCEAPPL", networkid = "NETX", receivecount = 10 } },
      scripts = {
        waits = "local policy = require 'policy'\nreturn { run = function(request)\n" .. body:gsub("URL", backend.url) ..
          "\nend, attach = function() return policy.accept() end }\n",
        sleeps = "local policy = require 'policy'\nreturn { run = function(request) policy.sleep(30) return request.data end }\n",
      },
    }:start()
    return region:port "IPIC"
  end

  local BODY = "request.data .. ' ' .. policy.http { url = 'URL', body = 'x', timeout = 50 }.body"
  local ASKS = "return " .. BODY

  local function unharmed(p) requests.unharmed(region, p) end

  -- A request of conversation 1 whose script waits for the backend.
  local function waiting(port)
    local p = partner(port)
    ask(p, { conv = 1, program = "WAITS", data = "asked" })
    return p, backend.wait()
  end

  it("answers its request later; other sessions and other partners get their answers meanwhile", function()
    local port = start(ASKS)
    local p = waiting(port)
    local other = partner(port, "ONCEAPPL")
    ask(p, { conv = 2, program = "ECHO", data = "same socket" })
    assert.are.equal("same socket", answer(p, 2).data)
    ask(other, { conv = 3, program = "ECHO", data = "other" })
    assert.are.equal("other", answer(other, 3).data)
    assert.are.equal(1, region:row "region".scripts_waiting)
    backend.release "later"
    local a = answer(p, 1)
    assert.are.same({ 200, "asked later" }, { a.status, a.data })
    assert.are.equal(0, region:row "region".scripts_waiting)
    other:close()
    p:close()
  end)

  it("is shown by explain with its request", function()
    local p = waiting(start(ASKS, { service = { attach = "waits" } }))
    backend.release "later"
    answer(p, 1)
    local request = region:explain({ last = 1 })[1].requests[1]
    assert.are.equal("http POST " .. backend.url, request.checks[1].name:match("^(.*) #" .. ("%x"):rep(32) .. "$"))
    assert.is_truthy(request.checks[1].detail:find "^200.* ms%)$", request.checks[1].detail)
    p:close()
  end)

  it("is shown by explain with its request also when nobody had to decide about it", function()
    local p = waiting(start(ASKS))
    ask(p, { conv = 2, program = "ECHO", data = "no wait" })
    assert.are.equal("no wait", answer(p, 2).data)
    backend.release "later"
    answer(p, 1)
    local entries = region:explain({ last = 1 })[1].requests
    assert.are.equal(1, #entries)
    assert.are.same({ "accept", "WAITS" }, { entries[1].verdict, entries[1].request.program })
    assert.are.equal("http POST " .. backend.url, entries[1].checks[1].name:match("^(.*) #" .. ("%x"):rep(32) .. "$"))
    p:close()
  end)

  it("is shown by explain also when its request ends while it waits", function()
    local p = waiting(start(ASKS))
    assert.are.equal(0, (region:command("set", "ipconn", "SOME", "released", "purge")))
    support.wait_until(function() return region:row "region".scripts_waiting == 0 end, 10, "the end of the wait")
    local entries = region:explain({ last = 1 })[1].requests
    assert.are.equal("WAITS", entries[1].request.program)
    assert.is_truthy(entries[1].checks[1].name:find("http POST " .. backend.url, 1, true))
    assert.is_truthy(entries[1].checks[1].detail:find "^no answer %(")
    p:close()
  end)

  for what, row in pairs {
    ["an error behind the wait"] = { "error(" .. BODY .. ")", "DFHIS0998 .*code=policy_error at=%S*waits.lua:3 .*asked later" },
    ["a limit behind the wait"] = { "local x = " .. BODY .. " while true do end", "DFHIS0998 .*code=policy_limit .*instructions" },
    ["nothing behind the wait"] = { "local x = " .. BODY, "DFHIS0998 .*code=policy_error .*answered nothing" },
    ["a refusal behind the wait"] = { "local x = " .. BODY .. " return policy.refuse('no', 'not today')", "SP0053 .*no: not today" },
  } do
    it("ends its own request only, by " .. what, function()
      local p = waiting(start(row[1]))
      backend.release "later"
      assert.are.equal(ABENDED, answer(p, 1).is7)
      region:wait_log(row[2])
      unharmed(p)
      p:close()
    end)
  end

  it("ends by policy_limit after wait_milliseconds, and when too many wait", function()
    local p = partner(start(ASKS, { region = { wait_milliseconds = 300, waiting = 1 } }))
    ask(p, { conv = 1, program = "WAITS", data = "x" })
    ask(p, { conv = 2, program = "WAITS", data = "x" })
    assert.are.same({ ABENDED, ABENDED }, { answer(p, 2).is7, answer(p, 1).is7 })
    region:wait_log "DFHIS0998 .*code=policy_limit at=%S*waits.lua:3 .*waiting of the region: 1 questions wait already"
    region:wait_log "DFHIS0998 .*code=policy_limit at=%S*waits.lua:3 .*waited longer than wait_milliseconds, in policy.http POST"
    unharmed(p)
    p:close()
  end)

  it("without an answer fails as its `down` says, and no pcall holds the refusal", function()
    local p = partner(start [[
      if request.data == "default" then return policy.http { url = "http://127.0.0.1:9/", down = "none" } end
      if request.data == "error" then return policy.http { url = "http://127.0.0.1:9/" }.body end
      return tostring(pcall(policy.http, { url = "http://127.0.0.1:9/", down = "refuse" }))]])
    assert.are.equal("none", requests.run(p, "WAITS", "default").data)
    assert.are.equal(ABENDED, requests.run(p, "WAITS", "error").is7)
    region:wait_log "DFHIS0998 .*code=policy_error at=%S*waits.lua:4 .*policy_http of the region does not name the host"
    assert.are.equal(ABENDED, requests.run(p, "WAITS", "refuse").is7)
    region:wait_log "SP0053 .*service_down: http GET http://127.0.0.1:9/"
    p:close()
  end)

  it("does not run again when the operator purges its request", function()
    local port = start(ASKS)
    local p, c = waiting(port)
    assert.are.equal(0, (region:command("set", "ipconn", "SOME", "released", "purge")))
    assert.are.equal(ABENDED, answer(p, 1).is7)
    slow.gone(c)
    assert.are.equal(RELEASE, assert(p:read_message()).is)
    p:answer(RELEASE)
    p:closed()
    assert.are.equal(0, region:count_log "DFHIS0998")
  end)

  it("has its answer before a release", function()
    local p = waiting(start(ASKS))
    assert.are.equal(0, (region:command("set", "ipconn", "SOME", "released")))
    backend.release "later"
    assert.are.equal("asked later", answer(p, 1).data)
    assert.are.equal(RELEASE, assert(p:read_message()).is)
    p:answer(RELEASE)
    p:closed()
  end)

  it("ends with the connection of its partner, and when the partner sends data too early", function()
    local port = start(ASKS)
    local p, c = waiting(port)
    conversation.data(p, { conv = 1, chain = 2 }, "more")
    assert.are.equal("08240000", answer(p, 1).is7)
    slow.gone(c)
    unharmed(p)
    ask(p, { conv = 4, program = "WAITS", data = "x" })
    c = backend.wait()
    p:close()
    slow.gone(c)
    support.wait_until(function() return region:row "region".scripts_waiting == 0 end, 10, "no script that waits")
  end)

  it("goes on under its generation when a reload comes", function()
    local port = start(ASKS)
    local p = waiting(port)
    region:script("waits", "local policy = require 'policy'\nreturn { run = function() return 'new' end }\n")
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal("new", requests.run(p, "WAITS", "x").data)
    backend.release "later"
    assert.are.equal("asked later", answer(p, 1).data)
    p:close()
  end)

  it("is work that a drain waits for, within its time", function()
    local p = waiting(start(ASKS, { region = { drain = 30 } }))
    region:signal "TERM"
    backend.release "later"
    assert.are.equal("asked later", answer(p, 1).data)
    assert.are.equal(RELEASE, assert(p:read_message()).is)
    p:answer(RELEASE)
    assert.are.equal(0, region:wait())
  end)

  it("ends with the region", function()
    local p = partner(start(ASKS, { region = { drain = 0.1 } }))
    ask(p, { conv = 1, program = "SLEEPS", data = "x" })
    support.wait_until(function() return region:row "region".scripts_waiting == 1 end, 10, "a script that waits")
    region:signal "TERM"
    assert.are.equal(0, region:wait())
    p:close()
  end)
end)
