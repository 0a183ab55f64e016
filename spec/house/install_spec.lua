-- SPDX-License-Identifier: Apache-2.0
-- make install: the installed tree alone is enough for a region and for the tutorials, and holds nothing of the demo.
-- Starts first: the tutorials take half a minute.
local lfs = require "lfs"

local documents = require "spec.support.documents"
local support = require "spec.support"
local tutorial = require "spec.support.tutorial"

describe("make install", function()
  local dir

  before_each(function()
    dir = lfs.currentdir() .. "/" .. support.directory():gsub("^%./", "")
    local binary = support.binary:gsub("^%./", "")
    local status, out, err = support.run { "env", "-u", "MAKEFLAGS", "make", "-s", "-o", "all", "-o", binary, "install",
      "DESTDIR=" .. dir, "PREFIX=/usr", "BIN=" .. binary }
    assert.equal(0, status, out .. err)
  end)
  after_each(function() support.remove((dir:gsub("^.*/build", "build"))) end)

  it("installs policies with their rows, which a region elsewhere runs without a fault", function()
    support.write(dir .. "/region.lua", ([[
region { applid = "CICSA", networkid = "NETA", policies = %q }
tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, admit = "lan", urm = "dfh_isai", attach = "cookbook/attach_by_group" }
ipconn "NETX" { template = "only" } program "ECHO" {}
]]):format(dir .. "/usr/share/sallyport/policies"))
    local status, out, err = support.run { "env", "-C", "/", dir .. "/usr/bin/sallyport", "check", "--specs", "--region",
      dir .. "/region.lua" }
    assert.equal(0, status, out .. err)
    assert.is_truthy((out .. err):find("[1-9]%d* rows, 0 failed"))
  end)

  it("installs every document in its folder, and each link between them leads to one", function()
    local doc = dir .. "/usr/share/doc/sallyport"
    for _, path in ipairs(documents.all()) do
      assert.message(path).is_truthy(support.read(path) == support.read(doc .. "/" .. path))
      assert.equal("rw-r--r--", lfs.attributes(doc .. "/" .. path, "permissions"))
    end
    assert.same({}, (documents.broken_links(doc, documents.all())))
  end)

  it("installs the templates of init and the stubs that its settings name", function()
    local status, out, err = support.run { "env", "-C", "/", dir .. "/usr/bin/sallyport", "init", dir .. "/new" }
    assert.equal(0, status, out .. err)
    status, out, err = support.run { dir .. "/usr/bin/sallyport", "check", "--strict", "--specs", "--region", dir .. "/new/region.lua" }
    assert.equal(0, status, out .. err)
    assert.is_truthy(support.read(dir .. "/new/.luarc.json"):find("share/sallyport/lua/types", 1, true))
  end)

  it("installs the unit of a region, and the example of a socket", function()
    local unit = "engine/packaging/systemd/sallyport@.service"
    local example = "engine/packaging/systemd/sallyport-CICSA-IPICSEC.socket"
    assert.equal(support.read(unit), support.read(dir .. "/usr/lib/systemd/system/sallyport@.service"))
    assert.equal(support.read(example), support.read(dir .. "/usr/share/doc/sallyport/" .. example))
  end)

  it("installs the manual pages, and the completion that names the place of its script", function()
    for _, page in ipairs { "man1/sallyport.1", "man5/sallyport-region.5", "man7/sallyport-policy.7" } do
      assert.message(page).is_truthy(support.read(dir .. "/usr/share/man/" .. page))
    end
    for _, script in ipairs { "bash-completion/completions/sallyport", "zsh/site-functions/_sallyport",
      "fish/vendor_completions.d/sallyport.fish" } do
      local completion = support.read(dir .. "/usr/share/" .. script)
      assert.message(script).is_truthy(completion and completion:find("/usr/share/sallyport/complete ", 1, true))
      assert.message(script).is_nil(completion:find(dir, 1, true))
    end
    assert.equal("rwxr-xr-x", lfs.attributes(dir .. "/usr/share/sallyport/complete", "permissions"))
  end)

  it("installs the spec that runs the rows of a directory of scripts in a plain Lua", function()
    local share = dir .. "/usr/share/sallyport"
    local status, out, err = support.run { "env", "-C", "/", "SALLYPORT_POLICIES=" .. share .. "/policies", "lua5.4", "/usr/bin/busted",
      "--lpath", share .. "/lua/?.lua", "--cpath", dir .. "/usr/lib/lua/5.4/?.so", share .. "/spec/policies_spec.lua" }
    assert.equal(0, status, out .. err)
    assert.is_truthy(out:find "[1-9]%d+ successes / 0 failures / 0 errors", out)
  end)

  for _, heading in ipairs { "Your first hour", "From idea to live" } do
    it("installs enough for the tutorial: " .. heading, function()
      local words = tutorial.ports()(tutorial.script(heading)):gsub("%./sallyport", "sallyport")
      assert(lfs.mkdir(dir .. "/elsewhere"))
      support.write(dir .. "/paste", ("cd %s/elsewhere; PATH=%s/usr/bin:$PATH\n"):format(dir, dir) .. words)
      local status, out, err = support.run({ "bash", dir .. "/paste" }, nil, 60)
      assert.equal(0, status, out .. err)
    end)
  end

  it("is undone by make uninstall, which leaves the files of others", function()
    local own = dir .. "/usr/share/sallyport/policies/own.lua"
    support.write(own, "-- mine")
    local status, out, err = support.run { "env", "-u", "MAKEFLAGS", "make", "-s", "uninstall", "DESTDIR=" .. dir, "PREFIX=/usr" }
    assert.equal(0, status, out .. err)
    local _, left = support.run { "find", dir, "!", "-type", "d" }
    assert.equal(own .. "\n", left)
    for _, gone in ipairs { "share/doc/sallyport", "share/sallyport/lua", "lib/lua/5.4/sallyport" } do
      assert.message(gone).is_nil(lfs.attributes(dir .. "/usr/" .. gone))
    end
  end)

  it("installs neither the demo's definition nor its passwords", function()
    assert.is_nil(lfs.attributes(dir .. "/usr/share/sallyport/policies/region.lua"))
    assert.is_nil(lfs.attributes(dir .. "/usr/share/sallyport/policies/saf.lua"))
    assert.equal("rw-r--r--", lfs.attributes(dir .. "/usr/share/sallyport/policies/lan.lua", "permissions"))
  end)
end)
