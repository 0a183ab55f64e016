-- SPDX-License-Identifier: Apache-2.0
-- `sallyport top`: a picture of a running region on a terminal, its keys, and the terminal afterwards.
local screen = require "spec.support.screen"
local support = require "spec.support"

local INSTALL = [[
local policy = require "policy"
return {
  install = function(facts)
    local said = facts.capex
    if not policy.check("has a number", said.applid:find("%d") ~= nil, said.applid) then
      return policy.refuse("no_number", "only numbered systems")
    end
    return policy.install { ipconn = said.applid, template = "TMPL" }
  end,
}
]]

describe("sallyport top", function()
  local region, top

  before_each(function()
    region = support.region { tcpipservices = { IPIC = { urm = "install" } }, scripts = { install = INSTALL }, programs = { ECHO = {} },
      ipconns = { TMPL = { applid = "TMPL", template = "only", receivecount = 10 } } }:start()
  end)
  after_each(function()
    if top then top:stop() end
    top = nil
    region:stop()
  end)

  local function start(t)
    top = screen.start({ "top", "--control", region.control, "--interval", "0.2" }, t)
    top:wait_for "NETA.CICSA  ACTIVE"
    return top
  end

  local function refuse(applid)
    return support.connect({ port = region:port "IPIC", applid = applid, networkid = "NETX" }).connection
  end

  -- The first words of the lines between the headings.
  local function ipconns()
    local list, inside = {}, false
    for _, line in ipairs(top:frame()) do
      if line:find "^REFUSED" then inside = false end
      if inside then list[#list + 1] = line:match "%S+" end
      if line:find "^IPCONN" then inside = true end
    end
    return table.concat(list, " ")
  end

  it("shows doors, ipconns, refusals and the region in 80 columns and 24 lines, and goes on", function()
    start()
    local id = refuse "NOBODY"
    local shown = top:wait_for "no_number"
    assert.truthy(shown:find("\n%d%d:%d%d:%d%d " .. id:gsub("%-", "%%-") .. " +capex +no_number +127%.0%.0%.1:%d+ +NETX%.NOBO"), shown)
    assert.truthy(shown:find("\ninstall +1 +%S+ +1 +%S+\n"), shown)
    assert.truthy(shown:find("refusals 1 (", 1, true), shown)
    assert.truthy(shown:find "lag %d+%.%d m?s\n", shown)
    local lines = top:frame()
    assert.equal(24, #lines)
    for _, line in ipairs(lines) do assert.is_true(#line <= 80, line) end
    support.connect { port = region:port "IPIC", applid = "A1", networkid = "NETX" }
    shown = top:wait_for "sockets 0"
    top:wait_for(("\n%-8s %12d "):format("bind", 2))
    assert.truthy(shown:find("\nTMPL +NETA.TMPL +RELEASED +0 "), shown)
  end)

  it("sorts the ipconns", function()
    local partners = {}
    for i, applid in ipairs { "A3", "B2", "C1" } do
      partners[i] = support.connecting { port = region:port "IPIC", applid = applid, networkid = "NETX", link = "ECHO", data = "x",
        count = 4 - i, hold = 60 }
    end
    support.wait_until(function() return region:row("door", "attach").asked == 6 end)
    start()
    top:wait_for "s sort: requests"
    support.wait_until(function() return ipconns() == "A3 B2 C1 TMPL" end)
    partners[4] = support.connecting { port = region:port "IPIC", applid = "D9", networkid = "NETX", link = "ECHO", data = "x", count = 9,
      hold = 60 }
    support.wait_until(function() return ipconns() == "D9 A3 B2 C1 TMPL" end)
    top:keys "s"
    top:wait_for "s sort: rate"
    top:keys "s"
    top:wait_for "s sort: sessions in use"
    support.wait_until(function() return ipconns() == "A3 B2 C1 D9 TMPL" end)
    top:keys "s"
    top:wait_for "s sort: name"
    top:keys "s"
    top:wait_for "s sort: requests"
    for _, p in ipairs(partners) do p:stop() end
  end)

  it("stands still while it is paused", function()
    start():keys "p"
    top:wait_for "paused"
    refuse "NOBODY"
    top:keys "s"
    assert.falsy(top:wait_for("s sort: rate"):find "no_number")
    top:keys "p"
    top:wait_for "no_number"
  end)

  it("explains the chosen refusal in the lower part, and scrolls it", function()
    local first, second = refuse "ALPHA", refuse "BETA"
    start()
    top:wait_for(second)
    top:keys "\r"
    local shown = top:wait_for("connection " .. second .. " from 127.0.0.1")
    assert.truthy(shown:find("Enter close", 1, true), shown)
    assert.falsy(shown:find("\nDOOR", 1, true), shown)
    assert.truthy(shown:find("NO  has a number  (BETA)", 1, true), shown)
    assert.truthy(top.styled:find("\27[7m", 1, true))
    top:keys "\27[6~"
    shown = top:wait_for "in order (ms since the accept)"
    assert.falsy(shown:find("connection " .. second .. " from", 1, true), shown)
    top:keys "\27[5~\27[5~"
    top:wait_for("connection " .. second .. " from")
    top:keys "\27[B"
    top:wait_for("connection " .. first .. " from 127.0.0.1")
    top:keys "k"
    top:wait_for("connection " .. second .. " from 127.0.0.1")
    local third = refuse "GAMMA"
    shown = top:wait_for(third)
    assert.truthy(shown:find("connection " .. second .. " from 127.0.0.1", 1, true), "the chosen one stays\n" .. shown)
    top:keys "\27"
    shown = top:wait_for "s sort: requests"
    assert.falsy(shown:find("connection " .. second .. " from", 1, true), shown)
  end)

  it("shows a refused request", function()
    region:define { tcpipservices = { IPIC = { urm = "install", attach = "shut" } }, programs = { ECHO = {} },
      ipconns = { TMPL = { applid = "TMPL", template = "only", receivecount = 10 } } }
    region:script("shut", 'return { attach = function() return require("policy").refuse("shut_today", "no") end }')
    assert.equal(0, (region:command "reload"))
    start()
    support.connect { port = region:port "IPIC", applid = "A1", networkid = "NETX", link = "ECHO", data = "x" }
    assert.truthy(top:wait_for("shut_today"):find("attach +shut_today"))
  end)

  it("fits the terminal, also when its size changes", function()
    start()
    top:resize(60, 30)
    support.wait_until(function() return #top:frame() == 30 end)
    for _, line in ipairs(top:frame()) do assert.is_true(#line <= 60, line) end
    top:resize(200, 10)
    support.wait_until(function() return #top:frame() == 10 end)
    top:resize(80, 24)
    support.wait_until(function() return #top:frame() == 24 end)
    top:keys "q"
    assert.equal(0, top:ended())
  end)

  it("gives the terminal its mode and page back at each end", function()
    for end_of, status in pairs { q = 0, ["\3"] = 0, TERM = 143, HUP = 129 } do
      start()
      if #end_of == 1 then top:keys(end_of) else top:signal(end_of) end
      local ended = top:ended()
      assert.message(end_of).equal(status, ended)
      assert.message(end_of).is_true(top:restored())
      top:stop()
      top = nil
    end
  end)

  it("says that the region has ended, and connects to the next one", function()
    refuse "NOBODY"
    start()
    top:wait_for "no_number"
    region:stop()
    local shown = top:wait_for "asking again: "
    assert.truthy(shown:find("no region answers", 1, true), shown)
    assert.truthy(shown:find("no_number", 1, true), "the last figures stay\n" .. shown)
    region:start()
    top:wait_for "refusals 0 "
    shown = table.concat(top:frame(), "\n")
    assert.falsy(shown:find("no_number", 1, true), shown)
    assert.falsy(shown:find("asking again", 1, true), shown)
  end)

  it("ends while the region hangs", function()
    start()
    region:signal "STOP"
    top:wait_for "asking again: the region did not answer in time"
    top:keys "q"
    assert.equal(0, top:ended())
    assert.is_true(top:restored())
    region:signal "CONT"
  end)

  it("shows no control byte of a partner", function()
    local p = support.raw(region:port "IPIC")
    p:capex { applid = "A\27[2J", networkid = "NETX" }
    p:read_message()
    start()
    top:wait_for "refusals 1 "
    top:keys "\r"
    top:wait_for "Enter close"
    assert.falsy(top:output():find("\27[2J", 1, true))
  end)

  it("prints one frame as text with --once, with the rates of an interval", function()
    refuse "NOBODY"
    local status, out, err = region:command("top", "--once", "--interval", "0.1")
    assert.equal(0, status, err)
    assert.falsy(out:find("\27", 1, true), out)
    assert.truthy(out:find("^NETA%.CICSA  ACTIVE  generation 1  pid %d+"), out)
    assert.truthy(out:find("\ninstall +1 +0%.0 +1 +0%.0\n"), out)
    assert.truthy(out:find("no_number", 1, true), out)
    assert.falsy(out:find("q quit", 1, true), out)
  end)

  it("needs a terminal, or --once", function()
    local status, _, err = region:command "top"
    assert.equal(1, status)
    assert.equal("top: stdin and stdout must be a terminal; --once prints one frame as text\n", err)
    top = screen.start({ "top", "--control", region.control }, { term = "dumb" })
    assert.equal(1, top:ended())
    assert.truthy(top:output():find("TERM names no terminal that can move its cursor", 1, true), top:output())
  end)

  it("refuses words and intervals that it does not understand, and a region that does not run", function()
    for _, words in ipairs { { "word" }, { "--interval", "0" }, { "--interval", "x" }, { "--interval", "3601" }, { "--interval", "nan" },
      { "--other" } } do
      assert.message(words[1]).equal(2, (region:command("top", table.unpack(words))))
    end
    local status, _, err = support.sallyport("top", "--once", "--control", region.dir .. "/nowhere")
    assert.equal(1, status)
    assert.truthy(err:find("^top: no region answers"), err)
  end)
end)
