-- SPDX-License-Identifier: Apache-2.0
-- A service manager that waits for messages (Type=notify of systemd) learns when the region is up, reloads and ends.
local support = require "spec.support"
local service_manager = require "spec.support.service_manager"

describe("a region under a service manager", function()
  local manager, region
  local function start(t, given)
    manager = service_manager.new(t or {})
    given = given or {}
    given.wrapper = manager.wrapper
    given.tcpipservices = given.tcpipservices or { IPIC = {} }
    region = support.region(given):start()
  end
  after_each(function()
    if region then region:stop() end
    if manager then manager:free() end
    region, manager = nil, nil
  end)

  it("says that it is up with its generation, and that it ends", function()
    start()
    assert.equal("CICSA: generation 1 is in use", manager:wait("READY", "1").STATUS)
    region:stop()
    assert.equal("draining", manager:wait("STOPPING", "1").STATUS)
  end)

  it("says at a socket with an abstract name too", function()
    start { abstract = true }
    manager:wait("READY", "1")
    assert.equal(0, region:command("shutdown", "--now"))
    assert.equal("ending", manager:wait("STOPPING", "1").STATUS)
    region:wait()
  end)

  -- The moment lets the manager tell this reload from an earlier one.
  local function reloaded(before, status)
    local begun = manager:wait("RELOADING", "1")
    assert.is_true(tonumber(begun.MONOTONIC_USEC) > before)
    assert.is_true(tonumber(begun.MONOTONIC_USEC) <= begun.at)
    local up = manager:wait("READY", "1", 2)
    assert.equal(status, up.STATUS)
    assert.is_true(up.at >= begun.at)
  end

  it("frames a reload by SIGHUP", function()
    start()
    local before = manager:wait("READY", "1").at
    region:signal "HUP"
    reloaded(before, "CICSA: generation 2 is in use")
  end)

  it("frames a reload by an operator, a refused one too", function()
    start()
    local before = manager:wait("READY", "1").at
    support.write(region:path "region.lua", "region { }")
    assert.equal(1, region:command "reload")
    reloaded(before, "CICSA: generation 1 is in use; the last reload was refused")
  end)

  it("frames the use of a kept generation", function()
    start(nil, { tcpipservices = { IPIC = { urm = "dfhisaip" } }, policies = { "dfhisaip" } })
    local before = manager:wait("READY", "1").at
    assert.equal(0, region:command("policy", "use", "1"))
    reloaded(before, "CICSA: generation 2 is in use")
  end)

  it("frames a reload by --watch", function()
    start(nil, { arguments = { "--watch" } })
    local before = manager:wait("READY", "1").at
    region:define { tcpipservices = { IPIC = {} }, region = { drain = 0.1 } }
    reloaded(before, "CICSA: generation 2 is in use")
  end)

  it("says nothing of a check, which changes nothing", function()
    start()
    assert.equal(0, region:command("reload", "--check"))
    region:stop()
    manager:wait("STOPPING", "1")
    for _, message in ipairs(manager:messages()) do assert.is_nil(message.RELOADING) end
  end)

  it("gives a sign of life while its loops turn, and none while a script holds one of them", function()
    start({ watchdog = 100000 }, {
      region = { workers = 3, milliseconds = 1000, instructions = 1000000000 },
      tcpipservices = { IPIC = { admit = "busy" } },
      scripts = { busy = "return { admit = function() while true do end end }" },
    })
    manager:wait("WATCHDOG", "1", 3)
    support.connect { port = region:port "IPIC", networkid = "NETX", applid = "CTGAPP" }
    manager:wait("WATCHDOG", "1", #manager:messages() + 1)
    local longest, last = 0, nil
    for _, message in ipairs(manager:messages()) do
      if message.WATCHDOG then
        longest = math.max(longest, message.at - (last or message.at))
        last = message.at
      end
    end
    assert.is_true(longest >= 900000, ("the longest silence was %d microseconds"):format(longest))
  end)

  it("goes on without a manager that takes its messages, and logs that once", function()
    manager = service_manager.new { notify = false }
    local wrapper = { "env", "NOTIFY_SOCKET=/nowhere/at/all", "WATCHDOG_USEC=20000" }
    region = support.region { tcpipservices = { IPIC = {} }, wrapper = wrapper }:start()
    region:wait_log "SP0113 W Service manager not told%. why=\"NOTIFY_SOCKET does not take messages: No such file or directory\""
    assert.equal(0, region:command "reload")
    region:settle_log()
    assert.equal(1, region:count_log "SP0113")
  end)

  it("names an address that no socket can have", function()
    manager = service_manager.new { notify = false }
    region = support.region { tcpipservices = { IPIC = {} }, wrapper = { "env", "NOTIFY_SOCKET=nowhere" } }:start()
    region:wait_log "SP0113 W .*NOTIFY_SOCKET is 'nowhere', neither an absolute path nor '@' and a name"
  end)
end)
