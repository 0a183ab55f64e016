-- SPDX-License-Identifier: Apache-2.0
-- TLS as a stream: versions, no resumption, no renegotiation, failed handshakes, last answers that arrive, rings that
-- do not load.
local lfs = require "lfs"

local support = require "spec.support"

local VERSIONS = { "1.2", "1.3" }
local SIGNERS = "certs/rings/none/signers/first.pem"
local CAPEX = '{"applid":"CTGAPP","networkid":"NETX","port":-1,"sendcount":10}'
local REQUEST = ("POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: %d\r\n\r\n%s"):format(#CAPEX, CAPEX)

-- The arguments of s_client for a partner: its port, its ring, its version.
local function partner(port, ring, version, ...)
  local words = { "-connect", "127.0.0.1:" .. port, "-CAfile", SIGNERS }
  if version then words[#words + 1] = "-tls" .. version:gsub("%.", "_") end
  local files = support.ring(ring)
  for _, word in ipairs(files.certificate and { "-cert", files.certificate, "-key", files.key } or {}) do words[#words + 1] = word end
  for _, word in ipairs { ... } do words[#words + 1] = word end
  return words
end

-- The record of a TLS 1.2 client's first message: one suite, one group, one signature algorithm.
local function client_hello()
  local extensions = "\0\10\0\4\0\2\0\23" .. "\0\13\0\4\0\2\4\3" .. "\0\11\0\2\1\0"
  local body = "\3\3" .. ("r"):rep(32) .. "\0" .. "\0\2\xc0\x2b" .. "\1\0" .. string.pack(">s2", extensions)
  return "\22\3\1" .. string.pack(">s2", "\1" .. string.pack(">s3", body))
end

local function literally(s)
  return (s:gsub("%W", "%%%0"))
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

describe("TLS:", function()
  local region

  setup(function()
    region = support.region {
      tcpipservices = {
        CLIENT = { ssl = "clientauth", urm = "dfhisaip" },
        SERVER = { ssl = "yes", urm = "dfhisaip" },
        NOURM = { ssl = "clientauth" },
        PLAIN = { urm = "dfhisaip" },
      },
      policies = { "dfhisaip" },
    }
    region:start()
  end)
  teardown(function() region:stop() end)

  local function last()
    return region:explain { last = 1 }[1]
  end

  -- The record of the connection that a log line is about.
  local function record_of(line)
    return region:explain(assert(line:match "connection=(%S+)"))[1]
  end

  -- Calls fn, and returns the first log line of that pattern after it.
  local function logged(pattern, fn)
    local before = #region:log()
    fn()
    return support.wait_until(function()
      for line in region:log():sub(before + 1):gmatch "[^\n]+\n" do
        if line:find(pattern) then return line end
      end
    end, 10, "a line like " .. pattern)
  end

  local function unharmed(service)
    local answer = support.connect { port = region:port(service), ring = service ~= "PLAIN" and "NETX.CTGAPP" or nil }
    assert.is_true(answer and answer.accepted)
  end

  describe("versions and suites", function()
    it("a version older than TLS 1.2 is refused", function()
      for _, old in ipairs { "-tls1_1", "-tls1" } do
        local out, err
        local line = logged("DFHSO0123 .*alert sent: protocol_version", function()
          local _
          _, out, err = support.s_client(partner(region:port "SERVER", "none", nil, old, "-cipher", "ALL:@SECLEVEL=0"))
        end)
        assert.matches("SSL alert number 70\n", out .. err)
        assert.are.equal("handshake", record_of(line).code)
      end
      unharmed "SERVER"
    end)

    it("a suite without AEAD is refused", function()
      logged("DFHSO0123 .*no shared cipher", function()
        local _, out, err = support.s_client(partner(region:port "SERVER", "none", "1.2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"))
        assert.matches("SSL alert number 40\n", out .. err)
      end)
    end)

    it("both versions are answered, also through curl", function()
      local files = support.ring "NETX.CTGAPP"
      for i, version in ipairs { "--tls-max=1.2", "--tlsv1.3" } do
        local option, value = version:match "^(.-)=(.*)$"
        local status, out, err = support.curl { option or version, value or "--tlsv1.3", "--cert", files.certificate, "--key", files.key,
          "--cacert", files.cafile, "-H", "IS: 1 cmd; name=capex", "-H", "Content-Type: application/json", "-d",
          (CAPEX:gsub("CTGAPP", "CURL" .. i)), ("https://127.0.0.1:%d/ipic"):format(region:port "CLIENT") }
        assert.are.equal(0, status, err)
        assert.matches('"response":"OK"', out)
        assert.are.equal(i == 1 and "TLSv1.2" or "TLSv1.3", last().facts.tls.version)
      end
    end)

    it("the server name of a client is a fact", function()
      support.s_client(partner(region:port "NOURM", "NETX.CTGAPP", nil, "-servername", "cics.example", "-ign_eof"), REQUEST)
      assert.are.equal("cics.example", last().facts.tls.sni)
    end)
  end)

  describe("no resumption:", function()
    it("a TLS 1.2 client does a full handshake at each connection, and is checked each time", function()
      local before = #region:explain { last = 1000 }
      local _, out = support.s_client(partner(region:port "CLIENT", "NETX.CTGAPP", "1.2", "-reconnect"))
      assert.are.same({ 6, 0 }, { count(out, "\nNew, TLSv1%.2,"), count(out, "\nReused,") })
      local records = region:explain { last = 1000 }
      assert.are.equal(before + 6, #records)
      for i = before + 1, before + 6 do
        local asked = 0
        for _, door in ipairs(records[i].doors) do asked = asked + (door.door == "certify" and 1 or 0) end
        assert.are.equal(1, asked)
      end
    end)

    for _, version in ipairs(VERSIONS) do
      it("no ticket and no session is sent, TLS " .. version, function()
        local dir = support.directory()
        local session = dir .. "/session"
        local words = partner(region:port "NOURM", "NETX.CTGAPP", version, "-ign_eof", "-msg", "-sess_out", session)
        local _, out = support.s_client(words, REQUEST)
        assert.matches("AUTOINSTALL_FAILED", out) -- it stayed long enough to get a ticket
        assert.is_nil(out:find("NewSessionTicket", 1, true))
        assert.is_nil(out:find("Session%-ID: %x"))
        assert.is_nil(lfs.attributes(session))
        support.remove(dir)
      end)
    end
  end)

  it("renegotiation is refused", function()
    local dir = support.directory()
    local words = partner(region:port "CLIENT", "NETX.CTGAPP", "1.2")
    local script = 'dir=$1; shift; mkfifo "$dir/in"; exec 3<>"$dir/in"; echo R >&3; exec openssl s_client "$@" <&3'
    local _, out, err = support.run { "sh", "-c", script, "sh", dir, table.unpack(words) }
    support.remove(dir)
    assert.matches("RENEGOTIATING", out .. err)
    assert.matches("no renegotiation", err)
    local asked = 0
    for _, door in ipairs(last().doors) do asked = asked + (door.door == "certify" and 1 or 0) end
    assert.are.equal(1, asked)
    unharmed "CLIENT"
  end)

  describe("the wrong kind of port", function()
    it("plain text on a TLS port is reported", function()
      for bytes, shown in pairs { ["POST /ipic HTTP/1.1\r\n\r\n"] = "0x50", ["\0\0\0\0"] = "0x00" } do
        local line = logged("DFHSO0123 .*406: plain text on a TLS port", function()
          local p = support.raw(region:port "CLIENT")
          p:send(bytes)
          p:closed()
          assert.are.equal("", p.buffer)
        end)
        assert.matches(shown, line)
        assert.are.same({ "plain_text", "tls" }, { record_of(line).code, record_of(line).stage })
      end
      local status, _, err = support.curl { ("http://127.0.0.1:%d/ipic"):format(region:port "CLIENT") }
      assert.are.equal(52, status, err)
      unharmed "CLIENT"
    end)

    it("our own partner without a ring reports its refusal", function()
      local answer, status = support.connect { port = region:port "CLIENT" }
      assert.are.same({ 3, false }, { status, answer.accepted })
      assert.are.equal("plain_text", last().code)
    end)

    it("TLS on a plain port is reported", function()
      local answer, status, err
      local line = logged("TLS on a plain port", function()
        answer, status, err = support.connect { port = region:port "PLAIN", ring = "NETX.CTGAPP" }
      end)
      assert.are.same({ 3, "tls" }, { status, answer.stage })
      assert.matches("connect: refused: the port does not use TLS: leave out %-%-ring", err)
      assert.are.equal("tls_on_plain", record_of(line).code)
      local code, _, said = support.curl { "-k", ("https://127.0.0.1:%d/ipic"):format(region:port "PLAIN") }
      assert.are.equal(35, code, said)
      unharmed "PLAIN"
    end)
  end)

  describe("a handshake that fails", function()
    it("because the client closes is reported, and other clients are accepted", function()
      for how, words in pairs { orderly = "closed by peer", reset = "reset by peer" } do
        local line = logged("DFHSO0123 .*410: .*" .. words, function()
          local p = support.raw(region:port "CLIENT")
          p:send(client_hello())
          support.wait_until(function() -- in the middle of the handshake: the region has sent its part
            p:read_message(0.05)
            return #p.buffer > 5
          end, 10, "the region's hello")
          p:close(how == "reset")
        end)
        assert.are.same({ "handshake", "tls" }, { record_of(line).code, record_of(line).stage })
      end
      unharmed "CLIENT"
    end)

    it("in the middle of the client's first message is reported too", function()
      local line = logged("DFHSO0123 .*410", function()
        local p = support.raw(region:port "CLIENT")
        p:send(client_hello():sub(1, 20))
        p:shut()
        p:closed()
      end)
      assert.are.equal("handshake", record_of(line).code)
      unharmed "CLIENT"
    end)

    for what, bytes in pairs { ["no record"] = ("garbage "):rep(64), ["a record out of turn"] = "\23\3\3\0\5later", ["a broken one"] =
      "\22\3\3\0\4\xff\xff\xff\xff" } do
      it("because of garbage after the ClientHello: " .. what, function()
        local p
        local line = logged("DFHSO0123 .*410", function()
          p = support.raw(region:port "CLIENT")
          p:send(client_hello() .. bytes)
          p:closed()
        end)
        assert.are.equal("handshake", record_of(line).code)
        assert.are.equal("\22\3\3", p.buffer:sub(1, 3)) -- the hello was accepted
        assert.matches("\21\3[\1\3]%z\2\2[%z\1-\255]$", p.buffer) -- the last record is a fatal alert, and it arrived
        unharmed "CLIENT"
      end)
    end

    for _, version in ipairs(VERSIONS) do
      it("because the client does not trust the region is reported with the client's alert, TLS " .. version, function()
        local line = logged("DFHSO0123 .*alert received: unknown_ca", function()
          support.s_client { "-connect", "127.0.0.1:" .. region:port "SERVER", "-tls" .. version:gsub("%.", "_"),
            "-CAfile", "certs/rings/otherca/signers/second.pem", "-verify_return_error" }
        end)
        assert.are.equal("handshake", record_of(line).code)
      end)
    end
  end)

  describe("explain", function()
    -- Asserts that the events are in this order, with times that do not decrease.
    local function in_order(record, expected)
      local at, time = 1, 0
      for _, e in ipairs(record.events) do
        assert.is_true(e.milliseconds >= time, e.event)
        time = e.milliseconds
        if e.event == expected[at] then at = at + 1 end
      end
      assert.is_nil(expected[at])
    end

    local function has(record, event)
      for _, e in ipairs(record.events) do
        if e.event == event then return true end
      end
      return false
    end

    for _, version in ipairs(VERSIONS) do
      it("prints the order of events of an accepted connection, TLS " .. version, function()
        local answer = support.connect { port = region:port "CLIENT", ring = "NETX.CTGAPP", ["tls" .. version] = true }
        in_order(region:explain(answer.connection)[1], { "accepted", "admitted", "first byte", "handshake begins", "certificate judged",
          "handshake done", "CAPEX read", "answered 200" })
      end)

      it("prints the order of events of a refused connection, and the view of each side, TLS " .. version, function()
        support.connect { port = region:port "CLIENT", ring = "revoked", ["tls" .. version] = true }
        local record = last()
        in_order(record, { "accepted", "admitted", "first byte", "handshake begins", "certificate judged", "alert sent" })
        assert.is_false(has(record, "handshake done"))
        local _, text = region:command("explain", record.connection)
        local succeeded = text:find("The client sees its handshake succeed, and gets an alert at its first read", 1, true)
        local saw = text:find("The client sees its handshake fail", 1, true)
        assert.are.same({ version == "1.3", version == "1.2" }, { succeeded ~= nil, saw ~= nil })
        assert.matches("certify +no script named: the engine: refuse chain \"certificate revoked", text)
        assert.matches("why: The certificate's chain did not verify", text)
        assert.matches("CN=FLAW.REVOKED", text)
      end)

      it("reports a TLS " .. version .. " client that closes between handshake and CAPEX", function()
        local line = logged("SP0030 .*the peer closed", function()
          local p = assert(support.tls { port = region:port "CLIENT", ring = "NETX.CTGAPP", protocol = "tlsv" .. version:gsub("%.", "_") })
          p:close()
        end)
        in_order(record_of(line), { "handshake done", "the peer left after the handshake, before its CAPEX" })
      end)
    end
  end)

  describe("a peer that is still sending", function()
    local BODY = 200 * 1024
    local HEAD = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=capex\r\nContent-Length: " .. BODY .. "\r\n\r\n"

    local function too_large(p)
      p:send(HEAD)
      for _ = 1, BODY / 1024 do p:send(("x"):rep(1024)) end
      local m = assert(p:read_message())
      assert.are.same({ 413, "ISCE_ERROR" }, { m.status, m.body.reason })
      assert.are.equal("closed", p:closed())
      assert.are.equal("bad_capex", region:explain(m.body.connection)[1].code)
    end

    it("reads the 413, without TLS", function()
      for _ = 1, 5 do too_large(support.raw(region:port "PLAIN")) end
    end)

    for _, version in ipairs(VERSIONS) do
      it("reads the 413, TLS " .. version, function()
        for _ = 1, 5 do
          too_large(assert(support.tls { port = region:port "CLIENT", ring = "NETX.CTGAPP", protocol = "tlsv" .. version:gsub("%.", "_") }))
        end
      end)
    end
  end)
end)

describe("TLS, with short timers:", function()
  it("a handshake that does not end is closed, and other clients are accepted", function()
    local region = support.region {
      region = { handshake_timeout = 0.5 },
      tcpipservices = { CLIENT = { ssl = "clientauth", urm = "dfhisaip" } },
      policies = { "dfhisaip" },
    }
    region:start()
    local port = region:port "CLIENT"
    local silent, dripping = support.raw(port), support.raw(port)
    silent:send(client_hello())
    dripping:send(client_hello():sub(1, 3))
    assert.is_truthy(dripping:closed())
    assert.is_truthy(silent:closed())
    region:wait_log "DFHSO0123 .*code=timeout"
    local records = region:explain { refused = true, last = 10 }
    assert.are.same({ 2, "timeout", "tls", "timeout" }, { #records, records[1].code, records[1].stage, records[2].code })
    for _, record in ipairs(records) do
      local events = record.events
      assert.is_true(events[#events].milliseconds >= 500)
    end
    assert.is_true(support.connect { port = port, ring = "NETX.CTGAPP" }.accepted)
    region:stop()
  end)
end)

describe("a ring that does not load", function()
  local dir, own

  before_each(function()
    own = support.directory()
    dir = lfs.currentdir() .. "/" .. own
    support.run { "cp", "-rL", "certs/rings/CICSA", dir .. "/ring" }
  end)
  after_each(function() support.remove(own) end)

  -- check and run both refuse, with one line that holds all of these words.
  local function refused(services, ...)
    local parts = { ... }
    local region = support.region { region = { ring = dir .. "/ring" }, tcpipservices = services or { T = { ssl = "clientauth" } } }
    local checked, out, err = support.sallyport("check", "--region", region:path "region.lua")
    local ran, log = region:start_and_end()
    assert.are.same({ 1, 1 }, { checked, ran })
    for _, said in ipairs { out .. err, log } do
      local found = false
      for line in said:gmatch "[^\n]+" do
        local all = true
        for _, part in ipairs(parts) do all = all and line:find(part, 1, true) ~= nil end
        found = found or all
      end
      assert.is_true(found, said)
    end
  end

  it("has a key that other users can read", function()
    for _, mode in ipairs { "660", "604" } do
      support.run { "chmod", mode, dir .. "/ring/CICSA.key" }
      refused(nil, dir .. "/ring/CICSA.key", "chmod 600 " .. dir .. "/ring/CICSA.key")
    end
  end)

  it("has a key that does not fit its certificate", function()
    support.run { "cp", "certs/rings/CICSB/CICSB.key", dir .. "/ring/CICSA.key" }
    refused(nil, dir .. "/ring/CICSA.key", dir .. "/ring/CICSA.pem", "does not belong")
  end)

  it("has no signers", function()
    support.run { "rm", "-r", dir .. "/ring/signers" }
    refused(nil, dir .. "/ring", "no signers", dir .. "/ring/signers/*.pem")
  end)

  it("has no certificate of the label a listener names", function()
    refused({ T = { ssl = "clientauth", certificate = "OTHER" } }, "tcpipservice T", '"OTHER"', dir .. "/ring/OTHER.pem")
  end)

  it("has a certificate that cannot be read", function()
    support.write(dir .. "/ring/CICSA.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    refused(nil, dir .. "/ring/CICSA.pem", "cannot be read as PEM")
  end)

  it("has two certificates and no default", function()
    support.run { "cp", "certs/rings/CICSB/CICSB.pem", "certs/rings/CICSB/CICSB.key", dir .. "/ring" }
    refused(nil, "CICSA", "CICSB", dir .. "/ring/default")
  end)

  it("is not there", function()
    support.run { "rm", "-r", dir .. "/ring" }
    refused(nil, dir .. "/ring", "No such file or directory")
  end)

  it("loads with a default, and each listener shows the certificate it names", function()
    support.run { "cp", "certs/rings/CICSB/CICSB.pem", "certs/rings/CICSB/CICSB.key", dir .. "/ring" }
    support.write(dir .. "/ring/default", "CICSB\n")
    local region = support.region { region = { ring = dir .. "/ring" },
      tcpipservices = { DEFAULT = { ssl = "yes" }, NAMED = { ssl = "yes", certificate = "CICSA" } } }
    region:start()
    for service, name in pairs { DEFAULT = "NETA.CICSB", NAMED = "NETA.CICSA" } do
      local _, out = support.s_client(partner(region:port(service), "none"))
      assert.matches("subject=[^\n]*CN = " .. literally(name) .. "\n", out)
    end
    region:stop()
  end)
end)
