-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: has the name of the library module
return { bind = function() end, x = require("policy/ip") }
