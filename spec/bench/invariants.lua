-- SPDX-License-Identifier: Apache-2.0
--[[
invariants: the seconds of CPU until `sallyport test --invariants` finds the hole of each script of spec/support/holes.lua, with the
row that it prints; then 60 seconds for the demo region, whose claims must hold, and the connections in a second of CPU.
`lua5.4 spec/bench/invariants.lua`.
]]
package.path = "./?.lua;" .. package.path
local holes = require "spec.support.holes"

local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local DIR = "build/bench/invariants"

local REGION = [[
region { applid = "CICSA", networkid = "NETA", ring = "%s/certs/rings/CICSA", policies = "policies", control = "control.sock" }
tcpipservice "TLS" { host = "127.0.0.1", portnumber = 14999, ssl = "clientauth", certificate = "CICSA", urm = "s"%s }
ipconn "GUEST" { template = "only", receivecount = 5 }
ipconn "ADMIN" { template = "only", receivecount = 99 }
]]

local function write(name, text)
  local file = assert(io.open(DIR .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

local function run(words)
  local pipe = assert(io.popen(("bash -c 'TIMEFORMAT=%%U; time %s test --invariants %s >%s/out' 2>&1"):format(BINARY, words, DIR)))
  local cpu = pipe:read "n"
  pipe:close()
  return cpu, assert(io.open(DIR .. "/out")):read "a"
end

local pwd = assert(io.popen "pwd"):read "l"
assert(os.execute(("rm -rf %s && mkdir -p %s/policies"):format(DIR, DIR)))
print(("%-44s %10s %12s"):format("hole", "CPU s", "connections"))
for _, hole in ipairs(holes) do
  local doors = ""
  for door, script in pairs(hole.doors) do doors = doors .. (', %s = "%s"'):format(door, script) end
  write("region.lua", REGION:format(pwd, doors))
  write("policies/s.lua", hole.script)
  write("policies/s_invariant.lua", hole.invariant)
  local cpu, out = run(("--seconds 60 --region %s/region.lua"):format(DIR))
  assert(out:find("0 of 1 claims hold", 1, true), out)
  print(("%-44s %10.2f %12s"):format(hole.name, cpu, out:match "(%d+) connections"))
  print((out:match "The row:\n(.*\n)%d+ of "))
end
local cpu, out = run "--seconds 60 --region policies/region.lua"
assert(not out:find("does not hold", 1, true), out)
print(out:match "%d+ of %d+ claims hold[^\n]*")
print(("%-44s %10.0f"):format("demo region: connections in a second of CPU", out:match "(%d+) connections" / cpu))
os.execute("rm -rf " .. DIR)
