-- SPDX-License-Identifier: Apache-2.0
-- `ask`: its answer is that of a real partner's `explain`, from the running region and from the definition on disk; and
-- it has no effect.
local dkjson = require "dkjson"

local corridor = require "spec.support.corridor"
local support = require "spec.support"

local CASES, sorted = corridor.CASES, corridor.sorted

-- The words of `ask` for a case.
local function words_of(case)
  local words = { "--tcpipservice", case[1] }
  local function add(name, value)
    words[#words + 1] = "--" .. name
    if value ~= true then words[#words + 1] = tostring(value) end
  end
  for _, key in ipairs(sorted(case)) do
    if key == "ring" and not case.without then add("ring", "certs/rings/" .. case.ring) end
    if key ~= "ring" and key ~= "without" and key ~= "ask" and key ~= "tls1.2" then add(key, case[key]) end
  end
  for _, key in ipairs(sorted(case.ask or {})) do add(key, case.ask[key]) end
  return words
end

-- What of a record must be the same: the outcome, and each door with its checks and its grants.
local function essence(r)
  local doors = {}
  for i, d in ipairs(r.doors) do
    doors[i] = { door = d.door, policy = d.policy, file = d.file, line = d.line, verdict = d.verdict, code = d.code, granted = d.granted,
      checks = d.checks, text = d.policy and d.text }
  end
  local facts = r.facts
  if facts.capex then facts.capex.callback = nil end
  return { stage = r.stage, code = r.code, reason = r.reason, doors = doors, installed = r.installed, certificate = r.certificate,
    facts = { capex = facts.capex, tls = facts.tls, certificate = facts.certificate, ipconn = facts.ipconn, notes = facts.notes,
      tcpipservice = facts.tcpipservice, socket = facts.socket, sysplex = facts.peer.sysplex } }
end

local function ask(words)
  local status, out, err = support.sallyport("ask", table.unpack(words))
  local rows = dkjson.decode(out)
  return rows and rows[1], status, err
end

local function with(words, ...)
  local all = { table.unpack(words) }
  for _, word in ipairs { ... } do all[#all + 1] = word end
  return all
end

describe("ask", function()
  local region, file, ring

  setup(function()
    ring = support.directory()
    assert(support.run { "cp", "-r", "certs/rings/CICSA/.", ring } == 0)
    support.write(ring .. "/maps.lua", 'return { { userid = "MAPPED", subject = "CN=NETX.RSAAPP,O=Sallyport demo" } }')
    region = support.region { region = { heartbeat = 0, milliseconds = 200, ring = ring }, scripts = corridor.SCRIPTS,
      tcpipservices = corridor.SERVICES, ipconns = corridor.IPCONNS }
    region:start()
    file = region:path "region.lua"
  end)
  teardown(function()
    region:stop()
    support.remove(ring)
  end)

  local function running(words)
    return ask(with(words, "--json", "--running", "--control", region.control))
  end

  local function on_disk(words)
    return ask(with(words, "--json", "--region", file))
  end

  it("compares the user that the ring's maps.lua gives", function()
    local r = running(words_of(CASES["accepted, an RSA certificate"]))
    assert.same({ userid = "MAPPED", by = "maps.lua" }, r.doors[2].granted)
  end)

  for _, name in ipairs(sorted(CASES)) do
    it("answers as a real partner is answered: " .. name, function()
      local case = CASES[name]
      local asked, status = running(words_of(case))
      local drafted, status_drafted = on_disk(words_of(case))
      local said = corridor.connect(region, case)
      local real = (said.connection and region:explain(said.connection) or region:explain { last = 1 })[1]
      assert.same(essence(real), essence(asked))
      assert.same(essence(real), essence(drafted))
      assert.equal(said.accepted, asked.accepted)
      assert.same({ said.accepted and 0 or 3, said.accepted and 0 or 3 }, { status, status_drafted })
      assert.equal(said.ipconn, asked.ipconn)
    end)
  end
end)
