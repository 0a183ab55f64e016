-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: named like the library module
return { bind = function() end, x = require("policy/ip") }
