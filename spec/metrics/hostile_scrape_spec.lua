-- SPDX-License-Identifier: Apache-2.0
-- Hostile clients of the metrics' port: slow, many, huge, smuggled, rubbish. Partners notice nothing, and other clients are answered.
local socket = require "socket"

local requests = require "spec.support.requests"
local scrape = require "spec.support.scrape"
local support = require "spec.support"
local wait = require "spec.support.wait"

local function definition(t)
  local all = { region = { metrics = "127.0.0.1:0", sec = "no" }, tcpipservices = { IPIC = {} }, programs = { ECHO = {} },
    ipconns = { SOME = { applid = "SOMEAPPL", networkid = "NETX", receivecount = 50 } } }
  for key, value in pairs(t or {}) do all[key] = value end
  return all
end

local region, at, p
before_each(function()
  region = support.region(definition()):start()
  at = scrape.address(region)
  p = requests.partner(region:port "IPIC")
end)

-- A request of the partner, a command of the operator, a scrape.
local function unharmed()
  requests.unharmed(region, p)
  support.wait_until(function() return scrape.send(at, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") end, 20, "an answer over HTTP")
end

after_each(function()
  unharmed()
  p:close()
  region:stop()
end)

-- Reads until the region ends the connection: all that it said, and the seconds that it took.
local function until_closed(s, between)
  local from, said = socket.gettime(), ""
  s:settimeout(0.2)
  while true do
    local got, why, part = s:receive(4096)
    said = said .. (got or part or "")
    if why == "closed" then break end
    assert(socket.gettime() - from < 60, "the connection lives")
    if between then between() end
  end
  s:close()
  return said, socket.gettime() - from
end

describe("over HTTP the region", function()
  it("gives a client 10 seconds, even one that sends a byte now and then", function()
    local s = scrape.connect(at)
    s:send "GET /metrics HTTP/1.1\r\n"
    local n = 0
    local said, seconds = until_closed(s, function()
      n = n + 1
      s:send(("X%d: y\r\n"):format(n))
    end)
    assert.equal("", said)
    assert.is_true(n > 10, n)
    assert.is_true(seconds > 8, seconds)
  end)

  it("gives it to a client that says nothing, too, and keeps others waiting when there are 64", function()
    local silent = {}
    for i = 1, 64 do silent[i] = scrape.connect(at) end
    local waiting = scrape.connect(at)
    waiting:send "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    requests.unharmed(region, p)
    assert.equal(0, (region:command("inquire", "region")))
    local answer = assert(scrape.read(waiting))
    assert.equal(200, answer.status)
    for _, s in ipairs(silent) do assert.equal("", (until_closed(s))) end
  end)

  it("lets a client wait whose turn has not come, and serves hundreds", function()
    local many = {}
    for i = 1, 300 do
      many[i] = scrape.connect(at)
      many[i]:send "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    end
    for _, s in ipairs(many) do assert.equal(200, assert(scrape.read(s)).status) end
  end)

  it("refuses a head that is too long", function()
    for _, head in ipairs {
      "GET /" .. ("a"):rep(100000) .. " HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHost: x\r\nX: " .. ("b"):rep(100000) .. "\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nHost: x\r\n" .. ("A: b\r\n"):rep(20000) .. "\r\n",
      ("a"):rep(100000),
    } do
      local answer = scrape.send(at, head)
      assert.is_true(answer == nil or answer.status >= 400, answer and answer.status)
    end
  end)

  it("takes no second request from a connection, wherever the request is hidden", function()
    local second = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    for _, bytes in ipairs {
      "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" .. second,
      "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" .. second,
      "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" .. second,
      "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n" .. second,
      "GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" .. second,
      "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n" .. second,
    } do
      local s = scrape.connect(at)
      s:send(bytes)
      local said = until_closed(s)
      assert.message(bytes).is_truthy(said:find "^HTTP/1%.1 %d%d%d ")
      assert.message(bytes).is_nil(said:find("sallyport_", 1, true))
    end
  end)

  it("answers a body's begin, and does not read its gigabyte", function()
    local s = scrape.connect(at)
    s:send "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
    s:settimeout(15 * wait.patience)
    local sent = 0
    repeat
      local n, why = s:send(("x"):rep(65536))
      sent = sent + (n or 0)
    until why or sent > 64 * 1024 * 1024
    assert.is_true(sent < 64 * 1024 * 1024, sent)
    s:close()
  end)

  -- A client that says half a line and then no more keeps its place for its 10 seconds; the others do not wait for it here.
  it("survives rubbish", function()
    math.randomseed(17)
    local words = { "GET", "HEAD", " ", "/metrics", "/%", "%00", "HTTP/1.1", "HTTP/9.9", "\r\n", "\n", "\r", "\0", ":", "Host",
      "Content-Length", "Transfer-Encoding", "chunked", "-1", "\255\254", "Accept", "application/openmetrics-text", ";q=", ",",
      "Expect: 100-continue" }
    for _ = 1, 120 do
      local bytes = {}
      for i = 1, math.random(1, 30) do bytes[i] = words[math.random(#words)] end
      local s = scrape.connect(at)
      s:send(table.concat(bytes))
      s:shutdown "send"
      s:settimeout(0.02)
      s:receive "*a"
      s:close()
    end
  end)

  it("loses no descriptor to clients that leave at once", function()
    local before = scrape.metrics(region).sallyport_process_open_fds
    for i = 1, 200 do
      local s = scrape.connect(at)
      if i % 2 == 0 then
        s:setoption("linger", { on = true, timeout = 0 })
        s:send "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
      end
      s:close()
    end
    support.wait_until(function() return scrape.metrics(region).sallyport_process_open_fds <= before end, 20, "the descriptors")
  end)
end)

it("clients of the metrics' port do not get the last descriptors, which operators need", function()
  local small = support.region(definition { wrapper = { "prlimit", "--nofile=72" } }):start()
  local clients, address = {}, scrape.address(small)
  for i = 1, 64 do clients[i] = scrape.connect(address) end
  for _ = 1, 5 do assert.equal(0, (small:command("inquire", "region"))) end
  assert.equal(0, (small:command "reload"))
  for _, s in ipairs(clients) do s:close() end
  small:stop()
end)
