-- SPDX-License-Identifier: Apache-2.0
-- inquire statistics: what is counted where, --reset, and the last line of what goes.
local pair = require "spec.support.pair"
local support = require "spec.support"

local INSTALL = require "spec.support.nobody"

local function definition(t)
  return {
    region = t and t.region,
    tcpipservices = { IPICSRV = { urm = "install", portnumber = t and t.port or 0 }, SHUT = { status = "closed", portnumber = 1499 } },
    ipconns = {
      TMPL = { applid = "TMPL", template = "only", receivecount = 10 },
      FIXED = { applid = "FIXED", receivecount = t and t.receivecount or 3 },
    },
    scripts = { install = INSTALL },
  }
end

local function figures(region, name)
  return assert(region:row("statistics", name), name)
end

-- A partner that is in: its CAPEX's bytes and its answer's are counted by hand.
local function enter(region, applid)
  local p = support.raw(region:port "IPICSRV")
  local send, sent = p.send, 0
  function p.send(self, bytes)
    sent = sent + #bytes
    return send(self, bytes)
  end
  local answer = assert(p:capex { applid = applid, networkid = "NETA" }:read_message())
  p.counted = function() return sent end
  return p, answer
end

describe("inquire statistics", function()
  local region

  before_each(function() region = support.region(definition()):start() end)
  after_each(function() region:stop() end)

  it("has a row for the region's sockets, every tcpipservice and every ipconn", function()
    local rows, seen = region:inquire "statistics", {}
    for _, row in ipairs(rows) do seen[#seen + 1] = row.resource .. " " .. row.name end
    assert.same({ "GLOBAL CICSA", "TCPIPSERVICE IPICSRV", "TCPIPSERVICE SHUT", "DOOR admit", "DOOR certify", "DOOR bind", "DOOR install",
      "DOOR attach", "DOOR delete", "IPCONN FIXED", "IPCONN TMPL" }, seen)
    assert.same({ 1, "IPCONN" }, { #region:inquire("statistics", "fixed"), figures(region, "FIXED").resource })
    local status, _, err = region:command("inquire", "statistics", "NOPE")
    assert.same({ 1, "inquire: no statistics named NOPE\n" }, { status, err })
  end)

  it("counts sockets now, at most and ever, of the listener and of the region", function()
    local one, two = enter(region, "ONE"), enter(region, "TWO")
    two:close()
    region:wait_log "SP0055 .*ipconn=TWO"
    support.wait_until(function() return figures(region, "IPICSRV").sor_current_conns == 1 end)
    local s, g = figures(region, "IPICSRV"), figures(region, "CICSA")
    assert.same({ 2, 2, 0 }, { s.sor_peak_conns, s.sor_sockets_accepted, s.sor_sockets_refused })
    assert.same({ 1, 2, 2 }, { g.sog_curr_inbound_sockets, g.sog_peak_inbound_sockets, g.sog_inb_sockets_created })
    assert.same({ 0, 0, 0 }, { g.sog_curr_outbound_sockets, g.sog_peak_outbound_sockets, g.sog_outb_sockets_created })
    one:close()
  end)

  it("has the times of each door's questions", function()
    region:script("install", [[
      local policy = require "policy"
      return { install = function(facts)
        if facts.capex.applid == "SLOW" then for _ = 1, 200000 do end end
        return policy.refuse("no", "not today")
      end }]])
    assert.equal(0, (region:command "reload"))
    for _, applid in ipairs { "QUICK", "QUICK", "SLOW" } do enter(region, applid):close() end
    local install, attach = figures(region, "install"), figures(region, "attach")
    assert.same({ 3, 0, 0 }, { install.door_questions, attach.door_questions, attach.door_max_microseconds })
    assert.is_true(install.door_p50_microseconds < install.door_max_microseconds)
    assert.is_true(install.door_max_microseconds > 100 and install.door_p99_microseconds <= install.door_max_microseconds)
    region:inquire("statistics", "install", "--reset")
    install = figures(region, "install")
    assert.same({ 0, 0, 3 }, { install.door_questions, install.door_max_microseconds, region:row("door", "install").asked })
  end)

  it("counts who was refused", function()
    local p, answer = enter(region, "NOBODY")
    assert.equal("AUTOINSTALL_FAILED", answer.body.reason)
    p:close()
    assert.equal(1, figures(region, "IPICSRV").sor_sockets_refused)
  end)

  it("counts every byte of its sockets, and how often they moved", function()
    local p, answer = enter(region, "ONE")
    local s = figures(region, "IPICSRV")
    assert.equal(p.counted(), s.sor_bytes_received)
    assert.is_true(s.sor_receives >= 1 and s.sor_receives <= 4, s.sor_receives)
    assert.equal(1, s.sor_sends)
    assert.is_true(s.sor_bytes_sent > #answer.raw and s.sor_bytes_sent < #answer.raw + 300, s.sor_bytes_sent)
    local before = s.sor_bytes_sent
    p:beat()
    s = figures(region, "IPICSRV")
    assert.same({ p.counted(), 2 }, { s.sor_bytes_received, s.sor_sends })
    assert.is_true(s.sor_bytes_sent > before)
    p:close()
  end)

  it("says since when: GMT, a listener that is open, one that is not, an ipconn that was autoinstalled", function()
    local p = enter(region, "ONE")
    local iso, now = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", os.date("!%Y-%m-%dT%H:", os.time())
    for _, value in ipairs { figures(region, "IPICSRV").sor_open_gmt, figures(region, "ONE").isr_ipconn_gmt_create_time } do
      assert.is_truthy(value:find(iso), value)
      assert.is_truthy(value >= os.date("!%Y-%m-%dT%H:%M:", os.time() - 3600) and value:sub(1, 14) <= now, value)
    end
    assert.equal("", figures(region, "IPICSRV").sor_close_gmt)
    assert.equal("", figures(region, "SHUT").sor_open_gmt)
    assert.equal("", figures(region, "FIXED").isr_ipconn_gmt_create_time)
    p:close()
  end)

  it("shows what an ipconn agreed on beside what is in use", function()
    local p = enter(region, "ONE")
    local i = figures(region, "ONE")
    assert.same({ "ONE", "NETA", 10, 0 }, { i.isr_applid, i.isr_network_id, i.isr_receive_sessions, i.isr_send_sessions })
    assert.same({ 0, 0, 0 }, { i.isr_current_receive_sessions, i.isr_peak_receive_sessions, i.isr_trans_attached })
    p:close()
  end)

  it("prints a table for each sort, and one of a name in full", function()
    local status, out = region:command("inquire", "statistics")
    assert.equal(0, status)
    assert.is_truthy(out:find "^GLOBAL\nNAME +CURR_INBOUND_SOCKETS .-\nCICSA .-\n\nTCPIPSERVICE\nNAME +TRANS_ATTACHED ", out)
    assert.is_truthy(out:find "\n\nIPCONN\nNAME +CURRENT_RECEIVE_SESSIONS .-\nFIXED ", out)
    status, out = region:command("inquire", "statistics", "ipicsrv")
    assert.equal(0, status)
    assert.is_truthy(out:find "\nsor_bytes_received +%d+\n", out)
  end)
end)

describe("inquire statistics --reset", function()
  local region, p

  before_each(function()
    region = support.region(definition()):start()
    p = enter(region, "ONE")
    enter(region, "TWO"):close()
    region:wait_log "SP0055 .*ipconn=TWO"
    support.wait_until(function() return figures(region, "IPICSRV").sor_current_conns == 1 end)
  end)
  after_each(function()
    p:close()
    region:stop()
  end)

  it("answers what was, then totals are 0 and peaks are what there is", function()
    local was = region:inquire("statistics", "IPICSRV", "--reset")[1]
    assert.same({ 2, 2, 1 }, { was.sor_sockets_accepted, was.sor_peak_conns, was.sor_current_conns })
    local is = figures(region, "IPICSRV")
    assert.same({ 0, 1, 1 }, { is.sor_sockets_accepted, is.sor_peak_conns, is.sor_current_conns })
    assert.same({ 0, 0 }, { is.sor_bytes_received, is.sor_sends })
    assert.equal(was.sor_open_gmt, is.sor_open_gmt)
    assert.equal(2, figures(region, "CICSA").sog_inb_sockets_created) -- another's
  end)

  it("of everything, without a name", function()
    assert.equal(12, #region:inquire("statistics", nil, "--reset"))
    local s, g = figures(region, "IPICSRV"), figures(region, "CICSA")
    assert.same({ 0, 0 }, { s.sor_sockets_accepted, g.sog_inb_sockets_created })
    assert.same({ 1, 1 }, { g.sog_peak_inbound_sockets, g.sog_curr_inbound_sockets })
  end)

  it("is a change and is said so, with who did it; looking is not", function()
    region:inquire("statistics", "IPICSRV", "--reset")
    local line = region:wait_log 'SP0009 .*command="inquire statistics IPICSRV %-%-reset"'
    assert.is_truthy(line:find "uid=%d+ pid=%d+", line)
    region:inquire("statistics", "NOPE", "--reset")
    region:wait_log 'SP0009 .*command="inquire statistics NOPE %-%-reset".*refused="no statistics named NOPE"'
    region:inquire "statistics"
    assert.equal(2, region:count_log "SP0009 ")
  end)

  it("is for statistics only", function()
    local status, _, err = region:command("inquire", "ipconn", "--reset")
    assert.equal(2, status)
    assert.is_truthy(err:find "usage: sallyport inquire", err)
    status, _, err = region:command("set", "ipconn", "FIXED", "inservice", "--reset")
    assert.equal(2, status, err)
  end)
end)

describe("final statistics", function()
  local region

  before_each(function() region = support.region(definition()):start() end)
  after_each(function() region:stop() end)

  it("are said of a listener when it closes; opened again it begins anew", function()
    local p = enter(region, "ONE")
    local counted = p.counted()
    assert.equal(0, (region:command("set", "tcpipservice", "IPICSRV", "closed")))
    local line = region:wait_log "SP0055 .*tcpipservice=IPICSRV"
    assert.is_truthy(line:find("sor_bytes_received=" .. counted .. " ", 1, true), line)
    assert.is_truthy(line:find " sor_peak_conns=1 .*sor_open_gmt=%d.* sor_close_gmt=%d", line)
    assert.is_nil(line:find("sor_trans_attached", 1, true), line) -- it is 0
    assert.is_truthy(figures(region, "IPICSRV").sor_close_gmt:find "^%d")
    assert.equal(0, (region:command("set", "tcpipservice", "IPICSRV", "open")))
    local s = figures(region, "IPICSRV")
    assert.same({ "", 0, 1 }, { s.sor_close_gmt, s.sor_sockets_accepted, s.sor_peak_conns }) -- who is in is in
    p:close()
  end)

  it("are said of an autoinstalled ipconn when it is deleted, of a defined one never", function()
    local one, fixed = enter(region, "ONE"), enter(region, "FIXED")
    one:close()
    local line = region:wait_log "SP0055 .*ipconn=ONE"
    assert.is_truthy(line:find "isr_ipconn_gmt_create_time=%d", line)
    fixed:close()
    region:wait_log "DFHIS2009 .*ipconn=FIXED"
    region:stop()
    assert.equal(0, region:count_log "SP0055 .*ipconn=FIXED")
    assert.equal(1, region:count_log "SP0055 .*tcpipservice=IPICSRV")
    assert.equal(0, region:count_log "SP0055 .*tcpipservice=SHUT") -- it was never open
  end)

  it("stay with a listener over a reload that leaves it in its place", function()
    local p = enter(region, "ONE")
    local before = figures(region, "IPICSRV")
    region:define(definition { receivecount = 4 })
    assert.equal(0, (region:command "reload"))
    local after = figures(region, "IPICSRV")
    assert.same({ before.sor_open_gmt, before.sor_bytes_received }, { after.sor_open_gmt, after.sor_bytes_received })
    assert.equal(1, after.sor_sockets_accepted)
    assert.equal(0, region:count_log "SP0055 ")
    p:close()
  end)

  -- A listener that goes elsewhere is another socket: the old one's line, and figures from nothing.
  local function moved(old, new)
    local d = definition()
    for key, value in pairs(old) do d.tcpipservices.IPICSRV[key] = value end
    local r = support.region(d):start()
    local p = enter(r, "FIXED")
    for key, value in pairs(new) do d.tcpipservices.IPICSRV[key] = value end
    r:define(d)
    assert.equal(0, (r:command "reload"))
    assert.equal(0, figures(r, "IPICSRV").sor_sockets_accepted)
    p:close()
    local line = r:wait_log "SP0055 .*tcpipservice=IPICSRV"
    assert.is_truthy(line:find " sor_close_gmt=%d.* sor_sockets_accepted=1", line)
    assert.equal(1, r:count_log "SP0055 .*tcpipservice=IPICSRV")
    r:stop()
    assert.equal(2, r:count_log "SP0055 .*tcpipservice=IPICSRV")
  end

  it("are said of a listener that a reload moves to another port", function()
    local here, there = pair.ports(2)
    moved({ portnumber = here }, { portnumber = there })
  end)

  it("are said of a listener that a reload moves to another address on its port", function()
    moved({ portnumber = pair.ports(1) }, { host = "any" })
  end)
end)
