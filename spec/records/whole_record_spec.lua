-- SPDX-License-Identifier: Apache-2.0
-- A record is whole: from its account alone come the very facts that a script was asked with at each door, and the answers it got.
local record_file = require "spec.support.record_file"
local support = require "spec.support"

-- Prints a value with the type of each part, as the script below does.
local PRINT = [[
local function print_value(value)
  if type(value) == "string" then return (value:gsub("[^%w ]", function(c) return ("%%%02x"):format(c:byte()) end)) .. ";" end
  if math.type(value) == "float" then return ("%.17gf;"):format(value) end
  if type(value) ~= "table" then return tostring(value) .. ";" end
  local keys, out = {}, "{"
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do out = out .. tostring(key) .. "=" .. print_value(value[key]) end
  return out .. "}"
end
]]
local print_value = assert(load(PRINT .. "return print_value"))()

-- Each door notes the text of its facts in pieces; the certificate's chain has members that are made when they are read.
local TELL = PRINT .. [[
local policy = require "policy"
local function tell(door, facts)
  local all = {}
  for key, value in pairs(facts) do
    if key ~= "notes" then all[key] = value end
  end
  if facts.certificate then
    all.certificate = {}
    for key, value in pairs(facts.certificate) do all.certificate[key] = value end
    all.certificate.chain = { certificates = facts.certificate.chain.certificates, anchor = facts.certificate.chain.anchor }
    for key, value in pairs(facts.certificate.chain) do all.certificate.chain[key] = value end
  end
  local n = facts.notes
  local text = print_value(all) .. print_value { n.whole, n.real, n.flag, n.bytes, n.path }
  for i = 1, #text, 1000 do policy.note(("%s_%02d"):format(door, i // 1000), text:sub(i, i + 999)) end
end
return {
  admit = function(facts)
    tell("admit", facts)
    policy.note("whole", 3)
    policy.note("real", 3.0)
    policy.note("flag", false)
    policy.note("bytes", "a\0\\x00\255\"")
    policy.note("path", "C:\\x41")
    return policy.accept()
  end,
  certify = function(facts) tell("certify", facts) return policy.accept { userid = "GUEST" } end,
  bind = function(facts) tell("bind", facts) return policy.accept() end,
  install = function(facts)
    local seen = {}
    local function see(...) seen[#seen + 1] = print_value { n = select("#", ...), ... } end
    see(policy.counter("one\\x00"):next { min = 4, max = 4 })
    see(policy.counter("one\\x00"):next { min = 4, max = 4 })
    see(policy.counter("none"):peek())
    see(policy.rate("slow", { count = 1, per = 7, burst = 1 }):take(1))
    see((policy.rate("slow", { count = 1, per = 7, burst = 1 }):take(1)))
    see(policy.ipconn("NOTHERE"))
    policy.note("seen", table.concat(seen))
    return policy.install { ipconn = "CTGAPP", template = "GUEST" }
  end,
} ]]

-- The bytes of a text of the account.
local function bytes(text)
  return (text:gsub("\\\\", "\\x5c"):gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function unescape(value)
  if type(value) == "string" then return bytes(value) end
  if type(value) ~= "table" then return value end
  local out = {}
  for key, member in pairs(value) do out[key] = unescape(member) end
  return out
end

-- The printed forms of the certificate's names stand beside the facts.
local function with_names(certificate, printed)
  local names = { { printed.subject, printed.issuer } }
  for i, one in ipairs(printed.above) do names[i + 1] = { one.subject, one.issuer } end
  certificate.subject.printed, certificate.issuer.printed = names[1][1], names[1][2]
  for i, link in ipairs(certificate.chain.certificates) do link.subject.printed, link.issuer.printed = names[i][1], names[i][2] end
  if certificate.chain.anchor then certificate.chain.anchor.subject.printed = names[#names][1] end
end

-- The facts at a door of an inbound connection, as engine/records/README.md says.
local STAGE = { admit = "tcp", certify = "tls", bind = "capex", install = "capex" }
local function facts_at(account, asking)
  local facts, door = unescape(account.facts), asking.door
  facts.stage, facts.now, facts.socket, facts.ipconn, facts.notes = STAGE[door], asking.now, asking.socket, nil, nil
  with_names(facts.certificate, account.certificate)
  if door == "admit" then facts.tls, facts.certificate, facts.peer.sysplex = nil, nil, false end
  if door == "certify" then facts.tls = { version = facts.tls.version, cipher = facts.tls.cipher, sni = facts.tls.sni } end
  if door == "admit" or door == "certify" then facts.capex = nil end
  if door == "certify" then facts.certificate.userid = nil end
  return facts
end

describe("a record", function()
  local region, account

  setup(function()
    local service = { ssl = "clientauth", certificate = "CICSA" }
    for _, door in ipairs { "admit", "certify", "bind", "urm" } do service[door] = "tell" end
    region = support.region { region = { record = "records.db", instructions = 10000000 }, scripts = { tell = TELL },
      tcpipservices = { SEC = service },
      ipconns = { GUEST = { template = "only" } } }
    region:start()
    local answer, status, err = support.connect { port = region:port "SEC", ring = "NETX.CTGAPP" }
    assert(answer and answer.accepted, tostring(status) .. " " .. tostring(err))
    local file = record_file.of(region, "records.db")
    file:await "SELECT 1 FROM record WHERE closed"
    account = file:records()[1]
  end)
  teardown(function() region:stop() end)

  local function asking(door)
    for _, one in ipairs(account.doors) do
      if one.door == door then return one end
    end
    error("the record has no door " .. door)
  end

  -- The notes that later doors read, from the answers of the earlier ones, and the pieces of text of the door itself.
  local function notes_of(door)
    local notes, told = {}, ""
    for _, one in ipairs(account.doors) do
      for _, answer in ipairs(one.answers) do
        local own = answer.asked == "note" and answer.key:match "^(%l+)_%d"
        if own == door then told = told .. bytes(answer.value) end
        if one.door ~= door and answer.asked == "note" then notes[answer.key] = unescape(answer.value) end
      end
      if one.door == door then return notes, told end
    end
  end

  for _, door in ipairs { "admit", "certify", "bind" } do
    it("has the very facts of " .. door .. ", with the types of the notes", function()
      local notes, told = notes_of(door)
      local noted = print_value { notes.whole, notes.real, notes.flag, notes.bytes, notes.path }
      assert.equal(print_value(facts_at(account, asking(door))) .. noted, told)
      assert.is_nil(asking(door).incomplete)
    end)
  end

  it("keeps a text apart from another one that reads like its escapes", function()
    local notes = notes_of "install"
    assert.same({ "a\0\\x00\255\"", "C:\\x41" }, { notes.bytes, notes.path })
    assert.same({ "integer", "float" }, { math.type(notes.whole), math.type(notes.real) })
  end)

  it("has each answer of the library, nil and failures included", function()
    local answers, seen = asking("install").answers, nil
    local function told(...) return print_value { n = select("#", ...), ... } end
    for _, answer in ipairs(answers) do
      if answer.key == "seen" then seen = bytes(answer.value) end
    end
    assert.equal("one\\x00", bytes(answers[1].name))
    local take = answers[4]
    assert.equal(told(answers[1].answer) .. told(answers[2].answer, answers[2].reason) .. told(answers[3].answer) .. told(take.answer)
      .. told(answers[5].answer) .. told(answers[6].answer), seen)
    assert.same({ 4, "exhausted", 4 }, { answers[1].answer, answers[2].reason, answers[2].last })
    assert.is_true(answers[5].wait > 6 and answers[5].wait <= 7)
    assert.same({ "float", "float" }, { math.type(take.count), math.type(answers[5].left) })
  end)
end)
