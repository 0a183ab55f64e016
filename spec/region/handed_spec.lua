-- SPDX-License-Identifier: Apache-2.0
-- Sockets that a service manager opens and hands over (LISTEN_FDS): each belongs to the tcpipservice of its name.
local support = require "spec.support"
local service_manager = require "spec.support.service_manager"

describe("a region with a socket of the service manager", function()
  local manager, region

  local function make(t, given)
    manager = service_manager.new(t)
    given.wrapper = manager.wrapper
    given.scripts = { yes = [[local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]] }
    region = support.region(given)
    return region
  end
  local function start(t, given)
    return make(t, given):start()
  end

  after_each(function()
    if region then region:stop() end
    if manager then manager:free() end
    region, manager = nil, nil
  end)

  local function served(port, host)
    local _, status = support.connect { port = port, host = host, networkid = "SHOP", applid = "SHOPWEB1" }
    return status == 0
  end

  it("serves partners there, by a name in any case, and closes it in no other process", function()
    start({ listen = { "ipic=127.0.0.1:0" } }, { tcpipservices = { IPIC = { urm = "yes" } } })
    assert.is_true(served(region:port "IPIC"))
    local flags = tonumber(support.read(("/proc/%d/fdinfo/3"):format(region.process.pid)):match "flags:%s*(%d+)", 8)
    assert.equal(tonumber("2000000", 8), flags & tonumber("2000000", 8))
    assert.equal(tonumber("4000", 8), flags & tonumber("4000", 8))
    assert.equal(0, region:count_log "SP0114")
  end)

  it("takes names with $, # and @, and each tcpipservice its own", function()
    start({ listen = { "IP$C@#1=127.0.0.1:0", "OTHER=127.0.0.1:0" } }, {
      tcpipservices = { ["IP$C@#1"] = { urm = "yes" }, OTHER = {}, THIRD = { urm = "yes" } },
    })
    assert.is_true(served(region:port "IP$C@#1"))
    assert.is_false(served(region:port "OTHER"))
    assert.is_true(served(region:port "THIRD"))
  end)

  it("warns of a socket with another address than the definition's, and uses the socket", function()
    start({ listen = { "IPIC=127.0.0.2:0" } }, { tcpipservices = { IPIC = { urm = "yes", portnumber = 14999 } } })
    region:wait_log 'SP0114 W .*tcpipservice=IPIC address=127%.0%.0%.2:%d+ why="host 127%.0%.0%.1, portnumber 14999"'
    assert.is_true(served(region:port "IPIC", "127.0.0.2"))
  end)

  it("finds any address in the wildcards of both families", function()
    start({ listen = { "IPIC=0.0.0.0:0" } }, { tcpipservices = { IPIC = { host = "any", urm = "yes" } } })
    assert.is_true(served(region:port "IPIC"))
    assert.equal(0, region:count_log "SP0114")
  end)

  it("turns callers away while an operator has closed it, and serves again", function()
    start({ listen = { "IPIC=127.0.0.1:0" } }, { tcpipservices = { IPIC = { urm = "yes" } } })
    local port = region:port "IPIC"
    for _ = 1, 2 do
      assert.equal(0, region:command("set", "tcpipservice", "IPIC", "closed"))
      for _ = 1, 3 do assert.is_true(support.turned_away(port)) end
      assert.equal(0, region:command("set", "tcpipservice", "IPIC", "open"))
      assert.is_true(served(port))
    end
    region:wait_log 'SP0005 .*why="its socket is kept, and callers are reset"'
  end)

  it("turns callers away from the start when its status is closed", function()
    start({ listen = { "IPIC=127.0.0.1:0" } }, { tcpipservices = { IPIC = { urm = "yes", status = "closed" } } })
    local port = region:port "IPIC"
    assert.is_true(support.turned_away(port))
    assert.equal(0, region:command("set", "tcpipservice", "IPIC", "open"))
    assert.is_true(served(port))
  end)

  it("keeps the socket over a reload that gives another address, and says so", function()
    start({ listen = { "IPIC=127.0.0.1:0" } }, { tcpipservices = { IPIC = { urm = "yes" } } })
    local before = region:port "IPIC"
    region:define { tcpipservices = { IPIC = { urm = "yes", portnumber = 14999, heartbeat = 7 } } }
    local status, out = region:command "reload"
    assert.equal(0, status)
    assert.matches("portnumber 0 %-> 14999; the socket of the service manager stays", out)
    assert.is_nil(out:find "replaced")
    assert.equal(before, region:port "IPIC")
    region:wait_log "SP0114 .*portnumber 14999"
    assert.is_true(served(region:port "IPIC"))
  end)

  it("refuses a reload without its tcpipservice", function()
    start({ listen = { "IPIC=127.0.0.1:0" } }, { tcpipservices = { IPIC = { urm = "yes" } } })
    region:define { tcpipservices = { OTHER = {} } }
    local status, _, err = region:command "reload"
    assert.equal(1, status)
    assert.matches('tcpipservice IPIC is missing, and the service manager has handed over a socket for it; keep it with', err)
    assert.is_true(served(region:port "IPIC"))
    region:define { tcpipservices = { IPIC = { status = "closed" }, OTHER = {} } }
    assert.equal(0, region:command "reload")
  end)

  it("leaves callers of its last seconds in the queue, for the next start", function()
    start({ listen = { "IPIC=127.0.0.1:0" } }, { region = { drain = 30 }, tcpipservices = { IPIC = { urm = "yes" } } })
    local port = region:port "IPIC"
    local partner = support.raw(port)
    assert.equal(200, partner:capex({ applid = "SHOPWEB1", networkid = "SHOP" }):read_message().status)
    region:signal "TERM"
    region:wait_log "SP0005"
    local late = support.raw(port)
    region:signal "TERM"
    manager:wait("QUEUED", "1")
    late:close()
    partner:close()
    assert.equal(0, region:wait())
  end)

  it("ignores descriptors that are meant for another process", function()
    start({ listen = { "IPIC=127.0.0.1:0" }, pid = 1 }, { tcpipservices = { OTHER = {} } })
    assert.equal(0, region:count_log "SP0114")
  end)

  local function refused(t, sentence)
    local status, log = make(t, { tcpipservices = { IPIC = {} } }):start_and_end()
    assert.equal(1, status)
    assert.matches(sentence, log)
  end

  it("refuses to start with a socket that belongs to no tcpipservice", function()
    refused({ listen = { "IPIC=127.0.0.1:0", "PAY=127.0.0.1:0" } },
      "the service manager hands over a socket named PAY, and no tcpipservice has this name; define it, or correct FileDescriptorName=")
  end)

  it("refuses a descriptor that does not listen, is no stream, or is no socket", function()
    refused({ bound = { "IPIC=127.0.0.1:0" } }, "descriptor 3 of the service manager, named IPIC, does not listen; the unit")
    manager:free()
    refused({ datagram = { "IPIC=127.0.0.1:0" } }, "descriptor 3 .*named IPIC, is no stream socket")
    manager:free()
    refused({ file = { "IPIC=/dev/null" } }, "descriptor 3 .*named IPIC, is no socket")
  end)

  it("refuses a number of descriptors that is no number", function()
    local wrapper = { "sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=-1 exec "$@"', "sh" }
    region = support.region { tcpipservices = { IPIC = {} }, wrapper = wrapper }
    local status, log = region:start_and_end()
    assert.equal(1, status)
    assert.matches("LISTEN_FDS is '%-1', which is no number from 0 to 1024", log)
  end)

  it("refuses two sockets of one name", function()
    refused({ listen = { "IPIC=127.0.0.1:0", "ipic=127.0.0.2:0" } }, "descriptors 3 and 4 of the service manager are both named IPIC")
  end)

  it("refuses names that are missing, too few or too many, and a name that no tcpipservice can have", function()
    refused({ listen = { "IPIC=127.0.0.1:0" }, names = "" }, "LISTEN_FDNAMES is missing")
    manager:free()
    refused({ listen = { "IPIC=127.0.0.1:0", "B=127.0.0.1:0" }, names = "IPIC" }, "LISTEN_FDS is 2, and LISTEN_FDNAMES has fewer names")
    manager:free()
    refused({ listen = { "IPIC=127.0.0.1:0" }, names = "IPIC:B" }, "LISTEN_FDS is 1, and LISTEN_FDNAMES has more names")
    manager:free()
    refused({ listen = { "IPIC=127.0.0.1:0" }, names = "sallyport-CICSA.socket" },
      "descriptor 3 .*is named sallyport%-CICSA%.socket, which no tcpipservice can be; .*FileDescriptorName=TCPIPSERVICE")
  end)
end)
