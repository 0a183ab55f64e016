-- SPDX-License-Identifier: Apache-2.0
--[[
hostile: the corpus of hostile scripts, spec/hostile/CLASS/NAME.lua. hostile.describe(classes) puts those of some classes into one
region, each the policy of a listener of its own. A reload loads all scripts of its region, so a region of all classes is slow. A script
says in its head how it ends:
  -- ends: CODE[,CODE] PATTERN|PATTERN    asked at `bind` (or at the door that "-- door:" names): refused with the code, a text like this
  -- loading ends: PATTERN|PATTERN        it does not load: an operator's `set … urm=` that names it is refused with a message like this
While each runs, a bystander comes in by a harmless listener. SALLYPORT_FIGURES=FILE: what each class cost goes there.
]]
local assert = require "luassert"
local busted = require "busted"
local lfs = require "lfs"

local support = require "spec.support"
local wait = require "spec.support.wait"

local hostile = {}
local it, setup, teardown = busted.it, busted.setup, busted.teardown

local CORPUS = "spec/hostile"
-- What an asking may take, and with it everybody who waits: far above the limit of 50 ms, for machines that do other things too.
local SECONDS = 2 * wait.slower
-- Loading may cost ten times an asking, and a new generation loads all the others too.
local LOADING = 5 * wait.slower

local HARMLESS = [[
local policy = require "policy"
return {
  bind = function(facts) return facts.capex.networkid == "NETX" and policy.accept() or policy.refuse "stranger" end,
  install = function(facts) return policy.install { ipconn = facts.capex.applid } end,
} ]]

local function names(dir)
  local out = {}
  for name in lfs.dir(dir) do
    if not name:find "^%." then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

local function head(source, key)
  return source:match("\n%-%- " .. key .. ": ([^\n]+)")
end

local function read(class, file)
  local source = assert(support.read(CORPUS .. "/" .. class .. "/" .. file))
  local codes, texts = (head(source, "ends") or ""):match "^(%S*)%s*(.*)$"
  return { name = class .. "/" .. file:gsub("%.lua$", ""), source = source, door = head(source, "door") or "bind",
    codes = codes, texts = texts, loading = head(source, "loading ends") }
end

local function like(text, patterns)
  if patterns == "" then return true end
  for pattern in patterns:gmatch "[^|]+" do
    if text:find(pattern) then return true end
  end
  return false
end

-- The classes whose scripts fail, or are hostile, while they are loaded; and all the others.
hostile.LOADING = { "load", "loading", "require" }

function hostile.asked()
  local loading, out = {}, {}
  for _, class in ipairs(hostile.LOADING) do loading[class] = true end
  for _, class in ipairs(names(CORPUS)) do
    if not loading[class] then out[#out + 1] = class end
  end
  return out
end

function hostile.describe(chosen)
  local region, bystanders, figures = nil, 0, {}
  local classes, asked = {}, {}

  for _, class in ipairs(chosen) do
    classes[#classes + 1] = class
    for _, file in ipairs(names(CORPUS .. "/" .. class)) do
      local script = read(class, file)
      table.insert(classes, script)
      if not script.loading then
        asked[#asked + 1] = script
        script.listener = "H" .. #asked
      end
    end
  end

  setup(function()
    local services = { GOOD = { bind = "harmless", urm = "harmless" }, SPARE = {} }
    local scripts = { harmless = HARMLESS }
    for _, script in ipairs(classes) do
      if type(script) == "table" then scripts[script.name] = script.source end
    end
    for _, script in ipairs(asked) do
      local urm = script.door == "install" and script.name or "harmless"
      services[script.listener] = { bind = script.door == "bind" and script.name or nil, urm = urm }
    end
    region = support.region { tcpipservices = services, scripts = scripts, region = { heartbeat = 0 } }:start()
    for _, row in ipairs(region:inquire "tcpipservice") do
      for _, script in ipairs(asked) do
        if script.listener == row.tcpipservice then script.port = row.port end
      end
      if row.tcpipservice == "GOOD" then region.good = row.port end
    end
  end)

  teardown(function()
    local path = os.getenv "SALLYPORT_FIGURES"
    local file = path and assert(io.open(path, "w"))
    for _, class in ipairs(file and chosen or {}) do
      local f = figures[class]
      file:write(("%-14s bystander at worst %4.0f ms, an asking at worst %4.0f ms, on average %4.1f ms\n"):format(class, f.bystander * 1e3,
        f.most / 1e3, f.n > 0 and f.sum / f.n / 1e3 or 0))
    end
    if file then file:close() end
  end)

  local function note(class, bystander, microseconds)
    local f = figures[class] or { bystander = 0, most = 0, sum = 0, n = 0 }
    figures[class] = f
    f.bystander = math.max(f.bystander, bystander)
    f.most = math.max(f.most, microseconds or 0)
    f.sum, f.n = f.sum + (microseconds or 0), f.n + (microseconds and 1 or 0)
  end

  -- A partner by the harmless listener: it is in, and how long that took.
  local function bystander(seconds)
    bystanders = bystanders + 1
    local began = wait.now()
    local p = support.raw(region.good)
    local m = p:capex { applid = "W" .. bystanders }:read_message(seconds)
    local took = wait.now() - began
    assert.equal(200, m and m.status, "the bystander was not let in")
    p:close()
    assert.is_true(took < seconds, ("the bystander waited %.3f s"):format(took))
    return took
  end

  local function refused(script, record)
    local door = record.doors[#record.doors]
    assert.equal("refused", record.outcome)
    assert.equal(script.door, door.door)
    assert.equal("refuse", door.verdict)
    assert.truthy(("," .. script.codes .. ","):find("," .. door.code .. ",", 1, true), ("%s: %s"):format(door.code, door.text))
    assert.truthy(like(door.text or "", script.texts), ("%s: %s"):format(door.code, door.text))
    assert.is_true(door.microseconds < SECONDS * 1e6, ("the asking took %d ms"):format(door.microseconds // 1000))
    return door
  end

  -- Twice: what the first left behind must not serve the second.
  local function attack(class, script)
    for _ = 1, 2 do
      local p = support.raw(script.port):capex { networkid = "HOSTILE", applid = "HOSTILE" }
      local took = bystander(SECONDS)
      local m = p:read_message()
      assert.equal(403, m and m.status)
      assert.equal(script.door == "bind" and "SECURITY_VIOLATION" or "AUTOINSTALL_FAILED", m.body.reason)
      p:close()
      note(class, took, refused(script, region:explain(m.body.connection)[1]).microseconds)
    end
  end

  local function load(class, script)
    local set = support.start { support.binary, "set", "tcpipservice", "SPARE", "urm=" .. script.name, "--control", region.control }
    local took = 0
    wait.wait_until(function() -- one at a time, so that the log stays short
      took = math.max(took, bystander(LOADING))
      return set:status()
    end, 60, "the answer to " .. script.name)
    assert.equal(1, set:wait(10))
    local said = set:stdout() .. set:stderr()
    assert.truthy(like(said, script.loading), said)
    note(class, took)
  end

  local class
  for _, script in ipairs(classes) do
    if type(script) == "string" then
      class = script
    else
      local own = class
      it("end: " .. script.name, function()
        if script.loading then load(own, script) else attack(own, script) end
      end)
    end
  end

  it("of every class there are three at least", function()
    for _, name in ipairs(chosen) do assert.is_true(#names(CORPUS .. "/" .. name) >= 3, name) end
  end)

  it("let no partner in, and left one line in the log for each failure, without raw bytes of a script", function()
    for _, row in ipairs(region:inquire "ipconn") do assert.is_nil(row.ipconn:find "HOST", row.ipconn) end
    local expected, failures = 0, 0
    for _, script in ipairs(asked) do
      if script.codes:find "policy_" then expected = expected + 2 end
    end
    region:count_log(" SP0022 E ", expected) -- the last line may be on its way
    for line in region:log():gmatch "[^\n]+" do
      assert.is_nil(line:find "[^\x20-\x7e]", line)
      assert.truthy(line:find "^%d%d%d%d%-%d%d%-%d%d %d%d:", line)
      if line:find " SP0022 E " then failures = failures + 1 end
    end
    assert.equal(expected, failures)
    region:stop()
  end)
end

return hostile
