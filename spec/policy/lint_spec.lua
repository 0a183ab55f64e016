-- SPDX-License-Identifier: Apache-2.0
-- The rules by which `check` looks through scripts that it does not run. In the scripts below a comment --> RULE stands
-- at each line with a finding, and --> RULE! where the finding is a fault.
local json = require "dkjson"
local lfs = require "lfs"

local support = require "spec.support"

local RULES = { "global_read", "global_write", "library_field", "fact_unknown", "fact_absent", "phase", "no_verdict",
  "lost_verdict", "refuse_code", "template_unknown", "constant_check", "unreachable", "nondeterminism", "rounds", "allow" }
local IS_RULE = {}
for _, rule in ipairs(RULES) do IS_RULE[rule] = true end

local region

-- Runs `check` over these scripts: the findings of the lint as { "NAME:LINE RULE" }, their texts by that key, all
-- entries. more: of the definition.
local function lint(scripts, wrapper, more)
  more = more or {}
  region = support.region { scripts = scripts, tcpipservices = more.tcpipservices, ipconns = more.ipconns }
  region:define(region.given)
  local words = { support.binary, "check", "--json", "--region", region:path "region.lua" }
  for i, word in ipairs(wrapper or {}) do table.insert(words, i, word) end
  local _, out, err = support.run(words)
  local found, texts, entries = {}, {}, assert(json.decode(out), out .. err)
  for _, each in ipairs(entries) do
    if IS_RULE[each.rule] then
      local key = ("%s:%d %s%s"):format(each.file:match "([%w_]+)%.lua$", each.line, each.rule, each.level == "fault" and "!" or "")
      found[#found + 1] = key
      texts[key] = each.text
    end
  end
  table.sort(found)
  return found, texts, entries
end

local function marked(scripts)
  local list = {}
  for name, text in pairs(scripts) do
    local line = 0
    for each in (text .. "\n"):gmatch "([^\n]*)\n" do
      line = line + 1
      for rule in (each:match "%-%-> (.*)" or ""):gmatch "%S+" do list[#list + 1] = ("%s:%d %s"):format(name, line, rule) end
    end
  end
  table.sort(list)
  return list
end

local POLICY = 'local policy = require "policy"\n'

local CASES = {
  ["a global that nobody declared"] = { a = POLICY .. [[
local function known(facts) return LIMIT > 1 and policy.accept() or policy.refuse "low" end --> global_read!
return { admit = function(facts)
  if print then return policy.refuse(tostring(facts)) end --> global_read!
  return known(facts)
end }]] },
  ["an assignment to a global"] = { a = POLICY .. [[
count = 0 --> global_write!
return { admit = function(facts)
  total, facts = 1, nil --> global_write!
  return policy.accept()
end }]] },
  ["a name that the library does not have"] = { a = POLICY .. [[
local ip, cert = require "policy.ip", require "policy.cert"
local set = ip.sett { "10.0.0.0/8" } --> library_field!
local counter = policy.counter("N")
return { admit = function(facts)
  if ip.set { "10.0.0.0/8" }:hold(facts.peer.ip) then return policy.acept() end --> library_field! library_field! phase
  if ("x"):repeat_(2) == string.fmt("x") then return policy.accept() end --> library_field! library_field!
  if counter:nxt() then return policy.accept() end --> library_field!
  return policy.accept().verdct and policy.accept() or cert.subject(facts) --> library_field! library_field!
end }]] },
  ["a fact that does not exist"] = { a = POLICY .. [[
local function cn(certificate)
  for _, part in ipairs(certificate.subject) do
    if part.typ == "CN" then return part.value end --> fact_unknown!
  end
end
return {
  bind = function(facts)
    local said = facts.capex
    if said.aplid == cn(facts.certificate) then return policy.accept() end --> fact_unknown!
    local other = policy.ipconn(said.applid)
    if other and other.userath then return policy.accept() end --> fact_unknown!
    for _, each in ipairs(policy.ipconns()) do
      if each.apllid then return policy.accept() end --> fact_unknown!
    end
    return policy.refuse(facts.pear.ip) --> fact_unknown!
  end,
  admit = function(facts)
    local own, peer = nil
    if facts.recheck then own, peer = facts.own, facts.peer end
    if own and own.ipp == peer.adress then return policy.accept() end --> fact_unknown! fact_unknown!
    return policy.refuse "other"
  end,
}]] },
  ["a method that a string does not have"] = { a = POLICY .. [[
return { bind = function(facts)
  if facts.capex.applid:uper() == "A" then return policy.accept() end --> library_field!
  return facts.peer.ip:lower():find "^fe80" and policy.accept() or policy.refuse "other"
end }]] },
  ["a fact that a door never has"] = { a = POLICY .. [[
local function applid(facts) return facts.capex.applid end --> fact_absent fact_absent
local function careful(facts)
  if facts.stage == "capex" then return facts.capex.applid end
  return facts.peer.ip
end
local function tests(facts) return facts.certificate and facts.certificate.sha256 end
return {
  admit = function(facts)
    if applid(facts) or careful(facts) or tests(facts) then return policy.accept() end
    return policy.refuse(facts.request.tran) --> fact_absent! fact_absent!
  end,
  bind = function(facts)
    return applid(facts) and careful(facts) and tests(facts) and policy.accept() or policy.refuse "no"
  end,
}]] },
  ["a call in the wrong place"] = { a = POLICY .. [[
local ip = require "policy.ip"
local guest = policy.ipconn "GUEST" --> phase
local first = policy.counter("N"):next() --> phase
local near = ip.set { "10.0.0.0/8" }
local function inside(facts) return ip.set { "10.0.0.0/8" }:holds(facts.peer.ip) end --> phase
return { admit = function(facts)
  policy.mock {} --> phase
  if inside(facts) and near:holds(facts.peer.ip) and policy.counter("N"):next() then return policy.accept() end
  return guest and first and policy.accept() or policy.refuse "far"
end }]] },
  ["a note that no later door reads"] = { a = POLICY .. [[
local function keep(facts) policy.note("ip", facts.peer.ip) end --> phase
return {
  admit = function(facts) keep(facts) policy.note("b", 1) return policy.accept() end,
  attach = function(facts)
    policy.note("a", 1) --> phase
    keep(facts)
    return policy.accept()
  end,
}]] },
  ["a function that can end without a verdict"] = { a = POLICY .. [[
local function helper(facts)
  if facts.peer.port > 1023 then return policy.accept() end
end --> no_verdict
local function never(facts)
  while true do
    if facts.peer.port > 1 then return policy.accept() end
  end
end
local function raises() error "no rule" end
return {
  admit = function(facts)
    if facts.load.halfopen > 3 then return end --> no_verdict
    if facts.load.halfopen > 2 then return true end --> no_verdict
    if facts.load.halfopen > 1 then return policy.accept(), 1 end --> no_verdict
    if facts.load.halfopen > 0 then return facts.recheck and policy.accept() end --> no_verdict
    return helper(facts)
  end,
  certify = policy.first {
    function(facts) if facts.recheck then return policy.pass() end end, --> no_verdict
    never, raises, --> unreachable
  },
  delete = function(facts) policy.check("is gone", facts.ipconn.ipconn == "A") end,
}]] },
  ["a refusal without a code"] = { a = POLICY .. [[
local CODE = "low"
return { admit = function(facts)
  if facts.peer.port > 1 then return policy.refuse() end --> refuse_code
  if facts.peer.port > 0 then return policy.refuse(nil, "text") end --> refuse_code
  return policy.refuse(CODE)
end }]] },
  ["a code that is none"] = { a = POLICY .. [[
local CODE = "Too Low"
return { admit = function(facts)
  if facts.peer.port > 3 then return policy.refuse("only high ports") end --> refuse_code!
  if facts.peer.port > 2 then return policy.refuse(CODE) end --> refuse_code!
  if facts.peer.port > 1 then return policy.refuse("policy_error") end --> refuse_code!
  if facts.peer.port > 0 then return policy.refuse(7) end --> refuse_code!
  return policy.refuse("p_0123456789_0123456789_01234567")
end }]] },
  ["a verdict that is not returned"] = { a = POLICY .. [[
local function deny(facts) return policy.refuse("low", facts.peer.ip) end
local rule = policy.first { function(facts) return facts.recheck and policy.pass() or policy.refuse "low" end }
return {
  admit = function(facts)
    if facts.peer.port < 1024 then policy.refuse "low" end --> lost_verdict!
    while facts.recheck do policy.accept() break end --> lost_verdict!
    repeat deny(facts) until true --> lost_verdict!
    for _ = 1, 2 do policy.pass() end --> lost_verdict!
    rule(facts) --> lost_verdict!
    if deny(facts) then return policy.accept() end
    local verdict = deny(facts)
    return verdict
  end,
  install = function(facts) policy.install { ipconn = facts.capex.applid } end, --> lost_verdict! no_verdict
}]] },
  ["a check of a constant"] = { a = POLICY .. [[
local ALWAYS = true
return { admit = function(facts)
  policy.check("literal", false) --> constant_check
  policy.check("named", ALWAYS) --> constant_check
  policy.check("function", function() return facts end) --> constant_check
  policy.check("either", facts.recheck or false)
  policy.check("both", facts.recheck and true)
  local found, near
  if facts.recheck then found, near = true, "near" end
  policy.check("found", found, near)
  policy.check("one or the other", facts.peer.ip == "192.0.2.1" or "192.0.2.2") --> constant_check
  if facts.peer.ip == "192.0.2.1" or "192.0.2.2" then return policy.refuse "blocked" end --> constant_check
  if facts.peer.ip == (facts.own.ip or "192.0.2.1") then return policy.refuse "own" end
  return policy.accept()
end }]] },
  ["a comparison with a literal behind its `or`, wherever it stands"] = { a = POLICY .. [[
local function is_own(ip) return ip == "192.0.2.1" or "192.0.2.2" end --> constant_check
return { admit = function(facts)
  local near = facts.peer.ip ~= "192.0.2.1" or "192.0.2.2" --> constant_check
  if facts.recheck and (facts.peer.ip == "192.0.2.1" or "::1") then return policy.refuse "a" end --> constant_check
  if facts.peer.ip == "::2" or "::3" or facts.recheck then return policy.refuse "b" end --> constant_check
  while not (facts.peer.port < 3 or 4) do return policy.refuse "c" end --> constant_check
  local word = facts.peer.port == 1 and "one" or "another"
  if is_own(facts.peer.ip) or near == word then return policy.refuse "d" end
  return policy.accept()
end }]] },
  ["a function as a condition, which nobody calls"] = { a = POLICY .. [[
local cert = require "policy.cert"
local function is_near(facts) return facts.peer.ip == "::1" end
local later
return { certify = function(facts)
  if is_near then return policy.accept() end --> constant_check
  if not cert.verified then return policy.refuse "a" end --> constant_check
  if later and later(facts) then return policy.refuse "b" end
  return is_near and policy.accept() or policy.refuse "c" --> constant_check
end,
admit = function(facts)
  later = is_near --> nondeterminism
  if facts.recheck then return policy.accept end --> no_verdict
  return is_near(facts) and policy.accept() or policy.refuse "d"
end }]] },
  ["code behind a verdict"] = { a = POLICY .. [[
local function open() return policy.accept() end
return {
  admit = policy.first {
    function(facts) return facts.recheck and policy.accept() or policy.pass() end,
    open,
    function() return policy.refuse "other" end, --> unreachable
  },
  bind = function(facts)
    if facts.recheck then return policy.accept() else return policy.refuse "new" end
    policy.check("later", facts.recheck) --> unreachable
  end,
  install = function(facts)
    error "nobody is installed"
    return policy.install { ipconn = facts.capex.applid } --> unreachable
  end,
}]] },
  ["an answer that the facts do not settle"] = { a = POLICY .. [[
local seen, by = 0, {}
local function after(limit)
  local n = 0
  return function()
    local own = 0
    n = n + 1 --> nondeterminism
    own = own + n
    return own > limit
  end
end
local is_late = after(3)
local NETWORKS = { NETA = "A", NETB = "B" }
return { bind = function(facts)
  seen = seen + 1 --> nondeterminism
  by[facts.peer.ip] = true --> nondeterminism
  table.insert(by, facts.peer.ip) --> nondeterminism
  rawset(by, "last", facts.peer.ip) --> nondeterminism
  local all, own = by, {}
  all.last = facts.peer.ip --> nondeterminism
  own.last = facts.peer.ip
  table.insert(own, facts.peer.ip)
  if is_late() then return policy.refuse "late" end
  if os.time() > 0 or math.random() > 0.5 then return policy.refuse "late" end --> nondeterminism! nondeterminism!
  for network, code in pairs(NETWORKS) do
    if network < facts.capex.networkid then return policy.refuse(code) end --> nondeterminism
  end
  for network in pairs(NETWORKS) do
    if network == facts.capex.networkid then return policy.accept() end
  end
  local mine = 0
  mine = mine + 1
  return policy.accept()
end }]] },
  ["a finding in a script that another one requires"] = { a = POLICY .. [[
local shared = require "shared"
return { admit = shared.rule, bind = policy.all { shared.rule, shared.second } }]], shared = POLICY .. [[
local shared = {}
function shared.rule(facts) return facts.peer.ipp and policy.accept() or policy.refuse "none" end --> fact_unknown!
function shared.second(facts) return facts.capex.applyd and policy.accept() or policy.refuse "none" end --> fact_unknown!
return shared]] },
  ["a finding in a program"] = { a = [[
return { run = function(request) return request.prgram .. request.data end } --> fact_unknown!]] },
}

describe("check looks for", function()
  for title, scripts in pairs(CASES) do
    it(title, function()
      local expected = marked(scripts)
      assert.is_true(#expected > 0)
      assert.same(expected, (lint(scripts)))
    end)
  end

  it("and names the fault, the nearest name and the remedy", function()
    local _, texts = lint(CASES["a name that the library does not have"])
    assert.equal("policy.ip has no 'sett'; is 'set' meant?; lua/README.md lists the library", texts["a:3 library_field!"])
    _, texts = lint(CASES["a fact that a door never has"])
    assert.is_truthy(texts["a:2 fact_absent"]:find " is never there at admit; read it at a door that has it, or test the stage first$")
  end)
end)

describe("the text of check", function()
  it("has the name of the rule, for a comment that allows it", function()
    region = support.region { scripts = { yes = POLICY .. "count = 0\n" .. POLICY .. "return { admit = function() policy.accept() end }" } }
    region:define(region.given)
    local _, out, err = support.sallyport("check", "--region", region:path "region.lua")
    for _, rule in ipairs { "global_write", "lost_verdict", "no_verdict" } do
      assert.is_truthy(err:find("yes%.lua:%d+: %l+: [^\n]+ %[" .. rule .. "%]\n"), out .. err)
    end
    assert.is_nil(err:find("warning: tcpipservice[^\n]*%]\n"), err)
  end)
end)

describe("a comment that allows a finding", function()
  it("accepts it on its line, or alone on the line before, with a reason", function()
    local found = lint { a = POLICY .. [[
return { admit = function(facts)
  -- sallyport: allow constant_check (the record shows the branch)
  policy.check("branch", true)
  policy.check("other", true) -- sallyport: allow constant_check (the same)
  policy.check("third", true)
  return policy.accept()
end }]] }
    assert.same({ "a:6 constant_check" }, found)
  end)

  it("is a finding itself without a reason, a rule, or anything to accept", function()
    local found, texts = lint { a = POLICY .. [[
-- sallyport: allow constant_check
-- sallyport: allow constant_chek (a typing error)
-- sallyport: allow refuse_code (nothing here is one)
-- sallyport: forbid
return { admit = function() return policy.accept() end }]] }
    assert.same({ "a:2 allow", "a:3 allow", "a:4 allow", "a:5 allow" }, found)
    assert.is_truthy(texts["a:3 allow"]:find("is 'constant_check' meant?", 1, true), texts["a:3 allow"])
    assert.is_truthy(texts["a:4 allow"]:find("nothing here is a finding of refuse_code", 1, true), texts["a:4 allow"])
    assert.is_truthy(texts["a:2 allow"]:find("allow RULE (reason)", 1, true), texts["a:2 allow"])
  end)
end)

describe("the lint", function()
  it("finds nothing in the shipped policies", function()
    local status, out, err = support.sallyport("check", "--json", "--region", "policies/region.lua")
    assert.equal(0, status, err)
    for _, each in ipairs(assert(json.decode(out))) do assert.message(each.text).is_nil(IS_RULE[each.rule]) end
  end)

  it("survives scripts that are written to hurt it", function()
    local deep = POLICY .. "return { admit = function(facts) return " .. ("("):rep(150) .. "facts" .. (")"):rep(150) .. " end }"
    local many = { POLICY }
    for i = 1, 1500 do many[#many + 1] = ("local function f%d(facts) return f%d end"):format(i % 190, (i + 7) % 190) end
    local _, _, entries = lint { deep = deep, many = table.concat(many, " "), syntax = "return {", bytes = "\255\0\1", empty = "" }
    for _, each in ipairs(entries) do assert.message(each.text).is_not.equal("lint", each.rule) end
  end)

  it("is no module of the library: a script may have the name of one of its files, and cannot require it", function()
    assert.same({}, (lint { ["check/paths"] = "return {}", a = POLICY .. 'require "check/paths"\nreturn {}' }))
    local curious = support.region { scripts = { a = 'require "check.lint"\nreturn {}' }, tcpipservices = { IPIC = { admit = "a" } } }
    curious:define(curious.given)
    local status, out, err = support.sallyport("check", "--region", curious:path "region.lua")
    assert.equal(1, status)
    assert.is_truthy((out .. err):find('library module "check.lint" does not exist', 1, true), out .. err)
  end)

  it("finds a template that is no ipconn of the definition, in a script that is a urm of it", function()
    local function install(template)
      return POLICY .. ("return { install = function(f)\n  return policy.install { %s, ipconn = f.capex.applid }\nend }"):format(template)
    end
    local found, texts = lint({ wrong = install 'template = "GUSET"', right = install 'template = "GUEST"',
      other = install 'template = "GUSET"', made = install "template = f.capex.networkid" }, nil, {
      tcpipservices = { ONE = { urm = "wrong" }, TWO = { urm = "right" }, SIX = { urm = "made" } },
      ipconns = { GUEST = { template = "only" } },
    })
    assert.same({ "wrong:3 template_unknown" }, found)
    assert.is_truthy(texts["wrong:3 template_unknown"]:find("there is no ipconn GUSET to copy; is 'GUEST' meant?", 1, true))
  end)

  it("does not run when a region starts", function()
    region = support.region { scripts = { a = POLICY .. "return { admit = function() return policy.refuse() end }" },
      tcpipservices = { IPIC = { admit = "a" } } }
    region:start()
    region:stop()
    assert.equal(0, region:count_log "refuse_code")
  end)

  it("says so when values are handed on through too many names", function()
    local function chain(n)
      local lines = { 'local policy = require "policy"', "local v0" }
      for i = 1, n do lines[#lines + 1] = "local v" .. i end
      for i = n, 1, -1 do lines[#lines + 1] = ("v%d = v%d"):format(i, i - 1) end
      lines[#lines + 1] = ("v0 = policy\nreturn { admit = function() return v%d.refsue() end }"):format(n)
      return table.concat(lines, "\n")
    end
    local short = lint { s = chain(20) }
    assert.same({ "s:44 library_field!" }, short)
    local long, texts = lint { s = chain(80) }
    assert.same({ "s:1 rounds" }, long)
    assert.is_truthy(texts["s:1 rounds"]:find("more than 50 steps: findings about them may be missing", 1, true))
  end)

  it("says which rules did not run without the package lua-check", function()
    if not os.execute "unshare -m true 2>/dev/null" then return pending "needs a mount namespace" end
    local hidden = { "unshare", "-m", "sh", "-c", 'mount -t tmpfs none /usr/share/lua/5.1/luacheck && exec "$@"', "sh" }
    local found, _, entries = lint(CASES["a check of a constant"], hidden)
    assert.same({}, found)
    local said
    for _, each in ipairs(entries) do
      if each.rule == "lint" then said = each end
    end
    assert.equal("note", said.level)
    for _, part in ipairs(RULES) do assert.is_truthy(said.text:find(part, 1, true), part) end
    assert.is_truthy(said.text:find("apt-get install lua-check", 1, true), said.text)
  end)

  it("has one table of rules: the sources and the guide name the same", function()
    local function names(text, pattern)
      local list = {}
      for name in text:gmatch(pattern) do list[#list + 1] = name end
      table.sort(list)
      return list
    end
    local expected = names(table.concat(RULES, " "), "%S+")
    assert.same(expected, names(assert(support.read "lua/check/rules.lua"), "\n  ([%l_]+) = {"))
    assert.same(expected, names(assert(support.read("engine/policy/lint.c"):match "rules%[%] = {(.-)};"), '"([%l_]+)"'))
    local guide = assert(support.read("policies/README.md"):match "\n| rule | .-\n\n")
    assert.same(expected, names(guide, "\n| `([%l_]+)`"))
  end)
end)

describe("the schema of the library", function()
  local library = dofile "lua/check/library.lua"

  it("has each function of each module, and no other", function()
    local modules = 0
    for name, entries in pairs(library.modules) do
      local part = library.parts[name] and name:match "[^.]+$" -- a table of policy.lua
      modules = modules + (part and 0 or 1)
      local real, known = {}, {}
      for key in pairs(part and require "policy"[part] or require(name)) do real[key] = true end
      for key in pairs(entries) do known[key] = true end
      assert.message(name).same(real, known)
    end
    local files = 1 -- policy.lua
    for file in lfs.dir "lua/policy" do
      if file:find "%.lua$" then files = files + 1 end
    end
    assert.equal(files, modules)
  end)

  it("has each method of an object that the library makes in Lua", function()
    local methods = 0
    for object, method in support.read("lua/policy.lua"):gmatch "\nfunction (%l+):([%l_]+)%(" do
      methods = methods + 1
      local class = library.classes["sallyport." .. object:sub(1, 1):upper() .. object:sub(2)]
      assert.message(object .. ":" .. method).is_table(class and class.methods[method])
    end
    assert.is_true(methods >= 3)
  end)
end)
