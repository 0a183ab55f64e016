-- SPDX-License-Identifier: Apache-2.0
-- Requires what is no script.
-- loading ends: does not exist
return { bind = function() end, x = require("sallyport.host") }
