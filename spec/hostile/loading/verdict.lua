-- SPDX-License-Identifier: Apache-2.0
-- Returns a verdict.
-- loading ends: returns a userdata
return require "policy".accept()
