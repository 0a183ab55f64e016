-- SPDX-License-Identifier: Apache-2.0
-- A region with very many ipconns, of which nearly all are RELEASED.
local support = require "spec.support"
