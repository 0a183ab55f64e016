-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: not the name of a script|not there
return { bind = function() end, x = require("policy..ip") }
