-- SPDX-License-Identifier: Apache-2.0
-- inquire program and inquire transaction: what can be run, and how often it was.
local conversation = require "spec.support.conversation"
local slow = require "spec.support.slow"
local support = require "spec.support"

local ask, answer = conversation.ask, conversation.answer

local region, backend, p

before_each(function()
  backend = slow.backend()
  region = support.region {
    tcpipservices = { IPIC = {} }, region = { sec = "no" },
    ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 10 } },
    programs = {
      ECHO = {}, TWIN = { builtin = "ECHO" }, PAY = { script = "pay", ccsid = 37 }, WEB = { url = backend.url, timeout = 300 },
      FAR = { ipconn = "SOME" },
      FARTHER = { ipconn = "SOME", remotename = "NEAR", status = "disabled" },
    },
    transactions = { PAY1 = { program = "PAY" }, CSMI = { status = "disabled" } },
    scripts = { pay = 'return { run = function(request) return request.data end }' },
  }:start()
  p = support.raw(region:port "IPIC")
  assert(p:capex { applid = "SOMEAPPL", sendcount = 8 }:read_message())
end)

after_each(function()
  p:close()
  region:stop()
  backend.close()
end)

local function of(what, name, ...)
  local row = assert(region:row(what, name))
  local out = {}
  for _, key in ipairs { ... } do out[#out + 1] = row[key] end
  return out
end

describe("inquire program", function()
  it("tells what each is and where it goes", function()
    local found = {}
    for _, row in ipairs(region:inquire "program") do found[row.program] = { row.kind, row.target, row.status } end
    assert.same({
      ECHO = { "BUILTIN", "ECHO", "ENABLED" }, TWIN = { "BUILTIN", "ECHO", "ENABLED" }, PAY = { "SCRIPT", "pay", "ENABLED" },
      WEB = { "URL", backend.url, "ENABLED" }, FAR = { "IPCONN", "SOME FAR", "ENABLED" }, FARTHER = { "IPCONN", "SOME NEAR", "DISABLED" },
    }, found)
    assert.same({ 37, 10 }, of("program", "pay", "ccsid", "timeout"))
  end)

  it("counts what ran, not what was refused; what runs now too; anew with a reload", function()
    for conv = 1, 2 do ask(p, { conv = conv, program = "ECHO", data = "x" }) end
    conversation.answers(p, { 1, 2 })
    ask(p, { conv = 3, program = "FARTHER", data = "x" })
    assert.equal("084C0000", answer(p, 3).is7:upper())
    assert.same({ 2, 0 }, of("program", "ECHO", "usecount", "in_use"))
    assert.same({ 0, 0 }, of("program", "FARTHER", "usecount", "in_use"))
    ask(p, { conv = 4, program = "WEB", data = "x" })
    backend.wait()
    assert.same({ 1, 1 }, of("program", "WEB", "usecount", "in_use"))
    assert.same({ 1 }, of("transaction", "CPMI", "in_use"))
    assert.equal(0, (region:command "reload"))
    assert.same({ 0, 1 }, of("program", "WEB", "usecount", "in_use"))
    backend.release "done"
    assert.equal("done", answer(p, 4).data)
    support.wait_until(function() return of("program", "WEB", "in_use")[1] == 0 end)
  end)

  it("lines up in columns", function()
    local status, out = region:command("inquire", "program")
    assert.equal(0, status)
    assert.is_truthy(out:find "^PROGRAM +STATUS +KIND +TARGET +CCSID +IN_USE +USECOUNT\n", out)
    assert.is_truthy(out:find "\nPAY +ENABLED +SCRIPT +pay +37 +0 +0\n", out)
  end)
end)

describe("inquire transaction", function()
  it("shows those defined, and the mirrors that are there of themselves", function()
    local found = {}
    for _, row in ipairs(region:inquire "transaction") do found[row.transaction] = { row.status, row.program, row.defined } end
    assert.same({
      PAY1 = { "ENABLED", "PAY", true }, CSMI = { "DISABLED", "", true }, CPMI = { "ENABLED", "", false }, CVMI = { "ENABLED", "", false },
    }, found)
  end)

  it("says that there is none of a name", function()
    for what, name in pairs { program = "NOPE", transaction = "NO" } do
      local status, out, err = region:command("inquire", what, name)
      assert.same({ 1, "", ("inquire: no %s named %s\n"):format(what, name) }, { status, out, err })
    end
  end)
end)
