-- SPDX-License-Identifier: Apache-2.0
-- An expression whose error would be dear.
-- loading ends: indexed more than 24 times
local t = {}
return { bind = function() return t.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a end }
