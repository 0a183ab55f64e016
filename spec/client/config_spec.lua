-- SPDX-License-Identifier: Apache-2.0
-- `sallyport config`: the definition as the region understands it, as a region.lua that defines the same, and as JSON.
local dkjson = require "dkjson"
local lfs = require "lfs"

local rules = require "spec.support.rules"
local support = require "spec.support"

local HERE = lfs.currentdir()
local KINDS = { "region", "tcpipservice", "ipconn", "program", "transaction" }

-- Definitions that give every attribute of every kind: one resource cannot have them all with effect.
local EVERY = ([[
region {
  applid = "CICSA", networkid = "NETA", dfltuser = "GUEST", regionuser = "REGION", sec = "yes", saf = "HERE/policies/saf.lua",
  recovery = "recovery", record = "records.db", record_full = "hold", record_requests = "all", record_days = 1,
  record_megabytes = 2, record_mask = { "peer.ip/24", "check.detail" }, retry = 0.1, retry_max = 33.3333333333, metrics = "127.0.0.1:9491",
  conversation_kilobytes = 128, ring = "HERE/certs/rings/CICSA", control = "a.sock", policies = "HERE/policies", tcp_timeout = 1,
  handshake_timeout = 2, capex_timeout = 3, heartbeat = 0, heartbeat_timeout = 4, drain = 0, maxsockets = 7, halfopen = 8,
  halfopen_peer = 9, instructions = 2000000, milliseconds = 51, kilobytes = 5000, records = 11, recheck = "report",
  specs = "warn", generations = 12, generation_days = 13, versions = "versions", x509strict = "yes", verify_cache = 12, workers = 2,
  user = "nobody", keep_caps = "bind", store = "sentinel://127.0.0.1:1/names/2", store_user = "u",
  store_password_file = "HERE/policies/saf.lua", store_sentinel_user = "w", store_sentinel_password_file = "HERE/policies/saf.lua",
  store_ring = "HERE/certs/rings/CICSB", sysplex = "PLEXA", lease = 12.5, follow = "yes", follow_keys = "rules.pub", follow_file = "rules",
  follow_decrypt_key = "saf.key",
  claim_down = "local", claim_lost = "keep", store_replicas = 1,
}
tcpipservice "IPIC" {
  group = "G", description = 'quotes " and \\ and \228', protocol = "ipic", portnumber = 1, host = "127.0.0.1", ipaddress = "127.0.0.1",
  backlog = 5, status = "closed", ssl = "clientauth", certificate = "CICSA", ciphers = "C02BC02F", socketclose = "no",
  transaction = "CISX", admit = "lan", certify = "pinned", bind = "partners",
  urm = { "dfh_isai", max = 500 }, attach = "saf_attach",
  applid_change = "blank_only", heartbeat = 1.5, heartbeat_timeout = 2.5,
}
tcpipservice "GENERIC" {
  portnumber = 2, speciftcps = "PLAIN", ssl = "no", advertise = { CICSA = "127.0.0.1:3", ["NETB.CICSB"] = "[::1]:4" },
}
tcpipservice "PLAIN" { portnumber = 0 }
ipconn "DIALLED" {
  applid = "OTHER", networkid = "NETB", group = "G", description = "d", host = "localhost", port = 3, tcpipservice = "IPIC",
  receivecount = 4, sendcount = 5, queuelimit = 6, maxqtime = 7, mirrorlife = "uow", autoconnect = "yes", inservice = "no",
  ha = "yes", ssl = "yes", certificate = "CICSA", ciphers = "ECDHE-RSA-AES128-GCM-SHA256", linkauth = "certuser",
  userauth = "identify", idprop = "required", xlnaction = "force", admit = "lan", certify = "pinned",
}
ipconn "COPIED" { template = "only", securityname = "LINK", queuelimit = "no" }
program "LOCAL" { script = "tax", instructions = 5, milliseconds = 6, kilobytes = 700, ccsid = 500 }
program "FAR" { url = "http://127.0.0.1:1/x", status = "disabled", description = "", timeout = 0.25 }
program "THERE" { ipconn = "DIALLED", remotename = "HERE" }
program "ECHO" { builtin = "ECHO" }
transaction "PAY1" { status = "disabled", program = "ECHO" }
]]):gsub('"HERE/', '"' .. HERE .. "/")

describe("sallyport config", function()
  local dir

  setup(function()
    dir = support.directory()
    local keys = support.read(rules.key(false).public)
    for _, folder in ipairs { "/a", "/b" } do
      lfs.mkdir(dir .. folder)
      support.write(dir .. folder .. "/rules.pub", keys)
    end
  end)
  teardown(function() support.remove(dir) end)

  local function config(file, ...)
    local status, out, err = support.sallyport("config", "--region", file, ...)
    assert.equal(0, status, err)
    return out
  end

  -- The text without the places, and with defaults of paths as others.
  local function plain(text)
    return (text:gsub("\n%-%- [^\n]+:%d+\n", "\n"):gsub("\n  ([%w_]+ = [^\n]*),%s*%-%- default\n", "\n  %1,\n"))
  end

  local function written(text)
    local file = dir .. "/a/region.lua"
    support.write(file, text)
    return file
  end

  -- The values of each resource: of those given, and of the defaults.
  local function values(file)
    local all = {}
    for kind, list in pairs(assert(dkjson.decode((config(file, "--json"))))) do
      for _, resource in ipairs(list) do
        local one = { params = resource.params }
        for _, half in ipairs { "given", "default" } do
          for name, value in pairs(resource[half]) do one[name] = value end
        end
        all[kind .. " " .. resource.name] = one
      end
    end
    return all
  end

  local function reported(file)
    local status, out = support.sallyport("check", "--region", file, "--json")
    local said = {}
    for _, each in ipairs(dkjson.decode(out)) do said[#said + 1] = each.level .. " " .. each.text:gsub("line %d+", "line") end
    table.sort(said)
    return status, said
  end

  local function same(file)
    local again = dir .. "/b/region.lua"
    local text = config(file)
    support.write(again, text)
    assert.equal(plain(text), plain(config(again)))
    assert.same(values(file), values(again))
    local status, said = reported(file)
    local status_again, said_again = reported(again)
    assert.equal(status, status_again)
    assert.same(said, said_again)
  end

  it("prints the demo region as a definition that is the same, in another directory too", function() same "policies/region.lua" end)

  it("does so with the definition of init", function()
    local status, _, err = support.sallyport("init", dir .. "/new")
    assert.equal(0, status, err)
    same(dir .. "/new/region.lua")
  end)

  -- The attributes that no resource of the definition gives, with their defaults.
  local function not_given(file)
    local left = {}
    for kind, list in pairs(assert(dkjson.decode((config(file, "--json")), 1, dkjson.null))) do
      for name, value in pairs(list[1].default) do left[kind .. " " .. name] = value end
      for _, resource in ipairs(list) do
        for name in pairs(resource.given) do left[kind .. " " .. name] = nil end
      end
    end
    return left
  end

  it("does so with every attribute", function()
    local file = written(EVERY)
    local more = {}
    for attribute, value in pairs(not_given(file)) do
      local kind, name = attribute:match "^(%S+) (%S+)$"
      if kind == "region" and value ~= dkjson.null then more[#more + 1] = ("%s = %s, "):format(name, support.lua(value)) end
    end
    file = written((EVERY:gsub("region {", "%0 " .. table.concat(more), 1)))
    assert.same({}, not_given(file), "attributes that the definition of this spec does not give")
    same(file)
  end)

  it("marks defaults, and has the values that depend on others", function()
    local file = written [[
region { applid = "CICSA", networkid = "NETA", heartbeat = 7, kilobytes = 99, policies = "." }
tcpipservice "IPIC" { portnumber = 1490, ssl = "no" }
ipconn "NETX" { host = "localhost", port = 1, sendcount = 1 }
program "P" { ipconn = "NETX" }
program "Q" { url = "http://localhost/" }
transaction "PAY1" { program = "Q" }
]]
    local text = config(file)
    for _, line in ipairs {
      "  heartbeat = 7,", '  -- regionuser = "CICSA",', '  -- sec = "no",', "  -- saf: none", "  portnumber = 1490,", '  ssl = "no",',
      "  -- heartbeat = 7,", '  -- urm = "no",', '  -- applid = "NETX",', '  -- queuelimit = "no",', '  -- remotename = "P",',
      "  -- kilobytes = 99,", ('  control = "%s/run/CICSA.sock", -- default'):format(HERE .. "/" .. dir .. "/a"),
    } do
      assert.is_truthy(text:find("\n" .. line .. "\n", 1, true), line .. " is not in:\n" .. text)
    end
    assert.is_truthy(text:find(("\n-- %s:3\nipconn \"NETX\" {\n"):format(file), 1, true), text)
    local all = dkjson.decode(config(file, "--json"))
    assert.equal(7, all.region[1].given.heartbeat)
    assert.equal(7, all.tcpipservice[1].default.heartbeat)
    assert.equal("no", all.tcpipservice[1].given.ssl)
    assert.equal(file, all.ipconn[1].file)
    assert.equal(3, all.ipconn[1].line)
    assert.equal("CICSA", all.region[1].default.regionuser)
    for _, kind in ipairs(KINDS) do assert.is_table(all[kind], kind) end
  end)

  it("has the parameters of scripts", function()
    local file = written(EVERY)
    assert.equal("{ max = 500 }", values(file)["tcpipservice IPIC"].params.urm)
    assert.is_truthy(config(file):find('  urm = { "dfh_isai", max = 500 },', 1, true))
  end)

  it("reports the faults of a definition, and prints nothing", function()
    local file = written 'region { applid = "CICSA", networkid = "NETA", drian = 5 }\n'
    local status, out, err = support.sallyport("config", "--region", file)
    assert.equal(1, status)
    assert.equal("", out)
    assert.is_truthy(err:find(file .. ":1: fault: unknown key 'drian' in region; did you mean 'drain'?", 1, true), err)
  end)

  it("explains its use", function()
    assert.equal(0, (support.sallyport("config", "--help")))
    assert.equal(2, (support.sallyport("config", "other")))
    assert.equal(2, (support.sallyport("config", "--nothing")))
  end)
end)
