-- SPDX-License-Identifier: Apache-2.0
-- policy: verdicts, chains of rules, and questions about the region. `local policy = require "policy"`; lua/README.md
-- has examples. Misuse (a wrong type, an unknown key) is an error that begins with file:line of the script; in the
-- engine an error is a refusal with code policy_error. A failure that a script must expect returns nil and a reason.

local host = require "sallyport.host"

host.library()

local policy = {}

-- ---- verdicts: immutable values. A script may make a verdict when it loads and return it many times, at several
-- doors. A door uses the members that it knows (userid at `certify`, sysplex at `admit`). The record names the line
-- that made the verdict.

-- policy.accept { userid = "CTGUSER", sysplex = true } -> verdict. The table may be absent. Raises for another key or a
--   wrong type. userid: at `certify`, the user of the certificate (LINKAUTH(CERTUSER), IPIC.md 7.4); [A-Z0-9$@#]{1,8},
--   any other string makes the verdict a refusal with code bad_name. sysplex: at `admit`, true when the route is
--   trusted (IPIC.md 7.4 (b)).
policy.accept = host.accept

-- policy.refuse(code, text) -> verdict. code: [a-z0-9_]{1,32}, "refused" when nil; messages and `explain` show it.
--   text: for operators, never sent to a peer; a string without NUL or nil; cut after 200 bytes. Raises for another
--   code or text, for the codes policy_error and policy_limit, and for a third argument.
policy.refuse = host.refuse

-- policy.install { ipconn =, template =, applid =, host =, port = } -> verdict, at `install` (the URM's answer, IPIC.md
--   6.2). ipconn: the name of the new ipconn, required. template: the ipconn to copy. applid: the new APPLID of the
--   partner. host: at most 116 printable characters, the host for a call-back. port: 1 to 65535, or -1 (no call-back).
--   A missing ipconn, and a name or host that is not valid, make the verdict a refusal with code bad_name. Raises for
--   another key, a wrong type or another port.
policy.install = host.install

-- policy.pass() -> verdict: no opinion; the next rule of a chain decides. As the answer of a door it is a refusal.
policy.pass = host.pass

-- policy.check(name, value, detail) -> value. Notes name, the truth of value, and detail in the record of the decision,
--   which `sallyport explain` shows. name: a string that is not empty and has no NUL, else it raises. detail: a string,
--   number or boolean; nil: no detail. The record keeps 64 checks of an asking and 200 bytes of a detail.
policy.check = host.check

-- ---- chains: built when the script loads, asked for each decision. A chain hands the facts and the parameters of the
-- script to its rules and predicates.

-- A copy of the list, so that a later change of the list changes no chain.
local function rules_of(caller, list)
  if type(list) ~= "table" then host.misuse(caller .. ": takes a list of functions, not a " .. type(list)) end
  local rules, n = {}, 0
  for key, rule in pairs(list) do
    if type(rule) ~= "function" then host.misuse(caller .. ": rule " .. tostring(key) .. " is a " .. type(rule) .. ", not a function") end
    n = n + 1
    rules[key] = rule
  end
  for i = 1, n do
    if not rules[i] then host.misuse(caller .. ": takes a list without gaps; rule " .. i .. " is missing") end
  end
  return rules
end

-- The kind of rule i's verdict. Another value is an error, so that a forgotten `return` is no opinion.
local function opinion(caller, i, verdict)
  local kind = host.kind(verdict)
  if not kind then
    host.misuse(caller .. ": rule " .. i .. " returned a " .. type(verdict) .. ", not a verdict (a forgotten return?)")
  end
  return kind
end

-- policy.first { f, g, … } -> function(facts) -> verdict: the first verdict that is not pass. When all rules pass:
--   refuse with code no_rule, at the line that built the chain. Each rule is a function(facts) -> verdict. Raises when
--   the list is not a list of functions without gaps; the chain raises when a rule returns no verdict.
function policy.first(list)
  local rules = rules_of("policy.first", list)
  local file, line = host.place()
  return function(facts, params)
    for i, rule in ipairs(rules) do
      local verdict = rule(facts, params)
      if opinion("policy.first", i, verdict) ~= "pass" then return verdict end
    end
    return host.no_rule(file, line, "all rules passed: " .. #rules)
  end
end

-- policy.all { f, g, … } -> function(facts) -> verdict: the first refusal. A rule that passes is a refusal with code
--   no_rule. Without a refusal: the verdict of the last rule. Needs at least one rule. Raises as policy.first does.
function policy.all(list)
  local rules = rules_of("policy.all", list)
  local file, line = host.place()
  if #rules == 0 then host.misuse "policy.all: needs at least one rule" end
  return function(facts, params)
    local verdict
    for i, rule in ipairs(rules) do
      verdict = rule(facts, params)
      local kind = opinion("policy.all", i, verdict)
      if kind == "refuse" then return verdict end
      if kind == "pass" then return host.no_rule(file, line, "rule " .. i .. " of " .. #rules .. " passed") end
    end
    return verdict
  end
end

-- policy.when(predicate, f) -> function(facts) -> verdict: the verdict of f when predicate(facts) is true, pass when it
--   is false. Raises when an argument is no function; the rule raises when the predicate returns neither true nor
--   false.
function policy.when(predicate, rule)
  if type(predicate) ~= "function" then host.misuse("policy.when: the predicate must be a function, not a " .. type(predicate)) end
  if type(rule) ~= "function" then host.misuse("policy.when: the rule must be a function, not a " .. type(rule)) end
  return function(facts, params)
    local holds = predicate(facts, params)
    if holds == true then return rule(facts, params) end
    if holds == false then return host.pass() end
    host.misuse("policy.when: the predicate returned a " .. type(holds) .. ", not true or false")
  end
end

-- ---- the region. These raise while the script loads: ask at a door. In a re-ask (facts.recheck) counters and rates
-- repeat the answers of the door, and nothing is counted or taken. ipconns have their present definition and their
-- state at the door. A question that the script did not ask at the door gets the present answer, without the ipconn
-- of the re-ask.

-- policy.ipconn(name) -> a copy of the installed ipconn of that name as a table, or nil. Keys are the attributes in
--   lower case (IPIC.md 5.1), with CVDA values in upper case, and servstatus, connstatus, autoinstalled (a boolean).
--   Raises when name is no string.
function policy.ipconn(name)
  if type(name) ~= "string" then host.misuse("policy.ipconn: the name must be a string, not a " .. type(name)) end
  return host.ipconn(name)
end

-- policy.ipconns { applid =, networkid = } -> the list of the installed ipconns with that APPLID and NETWORKID, as
--   copies, at most 1000. An absent key matches any value; without a table all match. Raises for another key, and for a
--   value that is no string.
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

-- The name of a counter or rate, else an error.
local function name_of(caller, name)
  if type(name) ~= "string" or #name < 1 or #name > 64 or name:find("\0", 1, true) then
    host.misuse(caller .. ": the name must be a string of 1 to 64 bytes without NUL")
  end
  return name
end

-- Raises when a method of a counter or a rate was called with a dot, which gives it no `self`.
local function want_self(self, method, maker)
  if type(self) ~= "table" or rawget(self, "name") == nil then
    host.misuse(method .. ": call it with a colon on what " .. maker .. " returned")
  end
end

local counter = {}

local function whole(key, value)
  local number = math.type(value) and math.tointeger(value)
  if not number then host.misuse("counter:next: " .. key .. " must be a whole number, not " .. tostring(value)) end
  return number
end

local STORE_MAX = 1 << 53 -- of a counter in the store
local RANGE = { min = true, max = true, wrap = true }

-- The range of counter:next: min, max, wrap; raises for another one.
local function range_of(range)
  range = range == nil and {} or range
  if type(range) ~= "table" then host.misuse("counter:next: takes a table { min =, max =, wrap = }, not a " .. type(range)) end
  for key in pairs(range) do
    if not RANGE[key] then host.misuse("counter:next: no key '" .. tostring(key) .. "'; there are min, max and wrap") end
  end
  local min = whole("min", range.min == nil and 1 or range.min)
  local max = whole("max", range.max == nil and math.maxinteger or range.max)
  if min > max then host.misuse("counter:next: min " .. min .. " is above max " .. max) end
  if range.wrap ~= nil and type(range.wrap) ~= "boolean" then host.misuse "counter:next: wrap must be true or false" end
  return min, max, range.wrap == true
end

-- counter:next { min = 1, max =, wrap = false } -> the next number, or nil and a reason: "exhausted" above max without
--   wrap, "too many counters: …", "no store". The first answer is min, and with wrap min follows max. max is the
--   largest integer when absent. Raises for another key, for a value that is no whole number, for min above max, and
--   when the counter was used with another `expires`.
function counter:next(range)
  want_self(self, "counter:next", "policy.counter")
  local min, max, wrap = range_of(range)
  if not self.store then return host.counter_next(self.name, min, max, wrap, self.expires) end
  if range == nil or range.max == nil then max = STORE_MAX end
  return host.store_next(self.name, { min = min, max = max, wrap = wrap and 1 or 0, expires = self.expires or 0 }, self.store)
end

-- counter:peek() -> the last answer of next; nil when next was never called or the counter has expired. It does not
--   count. Raises when the counter was used with another `expires`.
function counter:peek()
  want_self(self, "counter:peek", "policy.counter")
  if self.store then return host.store_peek(self.name, { expires = self.expires or 0 }, self.store) end
  return host.counter_peek(self.name, self.expires)
end

local counter_meta = { __index = host.strict(counter, "a counter", { "expires", "store" }), __metatable = false }

local SHARED = { scope = true, timeout = true, down = true }

-- The options of calls to the store, when the scope is "store"; nil: the counter or rate is of the region.
local function shared(caller, options)
  options = options == nil and {} or options
  if options.scope == "store" then return { timeout = options.timeout, down = options.down } end
  if options.scope ~= nil and options.scope ~= "region" then
    host.misuse(caller .. ': scope must be "region" or "store", not ' .. tostring(options.scope))
  end
  if options.timeout ~= nil or options.down ~= nil then host.misuse(caller .. ': timeout and down go with scope = "store"') end
  return nil
end

-- The seconds in the options of policy.counter; nil: the counter never expires.
local function seconds_of(options)
  options = options == nil and {} or options
  if type(options) ~= "table" then host.misuse("policy.counter: takes a table { expires = seconds }, not a " .. type(options)) end
  for key in pairs(options) do
    if key ~= "expires" and not SHARED[key] then
      host.misuse("policy.counter: no key '" .. tostring(key) .. "'; there are expires, scope, timeout and down")
    end
  end
  local seconds = options.expires
  if seconds ~= nil and not (math.type(seconds) and seconds > 0 and seconds <= 1e9) then
    host.misuse("policy.counter: expires must be a number of seconds above 0 and at most 1e9, not " .. tostring(seconds))
  end
  return seconds
end

-- policy.counter(name, { expires = seconds }) -> a counter of the region, shared by workers and kept over reloads
--   (IPIC.md 6.6, 10). name: 1 to 64 bytes without NUL. expires: above 0 and at most 1e9; that many seconds after its
--   first next the counter begins again at zero. Counters for addresses or partners need it, because a region keeps
--   65536 counters. A counter keeps its first `expires`: use another name for another value. Raises for another name or
--   option. It may be called while the script loads; next and peek may not. scope: "region" when nil. With scope =
--   "store", and timeout and down as of policy.store, the counter is one of all regions of the store, next and peek
--   wait, numbers are from -2^53 to 2^53, and without an answer of the store they give `down`; nil and "store_down"
--   where down is nil.
function policy.counter(name, options)
  local expires = seconds_of(options)
  name = name_of("policy.counter", name)
  return setmetatable({ name = name, expires = expires, store = shared("policy.counter", options) }, counter_meta)
end

local rate = {}

-- Whether a value is a whole number from 1 to max.
local function is_whole(value, max)
  return math.type(value) ~= nil and math.tointeger(value) ~= nil and value >= 1 and value <= max
end

-- rate:take(n) -> true when the rate has n tokens, which it takes; else false and the seconds until it has them, and
--   nothing is taken; nil and a reason when the region has no room for another rate ("too many rates: …", "no store").
--   n: a whole number from 1 to the rate's burst, 1 when nil; else it raises.
function rate:take(n)
  want_self(self, "rate:take", "policy.rate")
  if n == nil then n = 1 end
  if not is_whole(n, self.burst) then
    host.misuse(("rate:take: takes a whole number from 1 to the burst %d, not %s"):format(self.burst, tostring(n)))
  end
  if not self.store then return host.rate_take(self.name, n, self.count, self.per, self.burst) end
  return host.store_take(self.name, { n = n, count = self.count, per = self.per, burst = self.burst }, self.store)
end

local rate_meta = { __index = host.strict(rate, "a rate", { "store" }), __metatable = false }

local TOKENS = 1000000

local function want_tokens(key, value)
  if not is_whole(value, TOKENS) then
    host.misuse(("policy.rate: %s must be a whole number from 1 to %d, not %s"):format(key, TOKENS, tostring(value)))
  end
end

local TERMS = { count = true, per = true, burst = true }

-- The options of policy.rate; raises for those that are no terms.
local function terms_of(options)
  if type(options) ~= "table" then
    host.misuse("policy.rate: takes a name and a table { count =, per =, burst = }, not a " .. type(options))
  end
  for key in pairs(options) do
    if not TERMS[key] and not SHARED[key] then
      host.misuse("policy.rate: no key '" .. tostring(key) .. "'; there are count, per, burst, scope, timeout and down")
    end
  end
  local count, per, burst = options.count, options.per, options.burst
  if burst == nil then burst = count end
  want_tokens("count", count)
  want_tokens("burst", burst)
  if not (math.type(per) and per >= 0.001 and per <= 1e9) then
    host.misuse("policy.rate: per must be a number of seconds from 0.001 to 1e9, not " .. tostring(per))
  end
  return count, per, burst
end

-- policy.rate(name, { count = 10, per = 60, burst = 20 }) -> a rate of the region, shared by workers and kept over
--   reloads: a bucket that begins full with `burst` tokens and gets `count` tokens in `per` seconds. name: 1 to 64
--   bytes without NUL; rates and counters have names of their own. count, burst: whole numbers, 1 to 1000000; burst
--   is count when nil. per: seconds, 0.001 to 1e9. A rate goes by the terms of its last take; its tokens stay when
--   the terms change, up to the new burst. Raises for another name or option. It may be called while the script
--   loads; take may not. The clock is the machine's monotonic one. scope, timeout and down as of policy.counter: a
--   rate of scope = "store" is one of all regions, by the clock of the store, and take waits. Without the store each of
--   the N regions goes on with a rate of its own, of count/N tokens in `per` seconds and burst/N at most; `down` is the
--   answer of a region that has never reached the store.
function policy.rate(name, options)
  local count, per, burst = terms_of(options)
  name = name_of("policy.rate", name)
  return setmetatable({ name = name, count = count, per = per, burst = burst, store = shared("policy.rate", options) }, rate_meta)
end

-- policy.zone(name) -> a time zone, read from the file of that name in /usr/share/zoneinfo. It never changes, and any
--   door may ask it. Raises when there is no such zone, and at a door: files are read while the script loads.
--
-- zone:at(seconds) -> { year =, month =, day =, weekday =, hour =, minute =, offset = }, the local time at `seconds`
--   since 1970, such as facts.now. weekday: 1 is Monday. offset: seconds east of Greenwich. Raises for a value that is
--   no number, and for a time more than 2^53 seconds from 1970.
policy.zone = host.zone

-- policy.note(key, value): notes a value for the later doors of the same connection, which read it as facts.notes.KEY
--   (nil when no earlier door noted it); `explain` shows it. key: a name of 1 to 64 letters, digits and "_". value: a
--   string of at most 1024 bytes, a finite number or a boolean. A connection has 16 notes; a key that was noted before
--   gets the new value. In a re-ask each door that is asked makes its notes anew. Raises for another key or value, for
--   one note more, at attach and delete, which no later door follows, and while the script loads.
policy.note = host.note

-- policy.data(name, { key = "applid" }) -> the rows of the data file `name` in the directory of the scripts: a CSV file
--   with a header, or a JSON list of flat objects. key: the column by which rows are found; its values are strings, and
--   no two are equal; absent: none. The rows are outside of the script's kilobytes, and generations share them. Raises
--   for a fault of the file, with its line, for another option, and at a door: files are read while the script loads.
--
-- data:find(value) -> the row whose key is the string, as a frozen table of its values by column; nil when there is
--   none. Raises for a value that is no string, and for data without a key.
--
-- data:count() -> the number of rows.
--
-- data:each() -> an iterator over the rows in the order of the file: for row in data:each() do … end. Each row costs
--   steps.
policy.data = host.data

-- ---- calls that wait: the script is suspended until the answer is there, and other partners go on. They wait at each
-- door and in the function `run` of a program. A reload waits for the answers that the record of a connection lacks;
-- `ask`, a replay and a shadow have the answers of the record only. down: the value in place of a missing answer;
-- "refuse": the question ends as a refusal with code service_down, which the script cannot catch; not given: an error.

-- policy.resolve(name, { timeout = 1, down = "refuse" }) -> the list of the addresses of the host `name`, at most 8,
--   or, for an address, the list of its names. timeout: seconds, above 0 and at most 60; 1 when nil. There is no
--   answer when the name is not known, the resolver fails or takes longer. Raises for another name or option,
--   without an answer when down is not given, while the script loads, and inside a function that cannot be
--   suspended, such as the comparator of table.sort.
policy.resolve = host.resolve

-- policy.http { url =, method = "POST", json = value or body = "bytes", headers = { NAME = "value" }, timeout = 1, down
--   = "refuse" } -> { status =, json =, body = }: asks an HTTP server whose "HOST:PORT" the region's policy_http names.
--   method: "GET" "POST" "PUT" "PATCH" "DELETE"; nil: POST with a body, else GET. json: a value of strings, numbers,
--   booleans and tables, at most 16 one in another; a table with the keys 1 to n is a list. timeout as of
--   policy.resolve. The answer's json is nil when its body is no JSON; null in it is nil. A body has at most 64 KiB.
--   Each status is an answer. An answer is missing when the host is not named, cannot be reached, or takes longer.
--   https verifies the server by the region's ring, without one by the system's store. Raises for another option or
--   value, and as policy.resolve does.
policy.http = host.http

-- policy.store: values that several regions share, in the store that the region names (`store`). A key has 1 to 128
-- bytes of printable ASCII. A value is a string, a number, a boolean, or a table as of policy.http's json; its text has
-- at most 48 KiB. ttl: seconds, 0.001 to 1e9, after which the server removes the key; nil: never. timeout and down as
-- of policy.resolve: an answer is missing when the region names no store, the store is down, takes longer, or refuses
-- the command. A call that was sent and has no answer may have been carried out. Each function raises for another key,
-- value or option, and as policy.resolve does.

-- policy.store.get(key, { timeout =, down = }) -> the value; nil when the key has no value. Raises for a value
--   that another program has written.

-- policy.store.set(key, value, { ttl =, timeout =, down = }) -> true.

-- policy.store.add_if_absent(key, value, { ttl =, timeout =, down = }) -> true when there was no value; else false, and
--   the value stays.

-- policy.store.incr(key, { by = 1, ttl =, timeout =, down = }) -> the sum of the value, a whole number or none, and of
--   `by`. ttl counts from the first incr.

-- policy.store.delete(key, { timeout =, down = }) -> whether there was a value.
policy.store = host.strict({
  get = host.store_get, set = host.store_set, add_if_absent = host.store_add, incr = host.store_incr, delete = host.store_delete,
}, "policy.store")

-- policy.sleep(seconds): waits, above 0 and at most 60 seconds; for rehearsals of limits and reloads. In a re-ask,
--   in `ask`, in a replay, in decision tables and in a plain Lua it returns at once. Raises as policy.resolve does.
policy.sleep = host.sleep

-- policy.mock { ipconns = { NETX = { applid = "CTGAPP", … } }, counters = { NETX = 7 }, rates = { NETX = 2 }, clock
--   = seconds or a function that returns them, saf = { users = {…}, classes = {…} }, resolve = { ["db.example"] = {
--   "192.0.2.7" } }, http = { ["http://127.0.0.1:8181/v1"] = { status = 200, json = {…} } }, store = {
--   KEY = value } }: the state that policy.ipconn, policy.ipconns, policy.counter, policy.rate, policy.resolve,
--   policy.http, policy.store and require "policy.saf" answer from now on, and the clock by which counters expire and
--   rates fill (absent: the machine's). rates: the tokens left. resolve, http: other names and URLs have no answer.
--   store: the values; without it, or with false, there is no store. store_seconds: the time that its answers take. nil
--   ends the mock. Raises for another key or an attribute that is not valid. In a plain Lua only (specs under busted);
--   in the engine it is nil.
policy.mock = host.mock

-- policy.facts(table, door) -> the strict table that a door gets, made from a plain one. door: "admit" "certify" "bind"
--   "install" "attach" "delete"; facts that the door does not have are left out; nil: all facts are kept. Raises for a
--   name that facts never have, for a value that no peer can send, and for another door. In a plain Lua only, as
--   policy.mock.
policy.facts = host.facts

return host.strict(policy, "policy", { "mock", "facts" }) -- the engine has neither
