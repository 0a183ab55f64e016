-- SPDX-License-Identifier: Apache-2.0
-- A table with ten thousand doors.
-- loading ends: unknown door "door%d
local t = {}
for i = 1, 10000 do t["door" .. i] = i end
return t
