-- SPDX-License-Identifier: Apache-2.0
-- A door's name with a line feed.
-- loading ends: unknown door "a\x0d"
return { ["a\r\nSP0010 I Generation in use."] = function() end }
