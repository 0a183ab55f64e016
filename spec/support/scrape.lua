-- SPDX-License-Identifier: Apache-2.0
--[[
scrape: the answers of a region over HTTP at the address of its `metrics`.

  local at = scrape.address(region)                     "127.0.0.1:PORT" or a path, from the log; the last one that it opened
  local answer = scrape.get(at, "/readyz", { Accept = "…" })      status, headers (lower-case names), body
  local answer = scrape.send(at, bytes)                 the same for any bytes; nil and why when the region answers nothing
  local m = scrape.metrics(region)                      m['sallyport_generation'], m['sallyport_ipconns{state="ACQUIRED"}'], as numbers
  scrape.parse(text)                                    the same, and the families: { [name] = { type =, help =, unit = } }
  scrape.sum(m, 'sallyport_decisions_total', 'door="bind"', …)    over the series that have all these labels
]]
local socket = require "socket"
local unix = require "socket.unix"

local wait = require "spec.support.wait"

local scrape = {}

function scrape.address(region)
  region:wait_log "SP0125 "
  local last
  for address in region:log():gmatch "SP0125 [^\n]- address=(%S+)" do last = address end
  return assert(last)
end

function scrape.connect(at)
  local host, port = at:match "^%[?(.-)%]?:(%d+)$"
  local s = assert(not host and unix() or host:find(":", 1, true) and socket.tcp6() or socket.tcp4())
  s:settimeout(10 * wait.patience)
  if host then
    assert(s:connect(host, tonumber(port)))
  else
    assert(s:connect(at))
  end
  return s
end

-- Reads an answer to its end.
function scrape.read(s)
  local all, why, part = s:receive "*a"
  all = all or part
  s:close()
  local status, head, body = all:match "^HTTP/1%.[01] (%d+)[^\r\n]*\r\n(.-)\r\n\r\n(.*)$"
  if not status then return nil, all ~= "" and all or why or "closed" end
  local headers = {}
  for name, value in (head .. "\r\n"):gmatch "([^:\r\n]+): *([^\r\n]*)\r\n" do headers[name:lower()] = value end
  return { status = tonumber(status), headers = headers, body = body }
end

function scrape.send(at, bytes)
  local s = scrape.connect(at)
  s:send(bytes)
  return scrape.read(s)
end

function scrape.get(at, path, headers, method)
  local lines = { ("%s %s HTTP/1.1"):format(method or "GET", path), "Host: here" }
  for name, value in pairs(headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  return assert(scrape.send(at, table.concat(lines, "\r\n") .. "\r\n\r\n"))
end

-- An error for a line that is neither a comment nor a sample, for a sample before its family, and for a series that stands twice.
function scrape.parse(text)
  local values, families, name = {}, {}, nil
  for line in text:gmatch "([^\n]*)\n" do
    local kind, family, rest = line:match "^# (%u+) ([%w_]+) (.*)$"
    if kind then
      families[family] = families[family] or {}
      families[family][kind:lower()] = rest
      name = family
    elseif line ~= "# EOF" then
      local series, value = line:match "^(sallyport_[%w_]+{.*}) (%S+)$"
      if not series then series, value = line:match "^(sallyport_[%w_]+) (%S+)$" end
      assert(series and tonumber(value), "no sample: " .. line)
      assert(name and series:sub(1, #name) == name, "no family: " .. line)
      assert(values[series] == nil, "twice: " .. line)
      values[series] = tonumber(value)
    end
  end
  return values, families
end

function scrape.metrics(region)
  return scrape.parse(scrape.get(scrape.address(region), "/metrics").body)
end

function scrape.sum(values, family, ...)
  local total = 0
  for series, value in pairs(values) do
    local name, labels = series:match "^([%w_]+)(.*)$"
    local all = name == family
    for _, label in ipairs { ... } do all = all and labels:find(label, 1, true) end
    if all then total = total + value end
  end
  return total
end

return scrape
