-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: require "a\x0d
return { bind = function() end, x = require("a\r\nb") }
