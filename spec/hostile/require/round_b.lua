-- SPDX-License-Identifier: Apache-2.0
-- Part of round.lua.
-- loading ends: in a circle
return require "require/round"
