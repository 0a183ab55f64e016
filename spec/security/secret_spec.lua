-- SPDX-License-Identifier: Apache-2.0
-- A password is nowhere once it was checked: not in the log, a record, an answer to an operator, and not in the region's memory.
local conversation = require "spec.support.conversation"
local support = require "spec.support"

local HASH = "scrypt:10:8:1:8oqpdMrHtziJH5gw0feobw:GsGj9mGJJnodsy7H2yrm1euztOIKYRPK4HmpAfmuuOc"
-- Not whole in here, as this file is not what is searched.
local PASSWORD = table.concat { "Zq7unique", "secret", "phrase91x" }
local WRONG = table.concat { "Xw3another", "guess", "altogether5" }

-- Where in the memory of a process these bytes are: "7f00…+offset [heap]", or nil.
-- A sanitizer's own memory is too large to be a secret's.
local function find_in_memory(pid, needle)
  local mem = assert(io.open("/proc/" .. pid .. "/mem", "rb"))
  mem:setvbuf "no"
  for line in io.lines("/proc/" .. pid .. "/maps") do
    local from, to, name = line:match "^(%x+)%-(%x+) rw.. %S+ %S+ %S+ *(.*)$"
    from, to = tonumber(from or "0", 16), tonumber(to or "0", 16)
    if to > from and to - from <= 64 * 1024 * 1024 and mem:seek("set", from) then
      local at = (mem:read(to - from) or ""):find(needle, 1, true)
      if at then return ("%x+%x %s"):format(from, at, name) end
    end
  end
  mem:close()
end

local function gone(region, secret)
  local where
  local ok = pcall(support.wait_until, function()
    where = find_in_memory(region.process.pid, secret)
    return not where
  end)
  assert.is_true(ok, "the password is still in memory: " .. tostring(where))
end

describe("a password", function()
  local region

  setup(function()
    region = support.region {
      region = { heartbeat = 60 }, tcpipservices = { PLAIN = {}, SECURE = { ssl = "yes" } }, programs = { ECHO = {} },
      ipconns = { SOME = { networkid = "NETX", userauth = "verify", receivecount = 10 } },
      saf = ("return { revoke = 0, users = { FRED = { password = %q }, CICSUSER = {} }, " ..
        "classes = { TCICSTRN = { CPMI = { uacc = 'read' } } } }")
        :format(HASH),
    }:start()
  end)
  teardown(function() region:stop() end)

  local function partner(service)
    local p = service == "PLAIN" and support.raw(region:port(service)) or support.tls { port = region:port(service), ring = "NETX.CTGAPP" }
    assert.are.equal(200, p:capex({ networkid = "NETX", applid = "SOME", sendcount = 10 }):read_message().status)
    return p
  end

  it("the search finds what is there", function()
    assert.is_truthy(find_in_memory(region.process.pid, "CICSUSER"))
  end)

  for _, service in ipairs { "PLAIN", "SECURE" } do
    for _, row in ipairs {
      { "right", PASSWORD, 200 }, { "right, at the end of a long phrase", ("long "):rep(15) .. PASSWORD, 500 }, { "wrong", WRONG, 500 },
      { "of nobody", WRONG, 500, userid = "NOBODY" }, { "not asked for", WRONG, 500, userid = false },
      { "with data", PASSWORD, 200, data = ("x"):rep(40000) }, { "in many pieces", PASSWORD, 200, pieces = true },
      { "with what cannot be", WRONG .. "\1", 500 },
    } do
      it(row[1] .. ", over " .. service .. ", is not in memory when it was answered", function()
        local p = partner(service)
        local secret = row[2]:find(PASSWORD, 1, true) and PASSWORD or WRONG
        local head = ('{"program":"ECHO",%s"password":"%s"}'):format(
          row.userid == false and "" or ('"userid":"%s",'):format(row.userid or "FRED"), (row[2]:gsub("\1", "\\u0001")))
        local bytes = conversation.element({ conv = 1, head = #head }, head .. (row.data or ""))
        local step = row.pieces and 150 or #bytes
        for at = 1, #bytes, step do
          p:send(bytes:sub(at, at + step - 1))
          if row.pieces then region:row("ipconn", "SOME") end
        end
        assert.are.equal(row[3], conversation.answer(p, 1).status)
        gone(region, secret)
        p:close()
        support.wait_until(function() return region:row("ipconn", "SOME").connstatus == "RELEASED" end, 10, "the release")
        gone(region, secret)
      end)
    end

    it("that came in half a request, over " .. service .. ", goes with its connection", function()
      local p = partner(service)
      local head = ('{"program":"ECHO","userid":"FRED","password":"%s"}'):format(PASSWORD)
      p:send((conversation.element({ conv = 1, head = #head, last = "no" }, head .. "x")))
      p:send((conversation.element({ conv = 2, head = #head }, head)):sub(1, -3))
      p:close()
      support.wait_until(function() return region:row("ipconn", "SOME").connstatus == "RELEASED" end, 10, "the release")
      gone(region, PASSWORD)
    end)
  end

  it("is in no line of the log, and nothing an operator can ask for", function()
    region:settle_log()
    for _, secret in ipairs { PASSWORD, WRONG } do
      assert.is_nil(region:log():find(secret, 1, true))
      for _, words in ipairs { { "explain", "--last", "100", "--json" }, { "explain", "--last", "100" },
        { "inquire", "conversation", "--json" } } do
        local status, out = region:command(table.unpack(words))
        assert.are.equal(0, status)
        assert.is_nil(out:find(secret, 1, true))
      end
    end
  end)
end)
