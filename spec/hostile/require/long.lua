-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: require "aaaa
return { bind = function() end, x = require(("a"):rep(1024 * 1024)) }
