-- SPDX-License-Identifier: Apache-2.0
--[[
rows: what `sallyport test` costs for 1000 rows: of a door, of a door with a certificate that is made, and of a walk through all
doors; each without and with coverage. `lua5.4 spec/bench/rows.lua`.
]]
local BINARY = os.getenv "SALLYPORT" or "./sallyport"
local DIR, ROWS = "build/bench/rows", 1000

local KINDS = {
  { "rows of a door", [[door = "bind",
    facts = { certificate = { subject = { { type = "CN", value = "SHOP.SHOPWEB1" } }, chain = { ok = true } },
    capex = { networkid = "SHOP", applid = "SHOPWEB1" } }, expect = { verdict = "accept" }]] },
  { "rows with a made certificate", [[door = "bind", certificate = { cn = "SHOP.SHOPWEB1" },
    facts = { capex = { networkid = "SHOP", applid = "SHOPWEB1" } }, expect = { verdict = "accept" }]] },
  { "walks with a made certificate", [[walk = true, certificate = { cn = "SHOP.SHOPWEB1" },
    facts = { capex = { networkid = "SHOP", applid = "SHOPWEB1" } }, expect = { verdict = "accept" }]] },
}

local function seconds(words)
  local pipe = assert(io.popen(("bash -c 'TIMEFORMAT=%%U; time %s test %s %s >%s.out' 2>&1"):format(BINARY, DIR, words, DIR)))
  local cpu = pipe:read "n"
  pipe:close()
  local out = assert(io.open(DIR .. ".out")):read "a"
  assert(out:find(ROWS .. " passed, 0 failed", 1, true), out)
  return cpu
end

assert(os.execute(("mkdir -p build/bench && rm -rf %s && %s init %s >/dev/null"):format(DIR, BINARY, DIR)))
print(("%-32s %10s %10s"):format(ROWS .. " rows, seconds of CPU", "test", "--cover"))
for _, kind in ipairs(KINDS) do
  local name, row = table.unpack(kind)
  local file = assert(io.open(DIR .. "/policies/known_spec.lua", "w"))
  file:write(("local rows = {}\nfor i = 1, %d do rows[i] = { name = 'row ' .. i, %s } end\nreturn rows\n"):format(ROWS, row))
  file:close()
  print(("%-32s %10.3f %10.3f"):format(name, seconds "", seconds "--cover"))
end
os.execute("rm -rf " .. DIR .. " " .. DIR .. ".out")
