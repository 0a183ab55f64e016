-- SPDX-License-Identifier: Apache-2.0
-- A region with very many ipconns, of which nearly all are RELEASED: its reload settles those that changed, and no others.
local support = require "spec.support"

local COUNT = 3000

-- The definition: C1 to C3000 and those of `but`, which has further attributes by name; false leaves an ipconn out.
local function definition(but, receives)
  local out = { [[
region { applid = "CICSA", networkid = "NETA", control = "control.sock", policies = "policies", drain = 0.2 }
tcpipservice "IPIC" { host = "127.0.0.1", portnumber = 0, ssl = "no", urm = "no" }]] }
  for i = 1, COUNT do
    local more = but["C" .. i]
    if more ~= false then out[#out + 1] = ('ipconn "C%d" { receivecount = %d %s }'):format(i, receives or 10, more or "") end
  end
  for name, more in pairs(but) do
    if more and not name:find "^C%d" then out[#out + 1] = ('ipconn "%s" { receivecount = 10 %s }'):format(name, more) end
  end
  return table.concat(out, "\n") .. "\n"
end

describe("a region with #many ipconns", function()
  local region
  after_each(function() region:stop() end)

  local function partner(applid, port)
    local p = support.raw(port or region:port "IPIC")
    return p, p:capex({ applid = applid, networkid = "NETA", sendcount = 30 }):read_message().body
  end

  local function alive(p)
    p:request "1 cmd; name=heartbeat"
    assert.are.equal(200, (p:read_message() or {}).status)
  end

  local function reload(but, ...)
    region:define { text = definition(but) }
    local status, out, err = region:command("reload", ...)
    assert.message(err).are.equal(0, status)
    return out
  end

  local function applid_of(name)
    local rows = region:inquire("ipconn", name)
    return rows and rows[1].applid
  end

  it("settles those that changed, came, went, or were discarded, and keeps its partners", function()
    region = support.region { text = definition {} }:start()
    local stays, answer = partner "C1500"
    assert.are.equal("OK", answer.response)
    for _, word in ipairs { "outservice", "released" } do region:command("set", "ipconn", "C7", word) end
    assert.are.equal(0, (region:command("discard", "ipconn", "C7")))
    assert.is_nil(applid_of "C7")
    local out = reload { C1 = ', applid = "OTHER"', C2 = false, NEW = ', applid = "C2"', C10 = ', applid = "C20"', C20 = ', applid = "C10"',
      C1500 = ', description = "changed"' }
    for _, words in ipairs { "ipconn C1 changed: applid C1 -> OTHER", "ipconn C2 deleted", "ipconn NEW installed",
      "ipconn C7 installed" } do
      assert.message(out).is_truthy(out:find(words, 1, true))
    end
    alive(stays)
    assert.are.equal("OTHER", applid_of "C1")
    assert.is_nil(applid_of "C2")
    assert.are.equal("C2", applid_of "NEW")
    assert.are.equal("C7", applid_of "C7")
    assert.are.same({ "C20", "C10" }, { applid_of "C10", applid_of "C20" })
    local _, of_new = partner "C2"
    assert.are.equal("OK", of_new.response)
    assert.are.equal("ACQUIRED", region:row("ipconn", "NEW").connstatus)
    assert.are.equal(COUNT, #region:inquire "ipconn")
    assert.are.equal("", region:row("ipconn", "C1500").description)
    region:count_log("SP0018", 0)
    assert.are.equal(0, (region:command("release", "ipconn", "C1500")))
    support.wait_until(function() return region:row("ipconn", "C1500").description == "changed" end)
  end)

  it("keeps the definition of a partner over reloads, also one that undoes the change", function()
    region = support.region { text = definition { C3 = ', description = "first"' } }:start()
    local p = partner "C3"
    reload { C3 = ', description = "second"' }
    reload { C3 = ', description = "third"' }
    assert.are.equal("first", region:row("ipconn", "C3").description)
    reload { C3 = ', description = "first"' }
    reload { C3 = ', description = "first"' }
    alive(p)
    p:close()
    support.wait_until(function() return region:row("ipconn", "C3").connstatus == "RELEASED" end)
    assert.are.equal("first", region:row("ipconn", "C3").description)
    reload {}
    assert.are.equal("", region:row("ipconn", "C3").description)
    assert.are.equal("OK", select(2, partner "C3").response)
  end)

  it("lists the first 200 changes and the number of the others, and logs all", function()
    region = support.region { text = definition {} }:start()
    local but = {}
    for i = 1, 600 do but["C" .. i] = ', description = "changed"' end
    region:define { text = definition(but) }
    local status, out = region:command("reload", "--check")
    assert.are.equal(0, status)
    assert.message(out).is_truthy(out:find("\n  and 400 further changes\n", 1, true))
    assert.are.equal(202, select(2, out:gsub("\n", "")))
    out = reload(but)
    assert.message(out).is_truthy(out:find("\n  and 400 further changes; the log has each\n", 1, true))
    region:count_log("SP0074 I .*kind=ipconn", 600)
  end)

  it("releases each of many partners that the new generation refuses, and tells it once", function()
    local rule = "return { bind = function() return require('policy').%s end }"
    region = support.region { region = { heartbeat = 0 }, tcpipservices = { IPIC = { bind = "rule", urm = "named" } },
      ipconns = { TMPL = { template = "only", receivecount = 2 } },
      scripts = { rule = rule:format "accept()", named = [[local policy = require "policy"
return { install = function(f) return policy.install { ipconn = f.capex.applid, template = "TMPL" } end }]] } }:start()
    local partners = {}
    for i = 1, 40 do
      local answer
      partners[i], answer = partner("P" .. i)
      assert.are.equal("OK", answer.response)
    end
    region:script("rule", rule:format "refuse('closed', 'not any more')")
    local status, out, err = region:command "reload"
    assert.message(err).are.equal(0, status)
    assert.are.equal(40, select(2, out:gsub("ipconn P%d+ released: bind closed", "")))
    for _, p in ipairs(partners) do
      local m = p:read_message()
      assert.message(region:log()).is_truthy(m.headers.is:find("name=release", 1, true))
    end
    region:count_log("SP0016 W .*released=yes", 40)
  end)

  it("shows RELEASED ipconns of the generation in use", function()
    region = support.region { text = definition {} }:start()
    assert.are.equal(1, region:row("ipconn", "C1").generation)
    reload {}
    assert.are.equal(2, region:row("ipconn", "C1").generation)
    local out = reload {}
    assert.message(out).is_nil(out:find("ipconn", 1, true))
  end)

  it("refuses a definition whose pair an ipconn holds that is not RELEASED, and changes nothing", function()
    region = support.region { text = definition {} }:start()
    local stays = partner "C1500"
    region:define { text = definition { C1500 = ', applid = "MOVED"', THIEF = ', applid = "C1500"' } }
    local status, _, err = region:command "reload"
    assert.are.equal(1, status)
    local why = "ipconn THIEF cannot be installed: its networkid and applid is held by the defined ipconn C1500"
    assert.message(err).is_truthy(err:find(why, 1, true))
    alive(stays)
    assert.is_nil(applid_of "THIEF")
    assert.are.equal(1, region:row("ipconn", "C1").generation)
  end)

  -- During a reload that changes all, each view changes once from the old definitions to the new ones.
  it("treats a partner by the old definition before the swap, and by the new one after it", function()
    region = support.region { text = definition {} }:start()
    region:define { text = definition({}, 20) }
    local under_way = support.start { support.binary, "reload", "--control", region.control }
    local counts, n, port = {}, 0, region:port "IPIC"
    repeat
      local over = under_way:status()
      n = n + 1
      local p, answer = partner(("C%d"):format(n % COUNT + 1), port)
      assert.are.equal("OK", answer.response)
      counts[#counts + 1] = answer.receivecount
      p:close()
    until over
    assert.message(under_way:stderr()).are.equal(0, under_way:wait())
    assert.are.equal(20, counts[#counts])
    for i = 2, #counts do assert.message(table.concat(counts, " ")).is_true(counts[i - 1] <= counts[i]) end
    region:count_log("SP0018", 0)
  end)

  it("shows each once in an inquiry, the new ones behind the old ones", function()
    region = support.region { text = definition {} }:start()
    region:define { text = definition({}, 20) }
    local under_way = support.start { support.binary, "reload", "--control", region.control }
    local over, last
    repeat
      over = under_way:status()
      local rows, names = region:inquire "ipconn", {}
      last = 0
      for _, row in ipairs(rows) do
        assert.message(row.ipconn).is_nil(names[row.ipconn])
        names[row.ipconn] = true
        assert.message(row.ipconn).is_true(row.receivecount >= last)
        last = row.receivecount
      end
      assert.are.equal(COUNT, #rows)
    until over
    assert.are.equal(20, last)
  end)
end)
