-- SPDX-License-Identifier: Apache-2.0
-- Requires what requires what requires it.
-- loading ends: round_b%.lua:4: .*in a circle: require/round %-> require/round_a %-> require/round_b %-> require/round
return require "require/round_a"
