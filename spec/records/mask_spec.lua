-- SPDX-License-Identifier: Apache-2.0
-- region { record_mask = … }: the facts that the file of records does not show.
local dkjson = require "dkjson"
local lfs = require "lfs"

local new_pki = require("spec.support.pki").new
local record_file = require "spec.support.record_file"
local support = require "spec.support"

local SCRIPTS = {
  stranger = [[
local policy = require "policy"
return { certify = function(facts)
  policy.check("from " .. facts.peer.ip, facts.peer.port == 1, facts.certificate.subject.printed)
  return policy.refuse("stranger", facts.peer.ip .. " has " .. facts.certificate.subject.printed)
end }]],
  picky = [[
local policy = require "policy"
local saf = require "policy.saf"
return { attach = function(facts)
  policy.check("user", saf.check("TCICSTRN", "CPMI", facts.request.userid), facts.request.userid)
  return policy.refuse("not_you", facts.request.userid .. " may not")
end }]],
  counting = [[
local policy = require "policy"
local n = policy.counter "n"
return { attach = function()
  n:next { min = 7, max = 99 }
  return policy.refuse("never", "not at all")
end }]],
  noting = [[
local policy = require "policy"
local n = policy.counter "n"
return { certify = function(facts)
  local name = facts.certificate.subject
  policy.note("ip", facts.peer.ip)
  policy.note("subject", name.printed)
  policy.check("one" .. ("x"):rep(40) .. " " .. name.printed, false, ("y"):rep(180) .. " " .. name.printed)
  policy.counter('of "' .. name[2].value .. '"'):next { min = 1, max = 9 }
  policy.counter("\\" .. name[2].value):next { min = 1, max = 9 }
  return policy.accept()
end,
bind = function(facts)
  return policy.refuse("unwanted", "not " .. facts.certificate.subject[2].value .. " of " .. facts.notes.subject)
end }]],
}

local function region_of(mask)
  local r = support.region { region = { record = "records.db", record_mask = mask }, scripts = SCRIPTS, programs = { ECHO = {} },
    tcpipservices = { TLS = { ssl = "clientauth", certificate = "CICSA", certify = "stranger" },
      SAFE = { ssl = "clientauth", certificate = "CICSA", attach = "picky" },
      COUNT = { ssl = "clientauth", certificate = "CICSA", attach = "counting" },
      NOTES = { ssl = "clientauth", certificate = "CICSA", certify = "noting", bind = "noting" } },
    ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 5, userauth = "identify" } } }
  return r, record_file.of(r, "records.db")
end

-- Every text of the file.
local function dump(file)
  local _, out = support.run { "sqlite3", file.path, ".dump" }
  return out
end

describe("the mask of the file of records", function()
  it("hides an address and a subject, also where texts quote them, and equal values stay equal", function()
    local region, file = region_of { "peer.ip/8", "certificate.subject", "check.detail" }
    region:start()
    for i = 1, 2 do
      support.connect { port = region:port "TLS", ring = "NETX.CTGAPP" }
      file:await(("SELECT 1 FROM record WHERE id = %d AND closed"):format(i))
    end
    local all = dump(file)
    for _, secret in ipairs { "CN=NETX", "NETX.CTGAPP,", '"NETX.CTGAPP"', "127.0.0.1" } do
      assert.message(secret).is_nil(all:gsub('"own":{[^}]*}', ""):find(secret, 1, true))
    end
    local one, two = table.unpack(file:records())
    assert.equal("peer.ip/8 certificate.subject check.detail", one.masked)
    assert.is_truthy(one.peer:match "^127%.0%.0%.0:%d+$")
    assert.equal("127.0.0.0", one.facts.peer.ip)
    assert.is_truthy(one.certificate.subject:match "^~%x+$")
    assert.equal(one.certificate.subject, two.certificate.subject)
    assert.not_equal(one.facts.certificate.subject[1].value, one.facts.certificate.subject[2].value)
    local door = one.doors[2]
    assert.equal("from 127.0.0.0", door.checks[1].name)
    assert.is_truthy(door.checks[1].detail:match "^~%x+$")
    assert.equal("127.0.0.0 has " .. one.certificate.subject, door.text)
    assert.equal(0, #file:rows "SELECT 1 FROM certificate")
    assert.equal("CN=First CA", one.certificate.issuer:match "CN=First CA")
    assert.equal("127.0.0.1", region:explain({ last = 1 })[1].facts.peer.ip)
    assert.equal("rw-------", lfs.attributes(file.path .. ".key", "permissions"))
    region:stop()
    region:start()
    support.connect { port = region:port "TLS", ring = "NETX.CTGAPP" }
    file:await "SELECT 1 FROM record WHERE id = 3 AND closed"
    assert.equal(one.certificate.subject, file:records()[3].certificate.subject)
    region:stop()
  end)

  it("hides the user of a request in its checks, its answers and its text, and keeps it a name", function()
    local region, file = region_of { "request.userid", "check.detail" }
    region:start()
    support.connect { port = region:port "SAFE", ring = "NETX.CTGAPP", link = "ECHO", tran = "CPMI", data = "x", userid = "FRED" }
    file:await "SELECT 1 FROM request"
    assert.is_nil(dump(file):find "%f[%w]FRED%f[%W]")
    local account = file:rows "SELECT account FROM request"[1].account
    local user = account:match '"userid":"(@[A-Z0-9]+)"'
    assert.equal(8, #user)
    for _, form in ipairs { '"name":"saf USER READ', '"text":"USER may not"', '"userid":"USER","access"' } do
      assert.message(account).is_truthy(account:find(form:gsub("USER", user), 1, true))
    end
    region:stop()
  end)

  it("replaces a user of digits in the strings of answers only: the accounts stay JSON", function()
    local region, file = region_of { "request.userid" }
    region:start()
    support.connect { port = region:port "COUNT", ring = "NETX.CTGAPP", link = "ECHO", tran = "CPMI", data = "x", userid = "7" }
    local account = assert(dkjson.decode(file:await "SELECT account FROM request".account))
    assert.same({ 7, 7 }, { account.answers[1].min, account.answers[1].answer })
    file:await "SELECT 1 FROM record WHERE closed"
    assert.equal(0, (support.sallyport("decisions", "--region", region:path "region.lua")))
    region:stop()
  end)

  it("hides a subject in notes, cut texts and answers, and its parts too", function()
    local region, file = region_of { "peer.ip/8", "certificate.subject" }
    lfs.mkdir(region:path "pki")
    local pki = new_pki(region:path "pki")
    local secret = 'Se"crét ' .. ("and a long name "):rep(3)
    pki:root("own", "/O=" .. ("A very long organisation "):rep(2) .. "/CN=" .. secret, { extensions = {
      "basicConstraints = critical,CA:TRUE" } })
    support.run { "cp", "certs/rings/CICSA/signers/first.pem", pki:file "first.pem" }
    pki:ring("SELF", { own = "own", signers = { "first" } })
    region:start()
    support.connect { port = region:port "NOTES", ring = pki:file "SELF" }
    file:await "SELECT 1 FROM record WHERE closed"
    local account = file:records()[1]
    assert.equal("refused", account.outcome)
    assert.message("notes").same({ ip = "127.0.0.0", subject = account.certificate.subject }, account.facts.notes)
    assert.equal(account.certificate.subject, account.certificate.issuer)
    local all = dump(file)
    for _, part in ipairs { "Se\"", "crét", "cr\\", "long name", "A very long", "organisation" } do
      assert.message(part).is_nil(all:find(part, 1, true))
    end
    assert.is_truthy(account.doors[#account.doors].text:find "^not ~%x+ of ~%x+$")
    region:stop()
  end)

  it("hides them in the questions of a reload too", function()
    local mask = { "peer.ip/8", "certificate.subject", "check.detail" }
    local region = support.region { region = { record = "records.db", record_mask = mask },
      scripts = { telling = [[
local policy = require "policy"
return { bind = function(facts)
  policy.check("from " .. facts.peer.ip, true, facts.certificate.subject.printed)
  return policy.accept()
end }]] }, tcpipservices = { TLS = { ssl = "clientauth", certificate = "CICSA", bind = "telling" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX", receivecount = 5 } } }
    local file = record_file.of(region, "records.db")
    region:start()
    local partner = support.connecting { port = region:port "TLS", ring = "NETX.CTGAPP", hold = 30 }
    file:await "SELECT 1 FROM record WHERE outcome = 'accepted'"
    assert.equal(0, (region:command "reload"))
    local account = file:await "SELECT account FROM reask".account
    local check = assert(dkjson.decode(account))[3].checks[1]
    assert.equal("from 127.0.0.0", check.name)
    assert.is_truthy(check.detail:match "^~%x+$")
    for _, secret in ipairs { "127.0.0.1", "CN=NETX" } do assert.message(account).is_nil(account:find(secret, 1, true)) end
    partner:stop()
    region:stop()
  end)

  it("hides a text as a whole when a subject has more parts than can be looked for", function()
    local region, file = region_of { "certificate.subject" }
    lfs.mkdir(region:path "pki")
    local pki, subject = new_pki(region:path "pki"), {}
    for i = 1, 70 do subject[i] = "/OU=part " .. i end
    support.run { "cp", "certs/rings/CICSA/signers/first.pem", pki:file "first.pem" }
    pki:root("own", table.concat(subject))
    pki:ring("SELF", { own = "own", signers = { "first" } })
    region:start()
    support.connect { port = region:port "NOTES", ring = pki:file "SELF" }
    file:await "SELECT 1 FROM record WHERE closed"
    local account = file:records()[1]
    assert.is_truthy(account.doors[#account.doors].text:find "^~%x+$")
    assert.is_truthy(account.facts.notes.ip:find "^~%x+$")
    assert.is_nil(dump(file):find("part ", 1, true))
    region:stop()
  end)

  it("hides the address from ask --from, which asks for another one", function()
    local region, file = region_of { "peer.ip/8" }
    region:start()
    support.connect { port = region:port "TLS", ring = "NETX.CTGAPP" }
    local id = file:await "SELECT connection FROM record WHERE closed".connection
    region:stop()
    local function ask(...) return support.sallyport("ask", "--from", id, "--region", region:path "region.lua", ...) end
    local status, _, err = ask()
    assert.equal(1, status)
    assert.is_truthy(err:find("ask: the record of the connection hides peer.ip (record_mask); give --peer IP", 1, true), err)
    local _, out = support.sallyport("explain", "--row", id, "--region", region:path "region.lua")
    assert.is_truthy(out:find("-- The file of records hides these facts: peer.ip/8\n", 1, true), out)
    status, out = ask("--peer", "192.0.2.7")
    assert.equal(3, status)
    assert.is_truthy(out:find("192.0.2.7 has CN=NETX", 1, true), out)
  end)

  it("wipes the certificates of a file that has had none of it", function()
    local region, file = region_of(nil)
    region:start()
    support.connect { port = region:port "TLS", ring = "NETX.CTGAPP" }
    region:stop()
    local der = file:rows("SELECT hex(der) AS der FROM certificate LIMIT 1")[1].der
    local part = der:sub(201, 260):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
    assert.truthy(support.read(file.path):find(part, 1, true))
    local masked = support.read(region:path "region.lua"):gsub('record = "records.db"', '%0, record_mask = { "certificate.subject" }')
    support.write(region:path "region.lua", masked)
    region:start()
    region:stop()
    assert.same({}, file:rows "SELECT sha256 FROM certificate")
    for _, name in ipairs { "", "-wal" } do
      local bytes = lfs.attributes(file.path .. name) and support.read(file.path .. name) or ""
      assert.falsy(bytes:find(part, 1, true), name)
    end
  end)

  it("with an unknown name stops the start, and names the possible ones", function()
    for _, mask in ipairs { { "peer.ip" }, { "capex.applid" }, { "peer.ip/129" }, { "check.detail peer.ip/8" }, { 1 } } do
      local region = region_of(mask)
      local status, log = region:start_and_end(10)
      assert.equal(1, status)
      assert.is_truthy(log:find('it must be a list of "peer.ip/N" with a prefix length N, ' ..
        '"certificate.subject", "request.userid" and "check.detail"',
        1, true), log)
    end
  end)
end)
