-- SPDX-License-Identifier: Apache-2.0
-- Loads for ever inside string.rep.
-- loading ends: hit the limit of 10000000 instructions|CPU time
return { bind = (""):rep(1 << 50) }
