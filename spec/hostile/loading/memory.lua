-- SPDX-License-Identifier: Apache-2.0
-- Loads without end into memory.
-- loading ends: hit the limit of
local t = {}
while true do t[#t + 1] = { t } end
