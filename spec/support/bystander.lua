-- SPDX-License-Identifier: Apache-2.0
--[[
bystander: a partner that is in and must notice nothing of what is done to others meanwhile.

  local stays = bystander.new(region, port)  calls from 127.0.0.1, as WITNESS; the region's urm names by the APPLID
  stays.heard()                            it is answered, at once, on the connection it began with
  stays.others()                           another one of its neighbourhood gets in and out
  stays:unharmed()                         both, and its operator is told so too
]]
local assert = require "luassert"

local peer = require "spec.support.peer"
local wait = require "spec.support.wait"

local bystander = { beat = "POST /ipic HTTP/1.1\r\nIS: 1 cmd; name=heartbeat\r\n\r\n" }
local Bystander = {}
Bystander.__index = Bystander

local AT_ONCE = 2

-- A partner that was let in, and the answer's body.
function bystander.partner(port, applid, fields, from)
  local all = { applid = applid }
  for key, value in pairs(fields or {}) do all[key] = value end
  local p = peer.raw(port, nil, from)
  local m = assert(p:capex(all):read_message())
  assert.are.equal(200, m.status)
  return p, m.body
end

function bystander.new(region, port)
  local p, answer = bystander.partner(port, "WITNESS")
  local self = setmetatable({ region = region, port = port, connection = answer.connection }, Bystander)
  function self.heard()
    local from = wait.now()
    p:send(bystander.beat)
    assert.are.equal(200, assert(p:read_message()).status)
    assert.is_true(wait.now() - from < AT_ONCE * wait.slower)
  end
  function self.others()
    local q = bystander.partner(port, "ANOTHER")
    q:request "1 cmd; name=release"
    assert.are.equal(200, q:read_message().status)
  end
  function self.close()
    p:close()
  end
  return self
end

function Bystander:unharmed()
  self.heard()
  self.others()
  local row = self.region:row("ipconn", "WITNESS")
  assert.are.same({ "ACQUIRED", 1 }, { row.connstatus, row.sockets })
  assert.are.equal("accepted", self.region:explain(self.connection)[1].outcome)
end

-- Waits until it is the only socket.
function Bystander:alone()
  wait.wait_until(function() return #self.region:inquire "socket" == 1 end, 10, function()
    return "everybody but the bystander to be gone; there are " .. select(2, self.region:command("inquire", "socket"))
  end)
end

return bystander
