-- SPDX-License-Identifier: Apache-2.0
-- Every shipped sample and every script of the documents keeps its partners over a reload with nothing changed, at any time of day.
local lfs = require "lfs"

local clock = require "spec.support.clock"
local support = require "spec.support"

local README = assert(support.read "README.md") .. assert(support.read "policies/README.md")
local SUNDAY, WEDNESDAY = 0, 3

local GUEST = { template = "only", receivecount = 5 }
local ANY = { networkid = "NETX", applid = "CTGAPP" }
local SHOP = { { networkid = "SHOP", applid = "SHOPWEB1" }, { networkid = "SHOP", applid = "SHOPWEB2" } }

-- For each sample: the listener it stands at, what else there is, and the partners that it lets in; a ring stands for TLS.
local SAMPLES = {
  certuser = { service = { ssl = "clientauth", certify = "certuser", urm = "named" }, partners = { ANY }, ring = "NETX.CTGAPP" },
  dfh_isai = { service = { urm = "dfh_isai" }, ipconns = { NETX = { applid = "CTGAPP", template = "only", receivecount = 10 } },
    partners = { ANY, ANY, ANY } },
  dfhisaip = { service = { urm = "dfhisaip" }, partners = { ANY, { networkid = "NETX", applid = "" } } },
  hours = { service = { admit = "hours", urm = "named" }, partners = { ANY } },
  lan = { service = { admit = "lan", urm = "named" }, partners = { ANY } },
  mro_bind = { service = { ssl = "clientauth", certify = "certuser", bind = "mro_bind", urm = "named" }, also = { "certuser" },
    partners = { { networkid = "NETA", applid = "CICSB" } }, ring = "CICSB" },
  netaccess = { service = { admit = "netaccess", urm = "named" }, partners = { ANY } },
  partners = { service = { ssl = "clientauth", bind = "partners", urm = "named" }, partners = { ANY }, ring = "NETX.CTGAPP" },
  pinned = { service = { ssl = "clientauth", certify = "pinned", urm = "named" }, partners = { ANY }, ring = "NETX.CTGAPP" },
  quarantine = { service = { urm = "quarantine" }, ipconns = { QUARANT = { template = "only", receivecount = 1, userauth = "verify" } },
    partners = { ANY, { networkid = "NETX", applid = "OTHERAPP" } } },
  rate = { service = { admit = "rate", urm = "named" }, partners = { ANY, { networkid = "NETX", applid = "OTHERAPP" } } },
  saf_attach = { service = { attach = "saf_attach", urm = "named" }, programs = { ECHO = {} }, partners = { ANY } },
}

-- For each script of README, by the directory it is written to there.
local SCRIPTS = {
  ["hour/shop"] = { partners = SHOP },
  ["rules/shop"] = { partners = SHOP },
}

local NAMED = [[local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]]

-- A region whose listener IPIC has the case's script, at Wednesday noon.
local function start(case, watch)
  watch:set(WEDNESDAY, 12)
  local scripts = { named = NAMED }
  for name, source in pairs(case.scripts or {}) do scripts[name] = source end
  return support.region {
    wrapper = watch.wrapper, tcpipservices = { IPIC = case.service }, ipconns = case.ipconns, programs = case.programs,
    policies = case.policies,
    saf = support.read "policies/saf.lua", scripts = scripts,
  }:start()
end

local function partner(region, port, case, names)
  local p = case.ring and support.tls { port = port, ring = case.ring } or support.raw(port)
  local body = p:capex(names):read_message().body
  assert.message(region:log()).are.equal("OK", body.response)
  return { peer = p, connection = body.connection }
end

-- The partners come in; whatever the time is then, they are there after each reload.
local function stay(case)
  local watch = clock.new()
  local region = start(case, watch)
  local port, there = region:port "IPIC", {}
  for i, names in ipairs(case.partners) do there[i] = partner(region, port, case, names) end
  for _, time in ipairs { { WEDNESDAY, 12 }, { SUNDAY, 3 }, { WEDNESDAY, 23 } } do
    watch:set(time[1], time[2])
    local status, out, err = region:command "reload"
    assert.message(err).are.equal(0, status)
    assert.message(out).is_nil(out:find("released", 1, true))
    for _, one in ipairs(there) do
      assert.are.equal(200, one.peer:beat().status)
      assert.is_not_nil(region:row("socket", one.connection))
    end
  end
  region:stop()
  watch:free()
end

describe("over a reload with nothing changed,", function()
  it("no sample is without a partner here, and no script of README", function()
    for file in lfs.dir "policies" do
      local name = file:match "^([a-z0-9_]+)%.lua$"
      local sample = name and not name:find "_spec$" and not name:find "_invariant$" and name ~= "region" and name ~= "saf"
      if sample then assert.message(name).is_not_nil(SAMPLES[name]) end
    end
    local scripts = 0
    for dir, name in README:gmatch "cat > ([%w_]+)/policies/([%w_]+)%.lua <<" do
      if not name:find "_spec$" then
        scripts = scripts + 1
        assert.message(dir .. "/" .. name).is_not_nil(SCRIPTS[dir .. "/" .. name])
      end
    end
    assert.is_true(scripts > 0, "the documents write a script")
  end)

  for name, case in pairs(SAMPLES) do
    it(name .. " keeps its partners", function()
      case.policies = { name, table.unpack(case.also or {}) }
      stay(case)
    end)
  end

  for name, case in pairs(SCRIPTS) do
    it("README's " .. name .. " keeps its partners", function()
      local dir, script = name:match "^(.-)/(.*)$"
      local source = assert(README:match("cat > " .. dir .. "/policies/" .. script .. "%.lua <<'EOF'\n(.-\n)EOF\n"))
      case.service, case.ipconns, case.scripts = { urm = script }, { GUEST = GUEST }, { [script] = source }
      stay(case)
    end)
  end

  it("the time is the one that was set: hours refuses who comes on Sunday", function()
    local watch = clock.new()
    local region = start({ service = { admit = "hours" }, policies = { "hours" } }, watch)
    watch:set(SUNDAY, 3)
    support.raw(region:port "IPIC"):closed()
    assert.are.equal("closed", region:explain({ last = 1 })[1].code)
    region:stop()
    watch:free()
  end)
end)
