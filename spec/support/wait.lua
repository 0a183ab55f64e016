-- SPDX-License-Identifier: Apache-2.0
-- wait: for a condition, with a deadline. A test never waits for time to pass.
local socket = require "socket"

local wait = {}

wait.now = socket.gettime

-- Whether the binary under test has a sanitizer: its memory is not that of a plain one.
wait.sanitized = (os.getenv("SALLYPORT") or ""):find "[at]san/" ~= nil

-- What a deadline is multiplied by: it is there to end a hang, not to measure, and a machine may be slow.
wait.patience = wait.sanitized and 4 or 2
-- What a time is that is measured: under sanitizers everything takes longer.
wait.slower = wait.sanitized and 4 or 1

-- Between two looks lies a tenth of the time that has passed, 10 to 100 ms: a look often costs a process.
local function pause(waited)
  socket.sleep(math.max(0.01, math.min(0.1, waited / 10)))
end

-- Returns what fn returned as soon as that is true; after `seconds` (10) an error says what never came. `what` may be a function.
function wait.wait_until(fn, seconds, what)
  local from = wait.now()
  local deadline = from + (seconds or 10) * wait.patience
  while true do
    local result, more = fn()
    if result then return result, more end
    if wait.now() > deadline then break end
    pause(wait.now() - from)
  end
  if type(what) == "function" then what = what() end
  error(("waited %g s for %s"):format((seconds or 10) * wait.patience, what or "a condition"), 2)
end

return wait
