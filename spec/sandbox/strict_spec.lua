-- SPDX-License-Identifier: Apache-2.0
-- A misspelt name in a script is an error and so a refusal: in facts, in what the library hands out, in the library, in the environment.
local support = require "spec.support"

-- name = { door, body from line 4 on, code, words of the text }. Bodies that end well accept (at install: install).
local ROWS = {
  -- unknown names raise, with the nearest one
  misspelt = { "bind", 'if facts.capex.networkID == "EVIL" then return policy.refuse "evil" end', "policy_error",
    "facts.capex has no 'networkID'; is 'networkid' meant?" },
  misspelt_table = { "bind", "local x = facts.cpaex", "policy_error", "facts has no 'cpaex'; is 'capex' meant?" },
  wrong_table = { "bind", 'if facts.networkid == "EVIL" then return policy.refuse "evil" end', "policy_error",
    "facts has no 'networkid'; is facts.capex.networkid meant?" },
  list_with_a_name = { "certify", "local x = facts.certificate.san.dns.first", "policy_error",
    "a list of a certificate's names has no 'first'; it is a list" },
  part_of_a_name = { "certify", "for _, rdn in ipairs(facts.certificate.subject) do local x = rdn.tpye end", "policy_error",
    "a part of a certificate's subject or issuer has no 'tpye'; is 'type' meant?" },
  ipconn_misspelt = { "bind", 'if policy.ipconn("THERE").constatus == "RELEASED" then return policy.refuse "down" end', "policy_error",
    "the answer of policy.ipconn has no 'constatus'; is 'connstatus' meant?" },
  ipconns_misspelt = { "bind", 'for _, i in ipairs(policy.ipconns()) do local x = i.recievecount end', "policy_error",
    "the answer of policy.ipconn has no 'recievecount'; is 'receivecount' meant?" },
  ipconns_are_a_list = { "bind", "local x = policy.ipconns().applid", "policy_error",
    "the answer of policy.ipconns has no 'applid'; it is a list" },
  saf_decision = { "bind", 'local may, why = saf.check("FACILITY", "X", "FRED") local x = why.hled', "policy_error",
    "the second answer of saf.check has no 'hled'; is 'held' meant?" },
  saf_user = { "bind", 'if saf.user("FRED").revokd then return policy.refuse "revoked" end', "policy_error",
    "the answer of saf.user has no 'revokd'; is 'revoked' meant?" },
  saf_groups = { "bind", 'local x = saf.user("FRED").groups.PAYROLL', "policy_error",
    "the list of a user's groups has no 'PAYROLL'; it is a list" },
  verdict = { "bind", 'if policy.refuse("x").knid == "refuse" then return policy.refuse "no" end', "policy_error",
    "a verdict has no 'knid'; is 'kind' meant?" },
  ip_set = { "bind", 'local x = ip.set { "10.0.0.0/8" }.hodls', "policy_error", "a set of prefixes has no 'hodls'; is 'holds' meant?" },
  rate = { "bind", 'local x = policy.rate("R", { count = 1, per = 1 }).tkae', "policy_error", "a rate has no 'tkae'; is 'take' meant?" },
  counter = { "bind", 'local x = policy.counter("C").nxet', "policy_error", "a counter has no 'nxet'; is 'next' meant?" },
  library = { "bind", 'return policy.refsue "x"', "policy_error", "policy has no 'refsue'; is 'refuse' meant?" },
  library_cert = { "bind", "local x = cert.nmaed", "policy_error", "cert has no 'nmaed'; is 'named' meant?" },
  library_string = { "bind", 'local x = ("a").upperr', "policy_error", "string has no 'upperr'; is 'upper' meant?" },
  library_math = { "bind", "local x = math.random", "policy_error", "math has no 'random'" },
  global = { "bind", "local x = os.date()", "policy_error", "there is no global 'os'" },
  global_misspelt = { "bind", "for _ in ipars {} do end", "policy_error", "there is no global 'ipars'; is 'ipairs' meant?" },
  global_read = { "bind", "local x = print", "policy_error", "there is no global 'print'" },
  bytes = { "bind", 'local x = facts["a\\0\\n\\xff"]', "policy_error", "facts has no 'a\\x00\\x0a\\xff'" },
  through_index = { "bind", 'local x = setmetatable({}, { __index = facts }).cpaex', "policy_error", "facts has no 'cpaex'" },
  -- a fact of another door is nil here, and an index of that nil names the door
  elsewhere = { "bind",
    'if facts.ipconn or facts.certificate or facts.tls or facts.request or facts.peer.host then return policy.refuse "no" end' },
  elsewhere_indexed = { "bind", "local x = facts.ipconn.applid", "policy_error",
    "attempt to index a nil value (field 'ipconn'): facts.ipconn is not known at bind; the first door that has it is attach" },
  certificate_at_admit = { "admit", "local x = facts.certificate.sha256", "policy_error",
    "attempt to index a nil value (field 'certificate'): facts.certificate is not known at admit; the first door that has it is certify" },
  certificate_without_tls = { "bind", "local c = facts.certificate local x = c.sha256", "policy_error",
    "facts.certificate is absent here: certify has it when one was presented" },
  host_way_in = { "bind", "return policy.refuse('x', 'from ' .. facts.peer.host)", "policy_error",
    "(field 'host'): facts.peer.host is known way out only" },
  another_nil = { "bind", "local x = facts.tls local t = {} return t.none.there", "policy_error",
    "attempt to index a nil value (field 'none')", true },
  -- the rest is as with a plain table
  own_keys = { "bind",
    'facts.seen, facts.capex.mine = true, 1 if not (facts.seen and facts.capex.mine == 1) then return policy.refuse "no" end' },
  plain = { "certify", [[
    local dns, n = facts.certificate.san.dns, 0
    for i, name in ipairs(dns) do n = n + 1 end
    assert(#dns == n and dns[n + 1] == nil and dns[0] == nil and dns[true] == nil and next(dns) == (n > 0 and 1 or nil))
    table.sort(dns)
    table.insert(dns, "x")
    assert(table.concat(dns):sub(-1) == "x" and table.unpack(dns) == dns[1] and #dns == n + 1)
    assert(rawget(facts, "cpaex") == nil and rawlen(dns) == n + 1)
    for key, value in pairs(facts) do assert(facts[key] == value) end
    for key in pairs(facts.capex or {}) do assert(key ~= "token") end
    assert(next(facts) ~= nil and select("#", next({}, nil)) == 1)]] },
  -- a chain's certificates and its anchor are made when they are read, by rawget and next too
  raw_read_of_a_chain = { "certify", [[
    local chain = facts.certificate.chain
    assert(rawget(chain, "anchor") == chain.anchor and rawget(chain, "anchor").sha256 == rawget(chain, "certificates")[2].sha256)]] },
  next_of_a_chain = { "certify", [[
    local chain, seen, key, value = facts.certificate.chain, {}, nil, nil
    repeat
      key, value = next(chain, key)
      if key then seen[key] = value end
    until not key
    assert(seen.ok and seen.anchor and seen.anchor == chain.anchor and #seen.certificates == 2)]] },
  -- and a script's own writes to them stand, whatever is read afterwards
  own_write_of_a_chain = { "certify", [[
    local chain = facts.certificate.chain
    chain.anchor = "mine"
    assert(#chain.certificates == 2 and chain.anchor == "mine" and chain.ok)]] },
  own_nil_of_a_chain = { "certify", [[
    local chain = facts.certificate.chain
    chain.certificates = nil
    assert(chain.anchor.sha256 and chain.certificates == nil and rawget(chain, "certificates") == nil)]] },
  raw_write_of_a_chain = { "certify", [[
    local chain = facts.certificate.chain
    rawset(chain, "anchor", "mine")
    assert(#chain.certificates == 2 and chain.anchor == "mine")]] },
  mock_reads_nil = { "bind", 'if policy.mock or policy.facts then return policy.refuse "no" end' },
  caught = { "bind",
    'local ok, why = pcall(function() return facts.cpaex end) if ok or not why:find "capex" then return policy.refuse "no" end' },
  -- a script cannot change the metatables
  hidden = { "bind", [[
    assert(getmetatable(facts) == false and getmetatable(facts.capex) == false)
    assert(getmetatable(policy) == false and getmetatable(_ENV) == false)
    assert(not pcall(setmetatable, facts, nil) and not pcall(setmetatable, facts.capex, {}))
    assert(not pcall(rawset, policy, "x", 1) and not pcall(rawset, _ENV, "x", 1))
    assert(pcall(setmetatable, {}, facts))
    rawset(facts, "__index", function() return 1 end)
    assert(not pcall(function() return facts.capex.cpaex end))]] },
}

local SCRIPT = [[
local policy, saf, ip, cert = require "policy", require "policy.saf", require "policy.ip", require "policy.cert"
return { %s = function(facts)
-- the body
do %s end
return policy.accept() end }
]]

local INSTALL = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid, template = "THERE" } end } ]]

describe("a name in a script", function()
  local region

  setup(function()
    local services, scripts, n = {}, { urm = INSTALL }, 0
    for name, row in pairs(ROWS) do
      n = n + 1
      row.service = "S" .. n
      services[row.service] = { urm = "urm", [row[1]] = name, ssl = row[1] == "certify" and "clientauth" or nil }
      scripts[name] = SCRIPT:format(row[1], row[2])
    end
    region = support.region { region = { sec = "no" }, tcpipservices = services, scripts = scripts,
      saf = 'return { users = { FRED = { groups = { "PAYROLL" } } } }',
      ipconns = { THERE = { applid = "THERE", networkid = "NETZ" } } }:start()
  end)

  teardown(function() region:stop() end)

  local function ask(name)
    local row = ROWS[name]
    local answer, status = support.connect { port = region:port(row.service), ring = row[1] == "certify" and "NETX.CTGAPP" or nil }
    local record = region:explain { last = 1 }[1]
    for _, door in ipairs(record.doors) do
      if door.policy == name then return door, status, answer end
    end
    error("not asked: " .. name)
  end

  for name, row in pairs(ROWS) do
    it(row[3] and ("fails: " .. name) or ("is as in a plain table: " .. name), function()
      local door, status = ask(name)
      if not row[3] then
        assert.are.same({ 0, "accept" }, { status, door.verdict }, door.text)
        return
      end
      assert.are.same({ 3, "refuse", row[3] }, { status, door.verdict, door.code })
      assert.is_truthy(door.text:find(row[4], 1, true), door.text)
      assert.are.same({ name .. ".lua", 4 }, { door.file:match "[^/]*$", door.line })
      if row[5] then assert.is_nil(door.text:find "facts%.", door.text) end
    end)
  end

  it("that loading reads is a fault of the script, with file and line", function()
    local r = support.region { scripts = { p = "local policy = require 'policy'\nlocal d = os.date()\nreturn { bind = policy.accept }" },
      tcpipservices = { IPIC = { bind = "p" } } }
    local status, out, err = support.sallyport("check", "--region", r.dir .. "/region.lua")
    assert.are.equal(1, status)
    assert.is_truthy((out .. err):find "p%.lua:2: [^\n]*there is no global 'os'", out .. err)
    support.remove(r.dir)
  end)
end)

describe("facts way out", function()
  local OUT = [[
local policy = require "policy"
return { admit = function(facts)
  assert(facts.way == "out" and facts.peer.host == "127.0.0.1" and facts.ipconn.ipconn == "GOOD" and facts.own.ip == nil)
  return policy.accept()
end }]]
  local BAD = 'return { admit = function(facts)\nlocal x = facts.capex.applid\nend }'
  local MISSPELT = 'return { admit = function(facts)\nlocal x = facts.peer.hots\nend }'

  it("have what that way has", function()
    local far = support.region { region = { applid = "CICSB", networkid = "NETB" }, tcpipservices = { IPIC = {} } }:start()
    local port = far:port "IPIC"
    local function to(script) return { networkid = "NETB", host = "127.0.0.1", port = port, tcpipservice = "IPIC", admit = script } end
    local r = support.region { scripts = { out = OUT, bad = BAD, misspelt = MISSPELT }, tcpipservices = { IPIC = {} },
      ipconns = { GOOD = to "out", BAD = to "bad", MISSPELT = to "misspelt" } }:start()
    r:command("set", "ipconn", "GOOD", "acquired")
    assert.is_truthy(r:wait_log "SP0020 [^\n]*door=admit policy=out ")
    r:command("set", "ipconn", "BAD", "acquired")
    assert.is_truthy(r:wait_log("bad.lua:2 [^\n]*facts.capex is not known at admit; the first door that has it is attach"))
    r:command("set", "ipconn", "MISSPELT", "acquired")
    assert.is_truthy(r:wait_log("misspelt.lua:2 [^\n]*facts.peer has no 'hots'; is 'host' meant%?"))
    r:stop()
    far:stop()
  end)
end)

describe("a reload", function()
  it("is refused when the new rules misspell a fact that a partner's re-ask reads", function()
    local good = 'local policy = require "policy"\nreturn { bind = function(facts)\nreturn policy.accept() end }'
    local r = support.region { scripts = { rule = good, urm = INSTALL }, ipconns = { THERE = { applid = "THERE", networkid = "NETZ" } },
      tcpipservices = { IPIC = { bind = "rule", urm = "urm" } } }:start()
    local partner = support.connecting { port = r:port "IPIC", hold = 30 }
    r:wait_log "DFHIS2001"
    r:script("rule", (good:gsub("return policy", 'if facts.recheck and facts.capex.networkID == "X" then end return policy')))
    local status, out, err = r:command "reload"
    assert.are.equal(1, status)
    assert.is_truthy((out .. err):find("rule.lua:3: fault: ipconn CTGAPP, asked again at bind: policy_error: facts.capex has no", 1, true),
      out .. err)
    assert.are.equal("ACQUIRED", r:row("ipconn", "CTGAPP").connstatus)
    partner:stop()
    r:stop()
  end)
end)

describe("a program", function()
  it("has a strict request", function()
    local r = support.region { scripts = { p = 'return { run = function(request)\nreturn request.usreid or ""\nend }' },
      tcpipservices = { IPIC = { urm = "urm" } }, programs = { P = { script = "p" } } }
    support.write(r.dir .. "/policies/urm.lua", 'local policy = require "policy"\nreturn { install = function(facts)\n' ..
      "return policy.install { ipconn = facts.capex.applid } end }")
    r:start()
    local _, _, err = support.connect { port = r:port "IPIC", link = "P" }
    assert.is_truthy(r:wait_log("request has no 'usreid'; is 'userid' meant%?"), err)
    r:stop()
  end)
end)
