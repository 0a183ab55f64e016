-- SPDX-License-Identifier: Apache-2.0
-- include "FILE": a definition in several files: places of faults, bounds, reload, watch, and the kept generations.
local lfs = require "lfs"

local support = require "spec.support"
local versions = require "spec.support.versions"

local LIST, lets_in, must = versions.LIST, versions.lets_in, versions.must

local HEAD = 'region { applid = "CICSA", networkid = "NETA", control = "control.sock", policies = "policies"%s }\n'

describe("include in a definition", function()
  local dir

  before_each(function()
    dir = support.directory()
    lfs.mkdir(dir .. "/conf.d")
  end)
  after_each(function() support.remove(dir) end)

  -- Writes the files and checks region.lua: the status and the output, without the directory.
  local function check(files, ...)
    for name, text in pairs(files) do support.write(dir .. "/" .. name, text) end
    local status, out, err = support.sallyport("check", "--region", dir .. "/region.lua", ...)
    return status, ((out .. err):gsub(dir:gsub("%p", "%%%0") .. "/", ""):gsub(lfs.currentdir():gsub("%p", "%%%0") .. "/", ""))
  end

  local function faults(files, ...)
    local status, said = check(files)
    assert.equal(1, status, said)
    for _, words in ipairs { ... } do assert.is_truthy(said:find(words, 1, true), words .. " is not in:\n" .. said) end
    return said
  end

  it("reads the file, whose includes are relative to it", function()
    local status, said = check {
      ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\ninclude "conf.d/a.lua"\nipconn "ONE" { tcpipservice = "LAST" }\n',
      ["conf.d/a.lua"] = '\xEF\xBB\xBFipconn "TWO" { tcpipservice = "IPIC" }\ninclude "b.lua"\n',
      ["conf.d/b.lua"] = 'include "../c.lua"\ntcpipservice "IPIC" { portnumber = 0 }\n',
      ["c.lua"] = 'tcpipservice "LAST" { portnumber = 0 }\n',
    }
    assert.equal(0, status, said)
    local _, text = support.sallyport("config", "--region", dir .. "/region.lua")
    for _, each in ipairs {
      'conf.d/a.lua:1\nipconn "TWO"', 'conf.d/b.lua:2\ntcpipservice "IPIC"', 'conf.d/../c.lua:1\ntcpipservice "LAST"',
    } do
      assert.is_truthy(text:find("-- " .. dir .. "/" .. each, 1, true), text)
    end
  end)

  it("reads an absolute path", function()
    local status, said = check {
      ["region.lua"] = ('region { applid = "CICSA", networkid = "NETA" }\ninclude "%s/%s/conf.d/a.lua"\n'):format(lfs.currentdir(), dir),
      ["conf.d/a.lua"] = 'tcpipservice "IPIC" { portnumber = 0 }\n',
    }
    assert.equal(0, status, said)
  end)

  it("names the file and the line of each fault, in the order of the files", function()
    local said = faults({
      ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\ninclude "conf.d/a.lua"\nipconn "X" { tcpipservice = "NONE" }\n' ..
        'tcpipservice "IPIC" { portnumber = 0 }\n',
      ["conf.d/a.lua"] = '\ntcpipservice "IPIC" {\n  portnumber = 0,\n  drian = 5,\n}\nstray "x" {}\n' ..
        'ipconn "Y" {\n\n  receivecount = 0 }\n',
    }, "region.lua:3: fault: ipconn X names tcpipservice NONE",
      "conf.d/a.lua:4: fault: unknown key 'drian' in tcpipservice IPIC", "conf.d/a.lua:6: fault: there is no 'stray' here",
      "conf.d/a.lua:9: fault: ipconn Y: receivecount is 0")
    assert.is_truthy(said:find("conf%.d/a%.lua:2: fault: tcpipservice IPIC was already defined at region%.lua:4\n"), said)
    local places = {}
    for file, line in said:gmatch "([%w_./]+):(%d+): fault" do places[#places + 1] = (file == "region.lua" and "1 " or "2 ") .. line end
    local sorted = { table.unpack(places) }
    table.sort(sorted)
    assert.same(sorted, places)
  end)

  it("names the place of a fault that the load of scripts and rings finds", function()
    faults({
      ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA", policies = "." }\ninclude "conf.d/a.lua"\n',
      ["conf.d/a.lua"] = '\ntcpipservice "IPIC" { portnumber = 0, urm = "nobody" }\n',
    }, "conf.d/a.lua:2: fault: tcpipservice IPIC: urm: ")
  end)

  it("explains a syntax error, and an error while the file runs, by the text of that file", function()
    local head = { ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\n\n\ninclude "conf.d/a.lua"\n' }
    head["conf.d/a.lua"] = 'tcpipservice "IPIC" {\n  portnumber = 0\n  host = "any"\n}\n'
    faults(head, "conf.d/a.lua:3: fault: ")
    head["conf.d/a.lua"] = '\n\nlocal x = nil + 1\n'
    faults(head, "conf.d/a.lua:3: fault: attempt to perform arithmetic on a nil value")
    head["conf.d/a.lua"] = '\nfor i = 1, 1e12 do end\n'
    faults(head, "conf.d/a.lua:2: fault: the definition was stopped at its limit of")
    head["conf.d/a.lua"] = 'tcpipservice "IPIC" { portnumber = 0,\n  portnumber = 1 }\n'
    faults(head, "conf.d/a.lua:2: fault: portnumber occurs twice in one table")
  end)

  it("refuses a circle, a file that is included again, and one that is missing", function()
    local head = 'region { applid = "CICSA", networkid = "NETA" }\n'
    faults({ ["region.lua"] = head .. 'include "conf.d/a.lua"\n', ["conf.d/a.lua"] = '\ninclude "../region.lua"\n' },
      "conf.d/a.lua:2: fault: conf.d/../region.lua includes itself, in a circle through this line")
    faults({ ["conf.d/a.lua"] = 'include "b.lua"\n', ["conf.d/b.lua"] = 'include "a.lua"\n' },
      "conf.d/b.lua:1: fault: conf.d/a.lua includes itself, in a circle")
    faults({ ["region.lua"] = head .. 'include "conf.d/a.lua"\ninclude "conf.d/../conf.d/a.lua"\n', ["conf.d/a.lua"] = "" },
      "region.lua:3: fault: conf.d/../conf.d/a.lua is included already, at line 2; a file is included once")
    local said = faults({ ["region.lua"] = head .. '\ninclude "conf.d/none.lua"\nipconn "X" { tcpipservice = "THERE" }\n' },
      "region.lua:3: fault: include: ", "conf.d/none.lua: cannot be read: No such file or directory")
    assert.is_nil(said:find("THERE", 1, true), "the missing file may have defined it:\n" .. said)
  end)

  it("refuses a value that is no name of a file", function()
    local head = 'region { applid = "CICSA", networkid = "NETA" }\n'
    faults({ ["region.lua"] = head .. 'include { "a.lua" }\n' }, "region.lua:2: fault: include takes the name of a file in quotation marks")
    faults({ ["region.lua"] = head .. 'include "a b.lua"\n' }, 'region.lua:2: fault: include "a b.lua": the name of a file has letters')
    faults({ ["region.lua"] = head .. 'include ""\n' }, 'region.lua:2: fault: include "": the name of a file')
    faults({ ["region.lua"] = head .. ('include "%s"\n'):format(("a"):rep(200)) }, "the path is longer than 127 bytes")
    faults({ ["region.lua"] = head .. 'inclde "a.lua"\n' }, "did you mean 'include'?")
    faults({ ["region.lua"] = head .. 'include "conf.d"\n' }, "region.lua:2: fault: include: ")
  end)

  it("has bounds: depth, number, and the size of all files", function()
    local files = { ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\ninclude "0.lua"\n' }
    for i = 0, 16 do files[i .. ".lua"] = ('include "%d.lua"\n'):format(i + 1) end
    faults(files, "15.lua:1: fault: files include each other more than 16 deep")
    files = { ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\n' ..
      'for i = 1, 101 do include("conf.d/" .. i .. ".lua") end\n' }
    for i = 1, 101 do files["conf.d/" .. i .. ".lua"] = "" end
    faults(files, "region.lua:2: fault: a definition includes at most 100 files")
    local said = faults({ ["region.lua"] = 'for i = 1, 1000000 do include("none/" .. i .. ".lua") end\n' }, "none/100.lua: cannot be read")
    assert.is_nil(said:find("none/101.lua", 1, true), said)
    local half = "--" .. (" "):rep(9 * 1024 * 1024) .. "\n"
    local whole = half .. 'region { applid = "CICSA", networkid = "NETA" }\ninclude "conf.d/a.lua"\n'
    faults({ ["region.lua"] = whole, ["conf.d/a.lua"] = half },
      "region.lua:3: fault: include: with ", "the definition is larger than 16 MiB")
  end)

  it("judges the mode of each file", function()
    local files = { ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\ninclude "conf.d/a.lua"\n', ["conf.d/a.lua"] = "" }
    check(files)
    assert(os.execute("chmod 666 " .. dir .. "/conf.d/a.lua"))
    local status, out, err = support.sallyport("check", "--region", dir .. "/region.lua")
    assert.equal(1, status)
    assert.is_truthy((out .. err):find "conf%.d/a%.lua: can be written by everybody", out .. err)
    assert(os.execute("chmod 664 " .. dir .. "/conf.d/a.lua"))
    status, out, err = support.sallyport("check", "--region", dir .. "/region.lua")
    assert.equal(0, status, out .. err)
    assert.is_truthy((out .. err):find "conf%.d/a%.lua: warning: ", out .. err)
  end)

  it("takes the paths of a region from the file that has it", function()
    lfs.mkdir(dir .. "/conf.d/scripts")
    local status, said = check {
      ["region.lua"] = 'include "conf.d/a.lua"\ntcpipservice "IPIC" { portnumber = 0, urm = "yes" }\n',
      ["conf.d/a.lua"] = 'region { applid = "CICSA", networkid = "NETA", policies = "scripts" }\n',
      ["conf.d/scripts/yes.lua"] = "return { install = function() return require('policy').refuse('no', 'no') end }\n",
    }
    assert.equal(0, status, said)
    local _, text = support.sallyport("config", "--region", dir .. "/region.lua")
    assert.is_truthy(text:find(("control = \"%s/%s/run/CICSA.sock\", -- default"):format(lfs.currentdir(), dir), 1, true), text)
  end)

  it("is no script, where scripts and definition share a directory", function()
    local status, said = check({
      ["region.lua"] = 'region { applid = "CICSA", networkid = "NETA" }\ninclude "partners.lua"\n', ["partners.lua"] = 'ipconn "X" {}\n',
    }, "--specs")
    assert.equal(0, status, said)
    assert.is_nil(said:find "partners%.lua", said)
    support.write(dir .. "/yes.lua", "return { admit = function() return require('policy').accept() end }\n")
    support.write(dir .. "/yes_spec.lua", 'return { { name = "a peer", door = "admit", facts = {}, expect = { verdict = "accept" } } }\n')
    local out, err
    status, out, err = support.sallyport("test", "--cover", "--region", dir .. "/region.lua")
    assert.is_nil((out .. err):find "partners", out .. err)
    assert.equal(0, status, out .. err)
  end)
end)

describe("a region with an included file", function()
  local region

  -- ALICE or BOB may come; the included file has the template.
  local function new(more, ...)
    region = support.region { text = HEAD:format(more or "") ..
      'tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, urm = "list" }\n' .. 'include "conf.d/partners.lua"\n',
      scripts = { list = LIST:format "ALICE" }, arguments = { ... } }
    lfs.mkdir(region:path "conf.d")
    support.write(region:path "conf.d/partners.lua", 'ipconn "TMPL" { template = "only" }\n')
    return region:start()
  end
  after_each(function() region:stop() end)

  local function partners(text)
    support.write(region:path "conf.d/partners.lua", text)
  end

  it("takes a change of it at a reload, and keeps running at a fault", function()
    new()
    lets_in(region, "ALICE")
    partners 'ipconn "TMPL" { template = "only", receivecount = 7 }\n'
    local said = must(region, "reload")
    assert.is_truthy(said:find("ipconn TMPL", 1, true), said)
    partners 'ipconn "TMPL" { template = "ony" }\n'
    local status, _, err = region:command "reload"
    assert.equal(1, status)
    assert.is_truthy(err:find('conf.d/partners.lua:1: fault: ipconn TMPL: template is "ony"', 1, true), err)
    lets_in(region, "ALICE")
  end)

  it("sees a change of it with --watch, also of a file that was missing", function()
    new(nil, "--watch")
    partners 'ipconn "TMPL" { template = "only", receivecount = 7 }\n'
    region:wait_log "SP0010 .*generation=2"
    partners 'ipconn "TMPL" { template = "only", receivecount = 8 }\ninclude "more.lua"\n'
    region:wait_log "SP0011 .*conf%.d/partners%.lua:2"
    support.write(region:path "conf.d/more.lua", 'ipconn "MORE" { template = "only" }\n')
    region:wait_log "SP0010 .*generation=3"
    support.write(region:path "conf.d/more.lua", 'ipconn "MORE" { template = "only", receivecount = 9 }\n')
    region:wait_log "SP0010 .*generation=4"
  end)

  it("keeps it in its generations: show, diff, use", function()
    new()
    partners 'ipconn "TMPL" { template = "only", receivecount = 7 }\n'
    must(region, "reload")
    assert.equal('ipconn "TMPL" { template = "only" }\n', must(region, "policy", "show", "1", "conf.d/partners.lua"))
    local said = must(region, "policy", "diff", "1")
    assert.is_truthy(said:find "ipconn TMPL changed: receivecount", said)
    os.remove(region:path "conf.d/partners.lua")
    must(region, "policy", "use", "1")
    lets_in(region, "ALICE")
    assert.equal(1, region:row("ipconn", "TMPL").receivecount)
  end)

  it("has the urm that an operator set in every resource of a copied definition", function()
    new()
    assert.equal(0, (region:command("set", "tcpipservice", "IPIC", "urm=NO")))
    assert.equal('ipconn "TMPL" { template = "only" }\n', must(region, "policy", "show", "2", "conf.d/partners.lua"))
    must(region, "policy", "rollback")
    lets_in(region, "ALICE")
  end)

  it("starts with the pinned generation whose included file was changed since", function()
    new ', versions = "kept"'
    partners "this is no definition\n"
    assert.equal(1, (region:command "reload"))
    partners 'ipconn "TMPL" { template = "only", receivecount = 7 }\n'
    must(region, "reload")
    must(region, "policy", "rollback")
    support.wait_until(function() return versions.current(region).pinned and versions.current(region).stored end, 10, "the pin on disk")
    region:stop()
    partners 'ipconn "OTHER" { template = "only" }\n'
    region:start()
    lets_in(region, "ALICE")
    assert.equal(1, region:row("ipconn", "TMPL").receivecount)
  end)
end)
