-- SPDX-License-Identifier: Apache-2.0
-- Every door times every way a script can fail: no partner is let in, and the log has each failure once, under its code.
-- (Allocation failure at call n, at every door: spec/unit/policy/policy_test.c.)
local support = require "spec.support"

local DOORS = { "admit", "certify", "bind", "install" }

-- The body of a door, and the code it ends with.
local FAULTS = {
  raises = { "error 'no'", "policy_error" },
  raises_an_object = { "error(setmetatable({}, { __tostring = function() return 'accept' end }))", "policy_error" },
  says_nothing = { "", "policy_error" },
  says_nil = { "return nil", "policy_error" },
  says_true = { "return true", "policy_error" },
  says_a_number = { "return 1", "policy_error" },
  says_a_table = { "return { kind = 'accept', verdict = 'accept' }", "policy_error" },
  says_a_proxy = { "return setmetatable({}, { __index = policy.accept() })", "policy_error" },
  says_two = { "return policy.accept(), policy.accept()", "policy_error" },
  says_pass = { "return policy.pass()", "policy_error" },
  unknown_key = { "return policy.accept { usreid = 'X' }", "policy_error" },
  unknown_key_of_install = { "return policy.install { ipconn = 'X', tempalte = 'Y' }", "policy_error" },
  type_error = { "return facts.nothing.there", "policy_error" },
  loops = { "while true do end", "policy_limit" },
  loops_in_c = { "return (''):rep(1 << 50)", "policy_limit" },
  takes_memory = { "local t = {} while true do t[#t + 1] = { t } end", "policy_limit" },
  swallows = { "pcall(string.rep, '', 1 << 50) return policy.accept()", "policy_limit" },
  swallows_at_install = { "pcall(string.rep, '', 1 << 50) return policy.install { ipconn = 'X' }", "policy_limit" },
}

-- The right answer at this door, so that a fault elsewhere would show.
local function script(door, body)
  return ("local policy = require 'policy'\nreturn { %s = function(facts)\n%s\nend }\n"):format(door, body)
end

local OPEN = [[
local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end } ]]

describe("a script that fails", function()
  local region, service, n = nil, {}, 0

  setup(function()
    local scripts, services = { open = OPEN }, {}
    for _, door in ipairs(DOORS) do
      for fault, row in pairs(FAULTS) do
        n = n + 1
        local name = door .. "/" .. fault
        service[name] = "D" .. n
        scripts[name] = script(door, row[1])
        services["D" .. n] = {
          admit = door == "admit" and name or nil, certify = door == "certify" and name or nil, bind = door == "bind" and name or nil,
          urm = door == "install" and name or "open", ssl = door == "certify" and "clientauth" or nil,
        }
      end
    end
    region = support.region { scripts = scripts, tcpipservices = services }:start()
  end)

  for _, door in ipairs(DOORS) do
    it("at " .. door .. " lets no partner in, however the script fails", function()
      for fault, row in pairs(FAULTS) do
        local name = door .. "/" .. fault
        local answer, status = support.connect { port = region:port(service[name]), ring = door == "certify" and "NETX.CTGAPP" or nil }
        assert.equal(3, status, name)
        assert.is_false(answer.accepted, name)
        local record = region:explain { last = 1 }[1]
        local last = record.doors[#record.doors]
        assert.same({ name, "refused", door, "refuse", row[2] }, { last.policy, record.outcome, last.door, last.verdict, last.code })
      end
      assert.same({}, region:inquire "ipconn")
    end)
  end

  it("is on record once each time", function()
    local records = region:explain { refused = true, last = 1000 }
    assert.equal(n, #records)
    assert.equal(n, region:count_log(" SP0022 E ", n))
    for _, record in ipairs(records) do
      local asked = 0
      for _, door in ipairs(record.doors) do asked = asked + (door.verdict == "refuse" and 1 or 0) end
      assert.equal(1, asked)
    end
  end)
end)
