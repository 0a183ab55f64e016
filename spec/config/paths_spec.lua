-- SPDX-License-Identifier: Apache-2.0
-- Paths: in a definition relative to its file, on a command line relative to the current directory; and what a missing file's fault says.
local lfs = require "lfs"

local support = require "spec.support"

local HERE = lfs.currentdir()
local SAF = "return { users = {}, classes = { TCICSTRN = {} } }"
local REFUSES = "local policy = require 'policy'\nreturn { install = function() return policy.refuse 'no' end }"

local function absolute(path)
  return path:sub(1, 1) == "/" and path or HERE .. "/" .. path:gsub("^%./", "")
end

describe("a path in a definition", function()
  local dir, region

  -- A program, run in that directory.
  local function inside(where, ...)
    return support.run { "env", "-C", where, absolute(support.binary), ... }
  end

  local function define(text)
    support.write(region, text)
  end

  local function has(text, part)
    assert.is_truthy(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end

  before_each(function()
    dir = absolute(support.directory())
    region = dir .. "/conf/region.lua"
    for _, name in ipairs { "conf", "rings", "elsewhere" } do lfs.mkdir(dir .. "/" .. name) end
    assert(os.execute(("cp -R certs/rings/CICSA %s/rings/"):format(dir)))
    support.write(dir .. "/conf/saf.lua", SAF)
  end)
  after_each(function() support.remove((dir:gsub("^.*/build", "build"))) end)

  it("is relative to the definition's file, wherever the region and its operators are started", function()
    lfs.mkdir(dir .. "/conf/policies")
    support.write(dir .. "/conf/policies/shop.lua", REFUSES)
    define [[
region { applid = "CICSA", networkid = "NETA", ring = "../rings/CICSA", saf = "saf.lua", control = "../run/its.sock", recovery = "kept" }
tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, ssl = "clientauth", urm = "shop" }
]]
    local status, out, err = inside("/", "check", "--region", region)
    assert.equal(0, status, out .. err)
    local p = support.start { "env", "-C", "/", absolute(support.binary), "run", "--watch", "--region", region }
    support.wait_until(function()
      return inside(dir, "inquire", "region", "--region", "conf/region.lua") == 0
    end, 10, function() return "the region to answer:\n" .. p:stderr() end)
    assert.equal("socket", lfs.attributes(dir .. "/run/its.sock", "mode"))
    assert.equal(0, (inside(dir .. "/conf", "reload", "--region", "region.lua")))
    support.write(dir .. "/conf/policies/shop.lua", "return {\n install = = 1 }")
    support.wait_until(function()
      return p:stderr():find("conf/policies/shop.lua:2: ", 1, true)
    end, 10, function() return "--watch to find the script:\n" .. p:stderr() end)
    assert.equal(0, p:stop())
  end)

  it("leads a control socket's default beside the definition too", function()
    define 'region { applid = "CICSA", networkid = "NETA" }'
    local p = support.start { "env", "-C", dir, absolute(support.binary), "run", "--region", "conf/region.lua" }
    support.wait_until(function() return inside("/", "inquire", "region", "--region", region) == 0 end, 10,
      function() return "the region to answer:\n" .. p:stderr() end)
    assert.equal("socket", lfs.attributes(dir .. "/conf/run/CICSA.sock", "mode"))
    assert.equal(0, p:stop())
  end)

  it("stays when it is absolute", function()
    define(('region { applid = "CICSA", networkid = "NETA", ring = %q, policies = %q }\n'):format(HERE .. "/certs/rings/CICSA",
      HERE .. "/policies") .. 'tcpipservice "T" { portnumber = 0, ssl = "yes", admit = "lan" }')
    local status, out, err = inside("/", "check", "--region", region)
    assert.equal(0, status, out .. err)
  end)

  it("is looked for beside a link to the definition, as that is named", function()
    define 'region { applid = "CICSA", networkid = "NETA" } tcpipservice "T" { portnumber = 0, urm = "shop" }'
    assert(os.execute(("ln -s ../conf/region.lua %s/elsewhere/region.lua"):format(dir)))
    support.write(dir .. "/elsewhere/shop.lua", REFUSES)
    assert.equal(0, (inside("/", "check", "--region", dir .. "/elsewhere/region.lua")))
    assert.equal(1, (inside("/", "check", "--region", region)))
  end)

  it("has scripts in the directory `policies` beside it, else where it is itself", function()
    define 'region { applid = "CICSA", networkid = "NETA" } tcpipservice "T" { portnumber = 0, urm = "shop" }'
    support.write(dir .. "/conf/shop.lua", REFUSES)
    assert.equal(0, (inside("/", "check", "--region", region)))
    assert.equal(0, (inside(dir .. "/conf", "check", "--region", "region.lua")))
    lfs.mkdir(dir .. "/conf/policies")
    local status, _, err = inside(dir, "check", "--region", "conf/region.lua")
    assert.equal(1, status)
    has(err, ('script "shop" does not exist: no file %s/conf/policies/shop.lua'):format(dir))
    os.rename(dir .. "/conf/shop.lua", dir .. "/conf/policies/shop.lua")
    assert.equal(0, (inside("/", "check", "--region", region)))
  end)

  it("lets --watch see the scripts beside the definition, and not the log that is there too", function()
    define 'region { applid = "CICSA", networkid = "NETA" } tcpipservice "T" { host = "127.0.0.1", portnumber = 0, urm = "shop" }'
    support.write(dir .. "/conf/shop.lua", REFUSES)
    local p = support.start { absolute(support.binary), "run", "--watch", "--region", region, "--log", dir .. "/conf/log" }
    local function log() return support.read(dir .. "/conf/log") or "" end
    support.wait_until(function() return log():find "SP0001" end, 10, "the region to be up")
    support.write(dir .. "/conf/shop.lua", REFUSES .. "\n")
    support.wait_until(function() return log():find "SP0010 .*generation=2" end, 10, "the reload")
    local from = support.now() -- a look comes every half second
    support.wait_until(function() return support.now() - from > 3 end, 10)
    assert.is_nil(log():find "generation=3")
    assert.equal(0, p:stop())
  end)

  for what, row in pairs {
    ring = { 'ring = "rings/CICSA"', "rings/CICSA" },
    saf = { 'saf = "saf.lua"', "saf.lua", move = true },
    policies = { 'policies = "rules"', "rules", make = true },
  } do
    it("that leads nowhere is shown whole, and where it would have led: " .. what, function()
      define(('region { applid = "CICSA", networkid = "NETA",\n  %s }'):format(row[1]))
      if row.move then os.rename(dir .. "/conf/saf.lua", dir .. "/saf.lua") end
      if row.make then lfs.mkdir(dir .. "/rules") end
      local status, _, err = inside(dir, "check", "--region", "conf/region.lua")
      assert.equal(1, status)
      has(err, ("conf/region.lua:1: fault: region: %s: %s/conf/%s: No such file or directory"):format(what, dir, row[2]))
      has(err, ("; %s is in the current directory, %s, but a path in a definition is relative to the file"):format(row[2], dir))
      status, _, err = inside("/", "check", "--region", region)
      assert.equal(1, status)
      has(err, ("%s/conf/%s: No such file or directory"):format(dir, row[2]))
      assert.is_nil(err:find "current directory")
      assert.equal(1, (inside("/", "run", "--region", region)))
    end)
  end

  it("that leads nowhere is a script's in the current directory", function()
    define 'region { applid = "CICSA", networkid = "NETA" }\ntcpipservice "T" { portnumber = 0, urm = "shop" }'
    lfs.mkdir(dir .. "/policies")
    support.write(dir .. "/policies/shop.lua", REFUSES)
    local status, _, err = inside(dir, "check", "--region", "conf/region.lua")
    assert.equal(1, status)
    has(err, ('conf/region.lua:2: fault: tcpipservice T: urm: script "shop" does not exist: no file %s/conf/shop.lua'):format(dir))
    has(err, "; policies/shop.lua is in the current directory")
  end)

  it("does not begin a new recovery file while the old one is in the current directory", function()
    define 'region { applid = "CICSA", networkid = "NETA", recovery = "kept" }'
    support.write(dir .. "/kept", "sallyport recovery 1\nlog 0123456789abcdef\n")
    local status, _, err = inside(dir, "run", "--region", "conf/region.lua")
    assert.equal(1, status)
    has(err, "fault: region: recovery: " .. dir .. "/conf/kept: No such file or directory; kept is in the current directory")
  end)

  it("of a file that only a start makes is no fault of a definition that is only asked", function()
    define [[region { applid = "CICSA", networkid = "NETA", recovery = "kept", record = "kept", versions = "kept" }
      tcpipservice "T" { portnumber = 0 }]]
    support.write(dir .. "/kept", "")
    local status, out, err = inside(dir, "ask", "--region", "conf/region.lua")
    assert.same({ 3, "" }, { status, err })
    has(out, "urm_no")
    assert.equal(1, (inside(dir, "check", "--region", "conf/region.lua")))
  end)

  it("has a limit with the directory before it", function()
    define(('region { applid = "CICSA", networkid = "NETA",\n  ring = %q }'):format(("x/"):rep(250)))
    local status, _, err = inside("/", "check", "--region", region)
    assert.equal(1, status)
    has(err, "region.lua:2: fault: region: ring: the path has more than 511 bytes")
  end)

  it("is one thing, on a command line another: relative to the current directory", function()
    define 'region { applid = "CICSA", networkid = "NETA" }'
    local p = support.start { "env", "-C", dir .. "/elsewhere", absolute(support.binary), "run", "--region", "../conf/region.lua",
      "--log", "log", "--control", "its.sock" }
    support.wait_until(function()
      return inside(dir, "inquire", "region", "--control", "elsewhere/its.sock") == 0
    end, 10, function() return "the region to answer:\n" .. p:stderr() end)
    support.wait_until(function() return (support.read(dir .. "/elsewhere/log") or ""):find "SP0001" end, 10, "SP0001 in the log")
    assert.equal(0, p:stop())
  end)

  it("names a definition that is not there by its absolute path", function()
    for _, command in ipairs { "run", "check", "inquire" } do
      local status, out, err = inside(dir .. "/elsewhere", command, table.unpack(command == "inquire" and { "region", "--region", "no.lua" }
        or { "--region", "no.lua" }))
      assert.equal(1, status)
      has(out .. err, dir .. "/elsewhere/no.lua: fault: cannot be read: No such file or directory")
    end
  end)

  it("of the demo and of README is found from anywhere", function()
    local status, out, err = inside("/", "check", "--region", HERE .. "/policies/region.lua")
    assert.equal(0, status, out .. err)
  end)
end)
