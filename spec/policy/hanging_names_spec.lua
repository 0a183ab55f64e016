-- SPDX-License-Identifier: Apache-2.0
-- Names whose server does not answer: only partners of the same neighbourhood wait for their look-ups, and policy_http for none of them.
local name_server = require "spec.support.name_server"
local process = require "spec.support.process"
local support = require "spec.support"

local RULES = [[
local policy = require "policy"
return {
  bind = function(f)
    local name, seconds = f.capex.applid:lower(), tonumber(f.capex.networkid:match "%d+$")
    if name == "local" then
      policy.resolve("localhost", { down = "refuse" })
    elseif name == "http" then
      return policy.accept { userid = policy.http { url = "http://localhost:PORT/upper", body = "fred", down = "refuse" }.body }
    else
      policy.resolve(name .. ".example", { down = "refuse", timeout = seconds })
    end
    return policy.accept()
  end,
  install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
}]]

describe("names whose server hangs", function()
  local server, backend, region, port

  setup(function()
    if not name_server.possible() then return end
    server = name_server.silent()
    backend = process.start { "lua5.4", "spec/support/backend.lua" }
    local host = support.wait_until(function() return backend:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
    region = support.region { region = { workers = 1, wait_milliseconds = 60000, policy_http = { "localhost:" .. host } },
      tcpipservices = { IPIC = { bind = "rules", urm = "rules" } }, ipconns = { ALL = { template = "only", receivecount = 1 } },
      scripts = { rules = (RULES:gsub("PORT", host)) } }:start()
    port = region:port "IPIC"
  end)
  teardown(function()
    if not server then return end
    server:stop()
    backend:stop()
    region:stop()
  end)

  local function come(from, name, networkid)
    return support.raw(port, nil, from):capex { applid = name, networkid = networkid or "NETX" }
  end

  -- The code of the refusal, or "OK".
  local function answer(p)
    local body = p:read_message(60).body
    p:close()
    return body.response == "OK" and "OK" or region:explain(body.connection)[1].code
  end

  -- Partners of one neighbourhood that ask for different names; they are refused, and their look-ups go on behind it.
  local function refused(n, net)
    local there = {}
    for i = 1, n do there[i] = come(net .. i, ("N%d%s"):format(i, net:gsub("%D", ""))) end
    for _, p in ipairs(there) do assert.equal("service_down", answer(p)) end
  end

  it("leaves the look-ups of another neighbourhood alone, however many names hang", function()
    if not server then return pending "needs a network of its own" end
    local there = {}
    for i = 1, 12 do there[i] = come("127.0.1." .. i, "A" .. i, "WAITS30") end
    refused(12, "127.0.1.")
    assert.equal("OK", answer(come("127.0.2.1", "LOCAL")))
    for _, p in ipairs(there) do p:close() end
  end)

  it("ends each look-up after two questions to the name server, and says so", function()
    if not server then return pending "needs a network of its own" end
    for round = 1, 3 do -- also in a thread that has looked up before
      local there = {}
      for i = 1, 4 do there[i] = come("127.0.3." .. i, ("R%dN%d"):format(round, i), "SECONDS8") end
      for i, p in ipairs(there) do
        assert.equal("service_down", answer(p))
        region:wait_log(('code=service_down text="resolve r%dn%d%%.example: Temporary failure in name resolution"'):format(round, i))
      end
    end
    for _ = 1, 2 do refused(8, "127.0.3.") end
    support.wait_until(function() return answer(come("127.0.3.1", "LOCAL")) == "OK" end, 30, "a look-up behind those that hang")
  end)

  it("joins the questions about one name", function()
    if not server then return pending "needs a network of its own" end
    local there = {}
    for i = 1, 40 do there[i] = come("127.0.4." .. i, "SAME", "WAITS30") end
    assert.equal("OK", answer(come("127.0.4.50", "LOCAL")))
    for _, p in ipairs(there) do p:close() end
  end)

  it("leaves the hosts of policy_http alone, when all threads of policy.resolve hang", function()
    if not server then return pending "needs a network of its own" end
    local there = {}
    for net = 10, 19 do
      for i = 1, 5 do there[#there + 1] = come(("127.0.%d.%d"):format(net, i), ("H%d%d"):format(net, i), "WAITS30") end
    end
    support.wait_until(function() return region:row "region".scripts_waiting >= 50 end, 20, "the scripts to wait")
    assert.equal("OK", answer(come("127.0.20.1", "HTTP")))
    for _, p in ipairs(there) do p:close() end
  end)
end)
