-- SPDX-License-Identifier: Apache-2.0
-- Starts first: many scripts run until a limit ends them.
-- Hostile scripts of the corpus whose harm is done when they are asked: each is refused, and no other partner waits.
local hostile = require "spec.support.hostile"

describe("hostile scripts", function()
  hostile.describe(hostile.asked())
end)
