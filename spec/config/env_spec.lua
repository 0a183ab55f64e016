-- SPDX-License-Identifier: Apache-2.0
-- env "NAME" in a definition: values from the environment, never names; and the generations that keep them.
local lfs = require "lfs"

local support = require "spec.support"
local versions = require "spec.support.versions"

local LIST, lets_in, must = versions.LIST, versions.lets_in, versions.must

describe("env in a definition", function()
  local dir

  setup(function() dir = support.directory() end)
  teardown(function() support.remove(dir) end)

  -- Runs a command for this text with these variables.
  local function run(command, text, variables)
    local words = { "env" }
    for name, value in pairs(variables or {}) do words[#words + 1] = name .. "=" .. value end
    for _, word in ipairs { support.binary, command, "--region", dir .. "/region.lua" } do words[#words + 1] = word end
    support.write(dir .. "/region.lua", text)
    local status, out, err = support.run(words)
    return status, ((out .. err):gsub(dir:gsub("%p", "%%%0") .. "/", ""))
  end

  local function config(text, variables)
    local status, said = run("config", text, variables)
    assert.equal(0, status, said)
    return said
  end

  local function fault(words, text, variables)
    local status, said = run("check", text, variables)
    assert.equal(1, status, said)
    assert.is_truthy(said:find(words, 1, true), words .. " is not in:\n" .. said)
    return said
  end

  local HEAD = 'region { applid = "CICSA", networkid = "NETA", policies = "." }\n'

  it("is the value of a text, a name, a number, a choice, a path", function()
    local text = [[
region { applid = env "WHO", networkid = "NETA", drain = env "DRAIN", policies = env "BASE" .. "/policies", recheck = env "RECHECK" }
tcpipservice "IPIC" { host = env("SPEC_HOST", "localhost"), portnumber = env("PORT", 1490), backlog = env("SPEC_BACKLOG", "5") }
]]
    local said = config(text, { WHO = "cicsb", DRAIN = "0.5", BASE = lfs.currentdir(), RECHECK = "report", PORT = "1491" })
    for _, line in ipairs {
      'applid = "CICSB"', "drain = 0.5", ('policies = "%s/policies"'):format(lfs.currentdir()), 'recheck = "report"', 'host = "localhost"',
      "portnumber = 1491", "backlog = 5",
    } do
      assert.is_truthy(said:find("\n  " .. line .. ",", 1, true), line .. " is not in:\n" .. said)
    end
  end)

  it("joins with texts and with other values, and may have a local name", function()
    local said = config(HEAD .. [[
local site = env "SITE"
ipconn "ONE" { description = "a " .. site .. " b " .. env "MORE" .. 7 }
ipconn "TWO" { description = site }
]], { SITE = "lab", MORE = "x" })
    assert.is_truthy(said:find('description = "a lab b x7"', 1, true), said)
    assert.is_truthy(said:find('description = "lab"', 1, true), said)
  end)

  it("is a fault with the remedy when the variable is not set, and the only one", function()
    local said = fault('region.lua:2: fault: env "UNSET_ONE": the variable is not set; set it in the environment of sallyport, or write ' ..
      'env("UNSET_ONE", "DEFAULT")', HEAD .. 'tcpipservice "IPIC" { host = "x" .. env "UNSET_ONE", portnumber = 0 }\n')
    local _, count = said:gsub(": fault:", "")
    assert.equal(1, count, said)
  end)

  it("is empty when the variable is empty", function()
    local text = HEAD .. 'ipconn "ONE" { host = "h", port = env "EMPTY" }\n'
    fault('ipconn ONE: env "EMPTY": port is ""; it must be no or 1 to 65535', text, { EMPTY = "" })
  end)

  it("names the variable when its value does not fit", function()
    fault('region.lua:2: fault: tcpipservice IPIC: env "PORT": portnumber is 70000; it must be 0 to 65535',
      HEAD .. 'tcpipservice "IPIC" { portnumber = env "PORT" }\n', { PORT = "70000" })
    fault('env "PORT": portnumber is "1\\x0a2"', HEAD .. 'tcpipservice "IPIC" { portnumber = env "PORT" }\n', { PORT = "1\n2" })
    local text = HEAD .. 'ipconn "X" { description = env "LONG" }\n'
    fault('env "LONG": the value is longer than 1023 bytes', text, { LONG = ("x"):rep(2000) })
  end)

  it("is never the name of a script, a resource or a file", function()
    local set = { NAME = "list" }
    local IPIC = HEAD .. 'tcpipservice "IPIC" { portnumber = 0, urm = %s }\n'
    fault('tcpipservice IPIC: urm is env "NAME"; the name of a script is written out', IPIC:format 'env "NAME"', set)
    fault("urm is a table without the name of a script", IPIC:format '{ env "NAME", max = 1 }', set)
    fault('urm is env "NAME"', IPIC:format '"" .. env "NAME"', set)
    fault('program P: script is env "NAME"', HEAD .. 'program "P" { script = env "NAME" }\n', set)
    fault("tcpipservice takes a name and then a table", HEAD .. 'tcpipservice(env "NAME") { portnumber = 0 }\n', set)
    fault("include takes the name of a file in quotation marks", HEAD .. 'include(env "NAME")\n', set)
  end)

  it("is a fault when it is compared: the comparison would be false for every value", function()
    fault('region.lua:2: fault: env "TLS" is the value of no key; it can be compared with nothing',
      HEAD .. 'if env "TLS" == "no" then ipconn "X" {} end\n', { TLS = "no" })
  end)

  it("is a fault in another form", function()
    for _, call in ipairs { "env()", "env(1)", 'env "1X"', 'env "A B"', 'env("X", {})', 'env("X", "a", "b")' } do
      fault("region.lua:2: fault: env takes the name of a variable", HEAD .. "local x = " .. call .. "\n", { X = "1" })
    end
    fault("only a text can be joined", HEAD .. 'local x = env "X" .. {}\n', { X = "1" })
  end)

  it("gives the parameters of a script a text", function()
    support.write(dir .. "/shop.lua", [[
local policy = require "policy"
return { params = { network = "string" }, install = function() return policy.refuse("no", "no") end }
]])
    local said = config(HEAD .. 'tcpipservice "IPIC" { portnumber = 0, urm = { "shop", network = env "NET" } }\n', { NET = 'SH"OP' })
    assert.is_truthy(said:find([[urm = { "shop", network = "SH\"OP" },]], 1, true), said)
    local unset = 'tcpipservice "IPIC" { portnumber = 0, urm = { "shop", network = env "UNSET_TWO" } }\n'
    fault('env "UNSET_TWO": the variable is not set', HEAD .. unset)
  end)
end)

describe("a region with env", function()
  it("is found by commands whose environment lacks the variables, unless they name its socket", function()
    local text = [[
region { applid = "CICSA", networkid = "NETA", %s, policies = "policies" }
tcpipservice "IPIC" { host = "127.0.0.1", portnumber = env "SPEC_PORT" }
]]
    local region = support.region { text = text:format 'control = "control.sock"', wrapper = { "env", "SPEC_PORT=0" } }
    finally(function() region:stop() end)
    region:start()
    local function inquire()
      local status, out, err = support.sallyport("inquire", "tcpipservice", "--region", region:path "region.lua")
      return status, out .. err
    end
    local status, said = inquire()
    assert.equal(0, status, said)
    assert.is_truthy(said:find "IPIC +OPEN", said)
    assert.is_nil(said:find("SPEC_PORT", 1, true), said)
    support.write(region:path "region.lua", (text:format 'control = env "SPEC_CONTROL"'))
    status, said = inquire()
    assert.not_equal(0, status)
    assert.is_truthy(said:find('env "SPEC_CONTROL": the variable is not set', 1, true), said)
    assert.is_truthy(said:find("this file does not name the control socket; use --control PATH", 1, true), said)
  end)

  it("keeps the values in its generations, and a pinned one starts with them", function()
    local region = support.region { scripts = { list = LIST:format "ALICE" }, text = [[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", policies = "policies", versions = "kept" }
tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, urm = "list" }
ipconn "TMPL" { template = "only", receivecount = env "COUNT", description = env("SPEC_NOTE", "none") }
]], wrapper = { "env", "COUNT=3" } }
    finally(function() region:stop() end)
    region:start()
    assert.equal(3, region:row("ipconn", "TMPL").receivecount)
    region:script("list", LIST:format "BOB")
    must(region, "reload")
    assert.equal("3", must(region, "policy", "show", "1", "COUNT"))
    must(region, "policy", "rollback")
    support.wait_until(function() return versions.current(region).pinned and versions.current(region).stored end, 10, "the pin on disk")
    region:stop()
    region.given.wrapper = { "env", "COUNT=4", "SPEC_NOTE=later" }
    region:start()
    lets_in(region, "ALICE")
    assert.equal(3, region:row("ipconn", "TMPL").receivecount)
    assert.equal("none", region:row("ipconn", "TMPL").description)
    must(region, "reload")
    assert.equal(4, region:row("ipconn", "TMPL").receivecount)
    local said = must(region, "policy", "diff", "1")
    assert.is_truthy(said:find "ipconn TMPL changed: .*receivecount", said)
  end)

  it("loads the replayed files with the same variables, and nothing else", function()
    local region = support.region { text = [[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", policies = "policies", record = "records.db",
  dfltuser = env "SPEC_USER" }
include "more.lua"
]], wrapper = { "env", "SPEC_USER=ONE" } }
    finally(function() region:stop() end)
    support.write(region:path "more.lua", 'tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0 }\n')
    region:start()
    local function reload(user)
      local status, out, err = support.run { "env", "SPEC_USER=" .. user, support.binary, "reload", "--replay", "1d",
        "--region", region:path "region.lua" }
      return status, out .. err
    end
    local status, said = reload "TWO"
    assert.equal(1, status)
    local words = "a variable of env is not as it was replayed: it has changed since then; replay it again, with the variables"
    assert.is_truthy(said:find(words, 1, true), said)
    assert.equal(1, versions.current(region).generation)
    assert.equal(0, (reload "ONE"))
    assert.equal(2, versions.current(region).generation)
  end)
end)
