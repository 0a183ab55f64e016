-- SPDX-License-Identifier: Apache-2.0
-- The client of the shared store, against real servers: which it takes, which it refuses and why, and how it loses and finds one.
local support = require "spec.support"
local store = require "spec.support.store"
local socket = require "socket"

local SCRIPT = 'local policy = require "policy" return { bind = function() return policy.accept() end }'

describe("a region with a store", function()
  local region

  after_each(function()
    if region then region:stop() end
    region = nil
  end)

  local function start(attributes)
    attributes.heartbeat = 0
    region = support.region { region = attributes, tcpipservices = { IPIC = { bind = "rules" } }, scripts = { rules = SCRIPT } }:start()
    return region
  end

  local function at(server) return "redis://127.0.0.1:" .. server.port end

  local function row() return region:inquire "store"[1] end

  local function wait_for(state, seconds)
    return support.wait_until(function()
      local now = row()
      return now.state == state and now
    end, seconds or 10, "the store to be " .. state)
  end

  -- A server that says why it is not used; the sentence stands in the log and in inquire.
  local function is_refused(address, why, more)
    more = more or {}
    more.store = address
    start(more)
    local line = region:wait_log "SP0131 "
    assert.is_truthy(line:find(why, 1, true), line)
    assert.equal("DOWN", row().state)
    assert.is_truthy(row().why:find(why, 1, true), row().why)
  end

  it("with several workers has a connection for each, and shows each", function()
    local server = store.start {}
    start { store = at(server), workers = 3 }
    local function states()
      local list = {}
      for i, one in ipairs(region:inquire "store") do list[i] = ("%s %s %s"):format(one.worker, one.state, one.store == at(server)) end
      return table.concat(list, ", ")
    end
    support.wait_until(function() return states() == "0 UP true, 1 UP true, 2 UP true" end, 10, states)
    local _, text = region:command("inquire", "store")
    assert.is_truthy(text:find "STORE +STATE +WORKER", text)
    assert.equal(3, select(2, text:gsub(" UP ", "")))
    server:kill()
    support.wait_until(function() return states() == "0 DOWN true, 1 DOWN true, 2 DOWN true" end, 10, states)
  end)

  it("finds it, and shows it", function()
    local server = store.start { "--appendonly", "yes", "--requirepass", "secret" }
    server.client[#server.client + 1] = "--no-auth-warning"
    server.client[#server.client + 1] = "-a"
    server.client[#server.client + 1] = "secret"
    local file = server.dir .. "/password"
    support.write(file, "secret\n")
    os.execute("chmod 600 " .. file)
    start { store = at(server) .. "/2", store_password_file = require("lfs").currentdir() .. "/" .. file }
    local line = region:wait_log "SP0130 "
    assert.is_truthy(line:find("server=127.0.0.1:" .. server.port .. " version=7", 1, true), line)
    local now = wait_for "UP"
    assert.equal(at(server) .. "/2", now.store)
    assert.same({}, now.doubts)
    support.wait_until(function() return row().regions == 1 end, 10, "the region to count itself")
    assert.is_truthy(server:cli("CLIENT", "LIST"):find "name=sallyport .* db=2 ")
    assert.equal(0, region:count_log "SP013[12]")
    assert.is_nil(region:log():find("secret", 1, true))
  end)

  it("warns of a server that can lose or disclose its values", function()
    local server = store.start { "--maxmemory-policy", "allkeys-lru" }
    start { store = at(server) }
    wait_for "UP"
    assert.equal(3, region:count_log("SP0132 ", 3))
    assert.same({ "store_aof", "store_evicts", "store_open" }, row().doubts)
    local _, _, err = support.sallyport("check", "--region", region.dir .. "/region.lua")
    for _, words in ipairs { "append-only file", "maxmemory-policy", "no password" } do assert.is_truthy(err:find(words, 1, true), err) end
  end)

  it("warns of a store on another machine without TLS, and of one that is not there", function()
    start { store = "redis://192.0.2.1:1" }
    local text = support.read(region.dir .. "/region.lua")
    region:wait_log "SP0012 .*store reaches 192.0.2.1 without TLS"
    support.write(region.dir .. "/other.lua", (text:gsub("192.0.2.1:1", "127.0.0.1:1")))
    local status, _, err = support.sallyport("check", "--region", region.dir .. "/other.lua")
    assert.equal(0, status)
    assert.is_truthy(err:find("127.0.0.1:1: Connection refused", 1, true), err)
  end)

  it("refuses a wrong password by its words", function()
    local server = store.start { "--requirepass", "secret" }
    is_refused(at(server), "it demands a password, and store_password_file is not given: NOAUTH")
  end)

  it("refuses a replica, and takes the master among several hosts", function()
    local master = store.start {}
    local replica = store.start { "--replicaof", "127.0.0.1 " .. master.port }
    is_refused(at(replica), "it is a replica")
    region:stop()
    start { store = ("redis://127.0.0.1:%d,127.0.0.1:%d"):format(replica.port, master.port) }
    assert.equal("127.0.0.1:" .. master.port, wait_for "UP".server)
  end)

  it("refuses a node of a cluster, and a sentinel by the wrong scheme", function()
    is_refused(at(store.start { "--cluster-enabled", "yes" }), "Redis cluster")
    region:stop()
    is_refused(at(store.sentinel(store.start {}, "m")), "it is a sentinel: write sentinel://")
  end)

  it("refuses a server that answers rubbish", function()
    local server = assert(socket.bind("127.0.0.1", 0))
    server:settimeout(0.1)
    local _, port = server:getsockname()
    start { store = "redis://127.0.0.1:" .. port }
    local clients = {} -- a connection of each worker; one of them reports
    support.wait_until(function()
      local client = server:accept()
      if client then client:send "HTTP/1.1 400 Bad Request\r\n\r\n" end
      clients[#clients + 1] = client
      return region:log():find "SP0131 .*its bytes are no reply of a Redis server"
    end, 10, "the rubbish to be reported")
    for _, client in ipairs(clients) do client:close() end
    server:close()
  end)

  it("finds the master by its sentinels", function()
    local master = store.start {}
    local sentinel = store.sentinel(master, "names")
    start { store = ("sentinel://127.0.0.1:1,127.0.0.1:%d/names"):format(sentinel.port) }
    assert.equal("127.0.0.1:" .. master.port, wait_for "UP".server)
    region:stop()
    is_refused(("sentinel://127.0.0.1:%d/other"):format(sentinel.port), "has no master of the name other")
  end)

  local function password_file(directory, text)
    local file = directory .. "/" .. text
    support.write(file, text .. "\n")
    assert.equal(0, (support.run { "chmod", "600", file }))
    return require("lfs").currentdir() .. "/" .. file
  end

  it("logs in to its sentinels by their own user and password", function()
    local master = store.start { "--requirepass", "masters" }
    local sentinel = store.sentinel(master, "names", "sentinel auth-pass names masters\nrequirepass sentinels\n" ..
      "user watcher on >watching +sentinel|get-master-addr-by-name\n")
    local address = ("sentinel://127.0.0.1:%d/names"):format(sentinel.port)
    local own = password_file(master.dir, "masters")
    for _, login in ipairs {
      { store_sentinel_password_file = password_file(master.dir, "sentinels") },
      { store_sentinel_user = "watcher", store_sentinel_password_file = password_file(master.dir, "watching") },
    } do
      login.store, login.store_password_file = address, own
      start(login)
      assert.equal("127.0.0.1:" .. master.port, wait_for "UP".server)
      region:stop()
    end
    is_refused(address, "the sentinel demands a password, and store_sentinel_password_file is not given", { store_password_file = own })
    region:stop()
    is_refused(address, "it refuses store_sentinel_user or the password: WRONGPASS",
      { store_password_file = own, store_sentinel_password_file = own })
  end)

  it("never shows a password that a server without AUTH repeats", function()
    local server = store.start { "--rename-command", "AUTH", "" }
    local own = password_file(server.dir, "sesame-word")
    for address, attributes in pairs {
      [at(server)] = { store_password_file = own },
      [("sentinel://127.0.0.1:%d/names"):format(server.port)] = { store_sentinel_password_file = own },
    } do
      local of = attributes.store_password_file and "store_user" or "store_sentinel_user"
      is_refused(address, ("it refuses %s or the password: ERR (it may have no password, or not know AUTH)"):format(of), attributes)
      assert.is_nil(region:log():find("sesame-word'", 1, true), region:log())
      assert.is_nil(row().why:find("sesame-word", 1, true), row().why)
      region:stop()
    end
  end)

  it("reaches it by a Unix socket", function()
    local dir = require("lfs").currentdir() .. "/" .. support.directory()
    store.start { "--unixsocket", dir .. "/s" }
    start { store = "unix:" .. dir .. "/s" }
    assert.equal(dir .. "/s", wait_for "UP".server)
  end)

  it("verifies a server with TLS by the ring, and that its certificate names the host", function()
    local here = require("lfs").currentdir() .. "/certs/rings/"
    local function server_with(pair)
      return store.start({ "--port", "0", "--tls-cert-file", here .. pair .. "/" .. pair .. ".pem", "--tls-key-file",
        here .. pair .. "/" .. pair .. ".key", "--tls-ca-cert-dir", here .. "CICSA/signers", "--tls-auth-clients", "no" },
        { tls = true, bind = "127.0.0.3", "--tls", "--insecure" })
    end
    local server = server_with "CICSA"
    start { store = ("rediss://%s:%d"):format(support.here, server.port) }
    wait_for "UP"
    region:stop()
    is_refused("rediss://127.0.0.3:" .. server.port, "its certificate does not name 127.0.0.3")
    region:stop()
    is_refused(("rediss://%s:%d"):format(support.here, server_with("wrongca").port), "certificate", { store_ring = here .. "CICSA" })
  end)

  it("leaves a server that does not answer, fails at once, and finds it again", function()
    local server = store.start {}
    start { store = at(server) }
    wait_for "UP"
    server:pause()
    region:wait_log "SP0131 .*no answer within 1 s"
    assert.equal("DOWN", row().state)
    server:go_on()
    wait_for "UP"
    assert.equal(2, row().found)
    server:kill()
    wait_for "DOWN"
    server:again()
    wait_for "UP"
    assert.equal(3, region:count_log("SP0130 ", 3))
    assert.equal(2, region:count_log("SP0131 ", 2))
  end)

  it("leaves a master that has become a replica", function()
    local one, other = store.start {}, store.start {}
    start { store = ("redis://127.0.0.1:%d,127.0.0.1:%d"):format(one.port, other.port) }
    assert.equal("127.0.0.1:" .. one.port, wait_for "UP".server)
    one:cli("REPLICAOF", "127.0.0.1", other.port)
    support.wait_until(function() return row().server == "127.0.0.1:" .. other.port and row().state == "UP" end, 10, "the other server")
  end)

  it("follows a reload to another store, and to none", function()
    local one, other = store.start {}, store.start {}
    start { store = at(one) }
    wait_for "UP"
    local text = support.read(region.dir .. "/region.lua")
    support.write(region.dir .. "/region.lua", (text:gsub(at(one), at(other))))
    assert.equal(0, (region:command "reload"))
    assert.equal("127.0.0.1:" .. other.port, wait_for "UP".server)
    support.write(region.dir .. "/region.lua", (text:gsub('store = "[^"]*",?', "")))
    assert.equal(0, (region:command "reload"))
    assert.same({}, region:inquire "store")
  end)

  it("does not start with a store that cannot be read", function()
    local cases = { ["redis://h"] = "h: ", ["redis://u:secret@h:1"] = "no HOST:PORT", ["rediss://h:1"] = "no ring can verify" }
    local faults = {}
    for address, why in pairs(cases) do
      region = support.region { region = { store = address, ring = false }, tcpipservices = { IPIC = { bind = "rules" } },
        scripts = { rules = SCRIPT } }
      local status, log = region:start_and_end(10)
      region = nil
      assert.is_true(status ~= 0)
      assert.is_truthy(log:find(why, 1, true) or log:find("a store is", 1, true) or log:find("must be", 1, true), log)
      faults[address] = select(2, log:gsub("fault: region: store", ""))
    end
    assert.equal(1, faults["rediss://h:1"])
  end)
end)
