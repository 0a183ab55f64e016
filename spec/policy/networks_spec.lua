-- SPDX-License-Identifier: Apache-2.0
-- ip.read: sets of the prefixes in data files, in a plain Lua and in a region with several workers.
local ip = require "policy.ip"
local fails = require "spec.support.fails"
local process = require "spec.support.process"
local support = require "spec.support"
local text = require "spec.support.text"

describe("ip.read in a plain Lua", function()
  local path, dir = package.path, process.directory()
  setup(function()
    text.write(dir .. "/nets.csv", "network,label\n10.0.0.0/8,inside\n10.66.0.0/16,guests\n2001:db8::/32,\n10.66.0.0/16,visitors\n")
    text.write(dir .. "/nets.json", '[ { "net": "192.0.2.0/24", "level": 3 },\n  { "net": "198.51.100.7", "level": null } ]')
    text.write(dir .. "/wrong.csv", "network\n10.0.0.0/8\n10.0.0.1/8\n")
    package.path = dir .. "/?.lua;" .. path
  end)
  teardown(function() package.path = path end)

  it("gives a set of the prefixes, with the values of a column", function()
    local set = ip.read("nets.csv", { prefix = "network", value = "label" })
    assert.are.same({ true, "10.0.0.0/8", "inside" }, { set:holds "10.1.2.3" })
    assert.are.same({ true, "10.66.0.0/16", "visitors" }, { set:holds "::ffff:10.66.0.1" })
    assert.are.same({ true, "2001:db8::/32", "" }, { set:holds "2001:db8::7" })
    assert.are.same({ false }, { set:holds "192.0.2.1" })
  end)

  it("gives the value true without a column, and where a row has none", function()
    assert.are.same({ true, "10.0.0.0/8", true }, { ip.read("nets.csv", { prefix = "network" }):holds "10.1.2.3" })
    local set = ip.read("nets.json", { prefix = "net", value = "level" })
    assert.are.same({ true, "192.0.2.0/24", 3 }, { set:holds "192.0.2.9" })
    assert.are.same({ true, "198.51.100.7/32", true }, { set:holds "198.51.100.7" })
  end)

  it("names the fault of the file or the call", function()
    fails("wrong.csv:3: network: 10.0.0.1/8: host bits are set", ip.read, "wrong.csv", { prefix = "network" })
    fails("there is no column 'net' for the prefixes", ip.read, "nets.csv", { prefix = "net" })
    fails("there is no column 'lable' for the values; is 'label' meant?", ip.read, "nets.csv", { prefix = "network", value = "lable" })
    fails("nowhere.csv: cannot be read", ip.read, "nowhere.csv", { prefix = "network" })
    fails("name the column of the prefixes", ip.read, "nets.csv", {})
    fails("takes a name and a table", ip.read, "nets.csv")
    fails("takes the name of a file", ip.read, { "10.0.0.0/8" }, {})
    fails("there are only the options prefix and value", ip.read, "nets.csv", { prefix = "network", key = "label" })
    fails("value must be the name of a column", ip.read, "nets.csv", { prefix = "network", value = 3 })
    fails("not a numeric IP address", function() ip.read("nets.csv", { prefix = "network" }):holds "host.example" end)
  end)
end)

describe("a set of ip.read in a region", function()
  local region
  after_each(function() region:stop() end)

  local RULE = [[
local policy, ip = require "policy", require "policy.ip"
local blocked = ip.read("blocked.csv", { prefix = "network", value = "reason" })
return {
  admit = function(facts)
    local yes, network, reason = blocked:holds(facts.peer.ip)
    return yes and policy.refuse(reason, network) or policy.accept()
  end,
  install = function(facts) return policy.install { ipconn = facts.capex.applid } end,
}]]

  local function data(bytes) text.write(region:path "policies/blocked.csv", bytes) end

  local function make(bytes, more)
    region = support.region { tcpipservices = { IPIC = { admit = "rule", urm = "rule" } }, scripts = { rule = RULE }, region = more }
    data(bytes)
    return region:start()
  end

  local function served()
    local p = support.raw(region:port "IPIC")
    local answer = p:capex({ applid = "SHOP", networkid = "NETX" }):read_message()
    p:close()
    return answer ~= nil and answer.status == 200
  end

  it("decides at each worker, and by the new file after a reload", function()
    make("network,reason\n127.0.0.0/8,not_here\n", { workers = 3 })
    for _ = 1, 6 do assert.is_false(served()) end
    region:wait_log "not_here.*127%.0%.0%.0/8"
    data "network,reason\n10.0.0.0/8,not_here\n"
    local status, out = region:command "reload"
    assert.are.equal(0, status)
    assert.message(out).is_truthy(out:find("data blocked.csv changed", 1, true))
    for _ = 1, 6 do assert.is_true(served()) end
  end)

  it("with a fault refuses a reload, which names the file and the line", function()
    make "network,reason\n10.0.0.0/8,far\n"
    data "network,reason\n10.0.0.0/8,far\n10.0.0.0/33,far\n"
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.message(err).is_truthy(err:find("rule.lua:2: fault: ip.read: ", 1, true))
    assert.message(err).is_truthy(err:find("blocked.csv:3: network: ", 1, true))
    assert.is_true(served())
  end)

  it("of 60,000 prefixes is outside of the memory and the instructions of the script", function()
    local lines = { "network,reason" }
    for i = 0, 59999 do lines[#lines + 1] = ("10.%d.%d.0/24,far"):format(i // 256, i % 256) end
    lines[#lines + 1] = "127.0.0.1,near"
    make(table.concat(lines, "\n") .. "\n", { kilobytes = 64, instructions = 2000 })
    assert.is_false(served())
    region:wait_log "near.*127%.0%.0%.1/32"
  end)
end)
