-- SPDX-License-Identifier: Apache-2.0
-- `sallyport init DIR`: the region that it writes is ready to run, and each name in it can be tried.
local json = require "dkjson"
local lfs = require "lfs"

local support = require "spec.support"

describe("sallyport init", function()
  local dir, at

  before_each(function()
    dir = support.directory()
    at = dir .. "/new"
  end)
  after_each(function() support.remove(dir) end)

  local function init(where)
    local status, out, err = support.sallyport("init", where)
    return status, out, err
  end

  -- A port of the kernel's choice, so that the spec meets no other region.
  local function any_port()
    local text = support.read(at .. "/region.lua")
    support.write(at .. "/region.lua", (text:gsub("portnumber = 1491", "portnumber = 0")))
  end

  it("writes a region without a fault or a warning, whose rows pass", function()
    local status, out, err = init(at)
    assert.equal(0, status, err)
    assert.is_truthy(out:find("check --specs --region " .. at .. "/region.lua", 1, true), out)
    status, out, err = support.sallyport("check", "--strict", "--specs", "--region", at .. "/region.lua")
    assert.equal(0, status, out .. err)
    assert.is_truthy(out:find("[1-9] rows, 0 failed"), out)
    assert.is_nil(err:find("has no row", 1, true), err)
  end)

  it("prints commands that can be pasted", function()
    local _, out = init(at)
    local tried = 0
    for words in out:gmatch "\n  (%S+ [ac][hs]%S+ [^\n]+)" do -- ask and check need no running region
      tried = tried + 1
      assert.message(words).is_true((os.execute(words .. " >/dev/null 2>&1")))
    end
    assert.equal(2, tried)
  end)

  it("writes a region that lets the known partner in, and refuses another one and a borrowed name", function()
    assert.equal(0, (init(at)))
    any_port()
    local control = at .. "/control"
    local region = support.start { support.binary, "run", "--region", at .. "/region.lua", "--control", control, "--log", at .. "/log" }
    local port
    support.wait_until(function()
      local status, out = support.sallyport("inquire", "tcpipservice", "IPICSEC", "--json", "--control", control)
      port = status == 0 and json.decode(out)[1].port
      return port
    end, 10, function() return "the region to answer:\n" .. region:stderr() end)
    local function try(ring, networkid, applid)
      local status, out = support.sallyport("connect", "--to", "127.0.0.1:" .. port, "--ring", at .. "/rings/" .. ring, "--networkid",
        networkid, "--applid", applid)
      return status, json.decode(out)
    end
    local status, said = try("SHOP.SHOPWEB1", "SHOP", "SHOPWEB1")
    assert.same({ 0, true, "SHOPWEB1" }, { status, said.accepted, said.ipconn })
    assert.equal(3, (try("SHOP.SHOPWEB2", "SHOP", "SHOPWEB2")))
    assert.equal(3, (try("SHOP.SHOPWEB2", "SHOP", "SHOPWEB1")))
    local _, out = support.sallyport("explain", "--last", "2", "--json", "--control", control)
    local records = json.decode(out)
    local codes = { records[1].code, records[2].code }
    table.sort(codes)
    assert.same({ "not_known", "other_name" }, codes)
    assert.equal(0, region:stop())
  end)

  it("writes an authority under which certs/README's commands make another partner", function()
    assert.equal(0, (init(at)))
    local function openssl(...)
      local status, out, err = support.run { "openssl", ... }
      assert.equal(0, status, out .. err)
    end
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=SHOP.OTHER", "-keyout",
      dir .. "/other.key", "-out", dir .. "/other.csr")
    openssl("x509", "-req", "-in", dir .. "/other.csr", "-CA", at .. "/authority/authority.pem", "-CAkey",
      at .. "/authority/authority.key", "-out", dir .. "/other.pem")
    openssl("verify", "-x509_strict", "-CAfile", at .. "/rings/CICSA/signers/authority.pem", dir .. "/other.pem",
      at .. "/rings/CICSA/CICSA.pem", at .. "/rings/SHOP.SHOPWEB1/SHOP.SHOPWEB1.pem")
    openssl("verify", "-CAfile", at .. "/authority/authority.pem", "-purpose", "sslserver", "-verify_hostname", "localhost",
      at .. "/rings/CICSA/CICSA.pem")
  end)

  it("keeps private keys from other users", function()
    assert.equal(0, (init(at)))
    for _, file in ipairs { "authority/authority.key", "rings/CICSA/CICSA.key", "rings/SHOP.SHOPWEB2/SHOP.SHOPWEB2.key" } do
      assert.message(file).equal("rw-------", lfs.attributes(at .. "/" .. file, "permissions"))
    end
  end)

  it("writes settings for editors that name the stubs and the globals of a policy", function()
    assert.equal(0, (init(at)))
    local settings = assert(json.decode(support.read(at .. "/.luarc.json")))
    for _, library in ipairs(settings["workspace.library"]) do
      assert.equal("directory", lfs.attributes(library, "mode"))
      assert.is_truthy(support.read(library .. "/policy.lua"):find("---@meta policy", 1, true))
    end
    local status, out, err = support.run { "env", "-C", at, "luacheck", "--no-color", "." }
    assert.equal(0, status, out .. err)
    support.write(at .. "/policies/typo.lua", "return { admit = function() return prnt, os.time(), math.random(), string.dump end }")
    status, out = support.run { "env", "-C", at, "luacheck", "--no-color", "policies/typo.lua" }
    assert.equal(1, status)
    for _, name in ipairs { "prnt", "os", "random", "dump" } do assert.is_truthy(out:find(name, 1, true), out) end
  end)

  it("names each global that a policy can reach, as the sandbox does", function()
    local model = require("sallyport.host").model()
    local settings = { files = {}, stds = {} }
    assert(load(support.read "lua/init/luacheckrc", "=luacheckrc", "t", setmetatable(settings, { __index = _G })))()
    local names = {}
    for key, value in pairs(settings.stds.policy.read_globals) do
      if type(value) == "table" then
        names[key] = {}
        for field in pairs(value.fields) do names[key][field] = true end
      else
        names[value] = true
      end
    end
    local globals = model.globals
    for name in ("atan2 cosh frexp ldexp log10 pow sinh tanh"):gmatch "%S+" do globals.math[name] = nil end -- obsolete since Lua 5.3
    assert.same(globals, names)
  end)

  it("writes nothing into a directory that is not empty, and says so", function()
    lfs.mkdir(at)
    support.write(at .. "/region.lua", "mine")
    local status, _, err = init(at)
    assert.equal(1, status)
    assert.is_truthy(err:find(at .. " is not empty; name a new directory", 1, true), err)
    assert.equal("mine", support.read(at .. "/region.lua"))
    for name in lfs.dir(at) do assert.is_truthy(name:find "^%." or name == "region.lua", name) end
  end)

  it("names the file that it cannot write", function()
    local status, _, err = init(dir .. "/missing/new")
    assert.equal(1, status)
    assert.is_truthy(err:find("missing/new: No such file or directory", 1, true), err)
    status, _, err = init(dir .. "/" .. ("x"):rep(600))
    assert.equal(1, status)
    assert.is_truthy(err:find("the path has more than", 1, true), err)
    assert.equal(2, (support.sallyport("init")))
    assert.equal(2, (support.sallyport("init", "a", "b")))
  end)
end)
