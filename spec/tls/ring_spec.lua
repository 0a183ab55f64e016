-- SPDX-License-Identifier: Apache-2.0
-- A key ring: each entry is read, or is a fault or a warning of check, at start and at reload.
local lfs = require "lfs"

local authority = require "spec.support.authority"
local support = require "spec.support"

local DELTA = "2.5.29.27 = critical, DER:02:01:01"

describe("a key ring", function()
  local home, ca, dir, ring

  setup(function()
    home = support.directory()
    ca = authority.new(home)
    ca:issue "CICSA"
    ca:issue "PART1"
    ca:issue "PART2"
    ca:revoke "PART1"
    ca:crl("base.pem", { from = "20260101000000Z", to = "20900101000000Z" })
    support.write(home .. "/index", "") -- the later lists are empty
  end)
  teardown(function() support.remove(home) end)

  before_each(function()
    dir = support.directory()
    ring = dir .. "/ring"
    ca:ring(ring, "CICSA")
  end)
  after_each(function() support.remove(dir) end)

  local function write(entry, text)
    support.write(ring .. "/" .. entry, text)
    if entry:find "%.key$" then assert(support.run { "chmod", "600", ring .. "/" .. entry } == 0) end
  end

  -- Writes an entry of the ring from a file of the authority.
  local function put(entry, file)
    write(entry, support.read(home .. "/" .. file))
  end

  local function der(entry, kind, file)
    assert.equal(0, (support.run { "openssl", kind, "-in", home .. "/" .. file, "-outform", "DER", "-out", ring .. "/" .. entry }))
  end

  local function region_of(services, more)
    local given = { ring = ring }
    for key, value in pairs(more or {}) do given[key] = value end
    return support.region { region = given, tcpipservices = services or { T = { ssl = "clientauth", urm = "letin" } },
      scripts = { letin = [[
        local policy = require "policy"
        return { install = function(facts) return policy.install { ipconn = facts.capex.applid } end } ]] } }
  end

  local function check(...)
    local region = region_of(...)
    local status, out, err = support.sallyport("check", "--strict", "--region", region:path "region.lua")
    return status, out .. err, region
  end

  -- A fault of check for this entry (and line) with these words, also at a start. Returns a function that waits for
  -- both processes.
  local function become_faulty(entry, ...)
    local file, words, ran = region_of():path "region.lua", { ... }, {}
    for _, verb in ipairs { "check", "run" } do ran[#ran + 1] = support.start { support.binary, verb, "--region", file } end
    local fault = (ring .. "/" .. entry .. ": fault: "):gsub("%p", "%%%0")
    return function()
      for _, process in ipairs(ran) do
        assert.equal(1, process:wait())
        local text = process:stdout() .. process:stderr()
        local line = text:match("[^\n]*" .. fault .. "[^\n]*")
        assert.is_truthy(line, entry .. " has no fault in:\n" .. text)
        for _, word in ipairs(words) do assert.is_truthy(line:find(word, 1, true), word .. " is not in: " .. line) end
      end
    end
  end

  local function faulty(entry, ...)
    become_faulty(entry, ...)()
  end

  -- check counts no fault and n warnings, one of them for this entry (and line) with these words.
  local function warnings(n, entry, ...)
    local status, said = check()
    local line = said:match("[^\n]*" .. (ring .. entry .. ": warning: "):gsub("%p", "%%%0") .. "[^\n]*")
    assert.is_truthy(line, entry .. " has no warning in:\n" .. said)
    for _, word in ipairs { ... } do assert.is_truthy(line:find(word, 1, true), word .. " is not in: " .. line) end
    assert.matches((": 0 faults, %d warning"):format(n), said)
    assert.equal(1, status) -- --strict
  end

  local function warned(entry, ...)
    warnings(1, entry, ...)
  end

  local function clean()
    local status, said = check()
    assert.equal(0, status, said)
    assert.matches(": 0 faults, 0 warnings\n", said)
  end

  -- true when a partner with that certificate is accepted.
  local function lets_in(region, name)
    local own = dir .. "/" .. name
    if not lfs.attributes(own) then ca:ring(own, name) end
    local answer, _, err = support.connect { port = region:port "T", ring = own, applid = name }
    assert.is_truthy(answer, err)
    return answer.accepted
  end

  local function refuses_revoked()
    local region = region_of()
    region:start()
    local first, second = lets_in(region, "PART1"), lets_in(region, "PART2")
    region:stop()
    assert.same({ false, true }, { first, second })
  end

  describe("and its CRLs:", function()
    it("a revoked partner is refused, with each name of the list's file, PEM or DER", function()
      for _, entry in ipairs { "crls/base.pem", "crls/root.crl", "crls/x.crt", "crls/x.cer" } do
        put(entry, "base.pem")
        clean()
        os.remove(ring .. "/" .. entry)
      end
      der("crls/root.crl", "crl", "base.pem")
      clean()
      refuses_revoked()
    end)

    it("a delta CRL beside the base, or in its place, is a fault, critical or not", function()
      put("crls/base.pem", "base.pem")
      for _, extension in ipairs { DELTA, "2.5.29.27 = DER:02:01:01" } do
        ca:crl("delta.pem", { extensions = extension })
        put("crls/new.pem", "delta.pem")
        faulty("crls/new.pem:1", "delta CRL", "complete CRL")
      end
      os.remove(ring .. "/crls/base.pem")
      faulty("crls/new.pem:1", "delta CRL")
      os.remove(ring .. "/crls/new.pem")
      der("crls/new.crl", "crl", "delta.pem")
      faulty("crls/new.crl", "delta CRL")
    end)

    for what, extension in pairs {
      ["indirect CRL"] = "issuingDistributionPoint = critical, indirectCRL:TRUE",
      ["onlySomeReasons"] = "issuingDistributionPoint = critical, onlysomereasons:keyCompromise",
      ["onlyContainsAttributeCerts"] = "issuingDistributionPoint = critical, onlyAA:TRUE",
      ["onlyContainsUserCerts and onlyContainsCACerts"] = "issuingDistributionPoint = critical, onlyuser:TRUE, onlyCA:TRUE",
      ["cannot be read"] = "2.5.29.28 = critical, DER:04:00",
      ["critical extension"] = "1.2.3.4 = critical, DER:05:00",
    } do
      it("a list that would not be applied is a fault: " .. what, function()
        ca:crl("odd.pem", { extensions = extension })
        put("crls/odd.pem", "odd.pem")
        faulty("crls/odd.pem:1", what)
      end)
    end

    it("a list with an entry that removes a certificate is a fault", function()
      ca:issue "GONE"
      ca:revoke("GONE", "removeFromCRL")
      ca:crl "removal.pem"
      support.write(home .. "/index", "")
      put("crls/base.pem", "base.pem")
      put("crls/new.pem", "removal.pem")
      faulty("crls/new.pem:1", "removeFromCRL")
    end)

    it("a list for users' certificates only is applied to them", function()
      ca:crl("users.pem", { extensions = "issuingDistributionPoint = critical, onlyuser:TRUE", from = "20260102000000Z",
        to = "20900101000000Z" })
      put("crls/users.pem", "users.pem")
      -- the signer is not a user's certificate, and is checked too
      warnings(2, "/signers/ca.pem:1", "this certificate can verify no partner", "different CRL scope")
      put("crls/base.pem", "base.pem")
      clean()
    end)

    it("a list past nextUpdate is a warning, unless the same issuer has a current list", function()
      ca:crl("old.pem", { from = "20260101000000Z", to = "20260201000000Z" })
      put("crls/old.pem", "old.pem")
      warnings(2, "/crls/old.pem:1", "nextUpdate was 2026-02-01T00:00:00Z", "CN=Test CA")
      warnings(2, "", "this ring can verify no partner")
      put("crls/base.pem", "base.pem")
      clean()
    end)

    it("a list that is not valid yet is a warning", function()
      ca:crl("early.pem", { from = "20890101000000Z", to = "20900101000000Z" })
      put("crls/early.pem", "early.pem")
      warnings(2, "/crls/early.pem:1", "thisUpdate is 2089-01-01T00:00:00Z")
    end)

    it("a list whose issuer is not in the ring is a warning", function()
      write("crls/deep.pem", support.read "certs/rings/deep/crls/deep1.pem")
      warned("/crls/deep.pem:1", "CN=Intermediate 1,O=Sallyport demo", "unless partners present that certificate as an intermediate")
    end)

    it("a list signed by another key with the issuer's name is a warning", function()
      local other = support.directory()
      authority.new(other):crl "crl.pem"
      write("crls/other.pem", support.read(other .. "/crl.pem"))
      support.remove(other)
      warned("/crls/other.pem:1", "no certificate of the ring named CN=Test CA")
    end)

    it("a reload with a delta is refused, and revoked partners are still refused", function()
      put("crls/base.pem", "base.pem")
      local region = region_of()
      region:start()
      ca:crl("delta.pem", { extensions = DELTA })
      put("crls/delta.pem", "delta.pem")
      local status, out, err = region:command "reload"
      assert.equal(1, status)
      assert.matches("crls/delta%.pem:1: fault: .*delta CRL", out .. err)
      assert.same({ false, true }, { lets_in(region, "PART1"), lets_in(region, "PART2") })
      region:stop()
    end)
  end)

  describe("and its signers:", function()
    for _, entry in ipairs { "ca.pem", "ca.crt", "ca.cer", "ca.crl" } do
      it("are read as PEM and DER from " .. entry, function()
        os.remove(ring .. "/signers/ca.pem")
        put("signers/" .. entry, "ca.pem")
        clean()
        der("signers/" .. entry, "x509", "ca.pem")
        clean()
      end)
    end

    it("may be X509 and TRUSTED CERTIFICATE blocks", function()
      local pem = support.read(home .. "/ca.pem")
      write("signers/ca.pem", (pem:gsub("CERTIFICATE", "X509 CERTIFICATE")))
      clean()
      assert.equal(0, (support.run { "openssl", "x509", "-in", home .. "/ca.pem", "-trustout", "-addtrust", "clientAuth", "-out",
        ring .. "/signers/ca.pem" }))
      clean()
    end)

    it("that can verify no partner are a warning each; all of them are a warning for the ring", function()
      write("signers/other.pem", support.read "certs/rings/deep/deep.pem":match ".*(%-%-%-%-%-BEGIN.*)") -- the last block
      warned("/signers/other.pem:1", "this certificate can verify no partner: unable to get local issuer certificate")
      os.remove(ring .. "/signers/ca.pem")
      warnings(2, "", "this ring can verify no partner")
    end)
  end)

  describe("and other entries:", function()
    local BLOCK = "-----BEGIN CERTIFICATE-----\n"

    for what, case in pairs {
      ["a certificate under another ending"] = { "old.crt", BLOCK },
      ["a certificate in capitals"] = { "signers/CA.PEM", BLOCK },
      ["a backup"] = { "CICSA.pem~", "text\n" .. BLOCK },
      ["a key elsewhere"] = { "crls/x.key", "  -----BEGIN PRIVATE KEY-----" },
      ["DER"] = { "crls/root", "\x30\x82\x01\x00\x30" },
      ["PKCS #12"] = { "CICSA.p12", "\x30\x80\x02\x01\x03" },
      ["near the end of the part that is read"] = { "x", ("x"):rep(65000) .. BLOCK },
    } do
      it(what .. " is a fault", function()
        write(case[1], case[2])
        faulty(case[1], "is not read")
      end)
    end

    for what, case in pairs { ["a text"] = { "README", "0.5 was -- BEGIN\n" }, ["a serial number"] = { "signers/ca.srl", "01\n" },
      ["an empty file"] = { "crls/x", "" }, ["far down a file"] = { "x", ("x"):rep(70000) .. BLOCK } } do
      it(what .. " is a warning by name", function()
        write(case[1], case[2])
        warned("/" .. case[1], "is not part of a key ring")
      end)
    end

    it("a directory with a certificate or a list is a fault, another directory is a warning", function()
      for _, name in ipairs { "crl", "CRLs", "crls/2026", "signers/a/b" } do
        lfs.mkdir(ring .. "/" .. name:match "^[^/]+")
        os.execute("mkdir -p " .. ring .. "/" .. name)
        put(name .. "/base.pem", "base.pem")
        faulty(name .. "/base.pem", "signers/ and crls/")
        os.remove(ring .. "/" .. name .. "/base.pem")
        warned("/" .. (name == "signers/a/b" and "signers/a" or name), "is not part of a key ring")
        os.execute(("rm -r %s/%s"):format(ring, name == "signers/a/b" and "signers/a" or name))
      end
      lfs.mkdir(ring .. "/lost+found")
      warned("/lost+found", "is not part of a key ring")
    end)

    it("dot entries are skipped, links are followed, and a second name of a file is read", function()
      lfs.mkdir(ring .. "/..data")
      put("..data/base.pem", "base.pem")
      write(".hidden", BLOCK)
      assert(lfs.link("../..data/base.pem", ring .. "/crls/base.pem", true))
      assert(lfs.link("ca.pem", ring .. "/signers/9d66eef0.0", true))
      assert(lfs.link("crls", ring .. "/crl", true))
      refuses_revoked()
      clean()
    end)

    it("a link without a target is a fault, also where the entry is optional", function()
      local waits = {} -- at the same time: each waits some seconds for a missing file
      for i, name in ipairs { "crls/base.pem", "crls", "maps.lua", "permit" } do
        ring = dir .. "/ring" .. i
        ca:ring(ring, "CICSA")
        if name == "crls" then assert(lfs.rmdir(ring .. "/crls")) end
        assert(lfs.link("nowhere", ring .. "/" .. name, true))
        waits[i] = become_faulty(name, "the target of this link does not exist")
      end
      for _, wait in ipairs(waits) do wait() end
    end)

    it("a FIFO is a warning, or a fault where a file belongs", function()
      assert.equal(0, (support.run { "mkfifo", ring .. "/pipe" }))
      warned("/pipe", "is not part of a key ring")
      assert.equal(0, (support.run { "mv", ring .. "/pipe", ring .. "/crls/base.pem" }))
      faulty("crls/base.pem", "not a regular file")
    end)
  end)

  describe("and the content of its files:", function()
    local function text_of(name) return support.read(home .. "/" .. name) end

    local function der_of(name)
      der("made", "x509", name)
      local bytes = support.read(ring .. "/made")
      os.remove(ring .. "/made")
      return bytes
    end

    local function labelled(name, from, to) return (text_of(name):gsub(from, to)) end

    -- The file, its text, the line (0: no line; nil: any behind the first block), a word of the fault.
    for what, case in pairs {
      ["an indented leaf"] = { "CICSA.pem", function() return text_of "PART1.pem":gsub("[^\n]+", "  %0") .. text_of "ca.pem" end, 1,
        "-----BEGIN" },
      ["text before BEGIN"] = { "CICSA.pem", function() return text_of "CICSA.pem" .. "# " .. text_of "ca.pem" end, nil, "-----BEGIN" },
      ["the label CRL"] = { "crls/a.pem", function() return labelled("base.pem", "X509 CRL", "CRL") end, 1, "X509 CRL" },
      ["PEM followed by DER"] = { "signers/a.pem", function() return text_of "ca.pem" .. "\x30\x82\x01\x00\x00" end, nil, "nor text" },
      ["DER followed by DER"] = { "signers/a.crt", function() return der_of "ca.pem":rep(2) end, 0, "bytes follow" },
      ["a certificate where a CRL belongs"] = { "crls/a.pem", function() return text_of "ca.pem" end, 1, "CERTIFICATE" },
      ["a CRL where a certificate belongs"] = { "signers/a.pem", function() return text_of "base.pem" end, 1, "X509 CRL" },
      ["a key among certificates"] = { "CICSA.pem", function() return text_of "CICSA.key" .. text_of "CICSA.pem" end, 1, "PRIVATE KEY" },
      ["a certificate behind the key"] = { "CICSA.key", function() return text_of "CICSA.key" .. text_of "CICSA.pem" end, nil,
        "CERTIFICATE" },
      ["two keys"] = { "CICSA.key", function() return text_of "CICSA.key" .. text_of "PART1.key" end, nil, "one key" },
      ["a block that is cut off"] = { "signers/a.pem", function() return text_of "ca.pem":sub(1, 300) end, 1, "cut off" },
      ["a block without its BEGIN"] = { "signers/a.pem", function() return text_of "ca.pem" .. labelled("ca.pem", "^[^\n]+\n", "") end,
        nil, "base64" },
      ["a trusted certificate of its own"] = { "CICSA.pem", function() return labelled("CICSA.pem", "CERT", "TRUSTED CERT") end, 1,
        "CERTIFICATE" },
      ["DER of its own"] = { "CICSA.pem", function() return der_of "CICSA.pem" end, 0, "openssl x509" },
      ["an empty file"] = { "signers/a.crt", function() return "" end, 0, "holds no CERTIFICATE" },
    } do
      it(what .. " is a fault by file and line", function()
        local text = case[2]()
        write(case[1], text)
        local place = case[3] and case[3] > 0 and ":" .. case[3] or ""
        if not case[3] then
          local status, said = check()
          assert.equal(1, status)
          place = ":" .. assert(said:match((ring .. "/" .. case[1]):gsub("%p", "%%%0") .. ":(%d+): fault"), said)
          assert.is_true(tonumber(place:sub(2)) > 3)
        end
        faulty(case[1] .. place, case[4])
        local _, said = check()
        assert.is_nil(said:find("does not belong to", 1, true), said)
      end)
    end

    it("text between blocks, CRLF and EC PARAMETERS before the key are understood", function()
      local pem = "Bag Attributes\n    friendlyName: x\nsubject=CN = CICSA\n\n" .. text_of "CICSA.pem" .. "\n" .. text_of "ca.pem"
      write("CICSA.pem", (pem:gsub("\n", "\r\n")))
      write("CICSA.key", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" .. text_of "CICSA.key")
      clean()
    end)

    it("several faults are all named", function()
      write("old.crt", "-----BEGIN CERTIFICATE-----\n")
      write("signers/a.pem", "hello")
      local _, said = check()
      assert.matches("old%.crt: fault: ", said)
      assert.matches("signers/a%.pem: fault: ", said)
    end)
  end)
end)
