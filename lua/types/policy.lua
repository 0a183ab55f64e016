---@meta policy
-- SPDX-License-Identifier: Apache-2.0
-- Written by `make types`; do not edit.

---@class sallyport.library.policy
local policy = {}

---policy.accept { userid = "CTGUSER", sysplex = true } -> verdict. The table may be absent. Raises for another key or a
---wrong type. userid: at `certify`, the user of the certificate (LINKAUTH(CERTUSER), IPIC.md 7.4); [A-Z0-9$@#]{1,8},
---any other string makes the verdict a refusal with code bad_name. sysplex: at `admit`, true when the route is
---trusted (IPIC.md 7.4 (b)).
---@param options? sallyport.AcceptOptions
---@return sallyport.Verdict
function policy.accept(options) end

---policy.all { f, g, … } -> function(facts) -> verdict: the first refusal. A rule that passes is a refusal with code
---no_rule. Without a refusal: the verdict of the last rule. Needs at least one rule. Raises as policy.first does.
---@param rules (fun(facts: table, params: table?): sallyport.Verdict)[]
---@return fun(facts: table, params: table?): sallyport.Verdict
function policy.all(rules) end

---policy.check(name, value, detail) -> value. Notes name, the truth of value, and detail in the record of the decision,
---which `sallyport explain` shows. name: a string that is not empty and has no NUL, else it raises. detail: a string,
---number or boolean; nil: no detail. The record keeps 64 checks of an asking and 200 bytes of a detail.
---@param name string
---@param value any
---@param detail? string|number|boolean
---@return any
function policy.check(name, value, detail) end

---policy.counter(name, { expires = seconds }) -> a counter of the region, shared by workers and kept over reloads
---(IPIC.md 6.6, 10). name: 1 to 64 bytes without NUL. expires: above 0 and at most 1e9; that many seconds after its
---first next the counter begins again at zero. Counters for addresses or partners need it, because a region keeps
---65536 counters. A counter keeps its first `expires`: use another name for another value. Raises for another name or
---option. It may be called while the script loads; next and peek may not. scope: "region" when nil. With scope =
---"store", and timeout and down as of policy.store, the counter is one of all regions of the store, next and peek
---wait, numbers are from -2^53 to 2^53, and without an answer of the store they give `down`; nil and "store_down"
---where down is nil.
---@param name string
---@param options? sallyport.CounterOptions
---@return sallyport.Counter
function policy.counter(name, options) end

---policy.data(name, { key = "applid" }) -> the rows of the data file `name` in the directory of the scripts: a CSV file
---with a header, or a JSON list of flat objects. key: the column by which rows are found; its values are strings, and
---no two are equal; absent: none. The rows are outside of the script's kilobytes, and generations share them. Raises
---for a fault of the file, with its line, for another option, and at a door: files are read while the script loads.
---
---@param name string
---@param options? sallyport.DataOptions
---@return sallyport.Data
function policy.data(name, options) end

---policy.first { f, g, … } -> function(facts) -> verdict: the first verdict that is not pass. When all rules pass:
---refuse with code no_rule, at the line that built the chain. Each rule is a function(facts) -> verdict. Raises when
---the list is not a list of functions without gaps; the chain raises when a rule returns no verdict.
---@param rules (fun(facts: table, params: table?): sallyport.Verdict)[]
---@return fun(facts: table, params: table?): sallyport.Verdict
function policy.first(rules) end

---policy.http { url =, method = "POST", json = value or body = "bytes", headers = { NAME = "value" }, timeout = 1, down
---= "refuse" } -> { status =, json =, body = }: asks an HTTP server whose "HOST:PORT" the region's policy_http names.
---method: "GET" "POST" "PUT" "PATCH" "DELETE"; nil: POST with a body, else GET. json: a value of strings, numbers,
---booleans and tables, at most 16 one in another; a table with the keys 1 to n is a list. timeout as of
---policy.resolve. The answer's json is nil when its body is no JSON; null in it is nil. A body has at most 64 KiB.
---Each status is an answer. An answer is missing when the host is not named, cannot be reached, or takes longer.
---https verifies the server by the region's ring, without one by the system's store. Raises for another option or
---value, and as policy.resolve does.
---@param request sallyport.HttpRequest
---@return any
function policy.http(request) end

---policy.install { ipconn =, template =, applid =, host =, port = } -> verdict, at `install` (the URM's answer, IPIC.md
---6.2). ipconn: the name of the new ipconn, required. template: the ipconn to copy. applid: the new APPLID of the
---partner. host: at most 116 printable characters, the host for a call-back. port: 1 to 65535, or -1 (no call-back).
---A missing ipconn, and a name or host that is not valid, make the verdict a refusal with code bad_name. Raises for
---another key, a wrong type or another port.
---@param options sallyport.InstallOptions
---@return sallyport.Verdict
function policy.install(options) end

---policy.ipconn(name) -> a copy of the installed ipconn of that name as a table, or nil. Keys are the attributes in
---lower case (IPIC.md 5.1), with CVDA values in upper case, and servstatus, connstatus, autoinstalled (a boolean).
---Raises when name is no string.
---@param name string
---@return sallyport.ipconn?
function policy.ipconn(name) end

---policy.ipconns { applid =, networkid = } -> the list of the installed ipconns with that APPLID and NETWORKID, as
---copies, at most 1000. An absent key matches any value; without a table all match. Raises for another key, and for a
---value that is no string.
---@param filter? sallyport.IpconnFilter
---@return sallyport.ipconn[]
function policy.ipconns(filter) end

---policy.note(key, value): notes a value for the later doors of the same connection, which read it as facts.notes.KEY
---(nil when no earlier door noted it); `explain` shows it. key: a name of 1 to 64 letters, digits and "_". value: a
---string of at most 1024 bytes, a finite number or a boolean. A connection has 16 notes; a key that was noted before
---gets the new value. In a re-ask each door that is asked makes its notes anew. Raises for another key or value, for
---one note more, at attach and delete, which no later door follows, and while the script loads.
---@param key string
---@param value string|number|boolean
function policy.note(key, value) end

---policy.pass() -> verdict: no opinion; the next rule of a chain decides. As the answer of a door it is a refusal.
---@return sallyport.Verdict
function policy.pass() end

---policy.rate(name, { count = 10, per = 60, burst = 20 }) -> a rate of the region, shared by workers and kept over
---reloads: a bucket that begins full with `burst` tokens and gets `count` tokens in `per` seconds. name: 1 to 64
---bytes without NUL; rates and counters have names of their own. count, burst: whole numbers, 1 to 1000000; burst
---is count when nil. per: seconds, 0.001 to 1e9. A rate goes by the terms of its last take; its tokens stay when
---the terms change, up to the new burst. Raises for another name or option. It may be called while the script
---loads; take may not. The clock is the machine's monotonic one. scope, timeout and down as of policy.counter: a
---rate of scope = "store" is one of all regions, by the clock of the store, and take waits. Without the store each of
---the N regions goes on with a rate of its own, of count/N tokens in `per` seconds and burst/N at most; `down` is the
---answer of a region that has never reached the store.
---@param name string
---@param options sallyport.RateOptions
---@return sallyport.Rate
function policy.rate(name, options) end

---policy.refuse(code, text) -> verdict. code: [a-z0-9_]{1,32}, "refused" when nil; messages and `explain` show it.
---text: for operators, never sent to a peer; a string without NUL or nil; cut after 200 bytes. Raises for another
---code or text, for the codes policy_error and policy_limit, and for a third argument.
---@param code? string
---@param text? string
---@return sallyport.Verdict
function policy.refuse(code, text) end

---policy.resolve(name, { timeout = 1, down = "refuse" }) -> the list of the addresses of the host `name`, at most 8,
---or, for an address, the list of its names. timeout: seconds, above 0 and at most 60; 1 when nil. There is no
---answer when the name is not known, the resolver fails or takes longer. Raises for another name or option,
---without an answer when down is not given, while the script loads, and inside a function that cannot be
---suspended, such as the comparator of table.sort.
---@param name string
---@param options? sallyport.ResolveOptions
---@return any
function policy.resolve(name, options) end

---policy.sleep(seconds): waits, above 0 and at most 60 seconds; for rehearsals of limits and reloads. In a re-ask,
---in `ask`, in a replay, in decision tables and in a plain Lua it returns at once. Raises as policy.resolve does.
---@param seconds number
function policy.sleep(seconds) end

---@class sallyport.library.policy.store
policy.store = {}

---policy.store.add_if_absent(key, value, { ttl =, timeout =, down = }) -> true when there was no value; else false, and
---the value stays.
---@param key string
---@param value any
---@param options? sallyport.StoreTimeOptions
---@return any
function policy.store.add_if_absent(key, value, options) end

---policy.store.delete(key, { timeout =, down = }) -> whether there was a value.
---@param key string
---@param options? sallyport.StoreOptions
---@return any
function policy.store.delete(key, options) end

---policy.store.get(key, { timeout =, down = }) -> the value; nil when the key has no value. Raises for a value
---that another program has written.
---@param key string
---@param options? sallyport.StoreOptions
---@return any
function policy.store.get(key, options) end

---policy.store.incr(key, { by = 1, ttl =, timeout =, down = }) -> the sum of the value, a whole number or none, and of
---`by`. ttl counts from the first incr.
---@param key string
---@param options? sallyport.StoreIncrOptions
---@return any
function policy.store.incr(key, options) end

---policy.store.set(key, value, { ttl =, timeout =, down = }) -> true.
---@param key string
---@param value any
---@param options? sallyport.StoreTimeOptions
---@return any
function policy.store.set(key, value, options) end

---policy.when(predicate, f) -> function(facts) -> verdict: the verdict of f when predicate(facts) is true, pass when it
---is false. Raises when an argument is no function; the rule raises when the predicate returns neither true nor
---false.
---@param predicate fun(facts: table): boolean
---@param rule fun(facts: table, params: table?): sallyport.Verdict
---@return fun(facts: table, params: table?): sallyport.Verdict
function policy.when(predicate, rule) end

---policy.zone(name) -> a time zone, read from the file of that name in /usr/share/zoneinfo. It never changes, and any
---door may ask it. Raises when there is no such zone, and at a door: files are read while the script loads.
---
---@param name string
---@return sallyport.Zone
function policy.zone(name) end

return policy
