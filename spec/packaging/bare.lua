-- SPDX-License-Identifier: Apache-2.0
--[[
`make deb-test`: the packages of build/deb in a bare Debian 12, which mmdebstrap has made: they install, run a region, upgrade
under it, and are removed and purged. The tests are steps, in this order. It needs root and the registry of Debian, and takes
minutes: it is no part of `make test`.
]]
local lfs = require "lfs"

local support = require "spec.support"

local ROOT = lfs.currentdir() .. "/build/bare"
local REGION = "/etc/sallyport/CICSA/region.lua"
local SECONDS = 300

local function run(words) return support.run(words, nil, SECONDS) end

-- A command in the bare Debian, with a /proc of its own: the words of a process.
local function inside(command)
  return { "unshare", "--mount", "chroot", ROOT, "/usr/bin/env", "-i", "HOME=/root",
    "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", "mount -t proc proc /proc && " .. command }
end

-- Its output; fails unless it succeeds.
local function done(command)
  local status, out, err = run(inside(command))
  assert.message(command .. "\n" .. out .. err).equal(0, status)
  return out
end

local function status_of(command) return (run(inside(command))) end

local function newest(pattern)
  local pipe = assert(io.popen("ls build/deb/" .. pattern))
  local path = pipe:read "l"
  pipe:close()
  return assert(path, "no package " .. pattern .. ": make deb")
end

-- Puts a package into the bare Debian; its path there.
local function bring(path)
  assert.equal(0, (run { "cp", path, ROOT .. "/root/" }))
  return "/root/" .. path:match "[^/]+$"
end

-- A package of the next version with the same files.
local function next_version(path)
  local dir = "build/deb/next"
  assert.equal(0, (run { "sh", "-c", ([[rm -rf %s && dpkg-deb -R %s %s && sed -i 's/^Version: .*/Version: 99.0.0/' %s/DEBIAN/control &&
    dpkg-deb --root-owner-group -b %s build/deb/next.deb]]):format(dir, path, dir, dir, dir) }))
  return "build/deb/next.deb"
end

local function install(...)
  return done("apt-get install -y -q --no-install-recommends --allow-downgrades " .. table.concat({ ... }, " "))
end

describe("the packages in a bare Debian", function()
  local package, documents, region

  setup(function()
    local script = ("rm -rf R && mkdir -p R && tar -x -C R -f build/bare.tar && cp /etc/resolv.conf R/etc/"):gsub("R", ROOT)
    assert(run { "sh", "-c", script } == 0)
    package, documents = bring(newest "sallyport_*.deb"), bring(newest "sallyport-doc_*.deb")
    done "apt-get update -q"
  end)
  teardown(function()
    if region then region:stop() end
    run { "rm", "-rf", ROOT }
  end)

  local function answers()
    local status, out = run(inside("sallyport inquire region --json --region " .. REGION))
    return status == 0 and out
  end

  it("install, and make the user and the directories", function()
    install(package, documents)
    assert.equal("sallyport:/var/lib/sallyport:/usr/sbin/nologin\n", done "getent passwd sallyport | cut -d: -f1,6,7")
    assert.equal("root:sallyport 750\nsallyport:sallyport 750\nsallyport:adm 750\n",
      done "stat -c '%U:%G %a' /etc/sallyport /var/lib/sallyport /var/log/sallyport")
    assert.equal("", done "dpkg --audit; dpkg --verify sallyport sallyport-doc")
    assert.is_truthy(done "sallyport --version":find "^sallyport %d+%.%d+%.%d+\n")
    for _, file in ipairs { "usr/share/man/man1/sallyport.1.gz", "lib/systemd/system/sallyport@.service",
      "usr/share/doc/sallyport/README.md", "usr/share/doc/sallyport/examples/region.lua",
      "usr/share/bash-completion/completions/sallyport" } do
      assert.message(file).equal("file", lfs.attributes(ROOT .. "/" .. file, "mode"))
    end
  end)

  it("are configured twice with the same result, and leave owners that the operator chose", function()
    done "dpkg-statoverride --update --add root adm 0770 /var/log/sallyport"
    done "dpkg-reconfigure sallyport && dpkg-reconfigure sallyport"
    assert.equal("sallyport:sallyport 750\nroot:adm 770\n", done "stat -c '%U:%G %a' /var/lib/sallyport /var/log/sallyport")
    done "dpkg-statoverride --remove /var/log/sallyport && dpkg-reconfigure sallyport"
    assert.equal("sallyport:adm 750\n", done "stat -c '%U:%G %a' /var/log/sallyport")
  end)

  it("run the example region as the user", function()
    done("sallyport init /etc/sallyport/CICSA && cp /usr/share/doc/sallyport/examples/region.lua " .. REGION ..
      " && sed -i 's/1435/0/' " .. REGION .. [[ && chown -R root:sallyport /etc/sallyport/CICSA &&
      chmod -R u=rwX,g=rX,o= /etc/sallyport/CICSA && install -d -o sallyport -m 700 /run/sallyport/CICSA /var/lib/sallyport/CICSA]])
    region = support.start(inside(
      "exec setpriv --reuid=sallyport --regid=sallyport --init-groups sallyport run --region " .. REGION))
    support.wait_until(answers, 30, "the region answers")
    assert.is_truthy(answers():find('"applid": "CICSA"', 1, true))
  end)

  it("upgrade under a running region, which goes on and takes a reload", function()
    install(bring(next_version(newest "sallyport_*.deb")))
    assert.equal("99.0.0", done "dpkg-query -W -f '${Version}' sallyport")
    assert.is_nil(region:status())
    assert.is_truthy(answers())
    done("sallyport reload --region " .. REGION)
    done("sallyport shutdown --region " .. REGION)
    assert.equal(0, region:wait(30))
  end)

  it("are removed, and leave definitions and state for the next installation", function()
    done "apt-get remove -y -q sallyport"
    assert.equal(0, status_of("test -f " .. REGION .. " && test -f /var/lib/sallyport/CICSA/records.db && ! test -e /usr/bin/sallyport"))
    install(package)
    done("setpriv --reuid=sallyport --regid=sallyport --init-groups sallyport check --region " .. REGION)
  end)

  it("are purged with state and logs, but not with the files of the operator", function()
    done "apt-get purge -y -q sallyport sallyport-doc"
    assert.equal(REGION .. "\n", done("ls " .. REGION))
    local left = done "find / -xdev -name '*sallyport*' ! -path '/proc/*' ! -path '/root/*' ! -path '/run/*'"
    assert.equal("/etc/sallyport\n", left)
    assert.equal("", done "dpkg --audit")
    assert.equal(0, status_of "getent passwd sallyport")
  end)

  it("leave nothing when no definition was written", function()
    done "rm -rf /etc/sallyport"
    install(package)
    done "apt-get purge -y -q sallyport"
    assert.equal("", done "find / -xdev -name '*sallyport*' ! -path '/proc/*' ! -path '/root/*' ! -path '/run/*'")
  end)

  it("take a user that exists, as the image of a container makes it", function()
    done "deluser --quiet sallyport && adduser --quiet --system --group --uid 10001 --no-create-home --home /var/lib/sallyport sallyport"
    install(package)
    assert.equal("10001\n", done "stat -c %u /var/lib/sallyport")
  end)
end)
