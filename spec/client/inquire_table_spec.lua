-- SPDX-License-Identifier: Apache-2.0
-- `inquire` for people: the width and the colours of a terminal, patterns of names, and --status.
local support = require "spec.support"

describe("inquire", function()
  local region

  setup(function()
    region = support.region { tcpipservices = { IPIC = {}, OTHER = { status = "closed" } },
      ipconns = { TABLE1 = { applid = "A1" }, TABLE2 = { applid = "A2", inservice = "no" }, CHAIR = { applid = "A3" } } }
    region:start()
  end)
  teardown(function() region:stop() end)

  local function names(...)
    local rows, list = assert(region:inquire("ipconn", ...)), {}
    for i, row in ipairs(rows) do list[i] = row.ipconn end
    table.sort(list)
    return list
  end

  -- The output on a terminal of so many columns.
  local function on_terminal(columns, words, environment)
    local binary = os.getenv "SALLYPORT" or "./sallyport"
    local command = ("stty cols %d; %s %s inquire %s --control %s"):format(columns, environment or "TERM=xterm NO_COLOR=", binary, words,
      region.control)
    local status, out = support.run { "script", "-qec", command, "/dev/null" }
    assert.equal(0, status)
    return (out:gsub("\r", ""))
  end

  local function widest(text)
    local width = 0
    for line in text:gmatch "[^\n]+" do width = math.max(width, #line:gsub("\27%[%d+m", "")) end
    return width
  end

  it("takes a pattern of names, in upper or lower case", function()
    assert.same({ "TABLE1", "TABLE2" }, names "T*")
    assert.same({ "TABLE2" }, names "table?" and names "*2")
    assert.same({ "CHAIR", "TABLE1", "TABLE2" }, names "*")
    assert.same({}, names "X*")
  end)

  it("shows the rows in a state", function()
    assert.same({ "TABLE2" }, names(nil, "--status", "outservice"))
    assert.same({ "TABLE1" }, names("T*", "--status", "INSERVICE"))
    assert.same({ "CHAIR", "TABLE1", "TABLE2" }, names(nil, "--status", "RELEASED"))
    assert.same({}, names(nil, "--status", "ACQUIRED"))
  end)

  it("refuses a state of rows that have none", function()
    local wrong = { ipconn = "RELEASED, OBTAINING, ACQUIRED, FREEING, INSERVICE and OUTSERVICE", tcpipservice = "OPEN and CLOSED",
      region = "ACTIVE and DRAINING" }
    for kind, states in pairs(wrong) do
      local code, nothing, said = region:command("inquire", kind, "--status", "ACQUIERD")
      assert.same({ 2, "", ("inquire: a %s has no state ACQUIERD; there are %s\n"):format(kind, states) }, { code, nothing, said })
    end
    local status, out, err = region:command("inquire", "door", "--status", "OPEN")
    assert.same({ 2, "", "inquire: a door has no state; leave --status out\n" }, { status, out, err })
  end)

  it("takes neither for a reset, nor for another command", function()
    for _, words in ipairs { { "inquire", "statistics", "T*", "--reset" }, { "inquire", "statistics", "--status", "OPEN", "--reset" },
      { "reload", "--status", "OPEN" }, { "explain", "--last", "1", "--wide" } } do
      assert.equal(2, (region:command(table.unpack(words))))
    end
  end)

  it("leaves out columns that do not fit the terminal, and counts them", function()
    local narrow = on_terminal(60, "ipconn")
    assert.is_true(widest(narrow) <= 60, narrow)
    assert.truthy(narrow:find("\n7 more: --wide\n", 1, true), narrow)
    assert.truthy(narrow:find("^IPCONN"), narrow)
    assert.falsy(narrow:find("RECEIVECOUNT", 1, true), narrow)
    local wide = on_terminal(60, "ipconn --wide")
    assert.is_true(widest(wide) > 60, wide)
    assert.falsy(wide:find(" more: ", 1, true), wide)
    assert.is_true(widest(on_terminal(300, "ipconn")) == widest(wide))
  end)

  it("keeps the first column on a terminal that has no room for it", function()
    assert.truthy(on_terminal(3, "ipconn"):find("^IPCONN\n"))
  end)

  it("colours states on a terminal, unless NO_COLOR or TERM forbid it", function()
    assert.truthy(on_terminal(200, "ipconn"):find("\27[31mOUTSERVICE\27[0m", 1, true))
    assert.falsy(on_terminal(200, "ipconn", "TERM=xterm NO_COLOR=1"):find("\27", 1, true))
    assert.falsy(on_terminal(200, "ipconn", "TERM=dumb NO_COLOR="):find("\27", 1, true))
    local _, out = region:command("inquire", "ipconn")
    assert.falsy(out:find("\27", 1, true))
    assert.falsy(out:find(" more: ", 1, true))
  end)
end)
