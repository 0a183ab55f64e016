-- SPDX-License-Identifier: Apache-2.0
-- engine/records/README.md: its tables are those of a file, and its queries run and find their rows.
local record_file = require "spec.support.record_file"
local support = require "spec.support"

local README = assert(support.read "engine/records/README.md")

local function columns_of(cell)
  local list = {}
  for word in cell:match("`([^`]+)`"):gmatch "%S+" do list[#list + 1] = word end
  return list
end

describe("the document of the file of records", function()
  local region, file, partner, candidate

  setup(function()
    region = support.region { region = { record = "records.db" },
      tcpipservices = { NO = { admit = "stranger" }, OPEN = { bind = "known" } },
      ipconns = { NETX = { applid = "CTGAPP", networkid = "NETX" } }, scripts = {
        stranger = [[local policy = require "policy"
return { admit = function(facts)
  policy.check("is a friend", facts.peer.port == 1, facts.peer.ip)
  return policy.refuse("stranger")
end }]],
        known = [[local policy = require "policy"
return { bind = function() return policy.accept() end }]],
      } }
    region:start()
    file = record_file.of(region, "records.db")
    candidate = support.directory()
    support.write(candidate .. "/stranger.lua", support.read(region:path "policies/stranger.lua"))
    support.write(candidate .. "/known.lua", (support.read(region:path "policies/known.lua"):gsub("accept%(%)", 'refuse "full"')))
    assert.equal(0, (region:command("shadow", candidate)))
    support.raw(region:port "NO"):closed()
    partner = support.raw(region:port "OPEN")
    partner:capex({ applid = "CTGAPP" }):read_message()
    file:await "SELECT 1 FROM record WHERE outcome = 'accepted'"
    file:await "SELECT 1 FROM shadow"
  end)
  teardown(function()
    partner:close()
    region:stop()
    support.remove(candidate)
  end)

  it("lists the columns of each table and of the view", function()
    local n = 0
    for name, cell in README:gmatch "\n| `(%l+)`[^|]*|[^|]*|([^|]*)|" do
      local real = {}
      for i, row in ipairs(file:rows(("SELECT name FROM pragma_table_info('%s')"):format(name))) do real[i] = row.name end
      assert.message(name).same(real, columns_of(cell))
      n = n + 1
    end
    assert.equal(7, n)
  end)

  it("says what identifies such a file", function()
    local row = file:rows "SELECT application_id FROM pragma_application_id"[1]
    assert.is_truthy(README:find(("`PRAGMA application_id` is %d"):format(row.application_id), 1, true))
  end)

  local expected = {
    function(rows) assert.same({ { "stranger", 1 } }, { { rows[1].code, rows[1].n } }) end,
    function(rows) assert.same({ "NETX", "CTGAPP", "known" }, { rows[1].networkid, rows[1].applid, rows[1].policy }) end,
    function(rows) assert.same({ "is a friend", "127.0.0.1" }, { rows[1].check, rows[1].detail }) end,
    function(rows) assert.same({ "bind", "accept", "full", 1 }, { rows[1].door, rows[1].before, rows[1].after, rows[1].n }) end,
    function(rows) assert.equal("NETX", rows[1].ipconn) end,
  }
  local n = 0
  for query in README:gmatch "```sql\n(.-)```" do
    n = n + 1
    local number = n
    it("has a query that runs: " .. query:match "[^\n]+", function()
      local rows = file:rows(query)
      assert.equal(1, #rows)
      expected[number](rows)
    end)
  end
  it("has no query without a row here", function() assert.equal(#expected, n) end)
end)
