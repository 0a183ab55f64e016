-- SPDX-License-Identifier: Apache-2.0
-- Hostile scripts of the corpus whose harm is done while they are loaded or by what they require: each is refused, and
-- no other partner waits.
local hostile = require "spec.support.hostile"

describe("hostile scripts at loading", function()
  hostile.describe(hostile.LOADING)
end)
