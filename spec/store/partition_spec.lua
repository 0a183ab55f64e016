-- SPDX-License-Identifier: Apache-2.0
-- Starts first: it waits for leases.
-- Some regions are cut off from the store and the others are not: in network namespaces, and by relays that stop.
local cut = require "spec.support.cut"
local plex = require "spec.support.plex"
local support = require "spec.support"

local LEASE = 4

-- Takes tokens until the rate is empty, at most 50 for a partner; a counter of the region counts them.
local TAKES = [[
local policy = require "policy"
return { bind = function(facts)
  local rate = policy.rate("all", { count = %d, per = %d, burst = %d, scope = "store", down = false })
  for _ = 1, 50 do
    if not rate:take() then break end
    policy.counter("taken"):next { max = 1000000 }
  end
  return policy.refuse("taken")
end }]]
local COUNT, PER, BURST = 60, 6, 12

for _, way in ipairs(cut.ways()) do
  describe("a partition by " .. way, function()
    local net, all, lines

    before_each(function()
      net = cut.open(way, { "--appendonly", "yes" })
      all, lines = plex.open(net.server), {}
    end)
    after_each(function()
      all:close()
      net:close()
    end)

    local function start(applid, attributes, more)
      local line = net:line()
      local given = { store = line.store, lease = LEASE }
      for key, value in pairs(attributes or {}) do given[key] = value end
      local members = { wrapper = line.wrapper, tcpipservices = { IPIC = { urm = "rules", host = line.host } } }
      for key, value in pairs(more or {}) do members[key] = value end
      if members.tcpipservices.IPIC.bind then members.tcpipservices.IPIC.host = line.host end
      local r = all:region(applid, given, members)
      r.host = line.host
      lines[r] = line
      return r:start()
    end

    local function started(...)
      local r = start(...)
      plex.wait_state(r, "ACTIVE")
      return r
    end

    it("fences the region that is cut off before another region gets its names; the region joins again", function()
      local a, b, c = started "CICSA", started "CICSB", started "CICSC"
      all:wait_grants(a)
      local _, one = all:ask(a, "ONE1")
      assert.equal("OK", one:read_message().body.response)
      lines[a]:cut()
      support.wait_until(function()
        if plex.state(a) ~= "ACTIVE" then return true end -- looked at before the partner comes: a fence cannot be taken back so soon
        return all:reason(b, "ONE1") ~= "INVALID_PARTNER_STATE"
      end, 30, "the fence")
      assert.equal("FENCED", plex.state(a))
      support.wait_until(function() return a:row("ipconn", "ONE1") == nil end, 10, "the release of its partner")
      support.wait_until(function() return all:reason(b, "ONE1") == "OK" end, 20, "the names of the region that is cut off")
      assert.equal("AUTOINSTALL_FAILED", all:reason(a, "TWO2"))
      plex.refusal(a, "store_down")
      assert.equal("OK", all:reason(c, "TWO2"))
      lines[a]:mend()
      plex.wait_state(a, "ACTIVE")
      assert.equal("INVALID_PARTNER_STATE", all:reason(a, "ONE1"))
      for _, r in ipairs { a, b, c } do assert.equal(0, r:inquire "sysplex"[1].conflicts) end
    end)

    it("with claim_down = local makes duplicates, which are found and resolved within the lease when the regions meet again", function()
      local own = { claim_down = "local", claim_lost = "keep" }
      local a, b, c = started("CICSA", own), started("CICSB", own), started("CICSC", own)
      all:wait_epoch()
      lines[a]:cut()
      a:wait_log "SP0131 "
      local twice = {}
      for n = 1, 5 do
        twice[n] = "DUP" .. n
        assert.equal("OK", all:reason(a, twice[n]))
        support.wait_until(function() return all:reason(n % 2 == 0 and b or c, twice[n]) == "OK" end, 10, "the store to grant it")
      end
      a:wait_log("SP0142 ", 20)
      lines[a]:mend()
      plex.wait_state(a, "ACTIVE")
      local function total()
        local n = 0
        for _, name in ipairs(twice) do
          for _, r in ipairs { a, b, c } do n = n + (r:row("ipconn", name) and 1 or 0) end
        end
        return n
      end
      support.wait_until(function() return total() == #twice end, 20, "the duplicates to be resolved")
      local met = a:log_time "SP0130 "
      for _, name in ipairs(twice) do
        local took = a:log_time("SP0148 .*NETX." .. name) - met
        assert.is_true(took <= LEASE, took)
      end
      assert.equal(5, a:inquire "sysplex"[1].conflicts)
      support.wait_until(function()
        return b:inquire "sysplex"[1].conflicts + c:inquire "sysplex"[1].conflicts == 5
      end, 10, "both sides to know")
      a:wait_log "SP0147 "
    end)

    local function taken_by(regions)
      local n = 0
      for _, r in ipairs(regions) do n = n + (r:row("counter", "taken") or { last = 0 }).last end
      return n
    end

    -- Partners in turn at each region for `seconds`: the tokens that they took, and the time.
    local function take(regions, seconds)
      local before, from, took = taken_by(regions), support.now(), nil
      support.wait_until(function()
        for _, r in ipairs(regions) do
          local answer, p = all:ask(r, "ONE1")
          answer:read_message(30)
          p:close()
        end
        took = support.now() - from
        return took > seconds
      end, seconds, "the partners")
      return taken_by(regions) - before, took
    end

    it("binds a rate: k of N regions that are cut off take no more than count * (1 + k/N) + burst", function()
      local rules = { scripts = { rules = TAKES:format(COUNT, PER, BURST) }, tcpipservices = { IPIC = { bind = "rules" } } }
      local plain = { sysplex = false, claim_down = false, claim_lost = false, lease = false, specs = "off", wait_milliseconds = 20000 }
      local regions = { start("CICSA", plain, rules), start("CICSB", plain, rules), start("CICSC", plain, rules) }
      for k = 1, 3 do
        for _, r in ipairs(regions) do lines[r]:mend() end
        for _, r in ipairs(regions) do
          support.wait_until(function()
            local row = r:inquire "store"[1]
            return row.state == "UP" and row.regions == 3
          end, 20, "three regions")
        end
        take(regions, 0) -- the rate is empty
        for i = 1, k do lines[regions[i]]:cut() end
        local taken, took = take(regions, PER)
        local share = COUNT / PER * took
        local bound = k < 3 and share * (1 + k / 3) + BURST or share + BURST
        assert.message(("k = %d"):format(k)).is_true(taken <= bound, ("%d of at most %g in %g s"):format(taken, bound, took))
        assert.is_true(taken > share / 2, taken)
      end
    end)
  end)
end
