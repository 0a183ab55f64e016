-- SPDX-License-Identifier: Apache-2.0
-- The units of systemd: what its own tools say of them, and that the region understands their commands.
local lfs = require "lfs"

local support = require "spec.support"

local UNIT = "engine/packaging/systemd/sallyport@.service"
local SOCKET = "engine/packaging/systemd/sallyport-CICSA-IPICSEC.socket"

describe("the units of systemd", function()
  local dir
  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  -- The unit of one region, with the binary that is tested and the region's definition.
  local function instance(definition)
    local binary = support.binary:gsub("^%./", lfs.currentdir() .. "/")
    local text = support.read(UNIT):gsub("/usr/bin/sallyport", binary)
    if definition then text = text:gsub("/etc/sallyport/%%i", definition):gsub("/run/sallyport/%%i", definition) end
    return text
  end

  it("confine the region to an exposure below 2", function()
    local status, out, err = support.run { "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20", UNIT }
    assert.equal(0, status, out .. err)
    assert.matches("Overall exposure level for sallyport@i%.service: 1%.%d OK", out)
  end)

  it("have nothing that systemd ignores", function()
    support.write(dir .. "/sallyport@CICSA.service", instance())
    support.write(dir .. "/sallyport-CICSA-IPICSEC.socket", support.read(SOCKET))
    local status, out, err = support.run { "systemd-analyze", "verify", "--man=no", dir .. "/sallyport@CICSA.service",
      dir .. "/sallyport-CICSA-IPICSEC.socket" }
    assert.equal("", out .. err)
    assert.equal(0, status)
  end)

  it("check, run and reload a region with words that it understands", function()
    local region = support.region { tcpipservices = { IPIC = {} } }
    local words = {}
    for key, line in instance(region.dir):gmatch "(Exec%w+)=([^\n]+)" do
      words[key] = {}
      for word in line:gmatch "%S+" do table.insert(words[key], word) end
    end
    assert.equal(0, (support.run(words.ExecStartPre)))
    assert.same({ "--log", "journal" }, { table.unpack(words.ExecStart, #words.ExecStart - 1) })
    words.ExecStart[#words.ExecStart] = "stderr"
    local shell = table.concat(words.ExecStart, " ")
    region.given.wrapper = { "sh", "-c", "exec " .. shell }
    region:start()
    assert.equal(0, (support.run(words.ExecReload)))
    region:wait_log "SP0010 .*generation=2"
    region:stop()
  end)

  it("name the program by its installed place", function()
    local status, out, err = support.run { "env", "-u", "MAKEFLAGS", "make", "-s", "units", "PREFIX=/opt/sallyport" }
    assert.equal(0, status, out .. err)
    local unit = support.read "build/systemd/+opt+sallyport/sallyport@.service"
    assert.matches("\nExecStart=/opt/sallyport/bin/sallyport run ", unit)
    assert.is_nil(unit:find("/usr/bin", 1, true))
  end)
end)
