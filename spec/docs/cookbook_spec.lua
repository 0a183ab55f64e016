-- SPDX-License-Identifier: Apache-2.0
-- Every recipe of policies/cookbook/README.md in a region with real partners: whom it lets in, whom it refuses and by which
-- code, its behaviour over time, and that a reload without a change releases nobody.
local clock = require "spec.support.clock"
local process = require "spec.support.process"
local pkis = require "spec.support.pki"
local support = require "spec.support"

local COOKBOOK = assert(support.read "policies/cookbook/README.md")
local SUNDAY, WEDNESDAY = 0, 3
local SHIPPED = { "certuser", "hours", "lan", "mro_bind", "netaccess", "quarantine", "rate" }

-- For listeners whose recipe is not the urm: the ipconn is named by the APPLID.
local NAMED = [[local policy = require "policy"
return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end }]]

local function recipe(name)
  return assert(support.read("policies/" .. name .. ".lua"))
end

-- The recipe with one text of it in place of another.
local function edited(name, from, to)
  local source = recipe(name)
  local at, past = source:find(from, 1, true)
  assert(at, name .. " has no " .. from)
  return source:sub(1, at - 1) .. to .. source:sub(past + 1)
end

local region

-- Starts a region with the tcpipservice IPIC; t is what support.region takes, with the keys of IPIC in t.service, and the files
-- of policy.data in t.data.
local function start(t)
  local scripts = { named = NAMED }
  for _, name in ipairs(SHIPPED) do scripts[name] = recipe(name) end
  for name, source in pairs(t.scripts or {}) do scripts[name] = source end
  t.scripts, t.tcpipservices = scripts, { IPIC = t.service }
  t.service.urm = t.service.urm or "named"
  region = support.region(t)
  for name, bytes in pairs(t.data or {}) do support.write(region:path("policies/" .. name), bytes) end
  region:start()
  return region:port "IPIC"
end

-- A partner that is accepted and stays; the ipconn has that name.
local function enters(ipconn, t)
  t.hold = 60
  local partner = support.connecting(t)
  support.wait_until(function()
    local row = region:row("ipconn", ipconn)
    return row and row.connstatus == "ACQUIRED"
  end, 10, function() return ipconn .. " to be acquired; the log:\n" .. region:log() end)
  return partner
end

-- A partner that is refused with that code of the policy.
local function refused(code, t)
  local answer, status = support.connect(t)
  assert.message(region:log()).are.equal(3, status)
  assert.is_false(answer.accepted)
  assert.are.equal(code, region:explain({ last = 1, refused = true })[1].code)
end

-- A reload without a change of the rules releases nobody.
local function reload_keeps()
  local status, out, err = region:command "reload"
  assert.message(err).are.equal(0, status)
  assert.message(out).is_nil(out:find("released", 1, true))
end

-- A request of the user to the program: the status and the sense.
local function request(port, program, user, password)
  local file = region:path "password"
  support.write(file, password .. "\n")
  local answer, status = support.connect { port = port, applid = "CTGAPP", networkid = "NETX", link = program, userid = user,
    ["password-file"] = file }
  return status, answer.sense
end

local function gone(ipconn)
  support.wait_until(function() return not region:row("ipconn", ipconn) end, 10, ipconn .. " to be deleted")
end

-- Rings of this test's own authority: the region's, and one for each partner.
local function rings(t)
  local pki = pkis.new(support.directory())
  pki:root("ca", "/O=Tests/CN=CA")
  pki:issue("region", "/O=Tests/CN=NETA.CICSA", "ca")
  local out = { dir = pki.dir, region = pki:ring("ring-region", { own = "region", signers = { "ca" } }) }
  for name, row in pairs(t) do
    local extensions = row.san and { "basicConstraints = critical,CA:FALSE", "subjectAltName = " .. row.san } or nil
    pki:issue(name, row.subject, "ca", { extensions = extensions })
    out[name] = pki:ring("ring-" .. name, { own = name, signers = { "ca" } })
  end
  return out
end

local TRIES = {}

TRIES["cookbook/by_network_and_ou"] = function()
  local own = rings { web = { subject = "/O=Tests/OU=Web shop/CN=W" }, pay = { subject = "/O=Tests/OU=Payments/CN=P" } }
  local port = start { region = { ring = own.region }, service = { ssl = "clientauth", bind = "cookbook/by_network_and_ou" },
    scripts = { ["cookbook/by_network_and_ou"] = edited("cookbook/by_network_and_ou", "10.20.0.0/16", "127.0.0.0/8") } }
  local partner = enters("WEB1", { port = port, networkid = "SHOP", applid = "WEB1", ring = own.web })
  refused("other_ou", { port = port, networkid = "SHOP", applid = "WEB2", ring = own.pay })
  refused("other_address", { port = port, networkid = "BANK", applid = "PAY1", ring = own.pay })
  refused("other_network", { port = port, networkid = "EVIL", applid = "WEB2", ring = own.web })
  reload_keeps()
  partner:stop()
  support.remove(own.dir)
end

TRIES["cookbook/by_san"] = function()
  local own = rings { uri = { subject = "/O=Tests/CN=U", san = "URI:ipic://SHOP/WEB1" },
    dns = { subject = "/O=Tests/CN=D", san = "DNS:web2.shop.partners.example" } }
  local port = start { region = { ring = own.region }, service = { ssl = "clientauth", bind = "cookbook/by_san" },
    scripts = { ["cookbook/by_san"] = recipe "cookbook/by_san" } }
  local one = enters("WEB1", { port = port, networkid = "SHOP", applid = "WEB1", ring = own.uri })
  local two = enters("WEB2", { port = port, networkid = "SHOP", applid = "WEB2", ring = own.dns })
  refused("other_name", { port = port, networkid = "SHOP", applid = "WEB3", ring = own.dns })
  reload_keeps()
  one:stop()
  two:stop()
  support.remove(own.dir)
end

TRIES["cookbook/listed"] = function()
  local own = rings { web1 = { subject = "/OU=PARTNERS/CN=SHOP.WEB1" }, pay1 = { subject = "/OU=PARTNERS/CN=BANK.PAY1" },
    staff = { subject = "/OU=Staff/CN=SHOP.WEB2" }, other = { subject = "/OU=PARTNERS/CN=SHOP.OTHER" } }
  local listed, file = "cookbook/listed", assert(support.read "policies/cookbook/listed.csv")
  local port = start { region = { ring = own.region }, service = { ssl = "clientauth", certify = listed, bind = listed, urm = listed },
    scripts = { [listed] = recipe(listed) }, data = { ["cookbook/listed.csv"] = file }, programs = { WHOAMI = {} },
    ipconns = { SMALL = { template = "only", receivecount = 2, linkauth = "certuser" }, LARGE = { template = "only", receivecount = 50 } } }
  local said = support.connect { port = port, networkid = "SHOP", applid = "WEB1", ring = own.web1, link = "WHOAMI" }
  assert.is_truthy(said.data:find('"linkuser": ?"WEBUSER"'), said.data)
  local one = enters("WEB1", { port = port, networkid = "SHOP", applid = "WEB1", ring = own.web1 })
  local two = enters("PAY1", { port = port, networkid = "BANK", applid = "PAY1", ring = own.pay1 })
  assert.are.same({ 2, 50 }, { region:row("ipconn", "WEB1").receivecount, region:row("ipconn", "PAY1").receivecount })
  refused("other_ou", { port = port, networkid = "SHOP", applid = "WEB2", ring = own.staff })
  refused("not_listed", { port = port, networkid = "SHOP", applid = "OTHER", ring = own.other })
  refused("other_name", { port = port, networkid = "SHOP", applid = "WEB2", ring = own.web1 })
  reload_keeps()
  support.write(region:path "policies/cookbook/listed.csv", (file:gsub("BANK[^\n]+\n", "")))
  assert.are.equal(0, (region:command "reload"))
  gone "PAY1"
  one:stop()
  two:stop()
  support.remove(own.dir)
end

TRIES.rate = function()
  local function starts(with) -- its "SOCKETS, SECONDS"
    local source = edited("rate", "SOCKETS, SECONDS = 20, 60", "SOCKETS, SECONDS = " .. with)
    return start { service = { admit = "rate" }, scripts = { rate = source } }
  end
  local port = starts "2, 3600"
  local one, two = enters("ONE", { port = port, applid = "ONE" }), enters("TWO", { port = port, applid = "TWO" })
  refused("too_often", { port = port, applid = "THREE" })
  reload_keeps()
  one:stop()
  two:stop()
  region:stop()
  port = starts "1, 0.5"
  one = enters("ONE", { port = port, applid = "ONE" })
  support.wait_until(function() return not region:row("rate", "sockets of 127.0.0.1") end, 10, "the rate to be full again")
  two = enters("TWO", { port = port, applid = "TWO" })
  reload_keeps()
  one:stop()
  two:stop()
end

TRIES.hours = function()
  local watch = clock.new()
  watch:set(WEDNESDAY, 18)
  local port = start { wrapper = watch.wrapper, service = { admit = "hours" } }
  local partner = enters("ONE", { port = port, applid = "ONE" })
  for _, time in ipairs { { WEDNESDAY, 19 }, { WEDNESDAY, 6 }, { SUNDAY, 12 } } do
    watch:set(time[1], time[2])
    refused("closed", { port = port, applid = "TWO" })
    reload_keeps()
    assert.are.equal("ACQUIRED", region:row("ipconn", "ONE").connstatus)
  end
  watch:set(WEDNESDAY, 7)
  enters("TWO", { port = port, applid = "TWO" }):stop()
  partner:stop()
  watch:free()
end

TRIES.quarantine = function()
  local port = start { service = { urm = "quarantine" },
    ipconns = { QUARANT = { template = "only", receivecount = 1, userauth = "verify" } } }
  local partner = enters("STRANGER", { port = port, networkid = "MYQUAL", applid = "STRANGER" })
  local row = region:row("ipconn", "STRANGER")
  assert.are.same({ "QUARANT", 1 }, { row.template, row.receivecount })
  local answer = support.raw(port):capex({ networkid = "MYQUAL", applid = "SERVER", port = 1491 }):read_message().body
  assert.are.same({ "EXCEPTION", "callback" }, { answer.response, region:explain(answer.connection)[1].code })
  assert.are.equal(0, (region:command("set", "ipconn", "QUARANT", "outservice")))
  refused("no_quarantine", { port = port, networkid = "MYQUAL", applid = "OTHER" })
  assert.are.equal(0, (region:command("set", "ipconn", "QUARANT", "inservice")))
  local other = enters("OTHER", { port = port, networkid = "MYQUAL", applid = "OTHER" })
  reload_keeps()
  other:stop()
  partner:stop()
end

TRIES["cookbook/cap"] = function()
  local port = start { service = { urm = "cookbook/cap" }, ipconns = { GUEST = { template = "only", receivecount = 5 } },
    scripts = { ["cookbook/cap"] = recipe "cookbook/cap" } }
  local one = enters("PAY1", { port = port, networkid = "BANK", applid = "PAY1" })
  local two = enters("PAY2", { port = port, networkid = "BANK", applid = "PAY2" })
  refused("cap", { port = port, networkid = "BANK", applid = "PAY3" })
  local shop = enters("WEB1", { port = port, networkid = "SHOP", applid = "WEB1" })
  one:stop()
  gone "PAY1"
  local three = enters("PAY3", { port = port, networkid = "BANK", applid = "PAY3" })
  reload_keeps()
  region:script("cookbook/cap", edited("cookbook/cap", "BANK = 2", "BANK = 1"))
  reload_keeps()
  refused("cap", { port = port, networkid = "BANK", applid = "PAY4" })
  for _, partner in ipairs { two, three, shop } do partner:stop() end
end

TRIES["cookbook/pin_list"] = function()
  local out = select(2, support.run { "openssl", "x509", "-in", "certs/rings/NETX.CTGAPP/NETX.CTGAPP.pem", "-noout", "-fingerprint",
    "-sha256" })
  local example = "FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00:FF:EE:DD:CC:BB:AA:99:88:77:66:55:44:33:22:11:00"
  local port = start { service = { ssl = "clientauth", certify = "cookbook/pin_list" },
    scripts = { ["cookbook/pin_list"] = edited("cookbook/pin_list", example, out:match "=([%x:]+)") } }
  local partner = enters("CTGAPP", { port = port, ring = "NETX.CTGAPP" })
  refused("not_pinned", { port = port, networkid = "MYQUAL", applid = "MYAPPL", ring = "MYQUAL.MYAPPL" })
  reload_keeps()
  partner:stop()
end

TRIES["cookbook/shop_isai"] = function()
  local port = start { service = { urm = "cookbook/shop_isai" }, scripts = { ["cookbook/shop_isai"] = recipe "cookbook/shop_isai" },
    ipconns = { TWEB = { template = "only", receivecount = 5 }, TPAY = { template = "only", receivecount = 2, userauth = "verify" } } }
  local one = enters("WEB0001", { port = port, networkid = "SHOP", applid = "WEBGATE" })
  local two = enters("WEB0002", { port = port, networkid = "SHOP", applid = "WEBGATE" })
  local pay = enters("PAY0001", { port = port, networkid = "SHOP", applid = "PAYGATE" })
  assert.are.equal("TPAY", region:row("ipconn", "PAY0001").template)
  refused("no_group", { port = port, networkid = "SHOP", applid = "PAYROLL" })
  reload_keeps()
  one:stop()
  gone "WEB0001"
  local three = enters("WEB0003", { port = port, networkid = "SHOP", applid = "WEBGATE" })
  assert.are.equal(0, (region:command("set", "ipconn", "TPAY", "outservice")))
  refused("no_template", { port = port, networkid = "SHOP", applid = "PAYGATE" })
  for _, partner in ipairs { two, pay, three } do partner:stop() end
end

TRIES.netaccess = function()
  local saf = support.read "policies/saf.lua"
  local port = start { service = { admit = "netaccess" }, saf = saf }
  local partner = enters("ONE", { port = port, applid = "ONE" })
  reload_keeps()
  partner:stop()
  gone "ONE"
  local without, n = saf:gsub('%["EZB.NETACCESS.SYS1.TCPIP.LOOPBACK"%][^\n]*\n', "")
  assert(n == 1)
  support.write(region:path "saf.lua", without)
  assert.are.equal(0, (region:command "reload"))
  refused("zone", { port = port, applid = "ONE" })
end

TRIES.mro_bind = function()
  local port = start { service = { ssl = "clientauth", certify = "certuser", bind = "mro_bind" }, saf = support.read "policies/saf.lua" }
  local partner = enters("CICSB", { port = port, networkid = "NETA", applid = "CICSB", ring = "CICSB" })
  refused("logon", { port = port, networkid = "NETA", applid = "CICSB", ring = "NETX.CTGAPP" })
  refused("logon", { port = port, networkid = "NETA", applid = "CICSC", ring = "CICSB" })
  reload_keeps()
  partner:stop()
end

TRIES.certuser = function()
  local port = start { service = { ssl = "clientauth", certify = "certuser" }, saf = support.read "policies/saf.lua" }
  local partner = enters("CTGAPP", { port = port, ring = "NETX.CTGAPP" })
  local record = region:explain({ last = 1 })[1]
  assert.are.equal("CTGUSER", record.facts.certificate.userid)
  refused("not_trusted", { port = port, networkid = "MYQUAL", applid = "MYAPPL", ring = "MYQUAL.MYAPPL" })
  reload_keeps()
  partner:stop()
end

TRIES["cookbook/attach_by_group"] = function()
  local port = start { service = { attach = "cookbook/attach_by_group" }, saf = support.read "policies/saf.lua",
    scripts = { ["cookbook/attach_by_group"] = recipe "cookbook/attach_by_group" },
    programs = { ECHO = {}, PAYROLL = { builtin = "ECHO" }, WHOAMI = {} },
    ipconns = { CTGAPP = { networkid = "NETX", userauth = "verify", securityname = "CICSA" } } }
  assert.are.equal(0, (request(port, "PAYROLL", "ANNA", "anna-demo")))
  assert.are.equal(0, (request(port, "ECHO", "FRED", "fred-demo")))
  assert.are.same({ 3, "080F0983" }, { request(port, "PAYROLL", "FRED", "fred-demo") })
  assert.are.same({ 3, "080F0983" }, { request(port, "WHOAMI", "ANNA", "anna-demo") })
  assert.is_truthy(region:wait_log "SP0050 .*FRED.*code=group")
end

TRIES["cookbook/host_is_peer"] = function()
  local port = start { service = { bind = "cookbook/host_is_peer" },
    scripts = { ["cookbook/host_is_peer"] = recipe "cookbook/host_is_peer" } }
  local function capex(host, from)
    return support.raw(port, nil, from):capex { networkid = "NETX", applid = "WEB1", host = host }
  end
  local there = capex("localhost", "127.0.0.1")
  assert.are.equal("OK", there:read_message(10).body.response)
  local function refuses(code, ...)
    assert.are.equal("SECURITY_VIOLATION", capex(...):read_message(10).body.reason)
    assert.are.equal(code, region:explain({ last = 1, refused = true })[1].code)
  end
  refuses("other_host", "localhost", "127.0.0.2")
  refuses("service_down", "no-such-host.invalid", "127.0.0.1")
  refuses("no_host", nil, "127.0.0.1")
  reload_keeps()
  assert.are.equal(200, there:beat().status)
end

TRIES["cookbook/ask_opa"] = function()
  local opa = process.start { "lua5.4", "spec/support/backend.lua" }
  local host = "127.0.0.1:" .. support.wait_until(function() return opa:stdout():match "^(%d+)\n" end, 10, "the port of the backend")
  local port = start { region = { policy_http = { host } }, service = { bind = "cookbook/ask_opa" },
    scripts = { ["cookbook/ask_opa"] = edited("cookbook/ask_opa", "http://127.0.0.1:8181", "http://" .. host) } }
  local partner = enters("GOOD", { port = port, networkid = "NETX", applid = "GOOD" })
  refused("not_allowed", { port = port, networkid = "NETX", applid = "BAD" })
  refused("not_allowed", { port = port, networkid = "NETX", applid = "OTHER" })
  opa:stop()
  refused("service_down", { port = port, networkid = "NETX", applid = "GOOD" })
  reload_keeps()
  partner:stop()
end

TRIES["cookbook/combined"] = function()
  local watch = clock.new()
  watch:set(WEDNESDAY, 12)
  local source = edited("cookbook/combined", "127.0.0.0/8", "127.0.0.1/32")
  local port = start { wrapper = watch.wrapper, service = { admit = "cookbook/combined" }, scripts = { ["cookbook/combined"] = source } }
  local function response(from, applid)
    return support.raw(port, nil, from):capex { networkid = "NETX", applid = applid }
  end
  local near = response("127.0.0.2", "NEAR")
  assert.are.equal("OK", near:read_message().body.response)
  watch:set(SUNDAY, 12)
  assert.are.equal("closed", support.raw(port, nil, "127.0.0.2"):closed())
  assert.are.equal("closed", region:explain({ last = 1, refused = true })[1].code)
  assert.are.equal("OK", response("127.0.0.1", "LOOP"):read_message().body.response)
  reload_keeps()
  assert.are.equal(200, near:beat().status)
  watch:free()
end

describe("the recipe", function()
  after_each(function()
    if region then region:stop() end
    region = nil
  end)

  it("has a try here, whichever it is", function()
    local recipes = 0
    for script in COOKBOOK:gmatch "\n## [^\n]+\n`([%w_/]+)%.lua`" do
      recipes = recipes + 1
      assert.message(script).is_function(TRIES[script])
    end
    assert.are.equal(select(2, COOKBOOK:gsub("\n## ", "")), recipes)
  end)

  for name, try in pairs(TRIES) do
    it(name .. " lets in and refuses real partners", try)
  end
end)
