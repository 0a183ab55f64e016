-- SPDX-License-Identifier: Apache-2.0
-- The units of a region under a real systemd, in a machine made of namespaces.
-- Starts first: systemd waits for its own seconds.
local lfs = require "lfs"

local machine = require "spec.support.machine"
local process = require "spec.support.process"
local support = require "spec.support"
local text = require "spec.support.text"

local SERVICE, SOCKET = "sallyport@CICSA.service", "sallyport-CICSA-IPICSEC.socket"
local CONTROL = "/run/sallyport/CICSA/control.sock"
local DEFINITION = [[
region {
  applid = "CICSA", networkid = "NETA", ring = "ring",
  control = "/run/sallyport/CICSA/control.sock",
  record = "/var/lib/sallyport/CICSA/records.db",
  recovery = "/var/lib/sallyport/CICSA/recovery",
  versions = "/var/lib/sallyport/CICSA/versions",
}
tcpipservice "IPICSEC" { portnumber = 435, ssl = "clientauth" }
tcpipservice "NAMED" { host = "localhost", portnumber = 14350 }
ipconn "NETX" { applid = "CTGAPP", networkid = "NETX" }
]]

describe("a region under systemd", function()
  if support.binary:find("build/", 1, true) then
    pending "a sanitizer needs system calls that the unit forbids"
    return
  end
  if not machine.possible() then
    pending "needs root, namespaces and a control group, to make a machine with systemd"
    return
  end

  local m

  local function unit(name)
    return (assert(support.read("engine/packaging/systemd/" .. name)):gsub("/usr/bin/sallyport", "/run/program/bin/sallyport"))
  end
  setup(function()
    m = machine.new {
      units = {
        ["sallyport@.service"] = unit "sallyport@.service",
        [SOCKET] = unit(SOCKET):gsub("ListenStream=1435", "ListenStream=435"),
      },
      etc = function(dir)
        assert(process.run { "cp", "-R", "certs/rings/CICSA", dir .. "/ring" } == 0)
        assert(process.run { "sh", "-c", 'cd "$1"; mkdir CICSA; mv ring CICSA', "sh", dir } == 0)
        text.write(dir .. "/CICSA/region.lua", DEFINITION)
      end,
    }
  end)
  teardown(function() m:stop() end)

  local function journal()
    return select(2, m:run("journalctl", "--no-pager", "-o", "cat", "-u", SERVICE))
  end
  local function does(...)
    local status, out, err = m:run(...)
    assert.message(table.concat({ ... }, " ") .. "\n" .. out .. err .. "\n" .. journal()).equal(0, status)
    return out
  end
  local function shown(property)
    return (does("systemctl", "show", "-p", property, "--value", SERVICE):gsub("\n$", ""))
  end
  local function accepted()
    local ring = lfs.currentdir() .. "/certs/rings/NETX.CTGAPP"
    local words = { "connect", "--to", "127.0.0.1:435", "--ring", ring, "--networkid", "NETX", "--applid", "CTGAPP" }
    return (m:run("/run/program/bin/sallyport", table.unpack(words))) == 0
  end
  local function sallyport(...)
    return does("/run/program/bin/sallyport", ...)
  end

  it("starts with the socket of its unit, below port 1024, and says so", function()
    does("systemctl", "start", SOCKET)
    does("systemctl", "start", SERVICE)
    assert.equal("active", shown "ActiveState")
    assert.equal("CICSA: generation 1 is in use", shown "StatusText")
    assert.is_true(accepted())
    assert.is_nil(journal():find "SP0114")
    assert.matches("NAMED +OPEN", sallyport("inquire", "tcpipservice", "--control", CONTROL)) -- a name is resolved in spite of the filter
  end)

  it("is confined to its user", function()
    local status = does("cat", ("/proc/%s/status"):format(shown "MainPID"))
    assert.equal(does("id", "-u", "sallyport"):match "%d+", status:match "Uid:%s+(%d+)")
    assert.equal(0, tonumber(status:match "CapBnd:%s+(%x+)", 16))
    assert.equal("2", status:match "Seccomp:%s+(%d)")
    assert.equal("sallyport\n", does("sh", "-c", "stat -c %U /run/sallyport/CICSA/* /var/lib/sallyport/CICSA/* | sort -u"))
  end)

  it("writes its lines to the journal, with fields", function()
    assert.matches("Region is up%.", does("journalctl", "--no-pager", "-o", "cat", "SALLYPORT_ID=SP0001", "-u", SERVICE))
  end)

  it("reloads, and a refused reload fails with its sentence in the journal", function()
    does("systemctl", "reload", SERVICE)
    assert.equal("CICSA: generation 2 is in use", shown "StatusText")
    does("sh", "-c", "echo broken >>/etc/sallyport/CICSA/region.lua")
    assert.is_not.equal(0, (m:run("systemctl", "reload", SERVICE)))
    assert.equal("CICSA: generation 2 is in use; the last reload was refused", shown "StatusText")
    assert.equal("active", shown "ActiveState")
    assert.matches("refused: generation 2 stays in use", journal())
    does("sed", "-i", "$d", "/etc/sallyport/CICSA/region.lua")
    does("systemctl", "reload", SERVICE)
  end)

  it("is started by a caller of its socket after a stop", function()
    does("systemctl", "stop", SERVICE)
    assert.equal("inactive", shown "ActiveState")
    assert.equal("success", shown "Result")
    assert.is_true(accepted())
    assert.equal("active", shown "ActiveState")
  end)

  it("is started again when it does not turn its loop", function()
    does("sh", "-c", [[mkdir "$1.d"; printf '[Service]\nWatchdogSec=1\n' >"$1.d/watchdog.conf"]], "sh", "/run/units/" .. SERVICE)
    does("systemctl", "daemon-reload")
    does("systemctl", "restart", SERVICE)
    local before = shown "MainPID"
    does("kill", "-STOP", before)
    support.wait_until(function() return shown "NRestarts" == "1" and shown "ActiveState" == "active" end, 20)
    assert.is_not.equal(before, shown "MainPID")
    assert.matches("IPICSEC", sallyport("inquire", "tcpipservice", "--control", CONTROL))
  end)
end)
