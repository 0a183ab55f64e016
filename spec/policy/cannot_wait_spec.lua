-- SPDX-License-Identifier: Apache-2.0
-- Calls that wait inside functions that Lua or its library calls: where a script can be suspended it goes on, and elsewhere the error names
-- the function that cannot wait.
local support = require "spec.support"

-- Each value is the body of a function; `nap` waits, and returns true.
local SUSPENDED = {
  a_pcall = [[assert(pcall(nap))]],
  b_xpcall = [[assert(xpcall(nap, error))]],
  c_index = [[assert(setmetatable({}, { __index = nap }).x)]],
  d_newindex = [[setmetatable({}, { __newindex = nap }).x = 1]],
  e_call = [[assert(setmetatable({}, { __call = nap })())]],
  f_concat = [[assert(setmetatable({}, { __concat = nap }) .. "x")]],
  g_compare = [[local m = { __lt = nap, __le = nap, __eq = nap }
    local a, b = setmetatable({}, m), setmetatable({}, m)
    assert(a < b and a <= b and a == b)]],
  h_arithmetic = [[local a = setmetatable({}, { __add = nap, __unm = nap, __len = nap, __band = nap })
    assert(a + 1 and -a and #a and a & 1)]],
  i_iterator = [[local n = 0 for _ in function() n = n + 1 return n < 3 and nap() or nil end do nap() end assert(n == 3)]],
  j_pairs = [[for k in pairs(setmetatable({}, { __pairs = function() nap() return next, { x = 1 } end })) do assert(k == "x") end]],
  k_close = [[do local _ <close> = setmetatable({}, { __close = nap }) end]],
  l_close_of_an_error = [[local ok, why = pcall(function() local _ <close> = setmetatable({}, { __close = nap }) error("why", 0) end)
    assert(not ok and why == "why")]],
  m_tail_call = [[local function f() return nap() end assert(f())]],
}

-- The function that the error names, and the body.
local NAMED = {
  a_sort = { "sort", [[table.sort({ 1, 2 }, function(a, b) nap() return a < b end)]] },
  b_sort_by_lt = { "sort", [[local m = { __lt = nap } table.sort { setmetatable({}, m), setmetatable({}, m) }]] },
  c_gsub = { "gsub", [[string.gsub("a", "a", nap)]] },
  d_gsub_method = { "gsub", [[local s = "a" s:gsub("a", nap)]] },
  e_tostring = { "tostring", [[tostring(setmetatable({}, { __tostring = nap }))]] },
  f_format = { "format", [[string.format("%s", setmetatable({}, { __tostring = nap }))]] },
  g_handler = { "the message handler of xpcall", [[assert(xpcall(error, function() nap() end, "x"))]] },
  h_handler_of_a_fault = { "the message handler of xpcall", [[assert(xpcall(function() return nil + 1 end, function() nap() end))]] },
  i_handler_in_a_function = { "the message handler of xpcall",
    [[local function handle() return (nap()) end assert(pcall(function() assert(xpcall(error, handle)) end))]] },
  j_handler_itself = { "the message handler of xpcall", [[assert(xpcall(error, policy.sleep, 0.001))]] },
}

-- Places that a script does not have: no function of its own can be called there.
local ABSENT = {
  coroutine = "coroutine.wrap(nap)()", load = "load(nap)", dofile = "dofile()", collector = "setmetatable({}, { __gc = nap })",
}

local function rules()
  local lines = { "local policy = require 'policy'", "local function nap() policy.sleep(0.001) return true end", "local does = {" }
  for name, body in pairs(SUSPENDED) do lines[#lines + 1] = ("  %s = function() %s end,"):format(name:sub(1, 1):upper() .. "S", body) end
  for name, row in pairs(NAMED) do lines[#lines + 1] = ("  %s = function() %s end,"):format(name:sub(1, 1):upper() .. "N", row[2]) end
  lines[#lines + 1] = "}"
  lines[#lines + 1] = "return { bind = function(f) does[f.capex.applid]() return policy.accept() end,"
  lines[#lines + 1] = "  install = function(f) return policy.install { ipconn = f.capex.applid, template = 'ALL' } end }"
  return table.concat(lines, "\n")
end

describe("a call that waits", function()
  local region, port
  setup(function()
    region = support.region { tcpipservices = { IPIC = { bind = "rules", urm = "rules" } },
      ipconns = { ALL = { template = "only", receivecount = 1 } }, scripts = { rules = rules() } }:start()
    port = region:port "IPIC"
  end)
  teardown(function() region:stop() end)

  -- The record of a partner of that name.
  local function come(applid)
    local p = support.raw(port):capex { applid = applid, networkid = "NETX" }
    local record = region:explain(p:read_message(10).body.connection)[1]
    p:close()
    return record
  end

  local function door(record, name)
    for _, d in ipairs(record.doors) do
      if d.door == name then return d end
    end
  end

  for name in pairs(SUSPENDED) do
    it("suspends its script: " .. name, function()
      local record = come(name:sub(1, 1):upper() .. "S")
      assert.is_nil(record.code, record.text)
      assert.is_true(door(record, "bind").waited > 0)
    end)
  end

  for name, row in pairs(NAMED) do
    it("is an error that names the function: " .. name, function()
      local record = come(name:sub(1, 1):upper() .. "N")
      assert.equal("policy_error", record.code)
      local text = door(record, "bind").text
      assert.is_truthy(text:find("policy.sleep 0.001: cannot wait inside " .. row[1], 1, true), text)
    end)
  end

  for name, body in pairs(ABSENT) do
    it("has no place in a function that scripts do not have: " .. name, function()
      region:script("other", "local policy = require 'policy' local function nap() policy.sleep(1) end " .. body .. " return {}")
      region:define { tcpipservices = { IPIC = { bind = "other", urm = "rules" } } }
      local status, _, err = region:command("reload", "--check")
      assert.equal(1, status)
      assert.is_nil(err:find("cannot wait", 1, true))
    end)
  end
end)
