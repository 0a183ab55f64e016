-- SPDX-License-Identifier: Apache-2.0
-- Loads for ever.
-- loading ends: hit the limit of 10000000 instructions|CPU time
while true do end
