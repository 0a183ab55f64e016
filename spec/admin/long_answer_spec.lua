-- SPDX-License-Identifier: Apache-2.0
-- Answers of many rows are made in slices, as far as the operator reads: what changes between two slices, and who leaves before the end.
local dkjson = require "dkjson"
local unix = require "socket.unix"

local support = require "spec.support"
local wait = require "spec.support.wait"

local MANY = 4000

local function name(i)
  return ("P%05d"):format(i)
end

-- A region with the ipconns first, first + step, … of MANY.
local function ipconns(step)
  local out = {}
  for i = 1, MANY, step do out[name(i)] = { networkid = "NETX" } end
  return out
end

local function new()
  local region = support.region { tcpipservices = { IPIC = { urm = "yes" } }, ipconns = ipconns(1), policies = {},
    scripts = { yes = "return { install = function(f) return require 'policy'.install { ipconn = f.capex.applid } end }" } }
  return region:start()
end

-- An operator who has asked and reads when it is told to.
local function ask(region, command, ...)
  local s = assert((unix.stream or unix)())
  assert(s:connect(region.control))
  assert(s:send(dkjson.encode { command = command, args = { ... }, options = {} } .. "\n"))
  s:settimeout(20 * wait.patience)
  return s
end

local function whole(s, before)
  local text = (before or "") .. assert(s:receive "*a")
  s:close()
  assert.equal("\n", text:sub(-1))
  local answer = assert(dkjson.decode(text))
  assert.equal(0, answer.status)
  return answer.rows
end

describe("an answer of many rows", function()
  it("lists each row that stays exactly once, and no row that goes meanwhile", function()
    local region = new()
    local s = ask(region, "inquire", "ipconn")
    local before = assert(s:receive(1000)) -- it has begun, and is far from made
    region.given.ipconns = ipconns(2)
    region:define(region.given)
    assert.equal(0, (region:command "reload"))
    local seen, last, gone = {}, 0, 0
    for _, row in ipairs(whole(s, before)) do
      assert.is_nil(seen[row.ipconn], row.ipconn)
      seen[row.ipconn] = true
      local i = tonumber(row.ipconn:sub(2))
      assert.is_true(i > last)
      last = i
      gone = gone + (i % 2 == 0 and 1 or 0)
    end
    for i = 1, MANY, 2 do assert.is_true(seen[name(i)], name(i)) end
    assert.is_true(gone < MANY / 2)
    region:stop()
  end)

  it("ends when its operator leaves, and delays neither partners nor other operators nor the end", function()
    local region = new()
    local all = {}
    for i = 1, 15 do
      all[i] = ask(region, "inquire", ({ "ipconn", "statistics", "session" })[i % 3 + 1])
      assert(all[i]:receive(1000))
    end
    local _, status = support.connect { port = region:port "IPIC", applid = "CTGAPP", networkid = "NETY" }
    assert.equal(0, status)
    assert.equal("ACTIVE", region:row("region").status)
    for i = 1, 8 do all[i]:close() end
    assert.equal(MANY, #whole(ask(region, "inquire", "ipconn")))
    region:stop() -- seven have not read
    for i = 9, 15 do all[i]:close() end
  end)

  it("resets each figure behind its row, and says so", function()
    local region = new()
    assert.equal(0, select(2, support.connect { port = region:port "IPIC", applid = "CTGAPP", networkid = "NETY" }))
    support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "the partner to have gone")
    local rows = region:inquire("statistics", nil, "--reset")
    local resources = 0
    for _, row in ipairs(rows) do resources = resources + (row.resource ~= "DOOR" and 1 or 0) end
    assert.equal(MANY + 2, resources)
    region:wait_log 'SP0009 I .*command="inquire statistics %-%-reset"'
    local before, after
    for _, row in ipairs(rows) do before = row.resource == "TCPIPSERVICE" and row or before end
    for _, row in ipairs(region:inquire "statistics") do after = row.resource == "TCPIPSERVICE" and row or after end
    local zeroed = 0
    for key, value in pairs(before) do
      if type(value) == "number" and value > 0 and after[key] == 0 then zeroed = zeroed + 1 end
    end
    assert.is_true(zeroed > 0)
    local status, _, err = region:command("inquire", "statistics", "NOPE", "--reset")
    assert.equal(1, status)
    assert.is_truthy(err:find "no statistics named NOPE")
    region:wait_log 'SP0009 I .*command="inquire statistics NOPE %-%-reset".*refused="no statistics named NOPE"'
    region:stop()
  end)

  it("says of a name that is not there that it is not, and tells a counter by its own letters", function()
    local region = support.region { tcpipservices = { IPIC = { admit = "count" } }, scripts = {
      count = "local c = require 'policy'.counter 'small' " ..
        "return { admit = function() c:next { max = 9 } return require 'policy'.accept() end }",
    } }
    region:start()
    support.connect { port = region:port "IPIC", applid = "CTGAPP", networkid = "NETY" }
    assert.equal("small", region:row("counter", "small").counter)
    local status, _, err = region:command("inquire", "counter", "SMALL")
    assert.equal(1, status)
    assert.is_truthy(err:find "no counter named SMALL")
    region:stop()
  end)

  it("explains records while they are forgotten and others come", function()
    local region = support.region { region = { records = 600 }, tcpipservices = { IPIC = {} } }
    region:start()
    local port = region:port "IPIC"
    local function strangers(n)
      for _ = 1, n do
        local p = support.raw(port)
        p:send "nonsense\r\n\r\n"
        p:closed()
      end
    end
    strangers(600)
    local s = ask(region, "explain")
    local before = assert(s:receive(1000))
    strangers(300)
    local rows, seen = whole(s, before), {}
    assert.is_true(#rows >= 250 and #rows <= 600, #rows)
    for _, row in ipairs(rows) do
      assert.is_nil(seen[row.connection])
      seen[row.connection] = true
    end
    region:stop()
  end)
end)
