-- SPDX-License-Identifier: Apache-2.0
-- Returns a number.
-- loading ends: returns a number
return 7
