-- SPDX-License-Identifier: Apache-2.0
-- busted's plain terminal, which also leaves its counts for spec/support/job.
local plain = require "busted.outputHandlers.plainTerminal"

return function(options)
  local busted = require "busted"
  local handler = plain(options)
  local results = os.getenv("SALLYPORT_RESULTS")

  local function leave_counts()
    local file = assert(io.open(results, "w"))
    file:write(handler.successesCount, " ", handler.failuresCount + handler.errorsCount, " ", handler.pendingsCount, "\n")
    file:close()
    return nil, true
  end

  if results then busted.subscribe({ "suite", "end" }, leave_counts) end
  return handler
end
