-- SPDX-License-Identifier: Apache-2.0
-- The sources of the Debian packages fit the Makefile, and the example region fits the directory that `init` writes.
-- `make deb-test` builds the packages and installs them in a bare Debian.
local lfs = require "lfs"

local support = require "spec.support"

local DEBIAN = "engine/packaging/debian/"

describe("the Debian packages", function()
  it("need for their build the package of each header", function()
    local needed = assert(support.read(DEBIAN .. "control"):match "\nBuild%-Depends:(.-)\n%u")
    local found = 0
    for package in assert(support.read("Makefile"):match "\nHEADERS := ([^\n]+)"):gmatch "=(%S+)" do
      found = found + 1
      if package ~= "libc6-dev" then assert.message(package).is_truthy(needed:find(" " .. package .. ",", 1, true)) end
    end
    assert.is_true(found > 5, found)
  end)

  it("have a changelog in Debian's form, which ends with its author and date", function()
    local changelog = support.read(DEBIAN .. "changelog")
    assert.is_truthy(changelog:find "^sallyport %(%d+%.%d+%.%d+%) %l+; urgency=%l+\n\n  %* ")
    assert.is_truthy(changelog:find "\n %-%- [^<\n]+ <%S+@%S+>  %u%l%l, %d%d %u%l%l %d%d%d%d %d%d:%d%d:%d%d %+%d%d%d%d\n$")
  end)

  it("have maintainer scripts that a shell can read", function()
    for _, name in ipairs { "postinst", "prerm", "postrm" } do
      local status, _, err = support.run { "sh", "-n", DEBIAN .. "sallyport." .. name }
      assert.same({ 0, "" }, { status, err })
    end
  end)
end)

-- No program here can build an image; the sources that it copies and the targets that it makes exist.
describe("the Containerfile", function()
  local containerfile = assert(support.read "engine/packaging/Containerfile")

  it("copies files that exist, and all that the packages are made of", function()
    local copied = {}
    for line in containerfile:gmatch "[^\n]+" do
      for path in (line:match "^COPY ([^-]+) %S+$" or ""):gmatch "%S+" do copied[path] = lfs.attributes(path, "mode") or "missing" end
    end
    for path in assert(support.read("Makefile"):match "\nSOURCES := ([^\n]+)"):gmatch "%S+" do
      assert.message(path .. " is copied").is_truthy(copied[path])
      copied[path] = nil
    end
    assert.same({}, copied)
    for target in ("build-deps packages"):gmatch "%S+" do
      assert.message(target).is_truthy(containerfile:find("make " .. target, 1, true) and
        support.read("Makefile"):find("\n" .. target .. ":", 1, true))
    end
  end)

  it("runs as an ordinary user, with words that the program knows", function()
    local last = containerfile:match "^.*\nFROM (.*)$"
    assert.is_truthy(last:find "\nUSER sallyport\n")
    local words = {}
    for word in last:match "\nCMD (%b[])":gmatch '"([^"]+)"' do words[#words + 1] = word end
    words[#words + 1] = "--help"
    assert.equal(0, (support.sallyport(table.unpack(words))))
  end)
end)

describe("the example region", function()
  local dir
  before_each(function() dir = lfs.currentdir() .. "/" .. support.directory():gsub("^%./", "") end)
  after_each(function() support.remove((dir:gsub("^.*/build", "build"))) end)

  it("takes the place of the region.lua that init writes, without a fault", function()
    assert.equal(0, (support.sallyport("init", dir .. "/CICSA")))
    for _, path in ipairs { "run", "lib" } do assert(lfs.mkdir(dir .. "/" .. path)) end
    local example = support.read "engine/packaging/example/region.lua"
    support.write(dir .. "/CICSA/region.lua",
      (example:gsub("/run/sallyport/CICSA", dir .. "/run"):gsub("/var/lib/sallyport/CICSA", dir .. "/lib"):gsub("1435", "0")))
    local status, out, err = support.sallyport("check", "--strict", "--specs", "--region", dir .. "/CICSA/region.lua")
    assert.message(out .. err).equal(0, status)
  end)
end)
