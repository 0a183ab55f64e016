-- SPDX-License-Identifier: Apache-2.0
-- A certify script that waits inside a TLS handshake: it goes on, and its ends.
local support = require "spec.support"

local outgoing = require "spec.support.outgoing"

local PROTOCOLS = { tlsv1_2 = "-tls1_2", tlsv1_3 = "-tls1_3" }
local LONG = { wait_milliseconds = 60000 }

-- The body of certify is `body`; a re-ask runs `again`.
local RULES = [[
local policy = require "policy"
return {
  certify = function(f) if f.recheck then %s end %s return policy.accept() end,
  bind = function() return policy.accept() end,
  install = function(f) return policy.install { ipconn = f.capex.applid, template = "ALL" } end,
}]]

-- The certify door of a record: its checks as text, the door.
local function certify_of(record)
  for _, d in ipairs(record.doors) do
    if d.door == "certify" then
      local list = {}
      for _, c in ipairs(d.checks) do list[#list + 1] = c.name .. ": " .. c.detail:gsub(" ?%(?[%d.]+ ms%)?$", "") end
      return list, d
    end
  end
end

-- Waits until the script of the newest connection is suspended.
local function suspended(region, step)
  return support.wait_until(function()
    if step then step() end
    local record = (region:explain { last = 1 } or {})[1]
    for _, e in ipairs(record and record.events or {}) do
      if e.event == "the script waits" and record.outcome == "open" then return record end
    end
  end, 10, "a script that waits")
end

local function gone(region)
  support.wait_until(function() return #region:inquire "socket" == 0 end, 10, "the end of all sockets")
end

describe("certify that waits inside the handshake of a caller", function()
  local region
  after_each(function() region:stop() end)

  local function start(body, limits)
    region = support.region { region = limits,
      tcpipservices = { IPIC = { ssl = "clientauth", certify = "rules", bind = "rules", urm = "rules" } },
      ipconns = { ALL = { template = "only", receivecount = 5 } }, scripts = { rules = RULES:format("", body) } }:start()
  end

  -- A client whose handshake was begun, and is not waited for; `step` takes the next step of it.
  local function caller(protocol)
    local ssl = require "ssl"
    local files = support.ring "NETX.CTGAPP"
    local plain = support.raw(region:port "IPIC")
    local secure = assert(ssl.wrap(plain.socket, { mode = "client", protocol = protocol, verify = "peer", options = "all",
      cafile = files.cafile, certificate = files.certificate, key = files.key }))
    secure:settimeout(0)
    local function step() return secure:dohandshake() end
    local record = suspended(region, step)
    local under = plain.socket
    plain.socket = secure
    return plain, record, step, function(f) -- sends past TLS
      under:setfd(secure:getfd())
      f(under)
      under:setfd(-1)
    end
  end

  local function s_client(version)
    local files = support.ring "NETX.CTGAPP"
    local _, out, err = support.s_client { "-connect", "127.0.0.1:" .. region:port "IPIC", version, "-ign_eof",
      "-cert", files.certificate, "-key", files.key }
    return out .. err
  end

  local function is_let_in(protocol)
    local p = assert(support.tls { port = region:port "IPIC", ring = "NETX.CTGAPP", protocol = protocol })
    local answer = p:capex({ applid = "CTGAPP", networkid = "NETX" }):read_message().body
    assert.are.equal("OK", answer.response)
    return p, region:explain(answer.connection)[1]
  end

  local function ends_without_a_verdict(record, why)
    gone(region)
    local now = region:explain(record.connection)[1]
    local list, d = certify_of(now)
    assert.are.equal("ended without a verdict: " .. why, list[2])
    assert.is_nil(d.verdict)
    return now
  end

  for protocol, version in pairs(PROTOCOLS) do
    local function its(name, f) it(version:sub(2) .. ": " .. name, f) end

    its("goes on where it stopped", function()
      start "policy.sleep(0.3)"
      local p, record = is_let_in(protocol)
      local list, d = certify_of(record)
      assert.are.same({ "sleep 0.3: " }, list)
      assert.is_true(d.waited >= 300000)
      assert.is_true(d.microseconds < d.waited)
      assert.are.equal(200, p:beat().status)
    end)

    its("resolves a name", function()
      start [[policy.check("names", true, table.concat(policy.resolve "localhost", " "):match "127.0.0.1")]]
      local _, record = is_let_in(protocol)
      local list = certify_of(record)
      assert.are.equal("names: 127.0.0.1", list[2])
    end)

    its("refuses with the alert of a refusal", function()
      start 'policy.sleep(0.1) if true then return policy.refuse "late" end'
      assert.is_truthy(s_client(version):find "alert bad certificate.*SSL alert number 42")
      region:wait_log "SP0021 .*door=certify .*code=late"
      gone(region)
    end)

    its("fails behind the wait with the alert of an error", function()
      start 'policy.sleep(0.1) error "behind"'
      assert.is_truthy(s_client(version):find "alert internal error.*SSL alert number 80")
      region:wait_log "SP0022 .*door=certify .*code=policy_error .*behind"
      gone(region)
    end)

    its("meets a limit behind the wait", function()
      start "policy.sleep(0.1) while true do end"
      assert.is_truthy(s_client(version):find "SSL alert number 80")
      region:wait_log "SP0022 .*door=certify .*code=policy_limit"
      gone(region)
    end)

    its("ends by policy_limit after wait_milliseconds", function()
      start("policy.sleep(20)", { wait_milliseconds = 100 })
      assert.is_truthy(s_client(version):find "SSL alert number 80")
      region:wait_log "SP0022 .*door=certify .*code=policy_limit .*waited longer than wait_milliseconds, in policy.sleep 20"
    end)

    its("ends when the peer closes", function()
      start("policy.sleep(20)", LONG)
      local p, record = caller(protocol)
      p:close()
      assert.are.equal("closed", ends_without_a_verdict(record, "the peer closed the connection").outcome)
    end)

    its("ends when the peer closes behind bytes that nobody has read", function()
      start("policy.sleep(20)", LONG)
      local p, record, _, past_tls = caller(protocol)
      past_tls(function(under)
        assert(under:send(("garbage "):rep(100)))
        assert(under:shutdown "send")
      end)
      ends_without_a_verdict(record, "the peer closed the connection")
      p:close()
    end)

    its("leaves bytes that are no TLS where they are, and ends by them afterwards", function()
      start "policy.sleep(0.5)"
      local p, record, _, past_tls = caller(protocol)
      past_tls(function(under) assert(under:send(("garbage "):rep(100))) end)
      gone(region)
      assert.are.equal("accept", select(2, certify_of(region:explain(record.connection)[1])).verdict)
      p:close()
      is_let_in(protocol):close()
    end)

    its("ends with the time of the handshake, and an alert says so", function()
      start("policy.sleep(20)", { wait_milliseconds = 60000, handshake_timeout = 1 })
      assert.is_truthy(s_client(version):find "SSL alert number 80")
      region:wait_log "DFHSO0123 .*code=timeout .*did not end in 1 s"
      local record = region:explain({ last = 1 })[1]
      assert.are.equal("timeout", ends_without_a_verdict(record, "TLS handshake failed").code)
    end)

    its("keeps no other caller waiting", function()
      start("policy.sleep(f.load.connections == 0 and 20 or 0.01)", LONG)
      local p = caller(protocol)
      is_let_in(protocol)
      p:close()
    end)

    its("ends with the region", function()
      start("policy.sleep(20)", { wait_milliseconds = 60000, drain = 0 })
      local p, record = caller(protocol)
      assert.is_truthy(record)
      region:signal "TERM"
      assert.are.equal(0, region:wait(10))
      p:close()
    end)

    its("is over before a listener that was closed meanwhile refuses the caller", function()
      start "policy.sleep(1)"
      local p, _, step = caller(protocol)
      assert.are.equal(0, (region:command("set", "tcpipservice", "IPIC", "closed")))
      support.wait_until(step, 10, "the end of the handshake")
      assert.are.equal("TCPIPSERVICE_NOT_OPEN", p:capex({ applid = "CTGAPP", networkid = "NETX" }):read_message().body.reason)
    end)

    its("finishes under its generation when a reload comes, and the new rules are asked before the caller is let in", function()
      start "policy.sleep(1)"
      local p, _, step = caller(protocol)
      region:script("rules", RULES:format('do return policy.refuse "changed" end', ""))
      assert.are.equal(0, (region:command "reload"))
      support.wait_until(step, 10, "the end of the handshake")
      assert.are.equal("SECURITY_VIOLATION", p:capex({ applid = "CTGAPP", networkid = "NETX" }):read_message().body.reason)
      region:wait_log "SP0021 .*code=changed"
    end)
  end

  it("is one of at most waiting", function()
    start("policy.sleep(20)", { wait_milliseconds = 60000, waiting = 1 })
    local p = caller "tlsv1_3"
    assert.is_truthy(s_client("-tls1_3"):find "SSL alert number 80")
    region:wait_log "code=policy_limit .*policy.sleep 20: waiting of the region: 1 questions wait already"
    p:close()
  end)

  it("takes a CAPEX that was sent before its verdict", function()
    start "policy.sleep(0.3)"
    local p, _, step = caller "tlsv1_3"
    assert.is_truthy(step())
    assert.are.equal("OK", p:capex({ applid = "CTGAPP", networkid = "NETX" }):read_message().body.response)
  end)
end)

describe("certify that waits inside the handshake with a partner that is dialled", function()
  local region, listener
  after_each(function()
    region:stop()
    listener:close()
  end)

  local function start(body, protocol, limits)
    listener = support.listen { ring = "CICSB", protocol = protocol }
    limits = limits or {}
    limits.ring = "certs/rings/CICSA"
    region = support.region { region = limits, scripts = { rules = RULES:format("", body) }, ipconns = { OUT = { applid = "CICSB",
      networkid = "NETOUT", host = "127.0.0.1", port = listener.port, sendcount = 1, ssl = "yes", certify = "rules" } } }:start()
    outgoing.acquire(region, "OUT")
  end

  -- The partner, whose handshake is begun, when the script waits.
  local function partner(protocol)
    local files = support.ring "CICSB"
    local secure = assert(require("ssl").wrap(assert(listener:accept_plain()).socket, { mode = "server", protocol = protocol,
      options = "all", verify = "none", certificate = files.certificate, key = files.key }))
    secure:settimeout(0)
    suspended(region, function() secure:dohandshake() end)
    return secure
  end

  for protocol, version in pairs(PROTOCOLS) do
    local function its(name, f) it(version:sub(2) .. ": " .. name, f) end

    its("goes on where it stopped", function()
      start('policy.sleep(0.3) policy.check("names", true, policy.resolve("127.0.0.1", { down = {} })[1] or "none")', protocol)
      local p = assert(listener:accept())
      assert(p:read_message())
      p:answer(outgoing.CAPEX, "200 OK", outgoing.ok { networkid = "NETOUT" })
      outgoing.becomes(region, "OUT", "ACQUIRED")
      local list, d = certify_of(outgoing.record_of(region))
      assert.are.equal("sleep 0.3: ", list[1])
      assert.is_true(d.waited >= 300000)
      p:close()
    end)

    its("refuses behind the wait", function()
      start('policy.sleep(0.1) if true then return policy.refuse "late" end', protocol)
      local p, why = listener:accept()
      if p then why = p:closed() end -- in TLS 1.3 the server's handshake may end before the alert arrives
      assert.is_truthy(why)
      region:wait_log "DFHIS1011 .*ipconn=OUT .*reason=SECURITY_VIOLATION .*refused at certify: late"
      outgoing.becomes(region, "OUT", "RELEASED")
    end)

    its("ends when the partner closes", function()
      start("policy.sleep(20)", protocol, { wait_milliseconds = 60000 })
      partner(protocol):close()
      region:wait_log "DFHIS1011 .*ipconn=OUT .*TLS handshake: the peer closed the connection while certify waited"
      outgoing.becomes(region, "OUT", "RELEASED")
      local list = certify_of(outgoing.record_of(region))
      assert.are.equal("ended without a verdict: the ipconn was not acquired", list[2])
    end)

    its("ends with the time of the handshake", function()
      start("policy.sleep(20)", protocol, { wait_milliseconds = 60000, handshake_timeout = 1 })
      local p, why = listener:accept()
      if p then why = p:closed() end
      assert.is_truthy(why)
      region:wait_log "DFHIS1011 .*ipconn=OUT .*it did not end in time"
      outgoing.becomes(region, "OUT", "RELEASED")
    end)
  end

  it("ends when an operator releases the ipconn", function()
    start("policy.sleep(20)", "tlsv1_3", { wait_milliseconds = 60000 })
    local secure = partner "tlsv1_3"
    assert.are.equal(0, (region:command("set", "ipconn", "OUT", "released")))
    gone(region)
    local list = certify_of(outgoing.record_of(region))
    assert.is_truthy(list[2]:find "^ended without a verdict: ")
    secure:close()
  end)
end)
