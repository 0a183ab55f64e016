-- SPDX-License-Identifier: Apache-2.0
-- Requires itself and catches the error.
-- loading ends: caught%.lua: .*returns a string|in a circle
local _, why = pcall(require, "require/caught")
return why
