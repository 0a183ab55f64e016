-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: takes the name of a script
return { bind = function() end, x = require(setmetatable({}, { __tostring = function() return "policy" end })) }
