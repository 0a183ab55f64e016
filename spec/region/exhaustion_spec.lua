-- SPDX-License-Identifier: Apache-2.0
-- A region under pressure: full of strangers, without descriptors, without disk or policies, its operator's socket abused, ended in the
-- middle of all that. Partners that are in stay in, and no promised answer is lost.
local lfs = require "lfs"
local socket = require "socket"

local pair = require "spec.support.pair"
local support = require "spec.support"
local bystander = require "spec.support.bystander"
local wait = require "spec.support.wait"

local FROM = "127.0.1.1"
local BEAT = bystander.beat
local partner = bystander.partner

local WHOLE = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }
]]

local function ports_of(region)
  local ports = {}
  for _, row in ipairs(region:inquire "tcpipservice") do ports[row.tcpipservice] = row.port end
  return ports
end

local of = support.lines_of

describe("a hostile neighbourhood", function()
  it("is heard up to halfopen_peer; who was refused and does not go away counts until he is gone", function()
    local region = support.region {
      region = { halfopen_peer = 20, tcp_timeout = 60, drain = 0.1 }, tcpipservices = { IPIC = { urm = "whole" } },
      scripts = { whole = WHOLE },
    }:start()
    local stays = bystander.new(region, region:port "IPIC")
    local waiting, late = {}, {}
    for i = 1, 20 do
      waiting[i] = support.raw(stays.port, nil, FROM)
      if i % 2 == 0 then
        waiting[i]:send "X"
        assert.are.equal(400, waiting[i]:read_message().status)
      end
    end
    for i = 1, 5 do
      late[i] = support.raw(stays.port, nil, FROM)
      assert.is_truthy(late[i]:closed())
      assert.are.equal("", late[i].buffer)
    end
    local record = region:explain({ last = 1, peer = FROM })[1]
    assert.are.same({ "refused", "limit" }, { record.outcome, record.code })
    assert.are.equal("halfopen_peer of the neighbourhood: 20 there already, the cap is 20", record.doors[1].text)
    stays:unharmed()
    for _, p in ipairs(waiting) do p:close() end
    stays:alone()
    partner(stays.port, "AFTERALL", nil, FROM):close()
    for _, p in ipairs(late) do p:close() end
    stays.close()
    region:stop()
  end)
end)

describe("whatever happens to the region meanwhile,", function()
  local SERVICES = { IPIC = { urm = "whole" }, AUTH = { urm = "whole", ssl = "clientauth" } }

  it("a policy directory that vanishes: partners stay, others get in by what was loaded, a change is refused by name", function()
    local region = support.region { tcpipservices = SERVICES, scripts = { whole = WHOLE, other = WHOLE }, region = { drain = 0.1 } }:start()
    local port = region:port "IPIC"
    local stays = bystander.new(region, port)
    assert(os.rename(region:path "policies", region:path "elsewhere"))
    stays:unharmed()
    local status, _, err = region:command("set", "tcpipservice", "IPIC", "urm=other")
    assert.are.equal(1, status)
    assert.is_truthy(err:find("policies", 1, true), err)
    assert.are.equal(1, region:row("region").generation)
    stays:unharmed()
    assert(os.rename(region:path "elsewhere", region:path "policies"))
    assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "urm=other")))
    stays:unharmed()
    stays.close()
    region:stop()
  end)

  it("a disk that is full: no partner waits for the log, and the lines in the queue are written when there is room", function()
    local region = support.region { tcpipservices = SERVICES, scripts = { whole = WHOLE }, region = { drain = 0.1 },
      wrapper = { "prlimit", "--fsize=4096:unlimited" } }:start()
    local port = region:port "IPIC"
    local stays = bystander.new(region, port)
    local refused = {}
    for i = 1, 50 do
      local p = support.raw(port, nil, FROM)
      p:send "X"
      refused[i] = p:read_message().body.connection
      p:close()
    end
    support.wait_until(function() return lfs.attributes(region:path "err", "size") == 4096 end, 10, "the disk to be full")
    stays:unharmed()
    assert.are.equal(0, (support.run { "prlimit", "--fsize=unlimited", "--pid", tostring(region.process.pid) }))
    for _, connection in ipairs(refused) do region:wait_log("SP0031 W .*" .. of(connection)) end
    assert.are.equal(0, region:count_log "SP0040")
    stays.close()
    region:stop()
  end)

  local function operator(region, bytes)
    local unix = require "socket.unix"
    local s = assert(unix.stream and unix.stream() or unix())
    assert(s:connect(region.control))
    s:settimeout(10 * wait.patience)
    if bytes then s:send(bytes) end
    return s
  end

  it("an operator's client that sends rubbish, never reads, or leaves before its answer", function()
    local region = support.region { tcpipservices = SERVICES, scripts = { whole = WHOLE }, region = { drain = 0.1 } }:start()
    local stays = bystander.new(region, region:port "IPIC")
    for i = 1, 3000 do
      local p = support.raw(stays.port, nil, FROM)
      p:send "X"
      if i % 100 == 0 then p:read_message() end
      p:close(true)
    end
    local ask = '{"command":"explain","args":[],"options":{}}\n'
    operator(region, ask):close()
    local deaf = operator(region, ask)
    for _, rubbish in ipairs { "\0\1\2\n", ("["):rep(8000) .. "\n", "{}\n", ("x"):rep(70000), '{"command":"set","args":[1]}\n' } do
      local s = operator(region, rubbish)
      local line = s:receive "*l"
      assert.is_truthy(line and line:find '"status":1,"error":"', line)
      s:close()
    end
    stays:unharmed()
    deaf:close()
    stays:unharmed()
    stays.close()
    region:stop()
  end)

  it("descriptors taken by strangers: the operator is heard, and a change still finds its files", function()
    local region = support.region {
      region = { tcp_timeout = 60, drain = 0.1 }, tcpipservices = SERVICES, scripts = { whole = WHOLE, other = WHOLE },
      wrapper = { "prlimit", "--nofile=64" },
    }:start()
    local stays = bystander.new(region, region:port "IPIC")
    local strangers = {}
    for i = 1, 80 do strangers[i] = support.raw(stays.port, nil, FROM) end
    region:wait_log "SP0007 W .*tcpipservice=IPIC"
    for _ = 1, 3 do assert.are.equal("ACQUIRED", region:row("ipconn", "WITNESS").connstatus) end
    assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "urm=other")))
    stays.heard()
    for _, p in ipairs(strangers) do p:close() end
    support.wait_until(function() return pcall(stays.others) end, 20, "the listener to accept again")
    stays.close()
    region:stop()
  end)

  it("a reload refused at its last port: who listened before listens again, and who knocked at the new ports is gone", function()
    local taken, moving = assert(socket.bind("127.0.0.1", 0)), pair.ports(1)
    local _, busy = taken:getsockname()
    local first = { drain = 0.1 }
    local region = support.region { region = first, scripts = { whole = WHOLE },
      tcpipservices = { A = { urm = "whole", portnumber = moving }, B = { urm = "whole" } } }:start()
    local stays = bystander.new(region, region:port "A")
    region:define { region = first, tcpipservices = { A = { urm = "whole", host = "0.0.0.0", portnumber = moving },
      B = { urm = "whole", portnumber = tonumber(busy) } } }
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.is_truthy(err:find("tcpipservice B: port " .. busy .. ": Address already in use", 1, true), err)
    for _, row in ipairs(region:inquire "tcpipservice") do assert.are.same({ "OPEN", "127.0.0.1" }, { row.openstatus, row.host }) end
    stays:unharmed()
    taken:close()
    assert.are.equal(0, (region:command "reload"))
    stays:unharmed()
    stays.close()
    region:stop()
  end)

  it("the end, with a connection at every stage: status 0 within the drain", function()
    local region = support.region { tcpipservices = SERVICES, scripts = { whole = WHOLE }, region = { drain = 0.2 } }:start()
    local port = ports_of(region)
    local all = {}
    for i = 1, 10 do
      all[#all + 1] = support.raw(port.IPIC)
      all[#all + 1] = support.raw(port.AUTH)
      local half, hello, refused = support.raw(port.IPIC), support.raw(port.AUTH), support.raw(port.IPIC)
      half:send "POST /ipic HTTP/1.1\r\nIS:"
      hello:send "\x16\x03\x01\x02\x00\x01"
      refused:send "X"
      local deaf = partner(port.IPIC, "DEAF" .. i, { sockets = 2 })
      deaf:send(BEAT:rep(100))
      for _, p in ipairs { half, hello, refused, deaf } do all[#all + 1] = p end
    end
    local asking, silent = operator(region, '{"command":"release","args":["DEAF1"]}\n'), operator(region)
    region:stop()
    for _, p in ipairs(all) do p:close() end
    asking:close()
    silent:close()
  end)
end)
