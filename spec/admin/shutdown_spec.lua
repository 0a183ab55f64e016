-- SPDX-License-Identifier: Apache-2.0
-- `sallyport shutdown`: a region ends as at SIGTERM, or at once, and the command returns when its process has ended.
local support = require "spec.support"

local requests = require "spec.support.requests"
local conversation = require "spec.support.conversation"
local slow = require "spec.support.slow"

-- True when the process has ended. Its parent may not have reaped it yet: state Z.
local function gone(pid)
  local stat = support.read(("/proc/%d/stat"):format(pid))
  return stat == nil or stat:match "%) (%a)" == "Z"
end

describe("sallyport shutdown", function()
  it("releases the partners, and returns when the process has ended", function()
    local region = support.region { tcpipservices = { IPIC = { urm = "dfhisaip" } }, policies = { "dfhisaip" } }
    region:start()
    local partner = support.connecting { port = region:port "IPIC", applid = "STAYS", hold = 60 }
    support.wait_until(function() return region:row("ipconn", "TAYS") end, 10, "the partner to be in")
    local pid = region.process.pid
    local status, out, err = support.sallyport("shutdown", "--region", region:path "region.lua")
    assert.same({ 0, "", "shutdown: done\n" }, { status, out, err })
    assert.is_true(gone(pid))
    assert.equal(0, region:wait())
    assert.equal("region", partner:result().released)
    region:wait_log 'SP0009 .*command=shutdown uid=%d+ pid=%d+$'
    region:wait_log "SP0003"
    region:wait_log "SP0002"
    assert.is_nil(support.read(region.control))
  end)

  it("leaves its ports to the next region at once", function()
    local region = support.region { tcpipservices = { IPIC = {} } }
    region:start()
    local port = region:port "IPIC"
    region:define { tcpipservices = { IPIC = { portnumber = port } } }
    for _, words in ipairs { { "shutdown" }, { "shutdown", "--now" } } do
      assert.equal(0, (region:command(table.unpack(words))))
      assert.equal(0, region:wait())
      region:start()
    end
    assert.equal(port, region:port "IPIC")
    region:stop()
  end)

  it("waits for work that runs; with --now it does not", function()
    local backend = slow.backend()
    local region = requests.region { region = { drain = 600 }, programs = { SLOW = { url = backend.url, timeout = 300 } } }
    local p = requests.partner(region:port "IPIC")
    conversation.ask(p, { conv = requests.conv(), program = "SLOW", data = "x" })
    backend.wait()
    local waits = support.start { support.binary, "shutdown", "--control", region.control }
    region:wait_log "SP0003"
    assert.equal("FREEING", region:row("ipconn", "SOME").connstatus)
    assert.is_nil(waits:status())
    local status, out = region:command("shutdown", "--now", "--json")
    assert.equal(0, status, out)
    assert.equal(0, region:wait())
    assert.equal(0, waits:wait())
    region:wait_log 'SP0009 .*command="shutdown %-%-now"'
    backend.close()
  end)

  it("needs a region, and takes nothing but --now", function()
    local region = support.region {}
    local status, _, err = region:command "shutdown"
    assert.equal(1, status)
    assert.is_truthy(err:find("shutdown: no region answers at " .. region.control, 1, true), err)
    assert.equal(2, (region:command("shutdown", "CICSA")))
    assert.equal(2, (region:command("reload", "--now")))
  end)
end)
