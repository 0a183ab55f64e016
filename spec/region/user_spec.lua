-- SPDX-License-Identifier: Apache-2.0
-- region { user = }: a region that root starts opens its ports, becomes that user for good, and reads its files as this user.
local lfs = require "lfs"

local support = require "spec.support"

local USER = "nobody"
local ROOT = select(2, support.run { "id", "-u" }) == "0\n"

local function shell(command, ...)
  local status, out, err = support.run { "sh", "-ec", command, "sh", ... }
  assert.equal(0, status, err)
  return (out:gsub("\n$", ""))
end

describe("a region with a user", function()
  if not ROOT then
    pending "needs root, to become another user"
    return
  end

  local uid = shell("id -u " .. USER)
  local home, region, program

  -- Another user has to reach the program, its library and the region's files, wherever the repository is.
  setup(function()
    home = shell "mktemp -d /tmp/sallyport-XXXXXX"
    program = home .. "/bin/sallyport"
    shell([[chmod 755 "$1"; mkdir -p "$1/bin" "$1/share/sallyport"; cp "$2" "$1/bin/sallyport"; cp -R lua "$1/share/sallyport/"
      chmod -R go=rX "$1/share" "$1/bin"]], home, support.binary)
  end)
  teardown(function() shell('rm -rf "$1"', home) end)

  local function make(given)
    local dir = home .. "/region"
    shell([[rm -rf "$1"; mkdir -m 755 "$1"; mkdir -m 700 "$1/run"; chown "$2" "$1/run"; cp -R certs/rings/CICSA "$1/ring"
      chown -R "root:$(id -g "$2")" "$1/ring"; chmod -R u=rwX,g=rX,o= "$1/ring"]], dir, USER)
    given.dir = dir
    given.wrapper = given.wrapper or { "sh", "-c", 'shift; exec "$0" "$@"', program }
    local own = { user = USER, control = dir .. "/run/control.sock", ring = dir .. "/ring" }
    for key, value in pairs(given.region or {}) do own[key] = value end
    given.region = own
    region = support.region(given)
    return region
  end
  after_each(function()
    if region then region:stop() end
    region = nil
  end)

  local function status_of(name)
    return (support.read(("/proc/%d/status"):format(region.process.pid)):match(name .. ":%s*([^\n]*)"):gsub("%s+$", ""))
  end
  local function redefine(given)
    given.region = region.given.region
    region:define(given)
  end
  local function talks(port)
    local said = support.connect { port = port, ring = "NETX.CTGAPP" }
    return said and said.reason == "AUTOINSTALL_FAILED" -- there is no urm
  end

  it("is that user for good, with its own group only and without a capability", function()
    make { tcpipservices = { LOW = { portnumber = 643, ssl = "yes" } } }:start()
    assert.equal(table.concat({ uid, uid, uid, uid }, "\t"), status_of "Uid")
    local gid = shell("id -g " .. USER)
    assert.equal(table.concat({ gid, gid, gid, gid }, "\t"), status_of "Gid")
    assert.equal(shell("id -G " .. USER), status_of "Groups")
    for _, set in ipairs { "CapInh", "CapPrm", "CapEff", "CapAmb" } do assert.equal(0, tonumber(status_of(set), 16)) end
    assert.equal("1", status_of "NoNewPrivs")
    assert.matches("Max core file size%s+0%s+0", support.read(("/proc/%d/limits"):format(region.process.pid)))
    assert.equal("0", shell("stat -c %u /proc/$1/mem", region.process.pid)) -- of root: its memory is not for its own user
    assert.is_true(talks(643))
  end)

  it("makes its files as that user, and reads them again at a reload", function()
    local run = home .. "/region/run/"
    make { region = { record = run .. "records.db", recovery = run .. "recovery", versions = run .. "versions" },
      tcpipservices = { LOW = { portnumber = 643 } }, arguments = { "--log", run .. "log" } }:start()
    assert.equal(0, region:command "reload")
    assert.equal(uid, shell('stat -c %u "$1"/* | sort -u', run))
    for _, name in ipairs { "log", "records.db", "versions", "control.sock" } do assert.is_truthy(lfs.attributes(run .. name)) end
  end)

  it("keeps a port below 1024 while it is closed, and over a reload", function()
    make { tcpipservices = { LOW = { portnumber = 643, ssl = "yes" }, HIGH = { ssl = "yes" } } }:start()
    for _ = 1, 2 do
      assert.equal(0, region:command("set", "tcpipservice", "LOW", "closed"))
      assert.is_true(support.turned_away(643))
      assert.equal(0, region:command("set", "tcpipservice", "LOW", "open"))
      assert.is_true(talks(643))
    end
    redefine { tcpipservices = { LOW = { portnumber = 643, ssl = "yes", heartbeat = 9 } } }
    assert.equal(0, region:command "reload")
    assert.is_true(talks(643))
    redefine { tcpipservices = { LOW = { portnumber = 0, ssl = "yes" } } }
    assert.equal(0, region:command "reload")
    assert.is_falsy(talks(643))
    assert.is_true(talks(region:port "LOW"))
  end)

  it("refuses a reload that adds a port below 1024, with the remedy", function()
    make { tcpipservices = { LOW = { portnumber = 643 } } }:start()
    redefine { tcpipservices = { LOW = { portnumber = 643 }, MORE = { portnumber = 644 } } }
    local status, _, err = region:command "reload"
    assert.equal(1, status)
    assert.matches("tcpipservice MORE: port 644: Permission denied; .*hand over its socket by a socket unit.*keep_caps = \"bind\"", err)
    assert.equal("OPEN", region:row("tcpipservice", "LOW").openstatus)
  end)

  it("can add such a port with keep_caps, and has no other right of root", function()
    make { region = { keep_caps = "bind" }, tcpipservices = { LOW = { portnumber = 643 } } }:start()
    for _, set in ipairs { "CapPrm", "CapEff" } do assert.equal(0x400, tonumber(status_of(set), 16)) end
    assert.equal(uid, status_of("Uid"):match "%d+")
    redefine { tcpipservices = { LOW = { portnumber = 643, ssl = "yes" }, MORE = { portnumber = 644, ssl = "yes" } } }
    assert.equal(0, region:command "reload")
    assert.is_true(talks(644))
    assert.equal(0, region:command("set", "tcpipservice", "LOW", "closed"))
    assert.equal(0, region:command("set", "tcpipservice", "LOW", "open"))
    assert.is_true(talks(643))
  end)

  it("counts a changed user from the next start", function()
    make { tcpipservices = { HIGH = {} } }:start()
    region.given.region.user = "daemon"
    redefine { tcpipservices = { HIGH = {} } }
    local status, out = region:command "reload"
    assert.equal(0, status)
    assert.matches("user nobody %-> daemon; it counts from the next start", out)
    assert.equal(uid, status_of("Uid"):match "%d+")
  end)

  it("does not start with a key that the user cannot read", function()
    make { tcpipservices = { TLS = { ssl = "yes" } } }
    shell('chmod 600 "$1/ring/CICSA.key"', region.dir)
    local status, log = region:start_and_end()
    assert.equal(1, status)
    assert.matches("ring/CICSA%.key.*Permission denied", log)
  end)

  local function refused(given, sentence)
    local status, log = make(given):start_and_end()
    assert.equal(1, status)
    assert.matches(sentence, log)
  end

  it("does not start as a user that is unknown, is root, or has a name that no user can have", function()
    refused({ region = { user = "no-such-user" } }, "region%.lua:1: fault: region: user: this machine has no user no%-such%-user")
    refused({ region = { user = "root" } }, "user root has the rights of root; name a user without them")
    refused({ region = { user = "-x" } }, 'region: user is ".*"; it must be the name of a user of this machine')
    refused({ region = { user = "" } }, 'region: user is ".*"; it must be the name of a user of this machine')
  end)

  it("does not start when a port is in use, and names the port", function()
    local listener = support.listen {}
    refused({ tcpipservices = { HIGH = { portnumber = listener.port } } }, "tcpipservice HIGH: port %d+: Address already in use")
    listener:close()
  end)

  it("starts as that user too, and as no other one", function()
    local as = { "setpriv", "--clear-groups", "--reuid", USER, "--regid", shell("id -g " .. USER),
      "sh", "-c", 'shift; exec "$0" "$@"', program }
    make { tcpipservices = { HIGH = { ssl = "yes" } }, wrapper = as }:start()
    assert.is_true(talks(region:port "HIGH"))
    region:stop()
    as[4], as[6] = "daemon", "daemon"
    local status, log = region:start_and_end()
    assert.equal(1, status)
    assert.matches("region: user: nobody is another user than that of this process %(uid %d+%), which cannot become it; start", log)
  end)

  describe("is judged by check --as, which", function()
    local function check(...)
      return support.run { program, "check", "--region", region.dir .. "/region.lua", ... }
    end

    it("names each file that the user cannot read or write", function()
      make { saf = "return { users = {} }", scripts = { mine = "return { admit = function() end }" },
        region = { record = "/root/records.db", recovery = home .. "/region/recovery" },
        tcpipservices = { TLS = { ssl = "yes", admit = "mine" } } }
      shell('cd "$1"; chmod 600 ring/CICSA.key saf.lua policies/mine.lua; touch recovery', region.dir)
      local status, _, err = check("--as", USER)
      assert.equal(1, status)
      for _, name in ipairs { "ring/CICSA%.key[^\n]*Permission denied", "saf%.lua[^\n]*Permission denied",
        "mine%.lua[^\n]*Permission denied",
        "region: record: [^\n]*/root cannot be written by uid %d+", "region: recovery: [^\n]*recovery cannot be written by uid %d+" } do
        assert.matches(name, err)
      end
    end)

    it("finds nothing in keys of root that the group of the user may read", function()
      make { tcpipservices = { TLS = { ssl = "yes" } } }
      assert.equal(0, (check("--as", USER)))
      local _, _, err = check()
      assert.matches("note: the region becomes user nobody, and root made this check; check %-%-as nobody shows", err)
    end)

    it("needs the control socket in a directory of the user", function()
      make { tcpipservices = { TLS = { ssl = "yes" } } }
      shell('chown root "$1/run"; chmod 755 "$1/run"', region.dir)
      local status, _, err = check("--as", USER)
      assert.equal(1, status)
      assert.matches("region: control: the directory [^\n]*/run belongs to uid 0, not to uid %d+", err)
    end)

    it("needs the socket of metrics there too", function()
      make { tcpipservices = { TLS = { ssl = "yes" } }, region = { metrics = "other/metrics.sock" } }
      shell('install -d -m 755 -o root "$1/other"', region.dir)
      local status, _, err = check("--as", USER)
      assert.equal(1, status)
      assert.matches("region: metrics: the directory [^\n]*/other belongs to uid 0, not to uid %d+", err)
    end)

    it("refuses a user that is unknown, and one that the process cannot become", function()
      make { tcpipservices = { TLS = { ssl = "yes" } } }
      local status, _, err = check("--as", "no-such-user")
      assert.equal(1, status)
      assert.matches("%-%-as: this machine has no user no%-such%-user", err)
      status, _, err = support.run { "setpriv", "--clear-groups", "--reuid", "daemon", "--regid", "daemon", program, "check", "--region",
        region.dir .. "/region.lua", "--as", USER }
      assert.equal(1, status)
      assert.matches("%-%-as: this process has uid %d+ and cannot become nobody; run check as root", err)
    end)
  end)
end)
