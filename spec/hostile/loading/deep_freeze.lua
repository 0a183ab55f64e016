-- SPDX-License-Identifier: Apache-2.0
-- A table too deep to share.
-- loading ends: nested more than
local t = {}
local inner = t
for _ = 1, 100 do inner.x = {} inner = inner.x end
return t
