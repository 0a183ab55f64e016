-- SPDX-License-Identifier: Apache-2.0
-- Is no Lua.
-- loading ends: syntax error|expected|unexpected
return { bind = function( }
