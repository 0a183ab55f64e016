-- SPDX-License-Identifier: Apache-2.0
-- `sallyport import`: a listing of a CSD becomes a region.lua that `check` accepts, or that names the parts to be completed.
local lfs = require "lfs"

local failing_malloc = require "spec.support.failing_malloc"
local support = require "spec.support"

describe("sallyport import", function()
  local dir

  before_each(function() dir = support.directory() end)
  after_each(function() support.remove(dir) end)

  -- The exit status, the definition, the summary.
  local function import(listing, ...)
    support.write(dir .. "/listing", listing)
    return support.sallyport("import", dir .. "/listing", "--applid", "CICSA", "--networkid", "NETA", ...)
  end

  local function imported(listing)
    local status, out, err = import(listing)
    assert.equal(0, status, err)
    return out
  end

  local function has(out, text)
    assert.truthy(out:find(text, 1, true), ("%q is not in\n%s"):format(text, out))
  end

  local function has_not(out, text)
    assert.falsy(out:find(text, 1, true), ("%q is in\n%s"):format(text, out))
  end

  -- Each line that is no comment, without its comment.
  local function code(out)
    local lines = {}
    for line in out:gmatch "[^\n]+" do
      line = line:gsub("%s*%-%- .*", "")
      if line ~= "" then lines[#lines + 1] = line end
    end
    return table.concat(lines, "\n") .. "\n"
  end

  local REPORT = [[
 *********************************************************************************
 GROUP NAME: SHOP       (IBM PROTECTED)
 PROGRAM(PAYR0001)         GROUP(SHOP)      DESCRIPTION()
     LANGUAGE(COBOL)
 PROGRAM(PAYR0002)         GROUP(SHOP)                                            98.135 16:58
 TCPIPSERVICE(IPICSRV)     GROUP(SHOP)      DESCRIPTION(the shop's (own) listener,
     for all)
     URM(NO)                PORTNUMBER(00014911)       STATUS(CLOSED)
     PROTOCOL(IPIC)         TRANSACTION(CISS)          BACKLOG(00000)
     HOST(ANY)              IPADDRESS(ANY)             SOCKETCLOSE(NO)
   SECURITY
     SSL(NO)                CERTIFICATE()              CIPHERS()
   DEFINITION-SIGNATURE

     DEFINETIME(10/03/21 11:12:13)  CHANGEUSRID(FRED)
 IPCONN(PAY$1)             GROUP(SHOP)      DESCRIPTION()
     APPLID(PAYAPPL)        NETWORKID(NETB)            HOST(a-name-of-a-host.examp
     le.org)  PORT(01492)   TCPIPSERVICE(IPICSRV)
     HA(NO)  RECEIVECOUNT(100) SENDCOUNT(050) QUEUELIMIT(NO) AUTOCONNECT(NO) INSERVICE(YES)
     LINKAUTH(SECUSER) USERAUTH(LOCAL) IDPROP(NOTALLOWED) XLNACTION(FORCE)
]]

  it("takes the report of LIST: defaults left out, numbers without zeros, values over several lines", function()
    local out = imported(REPORT)
    assert.equal([[
region {
  applid = "CICSA",
  networkid = "NETA",
}
tcpipservice "IPICSRV" {
  group = "SHOP",
  description = "the shop's (own) listener, for all",
  portnumber = 14911,
  status = "closed",
}
ipconn "PAY$1" {
  applid = "PAYAPPL",
  networkid = "NETB",
  group = "SHOP",
  host = "a-name-of-a-host.example.org",
  port = 1492,
  tcpipservice = "IPICSRV",
  receivecount = 100,
  sendcount = 50,
  xlnaction = "force",
}
]], code(out))
    has(out, 'tcpipservice "IPICSRV" { -- line 6')
    has(out, "line 3: PROGRAM(PAYR0001), the first of 2")
    has(out, "line 1: headings and other text, the first of 5 lines")
    has_not(out, "DEFINETIME")
    has_not(out, "CHANGEUSRID")
  end)

  it("writes a definition that `check` accepts, and that a region runs", function()
    support.write(dir .. "/region.lua", (imported(REPORT:gsub("14911", "0"):gsub("CLOSED", "OPEN"))))
    assert.equal(0, (support.sallyport("check", "--region", dir .. "/region.lua")))
    local region = support.region { text = support.read(dir .. "/region.lua"), arguments = { "--control", dir .. "/control" } }
    region.control = dir .. "/control"
    region:start()
    assert.equal("PAYAPPL", region:row("ipconn", "PAY$1").applid)
    region:stop()
  end)

  it("takes a deck of DEFINE statements: any case, shortened keywords, JCL, comments, sequence numbers", function()
    local out = imported(([[
//CSD EXEC PGM=DFHCSDUP
* DEFINE IPCONN(OLD) GROUP(G)
 DEFINE TCPIPSERVICE(SRV) GROUP(G)%s00000100
        PORTNUMBER(14911) TRANSACTION(CISS) URM(NO)
 Def Ipc(PEER1)
     Tcpipservice(SRV) Group(G) Netw(NETZ) Rec(20)
        Description(a text that goes on in the ne*
 xt line)
/*
]]):format((" "):rep(72 - #" DEFINE TCPIPSERVICE(SRV) GROUP(G)")))
    assert.equal([[
tcpipservice "SRV" {
  group = "G",
  portnumber = 14911,
}
ipconn "PEER1" {
  networkid = "NETZ",
  group = "G",
  description = "a text that goes on in the next line",
  tcpipservice = "SRV",
  receivecount = 20,
}
]], (code(out):gsub("^region.-\n}\n", "")))
  end)

  it("reads a report with print control and line ends of EBCDIC", function()
    local ends = { "\r\n", "\r", "\xc2\x85", "\x85" }
    for _, line_end in ipairs(ends) do
      local text = ("1PAGE 1\n IPCONN(PEER1) GROUP(G)\n0    NETWORKID(NETB)\n"):gsub("\n", line_end)
      assert.equal('ipconn "PEER1" {\n  networkid = "NETB",\n  group = "G",\n}\n', (code(imported(text)):gsub("^region.-\n}\n", "")))
    end
  end)

  it("keeps a script to be written, an unknown attribute and an attribute of HTTP as comments with their lines", function()
    local out = imported [[
DEFINE TCPIPSERVICE(SRV) GROUP(G) PROTOCOL(IPIC) PORTNUMBER(14911)
       URM(SHOPURM)
       MAXDATALEN(32) AUTHENTICATE()
       FUTURE(YES)
]]
    has(out, "  -- line 2: URM(SHOPURM): ")
    has(out, "  -- line 3: MAXDATALEN(32): it does not apply to IPIC\n")
    has(out, "  -- line 4: FUTURE(YES): not known\n")
    has_not(out, "AUTHENTICATE")
    has_not(code(out), "urm")
  end)

  it("says that no script stands in for the default program", function()
    has(imported "DEFINE TCPIPSERVICE(SRV) GROUP(G) PROTOCOL(IPIC) PORTNUMBER(14911)\n", "-- URM is not given: DFHISAIP in CICS")
    has(imported "DEFINE TCPIPSERVICE(SRV) GROUP(G) PROTOCOL(IPIC) PORTNUMBER(14911) URM(DFHISAIP)\n", "-- line 1: URM(DFHISAIP): ")
  end)

  it("comments out a resource whose value is not understood, so that nothing becomes weaker", function()
    for value, why in pairs { ["SSL(ATTLSAWARE)"] = "it must be no or yes", ["USERAUTH(SOME)"] = "it must be local",
      ["SSL(YES"] = "no closing parenthesis", ["SSL(YES) SSL(NO)"] = "given twice", ["HOST(10.0.0)"] = "it must be" } do
      local out = imported("DEFINE IPCONN(GOOD) GROUP(G)\nDEFINE IPCONN(BAD) GROUP(G)\n   " .. value .. "\n")
      has(out, "-- A value that has an effect is not understood")
      has(out, "--   -- line 3: ")
      has(out, why)
      has_not(code(out), "BAD")
      has(code(out), 'ipconn "GOOD" {')
    end
  end)

  it("leaves out certificate and ciphers without SSL, and a file of suites", function()
    local out = imported "DEFINE IPCONN(A) GROUP(G) CERTIFICATE(X) CIPHERS(3538)\n"
    has(out, "-- line 1: certificate: it has no effect without SSL")
    has(out, "-- line 1: ciphers: it has no effect without SSL")
    out = imported "DEFINE IPCONN(A) GROUP(G) HOST(h) PORT(1) SSL(YES) CIPHERS(defaultciphers.xml)\n"
    has(out, "-- line 1: CIPHERS(defaultciphers.xml): a file of cipher suites")
    has(code(out), 'ssl = "yes"')
  end)

  it("names the faults that `check` finds in the result", function()
    local status, out, err = import [[
DEFINE TCPIPSERVICE(SRV) GROUP(G) PROTOCOL(IPIC) PORTNUMBER(14911) SSL(CLIENTAUTH)
DEFINE IPCONN(A) GROUP(G) TCPI(SRW)
]]
    assert.equal(0, status)
    has(out, "tcpipservice SRV has ssl = \"clientauth\", but the region names no key ring; add ring = ")
    has(out, "ipconn A names tcpipservice SRW, which is not defined; did you mean SRV?")
    has(err, ": 1 tcpipservice, 1 ipconn, 1 comment, 2 faults to mend; ")
    local line = tonumber(out:match "region%.lua:(%d+): fault: tcpipservice SRV has ssl")
    local n = 0
    for text in out:gmatch "([^\n]*)\n" do
      n = n + 1
      if n == line then has(text, "ssl = ") end
    end
    support.write(dir .. "/region.lua", out)
    assert.equal(1, (support.sallyport("check", "--region", dir .. "/region.lua")))
  end)

  it("comments out a name that is defined twice, and one of another code page", function()
    local out = imported "DEFINE IPCONN(A) GROUP(G)\nDEFINE IPCONN(A) GROUP(H)\nDEFINE IPCONN(\xc2\xa3A) GROUP(G)\n"
    has(out, "defined at line 1 already")
    has(out, "-- line 3: IPCONN(\\xc2\\xa3A): a name has 1 to 8 of A-Z 0-9 $ @ #")
    assert.equal('ipconn "A" {\n  group = "G",\n}\n', (code(out):gsub("^region.-\n}\n", "")))
  end)

  it("names services of other protocols and statements that it does not carry out", function()
    local out = imported [[
DEFINE TCPIPSERVICE(WEB) GROUP(G) PORTNUMBER(80) PROTOCOL(HTTP)
DEFINE TCPIPSERVICE(WEB2) GROUP(G) PORTNUMBER(81)
DEFINE IPCONN(A) GROUP(G)
ALTER IPCONN(A) GROUP(G)
      SSL(YES)
ADD GROUP(G) LIST(L)
]]
    has(out, "-- line 1: TCPIPSERVICE(WEB) has PROTOCOL(HTTP), and not IPIC")
    has(out, "-- line 2: TCPIPSERVICE(WEB2) has PROTOCOL(HTTP), and not IPIC")
    has(out, "line 4: ALTER, the first of 1; the statement is not carried out")
    has(out, "line 6: ADD, the first of 1")
  end)

  it("says where the defaults of the site are not known", function()
    local out = imported "USERDEFINE IPCONN(A) GROUP(G)\nDEFINE IPCONN(B) GROUP(G)\n"
    has(out, "  -- line 1: IPCONN(A): USERDEFINE: attributes that are not given have the defaults of the site")
    has_not(out, "IPCONN(B): USERDEFINE")
  end)

  it("lets no text of the listing leave its string or its comment", function()
    local out = imported('DEFINE IPCONN(A) GROUP(G) DESCRIPTION(x" } os.exit() --[[ \\)\n' ..
      "DEFINE IPCONN(B) GROUP(G)\n  WORD(]] --[[ x) SSL(NO\1)\n")
    has(code(out), [[description = "x\" } os.exit()]])
    has(out, [[\\",]])
    has(out, "-- line 3: WORD(]] --[[ x): not known")
    support.write(dir .. "/region.lua", out)
    assert.equal(0, (support.sallyport("check", "--region", dir .. "/region.lua")))
  end)

  it("asks for the names that a listing does not have", function()
    support.write(dir .. "/listing", "DEFINE IPCONN(A) GROUP(G)\n")
    local status, out = support.sallyport("import", dir .. "/listing")
    assert.equal(0, status)
    has(out, 'applid = "CHANGEME", -- ')
    has(out, 'networkid = "CHANGEME", -- ')
  end)

  it("writes a new file and replaces none", function()
    local new = dir .. "/region.lua"
    local status, out = import("DEFINE IPCONN(A) GROUP(G)\n", "-o", new)
    assert.equal(0, status)
    assert.equal("", out)
    local before = support.read(new)
    has(before, 'ipconn "A"')
    local again, _, err = import("DEFINE IPCONN(B) GROUP(G)\n", "-o", new)
    assert.equal(1, again)
    has(err, "import: " .. new .. ": it exists; import replaces no file")
    assert.equal(before, support.read(new))
    support.run { "ln", "-s", dir .. "/nowhere", dir .. "/link" }
    assert.equal(1, (import("DEFINE IPCONN(B) GROUP(G)\n", "-o", dir .. "/link")))
    assert.is_nil(lfs.attributes(dir .. "/nowhere"))
  end)

  it("refuses a file without definitions, one in EBCDIC, and wrong words", function()
    local ebcdic = ("\xc4\xc5\xc6@"):rep(20) .. "\x15"
    for text, why in pairs { ["nothing\n"] = "no TCPIPSERVICE and no IPCONN", [ebcdic] = "iconv -f IBM1047" } do
      local status, out, err = import(text, "-o", dir .. "/new")
      assert.equal(1, status)
      assert.equal("", out)
      has(err, why)
      assert.is_nil(lfs.attributes(dir .. "/new"))
    end
    for _, words in ipairs { {}, { "a", "b" }, { "a", "--applid", "TOO-LONG-A-NAME" }, { "a", "--other" } } do
      assert.equal(2, (support.sallyport("import", table.unpack(words))))
    end
    assert.equal(1, (support.sallyport("import", dir .. "/missing")))
  end)

  it("writes the whole definition or nothing when memory is short", function()
    local whole = imported(REPORT)
    local body = whole:match "^(.-)\n%-%- Not taken over"
    local memory = failing_malloc.new()
    local words = {}
    for _, word in ipairs(memory.wrapper) do words[#words + 1] = word end
    for _, word in ipairs { support.binary, "import", dir .. "/listing", "--applid", "CICSA", "--networkid", "NETA" } do
      words[#words + 1] = word
    end
    local failed = 0
    for n = 1, 60 do
      memory:fail(n)
      local status, out, err = support.run(words)
      assert.message(n .. ": " .. err).is_true(status == 0 or status == 1)
      if status == 1 then
        failed = failed + 1
        assert.equal("", out)
      else
        has(out, body)
      end
    end
    memory:free()
    assert.is_true(failed > 0)
  end)

  it("is bounded by its listing", function()
    local cases = {
      ("A("):rep(300000),
      "DEFINE IPCONN(A) GROUP(G) " .. ("X(1) "):rep(200000),
      ("DEFINE IPCONN(A) GROUP(G)\n"):rep(100000),
      "DEFINE IPCONN(A) GROUP(G) DESCRIPTION(" .. ("x"):rep(500000) .. ")",
      ("((((\n"):rep(200000),
    }
    for i, text in ipairs(cases) do
      local status, out, err = import(text)
      assert.message(err).is_true(status == (i == 1 and 1 or i == 5 and 1 or 0))
      assert.is_true(#out < 4 * 1024 * 1024)
    end
    has(imported(cases[3]), "The listing has 100000 resources; the first 10000 are here.")
    has(imported(cases[2]), "200000 attributes are not taken over; the first 5000 of them are named.")
  end)
end)
