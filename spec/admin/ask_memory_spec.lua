-- SPDX-License-Identifier: Apache-2.0
-- `ask` without memory: one allocation of a question fails, a later one in each further question. The question is refused in words or
-- answered right, nothing moves, and the last question is answered as the first.
local dkjson = require "dkjson"
local unix = require "socket.unix"

local failing_malloc = require "spec.support.failing_malloc"
local support = require "spec.support"
local wait = require "spec.support.wait"

local ENOUGH = 20000 -- allocations of one question, at most
local STEP = 3

local SCRIPT = [[
local policy = require "policy"
local names = policy.counter "NAMES"
return {
  certify = function(facts)
    if not policy.check("chain", facts.certificate.chain.ok, facts.certificate.subject.printed) then return policy.refuse("chain") end
    return policy.accept { userid = "U1" }
  end,
  install = function()
    return policy.install { ipconn = "N" .. names:next { min = 1, max = 9 }, template = "TEMPL" }
  end,
}]]

-- Codes with which a lack of memory may refuse.
local LACKS = { policy_error = true, policy_limit = true, limit = true, chain = true, bad_capex = true, no_saf = true }

describe("ask without memory", function()
  local memory, region, line

  setup(function()
    memory = failing_malloc.new()
    region = support.region { wrapper = memory.wrapper, region = { heartbeat = 0, milliseconds = 1000 }, scripts = { rule = SCRIPT },
      tcpipservices = { SEC = { ssl = "clientauth", certificate = "CICSA", certify = "rule", urm = "rule" } },
      ipconns = { TEMPL = { template = "only", userauth = "identify" } }, programs = { ECHO = {} } }
    region:start()
    line = dkjson.encode { command = "ask", question = {
      tcpipservice = "SEC", certificates = support.read "certs/rings/NETX.CTGAPP/NETX.CTGAPP.pem",
      capex = { applid = "A", networkid = "NETX" }, request = { program = "ECHO", userid = "FRED" },
    } } .. "\n"
  end)
  teardown(function()
    region:stop()
    memory:free()
  end)

  -- The row, or nil and the error; both nil when the region closed without an answer.
  local function ask()
    local s = assert(unix())
    assert(s:connect(region.control))
    s:settimeout(10 * wait.patience)
    s:send(line)
    local said = s:receive "*l"
    s:close()
    local answer = said and dkjson.decode(said)
    if answer then return answer.rows and answer.rows[1], answer.error end
  end

  it("refuses or answers right, and lives", function()
    local row = ask()
    assert.same({ true, "N1" }, { row.accepted, row.ipconn })
    local failed, answered, refused = 0, 0, 0
    for n = 1, ENOUGH, STEP do
      memory:fail(n)
      local r, why = ask()
      local fails = memory:stop()
      if r and r.accepted then
        answered = answered + 1
        assert.message("allocation " .. n).equal("N1", r.ipconn)
      elseif r then
        refused = refused + 1
        assert.message(("allocation %d: %s"):format(n, tostring(r.code))).is_true(LACKS[r.code or (r.requests[1] or {}).code])
      else
        assert.message("allocation " .. n).is_true(why == nil or why ~= "")
      end
      failed = failed + fails
      if fails == 0 then break end
    end
    assert.is_true(failed > 20, "allocations fail: " .. failed)
    assert.is_true(answered + refused > 0)
    row = ask()
    assert.same({ true, "N1" }, { row.accepted, row.ipconn })
    assert.same({}, region:inquire "counter")
  end)
end)
