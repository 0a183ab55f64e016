-- SPDX-License-Identifier: Apache-2.0
-- policy.zone: each zone of the machine has the local time that `date` has; in a region, and what it refuses.
local policy = require "policy"
local support = require "spec.support"

-- The local times of a zone at these moments, as `date` prints them: "year month day weekday hour minute offset".
local function dates(zone, moments)
  local file = os.tmpname()
  local out = assert(io.open(file, "w"))
  for _, moment in ipairs(moments) do out:write(("@%d\n"):format(moment)) end
  out:close()
  local pipe = assert(io.popen(("TZ='%s' date -f %s '+%%Y %%m %%d %%u %%H %%M %%::z'"):format(zone, file)))
  local list = {}
  for line in pipe:lines() do
    local rest, sign, h, m, s = line:match "^(.*) ([+-])(%d+):(%d+):(%d+)$"
    local offset = (h * 3600 + m * 60 + s) // 1 * (sign == "-" and -1 or 1)
    list[#list + 1] = rest:gsub("%f[%d]0+(%d)", "%1") .. " " .. math.tointeger(offset)
  end
  pipe:close()
  os.remove(file)
  return list
end

local function ours(zone, moment)
  local t = zone:at(moment)
  return ("%d %d %d %d %d %d %d"):format(t.year, t.month, t.day, t.weekday, t.hour, t.minute, t.offset)
end

-- Moments around each change of the offset in the zone between two times, found by halving.
local function changes(zone, from, to, step, list)
  for start = from, to - step, step do
    local low, high = start, start + step
    local before = zone:at(low).offset
    if zone:at(high).offset ~= before then
      while high - low > 1 do
        local middle = (low + high) // 2
        if zone:at(middle).offset == before then low = middle else high = middle end
      end
      for _, moment in ipairs { low - 1, low, high, high + 1 } do list[#list + 1] = moment end
    end
  end
  return list
end

local WEEK, YEAR = 7 * 86400, 31556952

describe("policy.zone", function()
  it("has the local time that date has, in every zone of the machine", function()
    local wrong, zones = {}, 0
    local pipe = assert(io.popen "cd /usr/share/zoneinfo && find . -type f -not -path './right/*' | sort")
    for path in pipe:lines() do
      local name = path:sub(3)
      local ok, zone = pcall(policy.zone, name)
      if ok then
        zones = zones + 1
        local moments = {}
        for year = -300, 700, 7 do moments[#moments + 1] = year * YEAR + year * 98765 end
        local expected = dates(name, moments)
        for i, moment in ipairs(moments) do
          if ours(zone, moment) ~= expected[i] then
            wrong[#wrong + 1] = ("%s at %d: %s, date has %s"):format(name, moment, ours(zone, moment), expected[i])
          end
        end
      end
    end
    pipe:close()
    assert.are.same({}, wrong)
    assert.is_true(zones > 300, zones .. " zones")
  end)

  for _, name in ipairs { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Africa/Casablanca", "Asia/Gaza" } do
    it("changes in the second in which date changes, in " .. name, function()
      local zone, moments = policy.zone(name), {}
      changes(zone, -90 * YEAR, 20 * YEAR, 4 * WEEK, moments)
      changes(zone, 50 * YEAR, 75 * YEAR, WEEK, moments) -- across 2037, after which the rule of the file counts
      changes(zone, 430 * YEAR, 433 * YEAR, WEEK, moments)
      assert.is_true(#moments > 0)
      local expected = dates(name, moments)
      for i, moment in ipairs(moments) do assert.message(name .. " at " .. moment).are.equal(expected[i], ours(zone, moment)) end
    end)
  end

  it("takes fractions and 64 bits of seconds", function()
    local zone = policy.zone "UTC"
    assert.are.equal("1969 12 31 3 23 59 0", ours(zone, -0.25))
    assert.are.equal(285428751, zone:at(2 ^ 53).year)
    for _, bad in ipairs { 2 ^ 54, math.huge, 0 / 0 } do
      local ok, message = pcall(zone.at, zone, bad)
      assert.is_false(ok)
      assert.is_truthy(message:find "seconds are no time of a calendar")
    end
    assert.is_truthy(select(2, pcall(zone.at, zone, "0")):find "takes seconds since 1970, such as facts.now, not a string")
    assert.is_truthy(select(2, pcall(zone.at, {}, 0)):find "call it with a colon on what policy.zone returned")
  end)

  it("reads files of zones only, and no file outside of their directory", function()
    local refused = {
      ["Europe/Berln"] = "there is no zone Europe/Berln in /usr/share/zoneinfo",
      ["/etc/localtime"] = "is not the name of a zone", ["../zoneinfo/UTC"] = "is not the name of a zone",
      ["Europe/../UTC"] = "is not the name",
      ["Europe//Berlin"] = "is not the name of a zone", ["UTC\0"] = "is not the name of a zone", [""] = "is not the name of a zone",
      Europe = "is a directory", leapseconds = "is no TZif file",
      ["right/UTC"] = "counts leap seconds",
    }
    for name, reason in pairs(refused) do
      local ok, message = pcall(policy.zone, name)
      assert.message(name).is_false(ok)
      assert.message(name .. ": " .. message).is_truthy(message:find(reason, 1, true))
    end
    assert.is_truthy(select(2, pcall(policy.zone, 1)):find "takes the name of a zone such as \"Europe/Berlin\", not a number")
  end)

  it("cannot be changed", function()
    local zone = policy.zone "UTC"
    assert.is_false((pcall(function() zone.at = print end)))
    assert.is_false(getmetatable(zone))
    assert.is_truthy(select(2, pcall(function() return zone:att(0) end)):find "a zone has no 'att'; is 'at' meant%?")
    assert.is_truthy(select(2, pcall(function() return zone:at(0).hours end)):find "no 'hours'; is 'hour' meant%?")
  end)
end)

describe("a zone in a region", function()
  local region
  after_each(function() region:stop() end)

  local AT_LOAD = [[
local policy = require "policy"
local zone = policy.zone "Pacific/Auckland"
return { admit = function(facts)
  local here = zone:at(0)
  policy.check("local time", here.hour == 12 and here.weekday == 4, ("%d:%d"):format(here.hour, here.minute))
  return facts.recheck and here.hour ~= 12 and policy.refuse "changed" or policy.accept()
end }]]

  local function start(script)
    region = support.region { tcpipservices = { IPIC = { admit = "rule", urm = "dfhisaip" } }, policies = { "dfhisaip" },
      scripts = { rule = script } }:start()
  end

  it("is read at load, and asked at the doors and in a reload", function()
    start(AT_LOAD)
    local said = support.connect { port = region:port "IPIC", applid = "ONE" }
    local check = region:explain(said.connection)[1].doors[1].checks[1]
    assert.are.same({ true, "12:0" }, { check.value, check.detail })
    assert.are.equal(0, (region:command "reload"))
  end)

  it("counts in the hash of the generation", function()
    start(AT_LOAD)
    local function hash() return region:inquire("policy", "rule")[1].generation_hash end
    local before = hash()
    region:script("rule", (AT_LOAD:gsub("Pacific/Auckland", "Pacific/Fiji")))
    assert.are.equal(0, (region:command "reload"))
    region:script("rule", AT_LOAD)
    assert.are.equal(0, (region:command "reload"))
    assert.are.equal(before, hash())
  end)

  it("is not read at a door", function()
    start [[
local policy = require "policy"
return { admit = function() return policy.zone("UTC") and policy.accept() end }]]
    local said = support.connect { port = region:port "IPIC", applid = "ONE" }
    assert.is_not_equal("OK", said.response)
    assert.is_true(region:wait_log "policy_error.*policy%.zone: call it while the script loads, outside of the functions of doors" ~= nil)
  end)

  it("that does not exist is a fault with the line of the script, and the region lives on", function()
    start(AT_LOAD)
    region:script("rule", (AT_LOAD:gsub("Auckland", "Aukland")))
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    assert.message(err).is_truthy(err:find("rule.lua:2: fault: policy.zone: there is no zone Pacific/Aukland", 1, true))
  end)
end)
