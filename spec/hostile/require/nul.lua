-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: NUL
return { bind = function() end, x = require("policy\0.ip") }
