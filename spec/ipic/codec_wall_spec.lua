-- SPDX-License-Identifier: Apache-2.0
-- Only engine/ipic holds the wire format: for another layout, the other folders stay unchanged.
local text = require "spec.support.text"
local tree = require "spec.support.tree"

-- engine/net uses HTTP with services behind the region, by libcurl: that is not the wire of IPIC.
local OUTSIDE = { "conn", "request", "region", "admin", "client" }

-- The words that only the codec may contain, as patterns of code without comments.
local WALLS = {
  { what = "a header of the codec's inside", pattern = '#include "ipic/(%l*http%.h)"' },
  { what = "a header of the codec's inside", pattern = '#include "ipic/(wire%w*%.h)"' },
  { what = "a function of the codec's inside", pattern = "%f[%w_](http_%l+)%(" },
  { what = "a function of the codec's inside", pattern = "%f[%w_](wire_%w+)%(" },
  { what = "a type of the codec's inside", pattern = "%f[%w_](http_reader)" },
  { what = "a constant of the codec's inside", pattern = "%f[%w_](HTTP_[A-Z_]+)" },
  { what = "a constant of the codec's inside", pattern = "%f[%w_](WIRE_[A-Z_]+)" },
  { what = "the status of a reason", pattern = "%f[%w_](reason_status)" },
  { what = "the status of a message", pattern = "status%s*[=!<>]=?%s*(%d%d%d)%f[%D]" },
  { what = "the status of a message", pattern = "%f[%d](%d%d%d)%f[%D][^\n]*%f[%a]status" },
  { what = "the value of an IS header", pattern = '"(1 %l+;[^"]*)"' },
  { what = "a header's name", pattern = '"(IS: [^"]*)"' },
  { what = "a header's name", pattern = '"(Content%-%a+[^"]*)"' },
  { what = "a content type", pattern = '"(application/json)"' },
  { what = "a request line", pattern = '"(POST [^"]*)"' },
}

local function without_comments(source)
  return (source:gsub("/%*.-%*/", ""):gsub("//[^\n]*", ""))
end

-- The matches of one wall, one a line: "engine/conn/traffic.c: 200".
local function found_outside(wall)
  local found = {}
  for _, folder in ipairs(OUTSIDE) do
    for _, path in ipairs(tree.files("engine/" .. folder, "%.[ch]$")) do
      for said in without_comments(assert(text.read(path))):gmatch(wall.pattern) do found[#found + 1] = path .. ": " .. said end
    end
  end
  return table.concat(found, "\n")
end

describe("the codec's wall", function()
  for _, wall in ipairs(WALLS) do
    it(("keeps %s inside: %s"):format(wall.what, wall.pattern), function() assert.equal("", found_outside(wall)) end)
  end

  it("finds each pattern in the codec", function()
    local inside = {}
    for _, path in ipairs(tree.files("engine/ipic", "%.[ch]$")) do inside[#inside + 1] = without_comments(assert(text.read(path))) end
    local all = table.concat(inside, "\n")
    for _, pattern in ipairs { "%f[%w_]http_%l+%(", "%f[%w_]wire_%w+%(", '"1 %l+;[^"]*"', '"application/json"', "%f[%w_]reason_status" } do
      assert.message(pattern).is_not_nil(all:find(pattern))
    end
  end)
end)
