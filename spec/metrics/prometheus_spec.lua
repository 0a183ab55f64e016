-- SPDX-License-Identifier: Apache-2.0
-- Prometheus of Debian: it scrapes a region, promtool finds no fault in the exposition and in the alert rules, and each metric that the
-- rules and the dashboard name is one of the region's.
local dkjson = require "dkjson"

local pair = require "spec.support.pair"
local process = require "spec.support.process"
local scrape = require "spec.support.scrape"
local support = require "spec.support"

local RULES, DASHBOARD = "engine/packaging/prometheus/sallyport.rules.yml", "engine/packaging/prometheus/dashboard.json"

local found = support.run { "which", "prometheus", "promtool" } == 0

-- make deps installs them. On another machine the tests are pending: that is printed, and they count as no success.
local function with_prometheus(name, fn)
  it(name, found and fn or function() pending "the package prometheus is not installed: make deps" end)
end

local region
lazy_setup(function()
  region = support.region { region = { metrics = "127.0.0.1:0" }, tcpipservices = { IPIC = { urm = "dfhisaip" } },
    policies = { "dfhisaip" } }:start()
  local p = support.raw(region:port "IPIC")
  p:capex({ applid = "CTGAPP", networkid = "NETX" }):read_message()
  p:close()
end)
lazy_teardown(function() region:stop() end)

describe("promtool", function()
  with_prometheus("finds no fault in the metrics", function()
    local body = scrape.get(scrape.address(region), "/metrics").body
    local status, out, err = support.run({ "promtool", "check", "metrics" }, body)
    assert.same({ 0, "", "" }, { status, out, err })
  end)

  with_prometheus("finds no fault in the alert rules", function()
    local status, out, err = support.run { "promtool", "check", "rules", RULES }
    assert.message(out .. err).equal(0, status)
    assert.is_truthy(out:find("7 rules found", 1, true), out)
  end)

  with_prometheus("fires each alert when it should, and not before", function()
    local status, out, err = support.run { "promtool", "test", "rules", "spec/metrics/alerts.yml" }
    assert.message(out .. err).equal(0, status)
  end)
end)

-- The names of metrics in a text.
local function named(text)
  local names = {}
  for name in text:gmatch "%f[%w_]sallyport_[%w_]+" do names[name] = true end
  return names
end

describe("the rules and the dashboard", function()
  it("name only metrics that the region has", function()
    local there = {}
    for series in pairs(scrape.metrics(region)) do there[series:match "^[%w_]+"] = true end
    for _, name in ipairs { "decisions", "requests" } do there["sallyport_" .. name .. "_total"] = true end -- those of events
    for _, file in ipairs { RULES, DASHBOARD } do
      local n = 0
      for name in pairs(named(support.read(file))) do
        assert.message(file .. ": " .. name).is_true(there[name] or there[name .. "_count"] or false)
        n = n + 1
      end
      assert.is_true(n >= 5, n)
    end
  end)

  it("show each family of engine/metrics/README.md, but the address space and the start of the process", function()
    local shown = named(support.read(DASHBOARD))
    for name in support.read("engine/metrics/README.md"):gmatch "\n| `(sallyport_[%w_]+)" do
      local spare = name == "sallyport_process_virtual_memory_bytes" or name == "sallyport_process_start_time_seconds"
      assert.message(name).is_true(spare or shown[name] or shown[name .. "_bucket"] or false)
    end
  end)

  it("are JSON with panels that do not overlap", function()
    local dashboard = assert(dkjson.decode(support.read(DASHBOARD)))
    local taken = {}
    for _, panel in ipairs(dashboard.panels) do
      local at = panel.gridPos
      assert.is_true(at.x + at.w <= 24)
      assert.is_true(#panel.targets >= 1)
      for x = at.x, at.x + at.w - 1 do
        for y = at.y, at.y + at.h - 1 do
          assert.message(panel.title).is_nil(taken[x .. " " .. y])
          taken[x .. " " .. y] = true
        end
      end
    end
    assert.is_true(#dashboard.panels >= 15)
  end)
end)

describe("Prometheus", function()
  local CONFIG = [[
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ %s ]
scrape_configs:
  - job_name: sallyport
    static_configs: [ { targets: [ "%s" ] } ]
]]

  with_prometheus("scrapes a region, in OpenMetrics, and evaluates the rules", function()
    local dir, port = support.directory(), (pair.ports(1))
    local here = require("lfs").currentdir()
    support.write(dir .. "/prometheus.yml", CONFIG:format(here .. "/" .. RULES, scrape.address(region)))
    local running = process.start({ "prometheus", "--config.file=" .. dir .. "/prometheus.yml", "--storage.tsdb.path=" .. dir .. "/data",
      "--web.listen-address=127.0.0.1:" .. port, "--log.level=warn" }, dir)

    local function ask(path)
      local status, out = support.run { "curl", "-sS", ("http://127.0.0.1:%d/api/v1/%s"):format(port, path) }
      local answer = status == 0 and dkjson.decode(out)
      return answer and answer.status == "success" and answer.data or nil
    end
    local function value(query)
      local data = ask("query?query=" .. query)
      local one = data and data.result[1]
      return one and one.value[2]
    end

    support.wait_until(function() return value "up" == "1" end, 30, function()
      return "a scrape; it said:\n" .. (support.read(dir .. "/err") or "")
    end)
    local target = ask("targets").activeTargets[1]
    assert.same({ "up", "" }, { target.health, target.lastError })
    assert.equal("1", value "sallyport_generation")
    assert.equal("1", value "sallyport_connections_total%7Boutcome=%22accepted%22%7D")
    assert.equal("1", value "sallyport_door_seconds_bucket%7Bdoor=%22install%22,le=%22%2BInf%22%7D")
    support.wait_until(function() return value "ALERTS%7Balertname=%22SallyportDefaultAutoinstall%22%7D" == "1" end)
    for _, group in ipairs(ask("rules").groups) do
      for _, rule in ipairs(group.rules) do assert.message(rule.name).equal("", rule.lastError or "") end
    end
    assert.equal(0, running:stop(10))
    support.remove(dir)
  end)
end)
