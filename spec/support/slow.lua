-- SPDX-License-Identifier: Apache-2.0
--[[
slow: an HTTP server inside the test that answers when it is told, for work that runs as long as a test wants.

  local b = slow.backend()      b.url
  local c = b.wait()            the next request's socket
  b.release "done"              all that wait are answered
  slow.gone(c)                  the region has given that request up
]]
local socket = require "socket"

local wait = require "spec.support.wait"

local slow = {}

-- A whole request, because a socket that is closed with unread bytes is reset.
local function take(c)
  local length = 0
  c:settimeout(10 * wait.patience)
  repeat
    local line = assert(c:receive())
    length = tonumber(line:match "^[Cc]ontent%-[Ll]ength: (%d+)") or length
  until line == ""
  assert(c:receive(length))
end

function slow.backend()
  local server = assert(socket.bind("127.0.0.1", 0))
  local _, port = server:getsockname()
  local self = { url = ("http://127.0.0.1:%d/"):format(port), waiting = {} }
  function self.wait()
    server:settimeout(10 * wait.patience)
    local c = assert(server:accept())
    take(c)
    self.waiting[#self.waiting + 1] = c
    return c
  end
  -- Whether no request is there to be taken.
  function self.idle()
    server:settimeout(0)
    local c = server:accept()
    if c then self.waiting[#self.waiting + 1] = c end
    return c == nil
  end
  function self.release(body)
    for _, c in ipairs(self.waiting) do
      c:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"):format(#body, body))
      c:close()
    end
    self.waiting = {}
  end
  function self.close()
    for _, c in ipairs(self.waiting) do c:close() end
    server:close()
  end
  return self
end

function slow.gone(c)
  c:settimeout(10 * wait.patience)
  local line, why
  repeat line, why = c:receive() until not line
  assert(why == "closed", why)
end

return slow
