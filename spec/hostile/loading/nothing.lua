-- SPDX-License-Identifier: Apache-2.0
-- Returns nothing.
-- loading ends: returns nothing

