-- SPDX-License-Identifier: Apache-2.0
-- check.library: the schema of the library that scripts `require`: each function with the types of its arguments and
-- results, and the phase that may call it. The lint (check.lint) and the stubs for editors (check.stubs) go by it; a
-- spec compares it with the library. Types are those of LuaCATS. An object's methods stand under `classes`.
--
-- phase: "any"; "load": only while the script loads; "door": only in a function of a door; "spec": in a plain Lua only.
-- gives: the kind of the verdict that the function makes. part: it is no function but a table of functions, which stand
-- under `modules` by that name and cannot be required.

local function fn(params, returns, more)
  local entry = { params = params, returns = returns, phase = "any" }
  for key, value in pairs(more or {}) do entry[key] = value end
  return entry
end

local RULE = "fun(facts: table, params: table?): sallyport.Verdict"
local CERTIFICATE, CAPEX = "sallyport.certificate", "sallyport.capex"

local library = { modules = {}, classes = {}, tables = {} }

library.modules["policy"] = {
  accept = fn({ { "options?", "sallyport.AcceptOptions" } }, { "sallyport.Verdict" }, { gives = "accept" }),
  refuse = fn({ { "code?", "string" }, { "text?", "string" } }, { "sallyport.Verdict" }, { gives = "refuse" }),
  install = fn({ { "options", "sallyport.InstallOptions" } }, { "sallyport.Verdict" }, { gives = "install" }),
  pass = fn({}, { "sallyport.Verdict" }, { gives = "pass" }),
  check = fn({ { "name", "string" }, { "value", "any" }, { "detail?", "string|number|boolean" } }, { "any" }),
  first = fn({ { "rules", "(" .. RULE .. ")[]" } }, { RULE }),
  all = fn({ { "rules", "(" .. RULE .. ")[]" } }, { RULE }),
  when = fn({ { "predicate", "fun(facts: table): boolean" }, { "rule", RULE } }, { RULE }),
  ipconn = fn({ { "name", "string" } }, { "sallyport.ipconn?" }, { phase = "door" }),
  ipconns = fn({ { "filter?", "sallyport.IpconnFilter" } }, { "sallyport.ipconn[]" }, { phase = "door" }),
  counter = fn({ { "name", "string" }, { "options?", "sallyport.CounterOptions" } }, { "sallyport.Counter" }),
  rate = fn({ { "name", "string" }, { "options", "sallyport.RateOptions" } }, { "sallyport.Rate" }),
  note = fn({ { "key", "string" }, { "value", "string|number|boolean" } }, {}, { phase = "door" }),
  data = fn({ { "name", "string" }, { "options?", "sallyport.DataOptions" } }, { "sallyport.Data" }, { phase = "load" }),
  resolve = fn({ { "name", "string" }, { "options?", "sallyport.ResolveOptions" } }, { "any" }, { phase = "door" }),
  http = fn({ { "request", "sallyport.HttpRequest" } }, { "any" }, { phase = "door" }),
  store = { part = "policy.store" },
  sleep = fn({ { "seconds", "number" } }, {}, { phase = "door" }),
  zone = fn({ { "name", "string" } }, { "sallyport.Zone" }, { phase = "load" }),
  mock = fn({ { "state?", "table" } }, {}, { phase = "spec" }),
  facts = fn({ { "facts", "table" }, { "door?", "string" } }, { "table" }, { phase = "spec" }),
}

library.modules["policy.store"] = {
  get = fn({ { "key", "string" }, { "options?", "sallyport.StoreOptions" } }, { "any" }, { phase = "door" }),
  set = fn({ { "key", "string" }, { "value", "any" }, { "options?", "sallyport.StoreTimeOptions" } }, { "any" }, { phase = "door" }),
  add_if_absent = fn({ { "key", "string" }, { "value", "any" }, { "options?", "sallyport.StoreTimeOptions" } }, { "any" },
    { phase = "door" }),
  incr = fn({ { "key", "string" }, { "options?", "sallyport.StoreIncrOptions" } }, { "any" }, { phase = "door" }),
  delete = fn({ { "key", "string" }, { "options?", "sallyport.StoreOptions" } }, { "any" }, { phase = "door" }),
}
library.parts = { ["policy.store"] = true }

library.modules["policy.ip"] = {
  set = fn({ { "entries", "table" } }, { "sallyport.IpSet" }, { phase = "load" }),
  read = fn({ { "name", "string" }, { "options", "sallyport.NetworkOptions" } }, { "sallyport.IpSet" }, { phase = "load" }),
  within = fn({ { "ip", "string" }, { "prefix", "string" } }, { "boolean" }),
  is_address = fn({ { "value", "any" } }, { "boolean" }),
}

library.modules["policy.cert"] = {
  cn = fn({ { "certificate", CERTIFICATE } }, { "string?", "string?" }),
  ou = fn({ { "certificate", CERTIFICATE } }, { "string?", "string?" }),
  verified = fn({ { "certificate", CERTIFICATE } }, { "boolean", "string?" }),
  san = fn({ { "certificate", CERTIFICATE }, { "kind", '"dns"|"uri"|"ip"|"email"' } }, { "string[]" }),
  named = fn({ { "certificate", CERTIFICATE }, { "name", "string" } }, { "boolean", "string" }),
  pins = fn({ { "list", "table" } }, { "sallyport.Pins" }, { phase = "load" }),
  pinned = fn({ { "certificate", CERTIFICATE }, { "pins", "sallyport.Pins" } }, { "boolean", "any" }),
  issued_by = fn({ { "certificate", CERTIFICATE }, { "wanted", "table<string, string|boolean>" } }, { "boolean" }),
  expires_within = fn({ { "certificate", CERTIFICATE }, { "now", "number" }, { "days", "number" } }, { "boolean" }),
  filter = fn({ { "list", "table[]" } }, { "fun(certificate: " .. CERTIFICATE .. "): string?" }, { phase = "load" }),
}

library.modules["policy.capex"] = {
  is_blank = fn({ { "capex", CAPEX } }, { "boolean" }),
  applid = fn({ { "capex", CAPEX } }, { "string" }),
  name = fn({ { "capex", CAPEX } }, { "string" }),
  last_four = fn({ { "applid", "string" } }, { "string" }),
  wants_callback = fn({ { "capex", CAPEX } }, { "boolean" }),
  wants_sessions = fn({ { "capex", CAPEX } }, { "integer" }),
}

library.modules["policy.saf"] = {
  check = fn({ { "class", "string" }, { "profile", "string" }, { "userid", "string" },
    { "access?", '"execute"|"read"|"update"|"control"|"alter"' } }, { "boolean", "sallyport.saf_decision" }),
  user = fn({ { "userid", "string" } }, { "sallyport.saf_user?" }),
}

-- Objects that the library answers with: fields with their types, and methods.
library.classes["sallyport.Verdict"] = {
  fields = {
    verdict = '"accept"|"refuse"|"install"|"pass"', kind = '"accept"|"refuse"|"install"|"pass"', code = "string?", text = "string?",
    userid = "string?", sysplex = "boolean?", ipconn = "string?", template = "string?", applid = "string?", host = "string?",
    port = "integer?", file = "string?", line = "integer?",
  },
}
library.classes["sallyport.Counter"] = {
  fields = { name = "string", expires = "number?", store = "table?" },
  methods = {
    next = fn({ { "range?", "sallyport.CounterRange" } }, { "integer?", "string?" }, { phase = "door" }),
    peek = fn({}, { "integer?" }, { phase = "door" }),
  },
}
library.classes["sallyport.Rate"] = {
  fields = { name = "string", count = "integer", per = "number", burst = "integer", store = "table?" },
  methods = { take = fn({ { "n?", "integer" } }, { "boolean?", "number|string|nil" }, { phase = "door" }) },
}
library.classes["sallyport.Data"] = {
  fields = {},
  methods = {
    find = fn({ { "value", "string" } }, { "table?" }),
    count = fn({}, { "integer" }),
    each = fn({}, { "fun(): table?" }),
  },
}
library.classes["sallyport.Zone"] = {
  fields = {},
  methods = { at = fn({ { "seconds", "number" } }, { "sallyport.zone_time" }) },
}
library.classes["sallyport.IpSet"] = {
  fields = {},
  methods = { holds = fn({ { "ip", "string" } }, { "boolean", "string?", "any" }) },
}
library.classes["sallyport.Pins"] = { open = true, fields = {} }

-- Tables that the library takes.
library.tables["sallyport.AcceptOptions"] = { userid = "string?", sysplex = "boolean?" }
library.tables["sallyport.InstallOptions"] = {
  ipconn = "string", template = "string?", applid = "string?", host = "string?", port = "integer?",
}
library.tables["sallyport.IpconnFilter"] = { applid = "string?", networkid = "string?" }
library.tables["sallyport.CounterOptions"] = { expires = "number?", scope = '"region"|"store"|nil', timeout = "number?", down = "any" }
library.tables["sallyport.DataOptions"] = { key = "string?" }
library.tables["sallyport.NetworkOptions"] = { prefix = "string", value = "string?" }
library.tables["sallyport.HttpRequest"] = {
  url = "string", method = '"GET"|"POST"|"PUT"|"PATCH"|"DELETE"|nil', json = "any", body = "string?", headers = "table<string, string>?",
  timeout = "number?", down = "any",
}
library.tables["sallyport.ResolveOptions"] = { timeout = "number?", down = "any" }
library.tables["sallyport.StoreOptions"] = { timeout = "number?", down = "any" }
library.tables["sallyport.StoreTimeOptions"] = { ttl = "number?", timeout = "number?", down = "any" }
library.tables["sallyport.StoreIncrOptions"] = { by = "integer?", ttl = "number?", timeout = "number?", down = "any" }
library.tables["sallyport.RateOptions"] = {
  count = "integer", per = "number", burst = "integer?", scope = '"region"|"store"|nil', timeout = "number?", down = "any",
}
library.tables["sallyport.CounterRange"] = { min = "integer?", max = "integer?", wrap = "boolean?" }

-- The rows of decision tables: `---@type sallyport.Row[]` above a table names them to an editor.
local DOOR = "sallyport.RowExpect|false|nil"
library.tables["sallyport.Row"] = {
  name = "string?", door = "string?", walk = "true?", facts = "table", mock = "sallyport.RowMock?", params = "table?",
  certificate = "string|sallyport.RowCertificate|nil", expect = "sallyport.RowExpect|sallyport.WalkExpect",
}
library.tables["sallyport.RowExpect"] = {
  verdict = '"accept"|"refuse"|"install"', code = "string|false|nil", text = "string|false|nil", userid = "string|false|nil",
  sysplex = "boolean?", ipconn = "string|false|nil", template = "string|false|nil", applid = "string|false|nil",
  host = "string|false|nil", port = "integer|false|nil",
}
library.tables["sallyport.WalkExpect"] = {
  verdict = '"accept"|"refuse"', code = "string|false|nil", ipconn = "string|false|nil", doors = "string[]?",
  admit = DOOR, certify = DOOR, bind = DOOR, install = DOOR, attach = DOOR, delete = DOOR,
}
library.tables["sallyport.RowMock"] = {
  ipconns = "table<string, table>?", counters = "table<string, integer>?", rates = "table<string, number>?", clock = "number?",
  saf = "table?", resolve = "table<string, string[]|false>?", http = "table<string, table|false>?",
  store = "table<string, any>|false|nil", store_seconds = "number?",
}
library.tables["sallyport.RowCertificate"] = {
  file = "string?", verified = "boolean?", userid = "string?", issuer = "string|sallyport.RowIssuer|nil",
  not_before = "number?", not_after = "number?",
  c = "string|string[]|nil", st = "string|string[]|nil", l = "string|string[]|nil", o = "string|string[]|nil",
  ou = "string|string[]|nil", cn = "string|string[]|nil", dns = "string|string[]|nil", ip = "string|string[]|nil",
  uri = "string|string[]|nil", email = "string|string[]|nil",
}

library.tables["sallyport.RowIssuer"] = {
  c = "string|string[]|nil", st = "string|string[]|nil", l = "string|string[]|nil", o = "string|string[]|nil",
  ou = "string|string[]|nil", cn = "string|string[]|nil",
}

-- The claims of a NAME_invariant.lua: `---@type sallyport.Claim[]` above the table names them to an editor.
library.tables["sallyport.Claim"] = { name = "string", holds = "fun(walk: sallyport.Walk): boolean" }
library.tables["sallyport.Walk"] = {
  accepted = "boolean", facts = "sallyport.attach.facts", ipconn = "sallyport.ipconn?", doors = "sallyport.WalkDoor[]",
}
library.tables["sallyport.WalkDoor"] = { door = "string", verdict = '"accept"|"refuse"|"install"', code = "string?" }

return library
