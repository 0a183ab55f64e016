-- SPDX-License-Identifier: Apache-2.0
-- Requires itself.
-- loading ends: itself%.lua:4: .*in a circle: require/itself %-> require/itself
return require "require/itself"
