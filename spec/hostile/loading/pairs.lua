-- SPDX-License-Identifier: Apache-2.0
-- A table that loops when it is read.
-- loading ends: bind
return setmetatable({ bnid = 1 }, { __pairs = function() while true do end end, __index = function() while true do end end })
