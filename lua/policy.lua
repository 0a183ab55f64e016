-- SPDX-License-Identifier: Apache-2.0
-- policy: what a policy script answers with, how rules are combined, and what may be asked about the region (policies/README.md).
-- `local policy = require "policy"`. Misuse (a wrong type, an unknown key) is an error that begins with the script's own
-- file:line; in the engine an error is a refusal with code policy_error. What can be expected to fail returns nil and a reason.

local host = require "sallyport.host"

host.library()

local policy = {}

-- ---- verdicts: values that cannot be changed. One may be made when the script loads and answered often, also at another door: the door
-- takes what suits it (userid at `certify`, sysplex at `admit`), and the place on record is where the verdict was made.

-- policy.accept { userid = "CTGUSER", sysplex = true } -> verdict. Without a table: plainly yes.
--   userid: at `certify`, the user the certificate stands for (LINKAUTH(CERTUSER), IPIC.md 7.4); [A-Z0-9$@#]{1,8}, anything
--   else makes the answer a refusal with code bad_name. sysplex: at `admit`, the stand-in for a trusted route (IPIC.md 7.4 (b)).
policy.accept = host.accept

-- policy.refuse(code, text) -> verdict. code: [a-z0-9_]{1,32}, "refused" when nil; it is in messages and in `explain`.
--   text: for operators, never sent to a peer; cut at 200 bytes; nil or a string without NUL.
policy.refuse = host.refuse

-- policy.install { ipconn =, template =, applid =, host =, port = } -> verdict, at `install` (the URM's answer, IPIC.md 6.2).
--   ipconn: the new ipconn's name, required. template: an ipconn to copy. applid: the partner's new APPLID. host: at most 116
--   printable characters. port: 1 to 65535, or -1 (no call-back). A name that is none is a refusal with code bad_name.
policy.install = host.install

-- policy.pass() -> verdict: no opinion, the next rule of a chain may speak. Nobody's last word: a door that hears it refuses.
policy.pass = host.pass

-- policy.check(name, value, detail) -> value. Notes name, truth and detail (string, number or boolean) in the decision's record,
--   where `sallyport explain` shows it. name: a string that is not empty.
policy.check = host.check

-- ---- chains: built when the script loads, asked at every decision

-- A copy of the list: what is done to it later changes no chain.
local function rules_of(who, list)
  if type(list) ~= "table" then host.misuse(who .. ": takes a list of functions, not a " .. type(list)) end
  local rules, n = {}, 0
  for key, rule in pairs(list) do
    if type(rule) ~= "function" then host.misuse(who .. ": rule " .. tostring(key) .. " is a " .. type(rule) .. ", not a function") end
    n = n + 1
    rules[key] = rule
  end
  for i = 1, n do
    if not rules[i] then host.misuse(who .. ": takes a list without gaps; of " .. n .. " rules there is no rule " .. i) end
  end
  return rules
end

-- What rule i answered, which must be a verdict: a forgotten `return` must never look like an opinion.
local function opinion(who, i, verdict)
  local kind = host.kind(verdict)
  if not kind then
    host.misuse(who .. ": rule " .. i .. " answered with a " .. type(verdict) .. ", not a verdict (a forgotten return?)")
  end
  return kind
end

-- policy.first { f, g, … } -> function(facts): the first answer that is not pass; when all pass, refuse with code no_rule, at the
--   place where the chain was built. Each rule is a function(facts) -> verdict.
function policy.first(list)
  local rules = rules_of("policy.first", list)
  local file, line = host.place()
  return function(facts)
    for i, rule in ipairs(rules) do
      local verdict = rule(facts)
      if opinion("policy.first", i, verdict) ~= "pass" then return verdict end
    end
    return host.no_rule(file, line, "none of " .. #rules .. " rules had an opinion")
  end
end

-- policy.all { f, g, … } -> function(facts): the first refusal; a rule that passes refuses too (code no_rule); when none does, the
--   last rule's answer. At least one rule.
function policy.all(list)
  local rules = rules_of("policy.all", list)
  local file, line = host.place()
  if #rules == 0 then host.misuse "policy.all: needs a rule: its last answer is the answer" end
  return function(facts)
    local verdict
    for i, rule in ipairs(rules) do
      verdict = rule(facts)
      local kind = opinion("policy.all", i, verdict)
      if kind == "refuse" then return verdict end
      if kind == "pass" then return host.no_rule(file, line, "rule " .. i .. " of " .. #rules .. " had no opinion") end
    end
    return verdict
  end
end

-- policy.when(predicate, f) -> function(facts): f's answer when predicate(facts) is true, pass when it is false. Anything else the
--   predicate answers is an error.
function policy.when(predicate, rule)
  if type(predicate) ~= "function" then host.misuse("policy.when: the predicate must be a function, not a " .. type(predicate)) end
  if type(rule) ~= "function" then host.misuse("policy.when: the rule must be a function, not a " .. type(rule)) end
  return function(facts)
    local holds = predicate(facts)
    if holds == true then return rule(facts) end
    if holds == false then return host.pass() end
    host.misuse("policy.when: the predicate answered with a " .. type(holds) .. ", not true or false")
  end
end

-- ---- the region. In a re-ask (facts.recheck) counters repeat their answers of the door, and nothing is counted; ipconns are as they
-- are defined now, with the state they were in then. A question that was not asked at the door gets the present answer, without the
-- ipconn of the re-ask.

-- policy.ipconn(name) -> a copy of the installed ipconn of that name as a table, or nil. Keys are the attributes in lower case
--   (IPIC.md 5.1), CVDA values in upper case, and servstatus, connstatus, autoinstalled.
function policy.ipconn(name)
  if type(name) ~= "string" then host.misuse("policy.ipconn: the name must be a string, not a " .. type(name)) end
  return host.ipconn(name)
end

-- policy.ipconns { applid =, networkid = } -> a list of copies as above, at most 1000; a key that is absent matches any.
function policy.ipconns(filter)
  filter = filter == nil and {} or filter
  if type(filter) ~= "table" then host.misuse("policy.ipconns: takes a table, not a " .. type(filter)) end
  for key, value in pairs(filter) do
    if key ~= "applid" and key ~= "networkid" then
      host.misuse("policy.ipconns: no key '" .. tostring(key) .. "'; there are applid and networkid")
    end
    if type(value) ~= "string" then host.misuse("policy.ipconns: " .. key .. " must be a string, not a " .. type(value)) end
  end
  return host.ipconns(filter.applid, filter.networkid)
end

local counter = {}

local function whole(key, value)
  local number = math.type(value) and math.tointeger(value)
  if not number then host.misuse("counter:next: " .. key .. " must be a whole number, not " .. tostring(value)) end
  return number
end

local RANGE = { min = true, max = true, wrap = true }

-- counter:next { min = 1, max =, wrap = false } -> the next number, or nil and a reason ("exhausted" above max without wrap,
--   "too many counters: …", "no store"). The first answer is min; max is the largest integer unless given. Raises when the counter
--   has been used with another `expires`.
function counter:next(range)
  range = range == nil and {} or range
  if type(range) ~= "table" then host.misuse("counter:next: takes a table { min =, max =, wrap = }, not a " .. type(range)) end
  for key in pairs(range) do
    if not RANGE[key] then host.misuse("counter:next: no key '" .. tostring(key) .. "'; there are min, max and wrap") end
  end
  local min = whole("min", range.min == nil and 1 or range.min)
  local max = whole("max", range.max == nil and math.maxinteger or range.max)
  if min > max then host.misuse("counter:next: min " .. min .. " is above max " .. max) end
  if range.wrap ~= nil and type(range.wrap) ~= "boolean" then host.misuse "counter:next: wrap must be true or false" end
  return host.counter_next(self.name, min, max, range.wrap == true, self.expires)
end

-- counter:peek() -> what next answered last, or nil when it never did, or when the counter has expired. Raises as next does.
function counter:peek()
  return host.counter_peek(self.name, self.expires)
end

local counter_meta = { __index = host.strict(counter, "a counter", { "expires" }), __metatable = false }

-- The options of policy.counter. nil: the counter never expires.
local function seconds_of(options)
  options = options == nil and {} or options
  if type(options) ~= "table" then host.misuse("policy.counter: takes a table { expires = seconds }, not a " .. type(options)) end
  for key in pairs(options) do
    if key ~= "expires" then host.misuse("policy.counter: no key '" .. tostring(key) .. "'; there is expires") end
  end
  local seconds = options.expires
  if seconds ~= nil and not (math.type(seconds) and seconds > 0 and seconds <= 1e9) then
    host.misuse("policy.counter: expires must be a number of seconds above 0 and at most 1e9, not " .. tostring(seconds))
  end
  return seconds
end

-- policy.counter(name, { expires = seconds }) -> a counter of the region: shared by workers, kept over reloads (IPIC.md 6.6, 10).
--   name: 1 to 64 bytes, no NUL. expires: that many seconds after its first next the counter begins again at zero (a rate limit by
--   address needs it: a region keeps 65536 counters); it belongs to the counter, so another value means another name.
function policy.counter(name, options)
  if type(name) ~= "string" or #name < 1 or #name > 64 or name:find("\0", 1, true) then
    host.misuse "policy.counter: the name must be a string of 1 to 64 bytes without NUL"
  end
  return setmetatable({ name = name, expires = seconds_of(options) }, counter_meta)
end

-- policy.mock { ipconns = { NETX = { applid = "CTGAPP", … } }, counters = { NETX = 7 }, clock = seconds or a function that answers them,
--   saf = { users = {…}, classes = {…} } }: what policy.ipconn, policy.ipconns, policy.counter and require "policy.saf" answer from
--   now on, and the clock by which counters expire (absent: the machine's); nil ends it. In a plain Lua only (specs under
--   busted); the engine has no such function.
policy.mock = host.mock

-- policy.facts(table, door) -> the strict table that a door gets, from a plain one. A name that facts never have, and a value that no
--   peer can send, is an error. door: "admit" …; a fact that the door does not have is left out; nil: all are kept. In a plain Lua
--   only, as policy.mock.
policy.facts = host.facts

return host.strict(policy, "policy", { "mock", "facts" }) -- the engine has neither
