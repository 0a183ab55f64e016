-- SPDX-License-Identifier: Apache-2.0
-- Throws an object.
-- loading ends: error object is not a string
error(setmetatable({}, { __tostring = function() while true do end end }))
