-- SPDX-License-Identifier: Apache-2.0
-- Scripts that wait in a region short of memory: each allocation of such a connection fails in turn, alone and with those behind it. The
-- partner is let in, refused, or its connection ends; no script stays suspended, and the last partner is let in.
local failing_malloc = require "spec.support.failing_malloc"
local process = require "spec.support.process"
local support = require "spec.support"

local ENOUGH = 20000 -- allocations that no connection here comes near to
local STEP = 5

local RULES = [[
local policy = require "policy"
return {
  bind = function(f)
    local a = policy.http { url = "URL/echo", json = { applid = f.capex.applid }, timeout = 5, down = "refuse" }
    if not a.json or a.json.applid ~= f.capex.applid then return policy.refuse "no_json" end
    return policy.accept()
  end,
  install = function(f)
    local there = policy.resolve("localhost", { timeout = 5, down = false })
    policy.sleep(0.001)
    if not there then return policy.refuse "no_address" end
    return policy.install { ipconn = f.capex.applid, template = "ALL" }
  end,
}]]

describe("a script that waits, without memory", function()
  local memory, backend, region, port

  setup(function()
    memory = failing_malloc.new()
    backend = process.start { "lua5.4", "spec/support/backend.lua" }
    local host = "127.0.0.1:" .. support.wait_until(function() return backend:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
    region = support.region { wrapper = memory.wrapper, region = { heartbeat = 0, milliseconds = 1000, policy_http = { host } },
      tcpipservices = { IPIC = { bind = "rules", urm = "rules" } }, ipconns = { ALL = { template = "only", receivecount = 1 } },
      scripts = { rules = (RULES:gsub("URL", "http://" .. host)) } }:start()
    port = region:port "IPIC"
  end)
  teardown(function()
    region:stop()
    backend:stop()
    memory:free()
  end)

  -- The status of the answer, nil when the region closed the connection; how many allocations failed. n: the first one to fail.
  local function come(n, many)
    if n then memory:fail(n, many) end
    local p = support.raw(port)
    local ok, m = pcall(function() return p:capex({ applid = "ONE", networkid = "NETX" }):read_message(20) end)
    local fails = memory:stop()
    p:close()
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "the end of the socket")
    return ok and m and m.status or nil, fails
  end

  for many, what in pairs { [1] = "alone", [3] = "with the next two" } do
    it("ends in a verdict or with its connection; an allocation fails " .. what, function()
      assert.equal(200, come())
      local failed, let_in, refused = 0, 0, 0
      for n = 1, ENOUGH, STEP do
        local status, fails = come(n, many)
        let_in = let_in + (status == 200 and 1 or 0)
        refused = refused + (status and status ~= 200 and 1 or 0)
        failed = failed + fails
        if fails == 0 then break end
      end
      assert.is_true(failed > 20, "allocations fail: " .. failed)
      assert.is_true(let_in > 0 and refused > 0, let_in .. " " .. refused)
      assert.equal(200, come())
      assert.equal(0, region:inquire("region")[1].scripts_waiting)
    end)
  end
end)
